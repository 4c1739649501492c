//! Someone a task is assigned to: a person, or someone only the tool knows.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `task_assignee`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_assignee")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The task.
    pub task_id: Uuid,
    /// The person; null while the tool's user is not matched.
    pub person_id: Option<Uuid>,
    /// The tool's user; null for an own assignment.
    pub external_person_id: Option<Uuid>,
    /// Whether this is the task's primary assignee.
    pub is_primary: bool,
    /// Place in the tool's order.
    pub position: i32,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
