//! A span of time that a task spent in one status: from included, to not.

use entity::{Instant, TaskStatus};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A span of time that a task spent in one status: from included, to not.
    StatusIntervalRow of status_interval {
        /// Key.
        id: Uuid = Id,
        /// The task.
        task_id: Uuid = TaskId,
        /// Status in our words.
        status: TaskStatus = Status,
        /// Status in the tool's words.
        provider_status: Option<String> = ProviderStatus,
        /// When it entered the status.
        from_at: Instant = FromAt,
        /// When it left; null for the status it is in.
        to_at: Option<Instant> = ToAt,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for StatusIntervalRow {
    const TABLE: Table = Table::StatusInterval;
    const ARCHIVABLE: bool = false;
}
