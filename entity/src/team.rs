//! A team; teams form a tree.

use sea_orm::entity::prelude::*;

use crate::{ConnectionModel, Instant};

/// A row of `team`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Display name.
    pub name: String,
    /// The name in lower case, for search and order without case.
    pub name_folded: String,
    /// The team above; null for a root.
    pub parent_id: Option<Uuid>,
    /// The person who manages this team and, with the right role, its subtree.
    pub manager_id: Option<Uuid>,
    /// Connection model of this team; null takes the organization's.
    pub connection_model: Option<ConnectionModel>,
    /// When the team was archived; null while in use.
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
