//! What made an event happen.

use entity::{EventKind, PointSource, SubjectKind};

use super::event::Written;
use crate::domain::{access::viewer::Actor, events::SOURCE, health_told::BY_CLOCK};

/// What made an event happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveCause {
    /// Something that somebody or a tool did.
    Deed(PointSource),
    /// Time alone: nobody did anything.
    Clock,
}

impl Written {
    /// What made it happen: roll-ups and check-ins say so, all else follows from who acted. Null for a health
    /// that follows from what somebody did before, and for what Throughline itself found.
    pub(super) fn cause(&self) -> Option<LiveCause> {
        let told = self.current.get(SOURCE).cloned().and_then(|source| serde_json::from_value(source).ok());
        if let Some(told) = told {
            return Some(LiveCause::Deed(told));
        }
        let is_by_clock = self.current.get(BY_CLOCK).and_then(serde_json::Value::as_bool);
        if is_by_clock == Some(true) {
            return Some(LiveCause::Clock);
        }
        if self.kind == EventKind::HealthChanged {
            return is_by_clock.unwrap_or(true).then_some(LiveCause::Clock);
        }
        // What it was found after was told by events of its own, or it is the clock's doing.
        if self.subject.0 == SubjectKind::Finding && self.actor == Actor::System {
            return None;
        }
        Some(LiveCause::Deed(match (self.kind, self.actor) {
            (EventKind::CheckedIn, _) => PointSource::CheckIn,
            (EventKind::Imported, _) | (_, Actor::Integration(_)) => PointSource::Sync,
            (EventKind::ProgressChanged, _) => PointSource::Work,
            (
                EventKind::Created
                | EventKind::Updated
                | EventKind::Archived
                | EventKind::Unarchived
                | EventKind::Confirmed
                | EventKind::Retired
                | EventKind::HealthChanged
                | EventKind::Acknowledged,
                Actor::Person(_) | Actor::Token(_) | Actor::System,
            ) => PointSource::Edit,
        }))
    }
}
