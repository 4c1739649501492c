//! When a goal was closed or given up: what was finished by then was work for that goal. Parts of our own stand
//! where the task above them stands. What follows for numbers is worked out anew by a job.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let words = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => SQLITE,
            DatabaseBackend::Postgres => POSTGRES,
            other @ (DatabaseBackend::MySql | _) => {
                return Err(DbErr::Migration(format!(
                    "{other:?} is not supported: use SQLite or PostgreSQL"
                )));
            }
        };
        let text = [ENDS, PARTS, RECOMPUTE].concat();
        let text = words.iter().fold(text, |text, (name, word)| text.replace(name, word));
        #[expect(clippy::disallowed_methods, reason = "a migration is made of statements")]
        connection.execute_unprepared(&text).await?;
        Ok(())
    }
}

/// What each database has its own words for: a new key, the time in microseconds, and a key as text.
type Words = [(&'static str, &'static str); 3];

const SQLITE: Words = [
    ("{new_id}", "randomblob(16)"),
    ("{now}", "CAST(strftime('%s', 'now') AS INTEGER) * 1000000"),
    (
        "{id_as_text}",
        "lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-' \
         || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21))",
    ),
];

const POSTGRES: Words = [
    ("{new_id}", "gen_random_uuid()"),
    ("{now}", "CAST(EXTRACT(EPOCH FROM now()) * 1000000 AS BIGINT)"),
    ("{id_as_text}", "CAST(id AS TEXT)"),
];

/// Of what has ended already, the last change of its row or the close of its cycle tells when.
const ENDS: &str = r#"
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

/// Tasks of our own that stand nowhere below one that stands somewhere, through as many levels as there are.
/// Team and visibility come with the primary project.
const PARTS: &str = r#"
WITH RECURSIVE part (id, above) AS (
    SELECT task.id, task.parent_id FROM task
    WHERE task.integration_id IS NULL AND NOT EXISTS (SELECT 1 FROM task_project WHERE task_id = task.id)
        AND EXISTS (SELECT 1 FROM task_project WHERE task_id = task.parent_id)
    UNION
    SELECT task.id, part.above FROM task JOIN part ON task.parent_id = part.id
    WHERE task.integration_id IS NULL AND NOT EXISTS (SELECT 1 FROM task_project WHERE task_id = task.id)
)
INSERT INTO task_project (id, organization_id, task_id, project_id, is_primary, created_at)
SELECT {new_id}, place.organization_id, part.id, place.project_id, place.is_primary, {now}
FROM part JOIN task_project AS place ON place.task_id = part.above;
UPDATE task SET
    project_id = (SELECT place.project_id FROM task_project AS place
        WHERE place.task_id = task.id AND place.is_primary),
    team_id = (SELECT project.team_id FROM task_project AS place JOIN project ON project.id = place.project_id
        WHERE place.task_id = task.id AND place.is_primary),
    visibility = (SELECT project.visibility FROM task_project AS place JOIN project ON project.id = place.project_id
        WHERE place.task_id = task.id AND place.is_primary)
WHERE project_id IS NULL AND integration_id IS NULL AND parent_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM task_project AS place WHERE place.task_id = task.id AND place.is_primary);
"#;

/// Inheritance and completion follow from both. Of each organization one job does it, which has the key of the
/// organization, as no other job has.
const RECOMPUTE: &str = r#"
INSERT INTO job (id, organization_id, kind, coalesce_key, state, run_at, created_at, updated_at)
SELECT id, id, 'RECOMPUTE_ORGANIZATION', {id_as_text}, 'WAITING', {now}, {now}, {now} FROM organization WHERE TRUE
ON CONFLICT (organization_id, kind, coalesce_key) WHERE state = 'WAITING' DO NOTHING;
"#;
