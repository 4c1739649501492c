//! The tenant: every other row belongs to exactly one organization.

use entity::Instant;
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// The tenant: every other row belongs to exactly one organization.
    OrganizationRow of organization {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// Short name in lower case, unique in the installation; tells organizations apart at sign-in.
        slug: String = Slug,
        /// IANA time zone in which the organization's dates and weeks are read.
        time_zone: String = TimeZone,
        /// Settings that differ from their defaults, as a JSON object (see `domain::settings`).
        settings: String = Settings,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for OrganizationRow {
    const TABLE: Table = Table::Organization;
    const ARCHIVABLE: bool = false;
}
