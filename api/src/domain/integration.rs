//! An organization's connection to a tool, or the file imports of one site of it.

use entity::{Instant, IntegrationState, Provider};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

/// Minutes between two runs by the schedule where nothing else is stored.
const USUAL_MINUTES: u64 = 15;

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
        /// Schedule and what the connector was told, as a JSON object.
        settings: String = Settings,
        /// Address below which the tool's API lies; null for file imports.
        address: Option<String> = Address,
        /// Whom the credential speaks for, as the tool names them.
        account: Option<String> = Account,
        /// When it is to run next by its schedule; null when it is not.
        next_sync_at: Option<Instant> = NextSyncAt,
        /// Runs that failed since the last good one.
        failures: i64 = Failures,
        /// Why the last run failed; null after a good one.
        last_error: Option<String> = LastError,
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

impl IntegrationRow {
    /// Minutes between two runs by the schedule; none for file imports, and where it runs only when it is asked to.
    #[must_use]
    pub fn minutes(&self) -> Option<u32> {
        self.address.as_ref()?;
        let settings: Map<String, Json> = serde_json::from_str(&self.settings).unwrap_or_default();
        let minutes = settings.get("minutes").and_then(Json::as_u64).unwrap_or(USUAL_MINUTES);
        u32::try_from(minutes).ok().filter(|minutes| *minutes > 0)
    }
}
