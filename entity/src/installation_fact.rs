//! What this database is: a fact and its value, `purpose` = `demo` for one that the demo may use.

use sea_orm::entity::prelude::*;

/// A row of `installation_fact`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "installation_fact")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name of the fact.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
