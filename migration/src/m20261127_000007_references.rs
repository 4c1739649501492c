//! References: why one is unresolved and who settled it, the texts of a tool's items in which they are
//! looked for, and the ways from an address to an item.

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

const CHANGE: &str = r#"
ALTER TABLE unresolved_token ADD COLUMN reason TEXT COLLATE "C" NOT NULL DEFAULT 'NO_GOAL' CHECK (reason IN ('NO_GOAL', 'OUTSIDE_MODEL'));
ALTER TABLE unresolved_token ADD COLUMN resolved_by_id UUID;
ALTER TABLE unresolved_token ADD COLUMN dismissed_at BIGINT;
ALTER TABLE unresolved_token ADD COLUMN dismissed_by_id UUID;
CREATE INDEX ix_unresolved_token_open ON unresolved_token (organization_id, id) WHERE resolved_at IS NULL;

ALTER TABLE stored_payload ADD COLUMN texts TEXT COLLATE "C";
CREATE INDEX ix_external_identity_any_key ON external_identity (organization_id, external_key);

CREATE INDEX ix_task_external_url ON task (organization_id, external_url) WHERE external_url IS NOT NULL;
CREATE INDEX ix_project_external_url ON project (organization_id, external_url) WHERE external_url IS NOT NULL;
"#;
