//! The tie between a piece of work and a goal; one row per source and target, never deleted.

use sea_orm::entity::prelude::*;

use crate::{Instant, LinkOrigin, LinkState, Significance, StaleReason};

/// A row of `alignment_link`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alignment_link")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Source, when a project.
    pub project_id: Option<Uuid>,
    /// Source, when a task.
    pub task_id: Option<Uuid>,
    /// Target, when an objective.
    pub objective_id: Option<Uuid>,
    /// Target, when a key result.
    pub key_result_id: Option<Uuid>,
    /// Whether it counts.
    pub state: LinkState,
    /// Why it is stale.
    pub stale_reason: Option<StaleReason>,
    /// Whether the work counts for progress.
    pub significance: Significance,
    /// Its strongest evidence.
    pub origin: LinkOrigin,
    /// Share in the target's work progress; 0 or more.
    pub weight: f64,
    /// Who looks after it.
    pub owner_id: Option<Uuid>,
    /// When a person confirmed it.
    pub confirmed_at: Option<Instant>,
    /// Who confirmed it.
    pub confirmed_by_id: Option<Uuid>,
    /// When it was retired.
    pub retired_at: Option<Instant>,
    /// Who retired it.
    pub retired_by_id: Option<Uuid>,
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
