//! An organization's connection to a tool, or the file imports of one site of it.

use sea_orm::entity::prelude::*;

use crate::{Instant, IntegrationState, Provider};

/// A row of `integration`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "integration")]
pub struct Model {
    /// Key, UUID version 7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organization that the row belongs to.
    pub organization_id: Uuid,
    /// Which tool.
    pub provider: Provider,
    /// The tool's site or workspace, `acme.atlassian.net`; `file` for imports of a file that names none.
    pub site: String,
    /// Display name.
    pub name: String,
    /// Whether it runs.
    pub state: IntegrationState,
    /// Containers, schedule, field authority and maps, as a JSON object.
    pub settings: String,
    /// Sealed credential; null for file imports.
    pub credential: Option<Vec<u8>>,
    /// Id of the key that sealed the credential.
    pub credential_key_id: Option<String>,
    /// Where the next incremental pull goes on.
    pub cursor: Option<String>,
    /// Address below which the tool's API lies; null for file imports.
    pub address: Option<String>,
    /// Whom the credential speaks for, as the tool names them.
    pub account: Option<String>,
    /// When it is to run next by its schedule; null when it has none.
    pub next_sync_at: Option<Instant>,
    /// When everything was last read to its end.
    pub swept_at: Option<Instant>,
    /// Runs that failed since the last good one.
    pub failures: i64,
    /// Why the last run failed; null after a good one.
    pub last_error: Option<String>,
    /// When work last came in without a failure.
    pub last_good_sync_at: Option<Instant>,
    /// When it was disconnected.
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
