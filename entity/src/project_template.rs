//! What new projects of a kind begin with.

use sea_orm::entity::prelude::*;

use crate::{Instant, ProgressBasis, ProjectState, Significance, WorkClass};

/// A row of `project_template`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Display name.
    pub name: String,
    /// The name in lower case.
    pub name_folded: String,
    /// Longer text, Markdown.
    pub description: Option<String>,
    /// The team whose projects it is for, and the teams below it; null for everybody.
    pub team_id: Option<Uuid>,
    /// Whether no project is made from it without a goal.
    pub requires_goal: bool,
    /// Kind of work of new projects; null for work that should have a goal.
    pub work_class: Option<WorkClass>,
    /// Whether completion of new projects counts tasks or sums estimates.
    pub progress_basis: ProgressBasis,
    /// Whether new projects count for progress of their goal.
    pub significance: Significance,
    /// Share of new projects in their goal's work progress; 0 or more.
    pub weight: f64,
    /// State that new projects begin in.
    pub begin_state: ProjectState,
    /// When it was archived; null while in use.
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
