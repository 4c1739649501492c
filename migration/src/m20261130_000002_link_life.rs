//! The life of links: spans tell why a link was stale in them and who brought it into the state, and those
//! that wait for movement of their work are found at once.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => CHANGE.replace(" COLLATE \"C\"", ""),
            DatabaseBackend::Postgres => CHANGE.to_owned(),
            other @ (DatabaseBackend::MySql | _) => {
                return Err(DbErr::Migration(format!(
                    "{other:?} is not supported: use SQLite or PostgreSQL"
                )));
            }
        };
        #[expect(clippy::disallowed_methods, reason = "a migration is made of statements")]
        connection.execute_unprepared(&text).await?;
        Ok(())
    }
}

/// Of spans that are over nobody kept the reason; the open ones have the one that their link has.
const CHANGE: &str = r#"
ALTER TABLE link_interval ADD COLUMN stale_reason TEXT COLLATE "C" CHECK (stale_reason IN ('TARGET_CLOSED', 'TARGET_ARCHIVED', 'CYCLE_ENDED', 'WORK_DONE_LONG_AGO', 'NO_ACTIVITY', 'SOURCE_DELETED', 'OWNER_LEFT', 'TOKEN_REMOVED', 'NEVER_CONFIRMED'));
ALTER TABLE link_interval ADD COLUMN person_id UUID;
UPDATE link_interval SET stale_reason = (SELECT link.stale_reason FROM alignment_link AS link WHERE link.id = link_interval.alignment_link_id) WHERE to_at IS NULL AND state = 'STALE';
UPDATE link_interval SET person_id = (SELECT link.retired_by_id FROM alignment_link AS link WHERE link.id = link_interval.alignment_link_id) WHERE to_at IS NULL AND state = 'RETIRED';
CREATE INDEX ix_alignment_link_quiet ON alignment_link (organization_id, id) WHERE stale_reason IN ('NO_ACTIVITY', 'WORK_DONE_LONG_AGO');
"#;
