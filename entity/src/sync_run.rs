//! One run of a sync: what it was begun by, how far it is and what it changed.

use sea_orm::entity::prelude::*;

use crate::{Instant, SyncPhase, SyncRunState, SyncTrigger};

/// A row of `sync_run`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_run")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The integration.
    pub integration_id: Uuid,
    /// What it was begun by.
    pub trigger_kind: SyncTrigger,
    /// Whether it reads everything, and not only what has changed.
    pub is_full: bool,
    /// Where it is in its life.
    pub state: SyncRunState,
    /// What it is at.
    pub phase: SyncPhase,
    /// Items that it has read.
    pub done: i64,
    /// Items that it will read, where the tool tells.
    pub total: Option<i64>,
    /// Projects and tasks that it made.
    pub created_count: i64,
    /// Projects and tasks that it changed.
    pub updated_count: i64,
    /// Projects and tasks that were as they are.
    pub unchanged_count: i64,
    /// Projects and tasks that the tool has no more.
    pub removed_count: i64,
    /// Items that could not be read.
    pub failed_count: i64,
    /// Where it goes on, as a JSON object.
    pub place: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub finished_at: Option<Instant>,
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
