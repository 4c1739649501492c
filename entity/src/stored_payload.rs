//! What a tool sent for an item, kept as text so that rules can be applied again.

use sea_orm::entity::prelude::*;

use crate::Instant;

/// A row of `stored_payload`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_payload")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The item.
    pub external_identity_id: Uuid,
    /// The tool's JSON, as it came.
    pub payload: String,
    /// Texts of the item beside title, description and labels in which references are looked for, as a JSON
    /// array of `[field, text]`; null for an item that was merged before they were kept.
    pub texts: Option<String>,
    /// When it came.
    pub received_at: Instant,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
