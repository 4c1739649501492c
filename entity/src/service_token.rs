//! A tool's token: what it may do, until when, and a hash to know it by.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `service_token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "service_token")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// What it is for, in the words of who made it.
    pub name: String,
    /// Names of its scopes, with commas between them.
    pub scopes: String,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// The last characters of the token, to tell tokens apart.
    pub hint: String,
    /// When it ends.
    pub expires_at: Instant,
    /// When it was last used, to the minute; null before the first use.
    pub last_used_at: Option<Instant>,
    /// Who made it.
    pub created_by_id: Option<Uuid>,
    /// When it was revoked; null while it is not.
    pub revoked_at: Option<Instant>,
    /// Who revoked it.
    pub revoked_by_id: Option<Uuid>,
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
