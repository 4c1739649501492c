//! A unit of work, own or synced from a tool.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::{EstimateUnit, Instant, TaskStatus, Visibility, WorkClass};

/// A row of `task`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// What is to be done.
    pub title: String,
    /// The title in lower case.
    pub title_folded: String,
    /// Longer text, Markdown.
    pub description: Option<String>,
    /// Status in our words.
    pub status: TaskStatus,
    /// Status in the tool's words.
    pub provider_status: Option<String>,
    /// The task it is part of.
    pub parent_id: Option<Uuid>,
    /// Children that are not archived; a task without any is a leaf.
    pub child_count: i32,
    /// Primary project.
    pub project_id: Option<Uuid>,
    /// Primary assignee, when a person of the organization.
    pub assignee_id: Option<Uuid>,
    /// Team of the primary project; decides who sees it with visibility `TEAM`.
    pub team_id: Option<Uuid>,
    /// Who may see it: its primary project's, or `ORGANIZATION`.
    pub visibility: Visibility,
    /// When it is due.
    pub due_on: Option<NaiveDate>,
    /// When it first went in progress.
    pub started_at: Option<Instant>,
    /// When it was last done; null while not done.
    pub completed_at: Option<Instant>,
    /// Estimated effort, 0 or more.
    pub estimate_value: Option<f64>,
    /// Unit of the estimate.
    pub estimate_unit: Option<EstimateUnit>,
    /// Time spent, in seconds; null when the tool tells none.
    pub logged_seconds: Option<i64>,
    /// Whether it takes its projects' links: false when it opted out or is held by links of its own that count:
    /// to goals that are pursued, or that were when it was finished.
    pub inherits_links: bool,
    /// Whether a person opted it out of its projects' links.
    pub opted_out: bool,
    /// Kind of work that needs no goal.
    pub work_class: Option<WorkClass>,
    /// Where it comes from; null for an own task.
    pub integration_id: Option<Uuid>,
    /// Its id in the tool.
    pub external_id: Option<String>,
    /// Its page in the tool.
    pub external_url: Option<String>,
    /// When it was archived.
    pub archived_at: Option<Instant>,
    /// When the tool said that it was deleted.
    pub source_deleted_at: Option<Instant>,
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
