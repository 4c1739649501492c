//! A dated, immutable statement on a key result.

use entity::{Decimal, Health, Instant};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A dated, immutable statement on a key result.
    CheckInRow of check_in {
        /// Key.
        id: Uuid = Id,
        /// The key result.
        key_result_id: Uuid = KeyResultId,
        /// The time the statement holds for; may lie before it was made.
        at: Instant = At,
        /// The measured value; null when only confidence, health or a note was given.
        value: Option<Decimal> = Value,
        /// How sure the author is that the target will be reached, 0–1.
        confidence: Option<f64> = Confidence,
        /// Health as the author sees it.
        health: Option<Health> = Health,
        /// What the author says, Markdown.
        note: Option<String> = Note,
        /// Who made it.
        author_id: Option<Uuid> = AuthorId,
        /// Progress right after this check-in.
        progress: Option<f64> = Progress,
        /// Completion of the contributing work at that time.
        work_progress: Option<f64> = WorkProgress,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for CheckInRow {
    const TABLE: Table = Table::CheckIn;
    const ARCHIVABLE: bool = false;
}
