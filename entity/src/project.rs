//! A piece of work with an end, own or synced from a tool.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::{Instant, ProgressBasis, ProjectState, Visibility, WorkClass};

/// A row of `project`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Display name.
    pub title: String,
    /// The title in lower case.
    pub title_folded: String,
    /// Longer text, Markdown.
    pub description: Option<String>,
    /// The team that does it.
    pub team_id: Option<Uuid>,
    /// Who answers for it.
    pub owner_id: Option<Uuid>,
    /// Where the project is in its life.
    pub state: ProjectState,
    /// Who may see it and its tasks.
    pub visibility: Visibility,
    /// Planned first day.
    pub starts_on: Option<NaiveDate>,
    /// Planned last day.
    pub ends_on: Option<NaiveDate>,
    /// When it first went in progress.
    pub started_at: Option<Instant>,
    /// When it became done or cancelled.
    pub ended_at: Option<Instant>,
    /// Whether completion counts tasks or sums estimates.
    pub progress_basis: ProgressBasis,
    /// Completion, 0–1; null when no task counts.
    pub progress: Option<f64>,
    /// Completion over the tasks that inherit the project's links, 0–1.
    pub inherited_progress: Option<f64>,
    /// Leaf tasks that are neither cancelled nor archived.
    pub counted_leaves: i64,
    /// Those of them that are done.
    pub done_leaves: i64,
    /// Those of them that are in progress.
    pub in_progress_leaves: i64,
    /// When completion was last computed.
    pub progress_at: Option<Instant>,
    /// Kind of work that needs no goal; null for work that should have one.
    pub work_class: Option<WorkClass>,
    /// The template that it was made from; null for none.
    pub template_id: Option<Uuid>,
    /// Where it comes from; null for an own project.
    pub integration_id: Option<Uuid>,
    /// Its id in the tool.
    pub external_id: Option<String>,
    /// Its page in the tool.
    pub external_url: Option<String>,
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
