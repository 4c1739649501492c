//! A task's place in a project; tools let a task live in several.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `task_project`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_project")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The task.
    pub task_id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// Whether this is the task's primary project.
    pub is_primary: bool,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
