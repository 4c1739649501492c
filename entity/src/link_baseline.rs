//! What both ends of a link were when somebody last stood by it: made, revived or confirmed it, or reviewed it. What
//! was still being planned then (the scope of a project that had not begun, the first aim of a key result) is kept
//! as it came to be.

use sea_orm::entity::prelude::*;

use crate::{Decimal, GoalState, Instant, KeyResultKind};

/// A row of `link_baseline`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_baseline")]
pub struct Model {
    /// Key of the link.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Leaf tasks of the project that were neither cancelled nor archived; null for a link of a task.
    pub counted_leaves: Option<i64>,
    /// State of the goal, that of its objective where that was over.
    pub goal_state: GoalState,
    /// Who answered for the goal.
    pub goal_owner_id: Option<Uuid>,
    /// How values became progress; null for an objective.
    pub goal_kind: Option<KeyResultKind>,
    /// Value at which progress was 1.
    pub target_value: Option<Decimal>,
    /// Lowest value inside the bounds.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds.
    pub upper_bound: Option<Decimal>,
    /// When it was taken.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
