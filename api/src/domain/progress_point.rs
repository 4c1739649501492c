//! A point in the history of a number.

use entity::{Decimal, Instant, PointSource};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A point in the history of a number.
    ProgressPointRow of progress_point {
        /// Key.
        id: Uuid = Id,
        /// The goal, when an objective.
        objective_id: Option<Uuid> = ObjectiveId,
        /// The goal, when a key result.
        key_result_id: Option<Uuid> = KeyResultId,
        /// The project.
        project_id: Option<Uuid> = ProjectId,
        /// When it was recorded.
        at: Instant = At,
        /// Progress, 0–1; null when it became unknown.
        value: Option<f64> = Value,
        /// Completion of contributing work at that time, for key results.
        work_value: Option<f64> = WorkValue,
        /// Latest known value at that time, for key results that are measured.
        current_value: Option<Decimal> = CurrentValue,
        /// What made the number change.
        source: PointSource = Source,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for ProgressPointRow {
    const TABLE: Table = Table::ProgressPoint;
    const ARCHIVABLE: bool = false;
}
