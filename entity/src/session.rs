//! A signed-in person: one chain of refresh tokens.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `session`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Who signed in.
    pub person_id: Uuid,
    /// SHA-256 of the refresh token that is valid now.
    pub refresh_hash: Vec<u8>,
    /// SHA-256 of the one before; its use shows theft and ends the session.
    pub previous_hash: Option<Vec<u8>>,
    /// When the session ends unless it is refreshed.
    pub expires_at: Instant,
    /// When it was ended.
    pub revoked_at: Option<Instant>,
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
