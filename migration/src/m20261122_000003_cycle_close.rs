//! The close of a cycle: scores that wait for it, results of projects, and where key results went on.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => SCHEMA.replace(" COLLATE \"C\"", ""),
            DatabaseBackend::Postgres => SCHEMA.to_owned(),
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

const SCHEMA: &str = r#"
ALTER TABLE cycle ADD COLUMN closed_at BIGINT;
ALTER TABLE progress_point ADD COLUMN current_value BIGINT;
ALTER TABLE link_evidence ADD COLUMN successor_code TEXT COLLATE "C";

CREATE TABLE key_result_score (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    key_result_id UUID NOT NULL,
    score DOUBLE PRECISION,
    note TEXT COLLATE "C",
    person_id UUID,
    scored_at BIGINT NOT NULL,
    suggested DOUBLE PRECISION,
    frozen_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    CHECK (score IS NULL OR (score >= 0 AND score <= 1)),
    CHECK (suggested IS NULL OR (suggested >= 0 AND suggested <= 1))
);
CREATE UNIQUE INDEX uq_key_result_score ON key_result_score (key_result_id);

CREATE TABLE carry_over (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    decision TEXT COLLATE "C" NOT NULL CHECK (decision IN ('KEEP', 'MODIFY', 'ABANDON')),
    key_result_id UUID,
    objective_id UUID,
    successor_key_result_id UUID,
    successor_objective_id UUID,
    cycle_id UUID,
    note TEXT COLLATE "C",
    person_id UUID,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, successor_key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, successor_objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, cycle_id) REFERENCES cycle (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    CHECK ((key_result_id IS NULL) <> (objective_id IS NULL)),
    CHECK (successor_key_result_id IS NULL OR key_result_id IS NOT NULL),
    CHECK (successor_objective_id IS NULL OR objective_id IS NOT NULL),
    CHECK ((decision = 'ABANDON') = (successor_key_result_id IS NULL AND successor_objective_id IS NULL))
);
CREATE UNIQUE INDEX uq_carry_over_key_result ON carry_over (key_result_id);
CREATE UNIQUE INDEX uq_carry_over_objective ON carry_over (objective_id, cycle_id);
CREATE UNIQUE INDEX uq_carry_over_successor ON carry_over (successor_key_result_id);
CREATE INDEX ix_carry_over_successor_objective ON carry_over (successor_objective_id);

CREATE TABLE project_result (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    project_id UUID NOT NULL,
    key_result_id UUID NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    start_value BIGINT,
    end_value BIGINT,
    start_progress DOUBLE PRECISION,
    end_progress DOUBLE PRECISION,
    verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('IMPROVED', 'UNCHANGED', 'WORSENED', 'UNKNOWN')),
    closing_value BIGINT,
    closing_progress DOUBLE PRECISION,
    closing_verdict TEXT COLLATE "C" CHECK (closing_verdict IN ('IMPROVED', 'UNCHANGED', 'WORSENED', 'UNKNOWN')),
    amended_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id)
);
CREATE UNIQUE INDEX uq_project_result ON project_result (project_id, key_result_id);
CREATE INDEX ix_project_result_project ON project_result (project_id, id);
CREATE INDEX ix_project_result_key_result ON project_result (key_result_id, id);
"#;
