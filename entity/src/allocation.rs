//! The share of a team's effort in a cycle that may go to a class of work without a goal.

use sea_orm::entity::prelude::*;

use crate::{Instant, WorkClass};

/// A row of `allocation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// The cycle.
    pub cycle_id: Uuid,
    /// Kind of work: technical debt or maintenance.
    pub work_class: WorkClass,
    /// Share of effort, 0–1.
    pub share: f64,
    /// Who set it last.
    pub person_id: Option<Uuid>,
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
