//! When a goal was closed or given up: what was finished by then was work for that goal.

use sea_orm_migration::prelude::*;

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        #[expect(clippy::disallowed_methods, reason = "a migration is made of statements")]
        manager.get_connection().execute_unprepared(CHANGE).await?;
        Ok(())
    }
}

/// Of what has ended already, the last change of its row or the close of its cycle tells when.
const CHANGE: &str = r#"
ALTER TABLE objective ADD COLUMN ended_at BIGINT;
ALTER TABLE key_result ADD COLUMN ended_at BIGINT;
UPDATE objective SET ended_at = COALESCE(
    (SELECT cycle.closed_at FROM cycle WHERE cycle.id = objective.cycle_id AND objective.state = 'CLOSED'),
    objective.updated_at
) WHERE state IN ('CLOSED', 'CANCELLED');
UPDATE key_result SET ended_at = COALESCE(
    (SELECT objective.ended_at FROM objective WHERE objective.id = key_result.objective_id
        AND key_result.state = 'CLOSED'),
    key_result.updated_at
) WHERE state IN ('CLOSED', 'CANCELLED');
"#;
