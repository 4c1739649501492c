//! Something an audit noticed.

use sea_orm::entity::prelude::*;

use crate::{FindingKind, FindingState, Instant, Severity};

/// A row of `finding`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// What was noticed.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it still asks for something.
    pub state: FindingState,
    /// What it is about, as typed global id; with the kind it names the finding.
    pub subject_key: String,
    /// The subject, when an objective.
    pub objective_id: Option<Uuid>,
    /// The subject, when a key result.
    pub key_result_id: Option<Uuid>,
    /// The subject, when a project.
    pub project_id: Option<Uuid>,
    /// The subject, when a task.
    pub task_id: Option<Uuid>,
    /// The subject, when a link.
    pub alignment_link_id: Option<Uuid>,
    /// The subject, when a team.
    pub team_id: Option<Uuid>,
    /// The subject, when an integration.
    pub integration_id: Option<Uuid>,
    /// Who is to act.
    pub owner_id: Option<Uuid>,
    /// What was seen, as a JSON object.
    pub evidence: String,
    /// Until when it is acknowledged or waived.
    pub until_at: Option<Instant>,
    /// Why it was waived.
    pub reason: Option<String>,
    /// When it was opened, or last opened again.
    pub opened_at: Instant,
    /// When its cause was last there.
    pub last_seen_at: Instant,
    /// When it was resolved.
    pub resolved_at: Option<Instant>,
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
