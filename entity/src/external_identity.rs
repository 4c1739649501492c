//! What a tool calls one of our rows: the same item is the same row across imports, connections and webhooks.

use sea_orm::entity::prelude::*;

use crate::{ExternalKind, Instant, Provider};

/// A row of `external_identity`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_identity")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Which tool.
    pub provider: Provider,
    /// The tool's site or workspace.
    pub site: String,
    /// What it is there.
    pub kind: ExternalKind,
    /// Its id in the tool.
    pub external_id: String,
    /// Its readable key in the tool, `DAEMON-48`.
    pub external_key: Option<String>,
    /// Our project.
    pub project_id: Option<Uuid>,
    /// Our task.
    pub task_id: Option<Uuid>,
    /// The integration that claims it.
    pub integration_id: Option<Uuid>,
    /// Hash of what was last merged, so that an unchanged item costs nothing.
    pub content_hash: Vec<u8>,
    /// When the tool says that it was last changed.
    pub external_updated_at: Option<Instant>,
    /// The parent that the tool names and that has not arrived yet: `id:10023`, or `key:DAEMON-4`.
    pub awaited_parent: Option<String>,
    /// Whether the tool tells by itself in which projects it stands, so that it does not follow its parent.
    pub is_placed: bool,
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
