//! A dated, immutable statement on a key result.

use sea_orm::entity::prelude::*;

use crate::{Decimal, Health, Instant, KeyResultKind};

/// A row of `check_in`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "check_in")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The key result.
    pub key_result_id: Uuid,
    /// The time the statement holds for; may lie before it was made.
    pub at: Instant,
    /// The measured value; null when only confidence, health or a note was given.
    pub value: Option<Decimal>,
    /// How sure the author is that the target will be reached, 0–1.
    pub confidence: Option<f64>,
    /// Health as the author sees it.
    pub health: Option<Health>,
    /// What the author says, Markdown.
    pub note: Option<String>,
    /// Who made it.
    pub author_id: Option<Uuid>,
    /// Progress right after this check-in.
    pub progress: Option<f64>,
    /// Completion of the contributing work at that time.
    pub work_progress: Option<f64>,
    /// Kind of the key result when it was made; null for check-ins made before it was kept.
    pub kind: Option<KeyResultKind>,
    /// Start value of the key result when it was made.
    pub start_value: Option<Decimal>,
    /// Target of the key result when it was made.
    pub target_value: Option<Decimal>,
    /// Lowest value inside the bounds when it was made.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds when it was made.
    pub upper_bound: Option<Decimal>,
    /// Progress right after this check-in before it was cut to 0–1.
    pub attainment: Option<f64>,
    /// The tool's token, when a tool recorded the value.
    pub service_token_id: Option<Uuid>,
    /// Who acknowledged having read it.
    pub acknowledged_by_id: Option<Uuid>,
    /// When it was acknowledged; null until then.
    pub acknowledged_at: Option<Instant>,
    /// What the reviewer said to it, Markdown.
    pub acknowledgement_note: Option<String>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
