//! Another code of a goal: an old prefix, or a retired code that leads to its successor.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `code_alias`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "code_alias")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The code, in upper case.
    pub code: String,
    /// The goal, when an objective.
    pub objective_id: Option<Uuid>,
    /// The goal, when a key result.
    pub key_result_id: Option<Uuid>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
