//! What a file or tool calls a goal, and its page there: so that an import is known again.

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
ALTER TABLE objective ADD COLUMN external_id TEXT COLLATE "C";
ALTER TABLE objective ADD COLUMN external_url TEXT COLLATE "C";
CREATE UNIQUE INDEX uq_objective_external ON objective (organization_id, external_id) WHERE external_id IS NOT NULL;
ALTER TABLE key_result ADD COLUMN external_id TEXT COLLATE "C";
ALTER TABLE key_result ADD COLUMN external_url TEXT COLLATE "C";
CREATE UNIQUE INDEX uq_key_result_external ON key_result (organization_id, external_id) WHERE external_id IS NOT NULL;
"#;
