//! What a goal or project was defined as from a time on.

use sea_orm::entity::prelude::*;

use crate::{Decimal, Instant, KeyResultKind, ProgressSource};

/// A row of `definition`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "definition")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// What is defined, when an objective.
    pub objective_id: Option<Uuid>,
    /// What is defined, when a key result.
    pub key_result_id: Option<Uuid>,
    /// What is defined, when a project.
    pub project_id: Option<Uuid>,
    /// From when on; later than that of the definition before.
    pub at: Instant,
    /// State of the goal or of the project, as it is written.
    pub state: String,
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
    /// Share in a roll-up, of goals.
    pub weight: Option<f64>,
    /// Score at close, of goals.
    pub score: Option<f64>,
    /// How values become progress, of key results.
    pub kind: Option<KeyResultKind>,
    /// Where progress comes from, of key results.
    pub progress_source: Option<ProgressSource>,
    /// Value at the start.
    pub start_value: Option<Decimal>,
    /// Value at which progress is 1.
    pub target_value: Option<Decimal>,
    /// Latest known value, by the definition: points tell what came after.
    pub current_value: Option<Decimal>,
    /// Lowest value inside the bounds.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds.
    pub upper_bound: Option<Decimal>,
    /// Distance from a bound at which progress is 0.
    pub tolerance: Option<Decimal>,
    /// Progress set by a person.
    pub override_value: Option<f64>,
    /// Whether that stays until it is resumed.
    pub override_sticky: Option<bool>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
