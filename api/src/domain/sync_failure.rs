//! An item that a run of a sync could not take in.

use entity::Instant;
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// An item that a run of a sync could not take in.
    SyncFailureRow of sync_failure {
        /// Key.
        id: Uuid = Id,
        /// The run.
        sync_run_id: Uuid = SyncRunId,
        /// The item's id or key in the tool.
        external_id: String = ExternalId,
        /// Why, as a sentence.
        reason: String = Reason,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for SyncFailureRow {
    const TABLE: Table = Table::SyncFailure;
    const ARCHIVABLE: bool = false;
}
