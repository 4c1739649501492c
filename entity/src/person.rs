//! A member of the organization.

use sea_orm::entity::prelude::*;

use crate::{Instant, Role};

/// A row of `person`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
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
    /// E-mail address as it was given.
    pub email: String,
    /// E-mail address in lower case, unique in the organization.
    pub email_folded: String,
    /// What the person may see and do in OKR practice.
    pub role: Role,
    /// Whether the person manages people, teams, tokens and integrations.
    pub is_admin: bool,
    /// When the person was deactivated; null while active.
    pub deactivated_at: Option<Instant>,
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
