//! A board or project of a tool that an integration reaches, taken in or not.

use sea_orm::entity::prelude::*;

use crate::{Instant, Visibility};

/// A row of `sync_container`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_container")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// The integration.
    pub integration_id: Uuid,
    /// Its id in the tool.
    pub external_id: String,
    /// Its readable key in the tool, `DAEMON`.
    pub external_key: Option<String>,
    /// Its title there.
    pub title: String,
    /// Its page there.
    pub url: Option<String>,
    /// Whether its items are taken in.
    pub is_taken: bool,
    /// The team of its project here.
    pub team_id: Option<Uuid>,
    /// Who sees its project here, and the tasks of it.
    pub visibility: Visibility,
    /// All that the tool changed before this time has been read; null before it was read to its end.
    pub read_until: Option<Instant>,
    /// When it was seen archived or was not there any more.
    pub archived_at: Option<Instant>,
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
