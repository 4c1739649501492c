//! On PostgreSQL a replay reads one organization's events by transaction and number: an index in that order.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // On SQLite the number alone is the order, and the index that is there has it.
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            #[expect(clippy::disallowed_methods, reason = "a migration is made of statements")]
            manager.get_connection().execute_unprepared(CHANGE).await?;
        }
        Ok(())
    }
}

const CHANGE: &str = "
DROP INDEX ix_event_organization;
CREATE INDEX ix_event_organization ON event (organization_id, xid, sequence);
";
