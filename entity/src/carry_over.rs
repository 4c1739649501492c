//! What became of a goal after its cycle: it went on under a successor, or was let go.

use sea_orm::entity::prelude::*;

use crate::{CarryOverDecision, Instant};

/// A row of `carry_over`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "carry_over")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// What was decided.
    pub decision: CarryOverDecision,
    /// The goal that ended, when a key result.
    pub key_result_id: Option<Uuid>,
    /// The goal that ended, when an objective.
    pub objective_id: Option<Uuid>,
    /// The key result that goes on in its place.
    pub successor_key_result_id: Option<Uuid>,
    /// The objective that goes on in its place.
    pub successor_objective_id: Option<Uuid>,
    /// The cycle in which it goes on.
    pub cycle_id: Option<Uuid>,
    /// Why.
    pub note: Option<String>,
    /// Who decided.
    pub person_id: Option<Uuid>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
