//! Someone as a tool knows them, with the person they are here where that is known.

use sea_orm::entity::prelude::*;

use crate::{Instant, PersonMatch, Provider};

/// A row of `external_person`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_person")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Which tool.
    pub provider: Provider,
    /// The tool's site or workspace.
    pub site: String,
    /// Id in the tool.
    pub external_id: String,
    /// Display name in the tool.
    pub name: Option<String>,
    /// Login name in the tool.
    pub user_name: Option<String>,
    /// E-mail address, where the tool tells it.
    pub email: Option<String>,
    /// The person here; null while not matched.
    pub person_id: Option<Uuid>,
    /// How the person was found.
    pub matched_by: Option<PersonMatch>,
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
