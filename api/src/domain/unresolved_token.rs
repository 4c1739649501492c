//! A reference to a goal that leads to no link.

use entity::{Instant, ReferenceField, UnresolvedReason};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A reference to a goal that leads to no link.
    UnresolvedTokenRow of unresolved_token {
        /// Key.
        id: Uuid = Id,
        /// Where it stood, when in a project.
        project_id: Option<Uuid> = ProjectId,
        /// Where it stood, when in a task.
        task_id: Option<Uuid> = TaskId,
        /// The code as read, `KR-99`.
        code: String = Code,
        /// Where it stood.
        field: ReferenceField = Field,
        /// The reference as it was written.
        text: String = Text,
        /// Place of its first character in that field.
        position: i32 = Position,
        /// Why it leads to no link.
        reason: UnresolvedReason = Reason,
        /// When it was matched, or was no longer there.
        resolved_at: Option<Instant> = ResolvedAt,
        /// Who said which goal is meant, when a person did.
        resolved_by_id: Option<Uuid> = ResolvedById,
        /// When a person said that it is not to be matched.
        dismissed_at: Option<Instant> = DismissedAt,
        /// Who said so.
        dismissed_by_id: Option<Uuid> = DismissedById,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for UnresolvedTokenRow {
    const TABLE: Table = Table::UnresolvedToken;
    const ARCHIVABLE: bool = false;
}
