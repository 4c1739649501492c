//! A person's password, as a salted hash.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `credential`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Whose it is.
    pub person_id: Uuid,
    /// Argon2id hash in PHC form; null until a password is set.
    pub password_hash: Option<String>,
    /// SHA-256 of the one-time code with which a password can be set.
    pub setup_hash: Option<Vec<u8>>,
    /// Until when that code is valid.
    pub setup_expires_at: Option<Instant>,
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
