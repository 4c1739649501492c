//! A measurable result that shows whether an objective is reached.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::{Decimal, GoalState, Health, Instant, KeyResultKind, ProgressSource};

/// A row of `key_result`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "key_result")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The objective it belongs to.
    pub objective_id: Uuid,
    /// The number in the code.
    pub number: i64,
    /// Unique code, `KR-34`, never given twice.
    pub code: String,
    /// What is measured.
    pub title: String,
    /// The title in lower case.
    pub title_folded: String,
    /// Longer text, Markdown.
    pub description: Option<String>,
    /// Who answers for it and checks in.
    pub owner_id: Option<Uuid>,
    /// Where the key result is in its life.
    pub state: GoalState,
    /// How the value becomes progress.
    pub kind: KeyResultKind,
    /// Unit of the measured values, `%` or `ms`; null for a bare number.
    pub unit: Option<String>,
    /// Value at the start.
    pub start_value: Option<Decimal>,
    /// Value at which progress is 1.
    pub target_value: Option<Decimal>,
    /// The target as a signed change of the start in percent; null when it is given as a value.
    pub target_percent: Option<Decimal>,
    /// Latest known value.
    pub current_value: Option<Decimal>,
    /// The value that is promised.
    pub commit_value: Option<Decimal>,
    /// The value hoped for.
    pub stretch_value: Option<Decimal>,
    /// Lowest value inside the bounds, for the maintaining kinds.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds, for the maintaining kinds.
    pub upper_bound: Option<Decimal>,
    /// Distance from a bound at which progress is 0; above 0.
    pub tolerance: Option<Decimal>,
    /// Where the progress comes from.
    pub progress_source: ProgressSource,
    /// Progress by its source, 0–1; null when not known.
    pub progress: Option<f64>,
    /// Completion of the contributing work, 0–1; null when none counts.
    pub work_progress: Option<f64>,
    /// Progress before it is cut to 0–1.
    pub attainment: Option<f64>,
    /// The inputs of the work progress as a JSON array, for explanation.
    pub progress_inputs: String,
    /// When the numbers were last computed.
    pub progress_at: Option<Instant>,
    /// Progress set by a person, 0–1; null when not overridden.
    pub override_value: Option<f64>,
    /// Whether the override stays until it is resumed.
    pub override_sticky: bool,
    /// Who overrode.
    pub override_by_id: Option<Uuid>,
    /// When it was overridden.
    pub override_at: Option<Instant>,
    /// Why it was overridden.
    pub override_reason: Option<String>,
    /// Confidence of the last check-in, 0–1.
    pub confidence: Option<f64>,
    /// Health said by the last check-in.
    pub reported_health: Option<Health>,
    /// Time of the latest check-in.
    pub last_check_in_at: Option<Instant>,
    /// Score at close, 0–1.
    pub score: Option<f64>,
    /// Share in the objective's roll-up; 0 or more.
    pub weight: f64,
    /// First day of the work on it; null takes the cycle's.
    pub starts_on: Option<NaiveDate>,
    /// Days between check-ins; null takes the objective's.
    pub check_in_days: Option<i32>,
    /// Who checks in; null takes the objective's, else the owner.
    pub check_in_owner_id: Option<Uuid>,
    /// Who reads and acknowledges check-ins; null takes the objective's.
    pub check_in_reviewer_id: Option<Uuid>,
    /// The time that the latest value recorded by a tool holds for.
    pub last_recorded_at: Option<Instant>,
    /// The health that the last event told; null before the first.
    pub health_told: Option<Health>,
    /// Its id in the file or tool that it came from; unique among those of its kind.
    pub external_id: Option<String>,
    /// Its page there.
    pub external_url: Option<String>,
    /// When it was closed or given up; null while it is proposed or pursued.
    pub ended_at: Option<Instant>,
    /// When it was archived.
    pub archived_at: Option<Instant>,
    /// Counts changes; guards against lost updates.
    pub version: i64,
    /// When the row was made.
    pub created_at: Instant,
    /// When the row was last changed.
    pub updated_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
