//! A label on a task.

use entity::Instant;
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A label on a task.
    TaskLabelRow of task_label {
        /// Key.
        id: Uuid = Id,
        /// The task.
        task_id: Uuid = TaskId,
        /// The label.
        name: String = Name,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for TaskLabelRow {
    const TABLE: Table = Table::TaskLabel;
    const ARCHIVABLE: bool = false;
}
