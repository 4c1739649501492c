//! What a key result did while a project that contributed to it ran.

use sea_orm::entity::prelude::*;

use crate::{Decimal, Instant, ResultVerdict};

/// A row of `project_result`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_result")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// The key result.
    pub key_result_id: Uuid,
    /// When the project started.
    pub started_at: Instant,
    /// When it ended.
    pub ended_at: Instant,
    /// The key result's value when the project started.
    pub start_value: Option<Decimal>,
    /// Its value when the project ended.
    pub end_value: Option<Decimal>,
    /// Its progress when the project started.
    pub start_progress: Option<f64>,
    /// Its progress when the project ended.
    pub end_progress: Option<f64>,
    /// Whether it moved the right way meanwhile.
    pub verdict: ResultVerdict,
    /// Its value at the close of its cycle.
    pub closing_value: Option<Decimal>,
    /// Its progress at the close of its cycle.
    pub closing_progress: Option<f64>,
    /// Whether it moved the right way from the project's start to the close.
    pub closing_verdict: Option<ResultVerdict>,
    /// When the close added to it.
    pub amended_at: Option<Instant>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
