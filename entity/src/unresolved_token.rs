//! A reference to a goal that leads to no link.

use sea_orm::entity::prelude::*;

use crate::{Instant, ReferenceField, UnresolvedReason};

/// A row of `unresolved_token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unresolved_token")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Where it stood, when in a project.
    pub project_id: Option<Uuid>,
    /// Where it stood, when in a task.
    pub task_id: Option<Uuid>,
    /// The code as read, `KR-99`.
    pub code: String,
    /// Where it stood.
    pub field: ReferenceField,
    /// The reference as it was written.
    pub text: String,
    /// Place of its first character in that field.
    pub position: i32,
    /// Why it leads to no link.
    pub reason: UnresolvedReason,
    /// When it was matched, or was no longer there.
    pub resolved_at: Option<Instant>,
    /// Who said which goal is meant, when a person did.
    pub resolved_by_id: Option<Uuid>,
    /// When a person said that it is not to be matched.
    pub dismissed_at: Option<Instant>,
    /// Who said so.
    pub dismissed_by_id: Option<Uuid>,
    /// When the code stood in the work no more, so that what a person said of it holds no longer; null while it
    /// holds, and where no person said which goal is meant.
    pub lapsed_at: Option<Instant>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
