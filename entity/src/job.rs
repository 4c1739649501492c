//! Work that is done after the transaction that asked for it, once.

use sea_orm::entity::prelude::*;

use crate::{Instant, JobKind, JobState};

/// A row of `job`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// What is to be done.
    pub kind: JobKind,
    /// Jobs of one kind and key that wait are one job.
    pub coalesce_key: String,
    /// Input, as a JSON object.
    pub payload: String,
    /// Where it is in its life.
    pub state: JobState,
    /// Not before this time; of a look at health that was taken, when it began.
    pub run_at: Instant,
    /// Times it was taken.
    pub attempts: i32,
    /// After so many failed attempts it is dead.
    pub max_attempts: i32,
    /// Until when the taker holds it.
    pub lease_until: Option<Instant>,
    /// Grows with every taking; a taker whose token is old may no longer write.
    pub fencing_token: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was done, or died.
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
