//! A board or project of a tool that an integration reaches, taken in or not.

use entity::{Instant, Visibility};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row, sync::port::Container};

row! {
    /// A board or project of a tool that an integration reaches, taken in or not.
    SyncContainerRow of sync_container {
        /// Key.
        id: Uuid = Id,
        /// The integration.
        integration_id: Uuid = IntegrationId,
        /// Its id in the tool.
        external_id: String = ExternalId,
        /// Its readable key in the tool, `DAEMON`.
        external_key: Option<String> = ExternalKey,
        /// Its title there.
        title: String = Title,
        /// Its page there.
        url: Option<String> = Url,
        /// Whether its items are taken in.
        is_taken: bool = IsTaken,
        /// The team of its project here.
        team_id: Option<Uuid> = TeamId,
        /// Who sees its project here, and the tasks of it.
        visibility: Visibility = Visibility,
        /// All that the tool changed before this time has been read; null before it was read to its end.
        read_until: Option<Instant> = ReadUntil,
        /// When it was seen archived or was not there any more.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for SyncContainerRow {
    const TABLE: Table = Table::SyncContainer;
    const ARCHIVABLE: bool = true;
}

impl SyncContainerRow {
    /// As the tool is asked about it.
    pub(in crate::domain) fn container(&self) -> Container {
        Container {
            external_id: self.external_id.clone(),
            external_key: self.external_key.clone(),
            title: self.title.clone(),
            url: self.url.clone(),
            archived: self.archived_at.is_some(),
        }
    }
}
