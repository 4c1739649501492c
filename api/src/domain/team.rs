//! A team; teams form a tree.

use entity::{ConnectionModel, Instant};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A team; teams form a tree.
    TeamRow of team {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// The team above; null for a root.
        parent_id: Option<Uuid> = ParentId,
        /// The person who manages this team and, with the right role, its subtree.
        manager_id: Option<Uuid> = ManagerId,
        /// Connection model of this team; null takes the organization's.
        connection_model: Option<ConnectionModel> = ConnectionModel,
        /// When the team was archived; null while in use.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for TeamRow {
    const TABLE: Table = Table::Team;
    const ARCHIVABLE: bool = true;
}
