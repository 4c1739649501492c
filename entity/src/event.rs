//! What happened: one row per change, written in the transaction of the change.
//!
//! The PostgreSQL table also has the column `xid`, filled by the database, which the tailer orders by.

use sea_orm::entity::prelude::*;

use crate::{ActorKind, EventKind, Instant, SubjectKind};

/// A row of `event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// Order of writing; on PostgreSQL not the order of commits.
    #[sea_orm(primary_key)]
    pub sequence: i64,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Shared by the events of one batch.
    pub batch_id: Uuid,
    /// When it happened.
    pub at: Instant,
    /// Who acted.
    pub actor_kind: ActorKind,
    /// The person or integration that acted; null for Throughline itself.
    pub actor_id: Option<Uuid>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// What it is about.
    pub subject_kind: SubjectKind,
    /// The row it is about.
    pub subject_id: Uuid,
    /// Ids of the goals, projects and teams above the subject, as a JSON array of typed global ids.
    pub ancestors: String,
    /// What decides who may see it, as a JSON object (see `domain::events::Sight`).
    pub sight: String,
    /// Values before, as a JSON object of the changed columns; null for a new row.
    pub previous: Option<String>,
    /// Values after, as a JSON object of the changed columns.
    pub current: String,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
