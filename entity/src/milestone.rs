//! A step of a key result of kind `MILESTONE`.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `milestone`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "milestone")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The key result.
    pub key_result_id: Uuid,
    /// What is to be reached.
    pub title: String,
    /// Share in the key result's progress; 0 or more.
    pub weight: f64,
    /// When it is due.
    pub due_on: NaiveDate,
    /// When it was reached; null while open.
    pub done_at: Option<Instant>,
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
