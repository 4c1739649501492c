//! What goals and projects were defined as at a time, so that they can be asked for as they were recorded; what
//! a key result was when somebody checked in; and a result for each time that a project ended.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let change = [CHANGE, VALUES].concat();
        let text = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => change.replace(" COLLATE \"C\"", ""),
            DatabaseBackend::Postgres => change,
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

// What is there already is taken to have been so since it was made: nobody kept what it was before. Such a row
// has the key of what it defines, which no other row of this table has.
const CHANGE: &str = r#"
CREATE TABLE definition (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    objective_id UUID,
    key_result_id UUID,
    project_id UUID,
    at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    owner_id UUID,
    weight DOUBLE PRECISION,
    score DOUBLE PRECISION,
    kind TEXT COLLATE "C",
    progress_source TEXT COLLATE "C",
    start_value BIGINT,
    target_value BIGINT,
    current_value BIGINT,
    lower_bound BIGINT,
    upper_bound BIGINT,
    tolerance BIGINT,
    override_value DOUBLE PRECISION,
    override_sticky BOOLEAN,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES person (organization_id, id),
    CHECK ((CASE WHEN objective_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN key_result_id IS NULL THEN 0 ELSE 1 END)
        + (CASE WHEN project_id IS NULL THEN 0 ELSE 1 END) = 1)
);
CREATE UNIQUE INDEX uq_definition_objective ON definition (objective_id, at) WHERE objective_id IS NOT NULL;
CREATE UNIQUE INDEX uq_definition_key_result ON definition (key_result_id, at) WHERE key_result_id IS NOT NULL;
CREATE UNIQUE INDEX uq_definition_project ON definition (project_id, at) WHERE project_id IS NOT NULL;

INSERT INTO definition (id, organization_id, objective_id, at, state, owner_id, weight, score, created_at)
SELECT id, organization_id, id, created_at, state, owner_id, weight, score, created_at FROM objective;
INSERT INTO definition (id, organization_id, project_id, at, state, owner_id, created_at)
SELECT id, organization_id, id, created_at, state, owner_id, created_at FROM project;
INSERT INTO definition (id, organization_id, key_result_id, at, state, owner_id, weight, score, kind,
    progress_source, start_value, target_value, current_value, lower_bound, upper_bound, tolerance,
    override_value, override_sticky, created_at)
SELECT id, organization_id, id, created_at, state, owner_id, weight, score, kind, progress_source, start_value,
    target_value, CASE WHEN kind = 'MILESTONE' THEN NULL ELSE start_value END, lower_bound, upper_bound,
    tolerance, override_value, override_sticky, created_at FROM key_result;

ALTER TABLE check_in ADD COLUMN kind TEXT COLLATE "C";
ALTER TABLE check_in ADD COLUMN start_value BIGINT;
ALTER TABLE check_in ADD COLUMN target_value BIGINT;
ALTER TABLE check_in ADD COLUMN lower_bound BIGINT;
ALTER TABLE check_in ADD COLUMN upper_bound BIGINT;
ALTER TABLE check_in ADD COLUMN attainment DOUBLE PRECISION;

DROP INDEX uq_project_result;
CREATE UNIQUE INDEX uq_project_result ON project_result (project_id, key_result_id, ended_at);
"#;

/// Points that check-ins made before points kept the value get it: that of the check-in which counted then.
const VALUES: &str = r#"
UPDATE progress_point SET current_value = (
    SELECT said.value FROM check_in AS said WHERE said.key_result_id = progress_point.key_result_id
        AND said.value IS NOT NULL AND said.created_at <= progress_point.created_at
    ORDER BY said.at DESC, said.created_at DESC, said.id DESC LIMIT 1
) WHERE current_value IS NULL AND EXISTS (
    SELECT 1 FROM check_in AS made WHERE made.key_result_id = progress_point.key_result_id
        AND made.value IS NOT NULL AND made.created_at = progress_point.created_at
);
"#;
