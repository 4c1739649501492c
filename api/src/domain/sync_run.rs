//! A run of a sync: what it was begun by, how far it is and what it changed.

use entity::{Instant, SyncPhase, SyncRunState, SyncTrigger};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A run of a sync: what it was begun by, how far it is and what it changed.
    SyncRunRow of sync_run {
        /// Key.
        id: Uuid = Id,
        /// The integration.
        integration_id: Uuid = IntegrationId,
        /// What it was begun by.
        trigger_kind: SyncTrigger = TriggerKind,
        /// Whether it reads everything, and not only what has changed.
        is_full: bool = IsFull,
        /// Where it is in its life.
        state: SyncRunState = State,
        /// What it is at.
        phase: SyncPhase = Phase,
        /// Items that it has read.
        done: i64 = Done,
        /// Items that it will read, where the tool tells.
        total: Option<i64> = Total,
        /// Projects and tasks that it made.
        created_count: i64 = CreatedCount,
        /// Projects and tasks that it changed.
        updated_count: i64 = UpdatedCount,
        /// Projects and tasks that were as they are.
        unchanged_count: i64 = UnchangedCount,
        /// Projects and tasks that the tool has no more.
        removed_count: i64 = RemovedCount,
        /// Items that could not be read.
        failed_count: i64 = FailedCount,
        /// Where it goes on, as a JSON object.
        place: Option<String> = Place,
        /// Why it failed.
        error: Option<String> = Error,
        /// When it began.
        started_at: Option<Instant> = StartedAt,
        /// When it ended.
        finished_at: Option<Instant> = FinishedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for SyncRunRow {
    const TABLE: Table = Table::SyncRun;
    const ARCHIVABLE: bool = false;
}
