//! A task that every project made from a template begins with.

use sea_orm::entity::prelude::*;

use crate::{EstimateUnit, Instant};

/// A row of `project_template_task`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template_task")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The template.
    pub template_id: Uuid,
    /// Place among the template's tasks, from 0.
    pub position: i32,
    /// Place of the earlier task that it is part of; null for none.
    pub parent_position: Option<i32>,
    /// What is to be done.
    pub title: String,
    /// Longer text, Markdown.
    pub description: Option<String>,
    /// Estimated effort, 0 or more.
    pub estimate_value: Option<f64>,
    /// Unit of the estimate.
    pub estimate_unit: Option<EstimateUnit>,
    /// Days from the project's first day to the day it is due; null for never due.
    pub due_offset_days: Option<i32>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
