//! Time that someone spent on a task on a day.

use chrono::NaiveDate;
use entity::{Instant, Provider};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// Time that someone spent on a task on a day.
    TimeEntryRow of time_entry {
        /// Key.
        id: Uuid = Id,
        /// The task.
        task_id: Uuid = TaskId,
        /// Who spent it.
        person_id: Option<Uuid> = PersonId,
        /// Who spent it, as the tool knows them.
        external_person_id: Option<Uuid> = ExternalPersonId,
        /// The day, in the organization's time zone.
        day: NaiveDate = Day,
        /// Time spent; above 0.
        seconds: i64 = Seconds,
        /// The tool it came from; null for an own entry.
        provider: Option<Provider> = Provider,
        /// Id in the tool.
        external_id: Option<String> = ExternalId,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for TimeEntryRow {
    const TABLE: Table = Table::TimeEntry;
    const ARCHIVABLE: bool = false;
}
