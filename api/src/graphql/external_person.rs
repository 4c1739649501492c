//! External people.

use async_graphql::ID;

use super::{
    enums::{PersonMatch, Provider},
    filter::{column, filter, sort},
    id::part_id,
    input::number,
    page::{connection, object},
    person::{Person, PersonFilter},
    scalars::DateTime,
};
use crate::domain::external_person::ExternalPersonRow;

object! {
    /// Someone as a tool knows them, with the person they are here where that is known.
    ExternalPerson over ExternalPersonRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("ext", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Which tool.
        async fn provider(&self) -> Provider {
            self.0.provider.into()
        }

        /// The tool's site or workspace.
        async fn site(&self) -> &str {
            &self.0.site
        }

        /// Id in the tool.
        async fn external_id(&self) -> &str {
            &self.0.external_id
        }

        /// Display name in the tool.
        async fn name(&self) -> Option<&str> {
            self.0.name.as_deref()
        }

        /// Login name in the tool.
        async fn user_name(&self) -> Option<&str> {
            self.0.user_name.as_deref()
        }

        /// E-mail address, where the tool tells it.
        async fn email(&self) -> Option<&str> {
            self.0.email.as_deref()
        }

        /// How the person was found.
        async fn matched_by(&self) -> Option<PersonMatch> {
            self.0.matched_by.map(Into::into)
        }
    }
    one {
        /// The person here; null while not matched.
        person: Person = person_id;
    }
    edges {
    }
}

connection!(
    ExternalPersonConnection,
    ExternalPersonEdge,
    ExternalPerson,
    ExternalPersonRow,
    "external people"
);

filter! {
    ExternalPersonFilter, ExternalPersonsFilter on ExternalPerson, "external people" {
        /// By provider.
        provider: ProviderComparator = column("provider");
        /// By display name.
        name: KeyComparator = column("name");
        /// By whether a person was matched.
        matched: PresenceComparator = column("person_id");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By the person.
        person: PersonFilter = "person_id" => Person;
    }
    many {
    }
}

sort! {
    ExternalPersonSort, ExternalPersonSortField on ExternalPerson, "external people" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
    }
}
