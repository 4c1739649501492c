//! A period in which goals are set and scored; cycles nest, a year around its quarters.

use chrono::NaiveDate;
use entity::{CycleState, Instant};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A period in which goals are set and scored; cycles nest, a year around its quarters.
    CycleRow of cycle {
        /// Key.
        id: Uuid = Id,
        /// Display name, `2026 Q1`.
        name: String = Name,
        /// The cycle around this one.
        parent_id: Option<Uuid> = ParentId,
        /// Where the cycle is in its life.
        state: CycleState = State,
        /// First day, in the organization's time zone; null for a backlog.
        starts_on: Option<NaiveDate> = StartsOn,
        /// Last day, included; null for a backlog.
        ends_on: Option<NaiveDate> = EndsOn,
        /// When the cycle was archived.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for CycleRow {
    const TABLE: Table = Table::Cycle;
    const ARCHIVABLE: bool = true;
}
