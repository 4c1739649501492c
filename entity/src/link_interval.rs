//! A span of time in which a link was in one state for one reason: from included, to not.

use sea_orm::entity::prelude::*;

use crate::{Instant, LinkState, StaleReason};

/// A row of `link_interval`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_interval")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The link.
    pub alignment_link_id: Uuid,
    /// The state.
    pub state: LinkState,
    /// Why it was stale; null in another state, and for spans that were over before this was kept.
    pub stale_reason: Option<StaleReason>,
    /// Who brought it into the state; null for Throughline itself and for tools.
    pub person_id: Option<Uuid>,
    /// When it began.
    pub from_at: Instant,
    /// When it ended; null for the state it is in.
    pub to_at: Option<Instant>,
    /// When the row was made.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
