//! An item that a run of a sync could not take in.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `sync_failure`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_failure")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The run.
    pub sync_run_id: Uuid,
    /// The item's id or key in the tool.
    pub external_id: String,
    /// Why, as a sentence.
    pub reason: String,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
