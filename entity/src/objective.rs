//! What an organization, team or person wants to achieve.

use sea_orm::entity::prelude::*;

use crate::{GoalState, Health, Instant, ObjectiveKind, ObjectiveSource, Visibility};

/// A row of `objective`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "objective")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The number in the code.
    pub number: i64,
    /// Unique code, `O-12`, never given twice.
    pub code: String,
    /// What is to be achieved.
    pub title: String,
    /// The title in lower case.
    pub title_folded: String,
    /// Longer text, Markdown.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner_id: Option<Uuid>,
    /// The team it belongs to; null for one of the whole organization.
    pub team_id: Option<Uuid>,
    /// The cycle it is set for.
    pub cycle_id: Option<Uuid>,
    /// The objective above, which this one is aligned to.
    pub parent_id: Option<Uuid>,
    /// Where the objective is in its life.
    pub state: GoalState,
    /// Committed, or aspirational.
    pub kind: ObjectiveKind,
    /// Who may see it.
    pub visibility: Visibility,
    /// Share of attention intended, 0–1, for investment only; null when not set.
    pub priority: Option<f64>,
    /// Share in the roll-up of the objective above; 0 or more.
    pub weight: f64,
    /// Whether aligned child objectives join the roll-up.
    pub include_children: bool,
    /// Whether progress comes from key results or from own links.
    pub progress_source: ObjectiveSource,
    /// Rolled-up progress, 0–1; null when nothing counts.
    pub progress: Option<f64>,
    /// The inputs of the progress as a JSON array, for explanation and history.
    pub progress_inputs: String,
    /// When the progress was last computed.
    pub progress_at: Option<Instant>,
    /// Score at close, 0–1.
    pub score: Option<f64>,
    /// Days between check-ins of the key results that set none; null takes the parent's, else the cycle's.
    pub check_in_days: Option<i32>,
    /// Who checks in on the key results that name nobody; null leaves it to their owners.
    pub check_in_owner_id: Option<Uuid>,
    /// Who reads and acknowledges the check-ins on the key results that name nobody.
    pub check_in_reviewer_id: Option<Uuid>,
    /// The health that the last event told; null before the first.
    pub health_told: Option<Health>,
    /// Its id in the file or tool that it came from; unique among those of its kind.
    pub external_id: Option<String>,
    /// Its page there.
    pub external_url: Option<String>,
    /// When it was closed or given up; null while it is proposed or pursued.
    pub ended_at: Option<Instant>,
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
