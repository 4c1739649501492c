//! Failed sign-ins of one address or account in one window, so that guessing is slow on every node.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `sign_in_attempt`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempt")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of what is limited: the account's address, or the network address.
    pub subject_hash: Vec<u8>,
    /// Start of the window.
    pub window_start: Instant,
    /// Failures in the window.
    pub failures: i32,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
