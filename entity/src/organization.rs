//! The tenant: every other row belongs to exactly one organization.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `organization`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Display name.
    pub name: String,
    /// Short name in lower case, unique in the installation; tells organizations apart at sign-in.
    pub slug: String,
    /// IANA time zone in which the organization's dates and weeks are read.
    pub time_zone: String,
    /// Settings that differ from their defaults, as a JSON object (see `domain::settings`).
    pub settings: String,
    /// Number that the next objective's code takes.
    pub next_objective_number: i64,
    /// Number that the next key result's code takes.
    pub next_key_result_number: i64,
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
