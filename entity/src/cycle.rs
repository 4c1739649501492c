//! A period in which goals are set and scored; cycles nest, a year around its quarters.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::{CycleState, Instant};

/// A row of `cycle`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cycle")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Display name, `2026 Q1`.
    pub name: String,
    /// The name in lower case.
    pub name_folded: String,
    /// The cycle around this one.
    pub parent_id: Option<Uuid>,
    /// Where the cycle is in its life.
    pub state: CycleState,
    /// First day, in the organization's time zone; null for a backlog.
    pub starts_on: Option<NaiveDate>,
    /// Last day, included; null for a backlog.
    pub ends_on: Option<NaiveDate>,
    /// Days between check-ins of the goals that set none; null takes the cycle's around it.
    pub check_in_days: Option<i32>,
    /// When the cycle was closed.
    pub closed_at: Option<Instant>,
    /// When the cycle was archived.
    pub archived_at: Option<Instant>,
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
