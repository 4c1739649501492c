//! Leave for one project to go in progress without a link or an acknowledgement, for a time.

use sea_orm::entity::prelude::*;

use crate::{EndReason, Instant};

/// A row of `gate_waiver`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gate_waiver")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// Why it may.
    pub reason: String,
    /// Who gave it.
    pub person_id: Option<Uuid>,
    /// When it ends.
    pub until_at: Instant,
    /// When it stopped holding, and that was noted; null while it holds, or until its end is noted.
    pub ended_at: Option<Instant>,
    /// Why it holds no more.
    pub end_reason: Option<EndReason>,
    /// Who took it back or replaced it.
    pub ended_by_id: Option<Uuid>,
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
