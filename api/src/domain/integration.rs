//! An organization's connection to a tool, or the file imports of one site of it.

use entity::{Instant, IntegrationState, Provider};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// An organization's connection to a tool, or the file imports of one site of it.
    IntegrationRow of integration {
        /// Key.
        id: Uuid = Id,
        /// Which tool.
        provider: Provider = Provider,
        /// The tool's site or workspace, `acme.atlassian.net`; `file` for imports of a file that names none.
        site: String = Site,
        /// Display name.
        name: String = Name,
        /// Whether it runs.
        state: IntegrationState = State,
        /// When work last came in without a failure.
        last_good_sync_at: Option<Instant> = LastGoodSyncAt,
        /// When it was disconnected.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for IntegrationRow {
    const TABLE: Table = Table::Integration;
    const ARCHIVABLE: bool = true;
}
