//! Time entries.

use async_graphql::ID;

use super::{
    enums::Provider,
    external_person::ExternalPerson,
    filter::{column, filter, sort},
    id::part_id,
    input::number,
    page::{connection, object},
    person::{Person, PersonFilter},
    scalars::{Date, DateTime},
    task::Task,
};
use crate::domain::time_entry::TimeEntryRow;

object! {
    /// Time that someone spent on a task on a day.
    TimeEntry over TimeEntryRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("tme", self.0.id)
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

        /// The day, in the organization's time zone.
        async fn day(&self) -> Date {
            self.0.day.into()
        }

        /// Time spent; above 0.
        async fn seconds(&self) -> i32 {
            number(self.0.seconds)
        }

        /// The tool it came from; null for an own entry.
        async fn provider(&self) -> Option<Provider> {
            self.0.provider.map(Into::into)
        }

        /// Id in the tool.
        async fn external_id(&self) -> Option<&str> {
            self.0.external_id.as_deref()
        }
    }
    one {
        /// The task.
        task: Task = task_id;
        /// Who spent it.
        person: Person = person_id;
        /// Who spent it, as the tool knows them.
        external_person: ExternalPerson = external_person_id;
    }
    edges {
    }
}

connection!(TimeEntryConnection, TimeEntryEdge, TimeEntry, TimeEntryRow, "time entries");

filter! {
    TimeEntryFilter, TimeEntriesFilter on TimeEntry, "time entries" {
        /// By day.
        day: DateComparator = column("day");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By person.
        person: PersonFilter = "person_id" => Person;
    }
    many {
    }
}

sort! {
    TimeEntrySort, TimeEntrySortField on TimeEntry, "time entries" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By day.
        Day = "day" as Date;
    }
}
