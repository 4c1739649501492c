//! Time that someone spent on a task on a day.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use crate::{Instant, Provider};

/// A row of `time_entry`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "time_entry")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The task.
    pub task_id: Uuid,
    /// Who spent it.
    pub person_id: Option<Uuid>,
    /// Who spent it, as the tool knows them.
    pub external_person_id: Option<Uuid>,
    /// The day, in the organization's time zone.
    pub day: NaiveDate,
    /// Time spent; above 0.
    pub seconds: i64,
    /// The tool it came from; null for an own entry.
    pub provider: Option<Provider>,
    /// Id in the tool.
    pub external_id: Option<String>,
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
