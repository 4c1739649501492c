//! Sync: what is taken in from a tool, each run of it, and what tools send by themselves.

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
ALTER TABLE integration ADD COLUMN address TEXT COLLATE "C";
ALTER TABLE integration ADD COLUMN account TEXT COLLATE "C";
ALTER TABLE integration ADD COLUMN next_sync_at BIGINT;
ALTER TABLE integration ADD COLUMN swept_at BIGINT;
ALTER TABLE integration ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE integration ADD COLUMN last_error TEXT COLLATE "C";
CREATE INDEX ix_integration_due ON integration (next_sync_at) WHERE next_sync_at IS NOT NULL;

ALTER TABLE external_identity ADD COLUMN is_placed BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX ix_external_identity_integration;
CREATE INDEX ix_external_identity_integration ON external_identity (integration_id, task_id);

CREATE TABLE sync_container (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    integration_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    external_key TEXT COLLATE "C",
    title TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C",
    is_taken BOOLEAN NOT NULL,
    team_id UUID,
    visibility TEXT COLLATE "C" NOT NULL CHECK (visibility IN ('ORGANIZATION', 'TEAM', 'PRIVATE')),
    read_until BIGINT,
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (integration_id, external_id),
    FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id)
);
CREATE INDEX ix_sync_container_title ON sync_container (integration_id, title, id);

CREATE TABLE sync_run (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    integration_id UUID NOT NULL,
    trigger_kind TEXT COLLATE "C" NOT NULL CHECK (trigger_kind IN ('CONNECT', 'SCHEDULE', 'MANUAL', 'WEBHOOK')),
    is_full BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'STOPPED')),
    phase TEXT COLLATE "C" NOT NULL CHECK (phase IN ('CONTAINERS', 'ITEMS', 'DELETIONS', 'OVER')),
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT,
    created_count BIGINT NOT NULL DEFAULT 0,
    updated_count BIGINT NOT NULL DEFAULT 0,
    unchanged_count BIGINT NOT NULL DEFAULT 0,
    removed_count BIGINT NOT NULL DEFAULT 0,
    failed_count BIGINT NOT NULL DEFAULT 0,
    place TEXT COLLATE "C",
    error TEXT COLLATE "C",
    started_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, id)
);
CREATE INDEX ix_sync_run_integration ON sync_run (organization_id, integration_id, created_at, id);
CREATE UNIQUE INDEX uq_sync_run_open ON sync_run (integration_id) WHERE state IN ('WAITING', 'RUNNING');

CREATE TABLE sync_failure (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    sync_run_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, sync_run_id) REFERENCES sync_run (organization_id, id)
);
CREATE INDEX ix_sync_failure_run ON sync_failure (sync_run_id, id);

CREATE TABLE sync_sighting (
    sync_run_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    organization_id UUID NOT NULL REFERENCES organization (id),
    PRIMARY KEY (sync_run_id, external_id),
    FOREIGN KEY (organization_id, sync_run_id) REFERENCES sync_run (organization_id, id)
);
"#;
