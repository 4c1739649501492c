//! A span of time that a task spent in one status: from included, to not.

use sea_orm::entity::prelude::*;

use crate::{Instant, TaskStatus};

/// A row of `status_interval`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "status_interval")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The task.
    pub task_id: Uuid,
    /// Status in our words.
    pub status: TaskStatus,
    /// Status in the tool's words.
    pub provider_status: Option<String>,
    /// When it entered the status.
    pub from_at: Instant,
    /// When it left; null for the status it is in.
    pub to_at: Option<Instant>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
