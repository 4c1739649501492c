//! A step of a key result of kind `MILESTONE`.

use chrono::NaiveDate;
use entity::Instant;
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A step of a key result of kind `MILESTONE`.
    MilestoneRow of milestone {
        /// Key.
        id: Uuid = Id,
        /// The key result.
        key_result_id: Uuid = KeyResultId,
        /// What is to be reached.
        title: String = Title,
        /// Share in the key result's progress; 0 or more.
        weight: f64 = Weight,
        /// When it is due.
        due_on: NaiveDate = DueOn,
        /// When it was reached; null while open.
        done_at: Option<Instant> = DoneAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for MilestoneRow {
    const TABLE: Table = Table::Milestone;
    const ARCHIVABLE: bool = false;
}
