//! When a code stood in a piece of work no more of which a person had said which goal it means.

use sea_orm_migration::prelude::*;

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        #[expect(clippy::disallowed_methods, reason = "a migration is made of statements")]
        connection.execute_unprepared(CHANGE).await?;
        Ok(())
    }
}

const CHANGE: &str = "ALTER TABLE unresolved_token ADD COLUMN lapsed_at BIGINT;";
