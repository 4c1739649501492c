//! An event as it is delivered: what was written, with who sees it and what it belongs to.

use entity::{ActorKind, EventKind, Instant, SubjectKind};
use sea_orm::QueryResult;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{cause::LiveCause, filter::Place, position::Position, sees::Audience};
use crate::domain::{access::viewer::Actor, error::Result, events};

/// The columns of an event, in the order in which [`Written::read`] takes them.
pub(super) const COLUMNS: &str = "sequence, organization_id, batch_id, at, actor_kind, actor_id, request_id, \
     kind, subject_kind, subject_id, ancestors, sight, previous, current";
/// How many they are; the transaction's number follows.
const XID: usize = 14;

/// An event as it was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its place in the stream.
    pub position: Position,
    /// The organization it happened in.
    pub organization: Uuid,
    /// Shared by the events of one transaction.
    pub batch: Uuid,
    /// When it happened.
    pub at: Instant,
    /// Who acted.
    pub actor: Actor,
    /// The request that caused it; null for jobs and syncs.
    pub request: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// What it is about.
    pub subject: (SubjectKind, Uuid),
    /// The rows above the subject, as they were when it was written.
    pub ancestors: Vec<(SubjectKind, Uuid)>,
    /// Values before, by column; null for a new row.
    pub previous: Option<Map<String, Json>>,
    /// Values after, by column.
    pub current: Map<String, Json>,
    /// Who may see it, as the subject stood when it was written; null when that cannot be read.
    pub(in crate::domain) sight: Option<events::Sight>,
}

/// An event with what its delivery asks for. Shared by all who listen.
#[derive(Clone, Debug)]
pub struct LiveEvent {
    /// What was written.
    pub written: Written,
    /// What made it happen; null for a health that follows from what somebody did before.
    pub cause: Option<LiveCause>,
    pub(in crate::domain) audience: Audience,
    pub(in crate::domain) place: Place,
}

/// Where an event stands, which can be read of every event.
pub(super) fn position_of(row: &QueryResult) -> Result<Position> {
    Ok(Position { xid: row.try_get_by_index(XID)?, sequence: row.try_get_by_index(0)? })
}

impl Written {
    /// The event of a row, and how many bytes its old and new values take there.
    pub(super) fn read(row: &QueryResult) -> Result<(Self, usize)> {
        let actor: Option<Uuid> = row.try_get_by_index(5)?;
        let actor = match (row.try_get_by_index::<ActorKind>(4)?, actor) {
            (ActorKind::Person, Some(id)) => Actor::Person(id),
            (ActorKind::Integration, Some(id)) => Actor::Integration(id),
            (ActorKind::Token, Some(id)) => Actor::Token(id),
            (ActorKind::Person | ActorKind::Integration | ActorKind::Token | ActorKind::System, _) => {
                Actor::System
            }
        };
        let sequence: i64 = row.try_get_by_index(0)?;
        let ancestors: String = row.try_get_by_index(10)?;
        let ancestors: Vec<String> = read_or_log(sequence, &ancestors).unwrap_or_default();
        let sight: String = row.try_get_by_index(11)?;
        let previous: Option<String> = row.try_get_by_index(12)?;
        let current: String = row.try_get_by_index(13)?;
        let size = current.len() + previous.as_ref().map_or(0, String::len);
        let event = Self {
            position: position_of(row)?,
            organization: row.try_get_by_index(1)?,
            batch: row.try_get_by_index(2)?,
            at: row.try_get_by_index(3)?,
            actor,
            request: row.try_get_by_index(6)?,
            kind: row.try_get_by_index(7)?,
            subject: (row.try_get_by_index(8)?, row.try_get_by_index(9)?),
            ancestors: ancestors.iter().filter_map(|id| events::subject_of(id)).collect(),
            previous: previous.and_then(|text| read_or_log(sequence, &text)),
            current: read_or_log(sequence, &current).unwrap_or_default(),
            sight: read_or_log(sequence, &sight),
        };
        Ok((event, size))
    }

    /// The row of a kind among the ancestors that comes first: the nearest.
    #[must_use]
    pub fn nearest(&self, kind: SubjectKind) -> Option<Uuid> {
        self.ancestors.iter().find(|ancestor| ancestor.0 == kind).map(|ancestor| ancestor.1)
    }
}

/// What cannot be read must not stop the stream for everybody: it is logged, and an event without a sight is
/// shown to nobody.
fn read_or_log<T: serde::de::DeserializeOwned>(sequence: i64, text: &str) -> Option<T> {
    serde_json::from_str(text)
        .inspect_err(
            |error| tracing::error!(sequence, %error, "an event holds something that is not its form"),
        )
        .ok()
}
