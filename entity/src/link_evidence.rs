//! Why a link exists.

use sea_orm::entity::prelude::*;

use crate::{Instant, LinkOrigin, ReferenceField};

/// A row of `link_evidence`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_evidence")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The link.
    pub alignment_link_id: Uuid,
    /// Kind of evidence.
    pub origin: LinkOrigin,
    /// Where the reference stood.
    pub field: Option<ReferenceField>,
    /// The reference as it was written, at most 200 characters.
    pub text: Option<String>,
    /// Place of its first character in that field, counted in characters from 0.
    pub position: Option<i32>,
    /// The code it was read as.
    pub code: Option<String>,
    /// The code of the goal that the code led to, where its own goal was over and carried over.
    pub successor_code: Option<String>,
    /// Who made it, for evidence by hand.
    pub person_id: Option<Uuid>,
    /// When the reference was no longer there.
    pub removed_at: Option<Instant>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
