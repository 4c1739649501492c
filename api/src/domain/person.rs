//! A member of the organization.

use entity::{Instant, Role};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A member of the organization.
    PersonRow of person {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// E-mail address as it was given.
        email: String = Email,
        /// What the person may see and do in OKR practice.
        role: Role = Role,
        /// Whether the person manages people, teams, tokens and integrations.
        is_admin: bool = IsAdmin,
        /// When the person was deactivated; null while active.
        deactivated_at: Option<Instant> = DeactivatedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for PersonRow {
    const TABLE: Table = Table::Person;
    const ARCHIVABLE: bool = false;
}
