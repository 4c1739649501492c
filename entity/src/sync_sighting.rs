//! An item that a full run of a sync saw in the tool, until the run has looked for what is gone.

use sea_orm::entity::prelude::*;

/// A row of `sync_sighting`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_sighting")]
pub struct Model {
    /// The run.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sync_run_id: Uuid,
    /// The item's id in the tool.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
