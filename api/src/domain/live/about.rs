//! What kind of events a stream gives, so that it need not read all others.

use entity::{EventKind, SubjectKind};
use sea_orm::Iterable as _;

use super::{event::Written, lookout::is_of_rights};
use crate::domain::bulk::Binds;

/// What kind of events a stream gives.
#[derive(Clone, Copy, Debug)]
pub enum About {
    /// All of them.
    Everything,
    /// What happened is one of these.
    Kinds(&'static [EventKind]),
    /// What it happened to is of this kind.
    Subject(SubjectKind),
}

impl About {
    /// Whether an event is of this kind.
    #[must_use]
    pub fn holds(self, event: &Written) -> bool {
        match self {
            Self::Everything => true,
            Self::Kinds(kinds) => kinds.contains(&event.kind),
            Self::Subject(kind) => event.subject.0 == kind,
        }
    }

    /// The condition on the table of events, for these and for those that concern rights; none for everything.
    pub(super) fn condition(self, binds: &mut Binds) -> Option<String> {
        let (column, wanted): (_, Vec<String>) = match self {
            Self::Everything => return None,
            Self::Kinds(kinds) => ("kind", kinds.iter().map(|kind| binds.push(*kind)).collect()),
            Self::Subject(kind) => ("subject_kind", vec![binds.push(kind)]),
        };
        let rights = SubjectKind::iter().filter(|kind| is_of_rights(*kind));
        let rights: Vec<String> = rights.map(|kind| binds.push(kind)).collect();
        Some(format!("({column} IN ({}) OR subject_kind IN ({}))", wanted.join(", "), rights.join(", ")))
    }
}
