//! A point in the history of a number.

use sea_orm::entity::prelude::*;

use crate::{Decimal, Instant, PointSource};

/// A row of `progress_point`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "progress_point")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The goal, when an objective.
    pub objective_id: Option<Uuid>,
    /// The goal, when a key result.
    pub key_result_id: Option<Uuid>,
    /// The project.
    pub project_id: Option<Uuid>,
    /// When it was recorded.
    pub at: Instant,
    /// Progress, 0–1; null when it became unknown.
    pub value: Option<f64>,
    /// Completion of contributing work at that time, for key results.
    pub work_value: Option<f64>,
    /// Latest known value at that time, for key results that are measured.
    pub current_value: Option<Decimal>,
    /// What made the number change.
    pub source: PointSource,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
