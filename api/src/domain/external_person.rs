//! Someone as a tool knows them, with the person they are here where that is known.

use entity::{Instant, PersonMatch, Provider};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// Someone as a tool knows them, with the person they are here where that is known.
    ExternalPersonRow of external_person {
        /// Key.
        id: Uuid = Id,
        /// Which tool.
        provider: Provider = Provider,
        /// The tool's site or workspace.
        site: String = Site,
        /// Id in the tool.
        external_id: String = ExternalId,
        /// Display name in the tool.
        name: Option<String> = Name,
        /// Login name in the tool.
        user_name: Option<String> = UserName,
        /// E-mail address, where the tool tells it.
        email: Option<String> = Email,
        /// The person here; null while not matched.
        person_id: Option<Uuid> = PersonId,
        /// How the person was found.
        matched_by: Option<PersonMatch> = MatchedBy,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for ExternalPersonRow {
    const TABLE: Table = Table::ExternalPerson;
    const ARCHIVABLE: bool = false;
}
