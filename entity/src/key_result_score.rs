//! The score that a person gave a key result for the close of its cycle.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `key_result_score`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "key_result_score")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The key result.
    pub key_result_id: Uuid,
    /// The score, 0–1; null takes the suggested one.
    pub score: Option<f64>,
    /// Why it is not the suggested one, Markdown.
    pub note: Option<String>,
    /// Who scored; null when the close took the suggestion.
    pub person_id: Option<Uuid>,
    /// When it was scored.
    pub scored_at: Instant,
    /// The progress at the close, which was the suggestion; null before, and where there was none.
    pub suggested: Option<f64>,
    /// When the close froze it.
    pub frozen_at: Option<Instant>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
