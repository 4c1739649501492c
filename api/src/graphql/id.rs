//! Typed global ids: `obj_…`, a prefix that tells the type and the key. Opaque to clients.

use async_graphql::ID;
use entity::SubjectKind;
use uuid::Uuid;

use crate::domain::{
    error::{DomainError, Result},
    events,
};

/// Types that have a global id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A row that events speak of.
    Subject(SubjectKind),
    /// A membership's, milestone's … own row, which has no page of its own.
    Part(&'static str),
}

impl NodeKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Subject(kind) => events::prefix(kind),
            Self::Part(prefix) => prefix,
        }
    }
}

/// Subjects that `node` can look up.
pub const SUBJECTS: [SubjectKind; 12] = [
    SubjectKind::Organization,
    SubjectKind::Person,
    SubjectKind::Team,
    SubjectKind::Cycle,
    SubjectKind::Objective,
    SubjectKind::KeyResult,
    SubjectKind::CheckIn,
    SubjectKind::Project,
    SubjectKind::Task,
    SubjectKind::AlignmentLink,
    SubjectKind::Integration,
    SubjectKind::Finding,
];

/// The global id of a row.
#[must_use]
pub fn id_of(kind: SubjectKind, id: Uuid) -> ID {
    ID(events::global_id(kind, id))
}

/// The global id of a part.
#[must_use]
pub fn part_id(prefix: &'static str, id: Uuid) -> ID {
    ID(format!("{prefix}_{}", id.simple()))
}

fn key(text: &str, prefix: &str) -> Option<Uuid> {
    let rest = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if rest.len() != 32 { None } else { Uuid::try_parse(rest).ok() }
}

/// The key in an id of the expected type.
///
/// # Errors
/// When the id is malformed or of another type; the answer does not tell whether the row exists.
pub fn key_of(id: &ID, kind: NodeKind) -> Result<Uuid> {
    key(id, kind.prefix()).ok_or_else(|| {
        DomainError::BadInput(format!(
            "this is not an id of the expected type: such ids begin with \"{}_\"",
            kind.prefix()
        ))
    })
}

/// The type and key of any id; null when it is malformed.
#[must_use]
pub fn any_key(id: &ID) -> Option<(SubjectKind, Uuid)> {
    SUBJECTS.into_iter().find_map(|kind| key(id, events::prefix(kind)).map(|key| (kind, key)))
}
