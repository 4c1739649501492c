//! A person's word that a piece of work rightly serves no goal.

use sea_orm::entity::prelude::*;

use crate::{EndReason, EvaluationVerdict, Instant, WorkClass};

/// A row of `acknowledgement`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "acknowledgement")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The work, when a project.
    pub project_id: Option<Uuid>,
    /// The work, when a task.
    pub task_id: Option<Uuid>,
    /// Kind of work.
    pub work_class: WorkClass,
    /// Why it is done.
    pub reason: String,
    /// Who said so.
    pub person_id: Option<Uuid>,
    /// When it ends; null for no end.
    pub until_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
    /// When it stopped holding, and that was noted; null while it holds, or until its end is noted.
    pub ended_at: Option<Instant>,
    /// Why it holds no more.
    pub end_reason: Option<EndReason>,
    /// Who took it back or replaced it.
    pub ended_by_id: Option<Uuid>,
    /// What the evaluation of an opportunity decided.
    pub evaluation_verdict: Option<EvaluationVerdict>,
    /// The goal the opportunity was found to serve.
    pub evaluation_objective_id: Option<Uuid>,
    /// Who evaluated it.
    pub evaluation_by_id: Option<Uuid>,
    /// Note of the evaluation.
    pub evaluation_note: Option<String>,
    /// When it was evaluated.
    pub evaluated_at: Option<Instant>,
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
