//! What numbers, sources and check-ins need: percent targets, who checks in and who reviews, acknowledged
//! check-ins, the health that was last told, and tokens of tools.
//!
//! SQLite adds a column with a reference of one column only, so there the organization is not part of the
//! new references of old tables; on PostgreSQL it is, as everywhere.
//!
//! The kinds of jobs lose their list in the database: they grow with the code, which reads them by a closed
//! enum, and SQLite changes a list only by writing the table anew. Events get a further kind of actor.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => {
                let tables = TABLES.replace(" COLLATE \"C\"", "").replace("BYTEA", "BLOB");
                format!("{}{tables}{}{SQLITE}", COLUMNS.replace(" COLLATE \"C\"", ""), references(false))
            }
            DatabaseBackend::Postgres => format!("{COLUMNS}{TABLES}{}{POSTGRES}", references(true)),
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

/// New columns of old tables that refer to a row: table, column, and the table referred to.
const REFERENCES: [(&str, &str, &str); 6] = [
    ("objective", "check_in_owner_id", "person"),
    ("objective", "check_in_reviewer_id", "person"),
    ("key_result", "check_in_owner_id", "person"),
    ("key_result", "check_in_reviewer_id", "person"),
    ("check_in", "acknowledged_by_id", "person"),
    ("check_in", "service_token_id", "service_token"),
];

fn references(is_postgres: bool) -> String {
    let one = |(table, column, other): &(&str, &str, &str)| {
        let index = format!("CREATE INDEX ix_{table}_{column} ON {table} ({column});\n");
        let text = if is_postgres {
            format!(
                "ALTER TABLE {table} ADD COLUMN {column} UUID;\n\
                 ALTER TABLE {table} ADD FOREIGN KEY (organization_id, {column}) \
                 REFERENCES {other} (organization_id, id);\n"
            )
        } else {
            format!("ALTER TABLE {table} ADD COLUMN {column} UUID REFERENCES {other} (id);\n")
        };
        text + &index
    };
    REFERENCES.iter().map(one).collect()
}

const COLUMNS: &str = r#"
ALTER TABLE cycle ADD COLUMN check_in_days INTEGER;
ALTER TABLE objective ADD COLUMN health_told TEXT COLLATE "C";
ALTER TABLE key_result ADD COLUMN health_told TEXT COLLATE "C";
ALTER TABLE key_result ADD COLUMN target_percent BIGINT;
ALTER TABLE key_result ADD COLUMN last_recorded_at BIGINT;
ALTER TABLE check_in ADD COLUMN acknowledged_at BIGINT;
ALTER TABLE check_in ADD COLUMN acknowledgement_note TEXT COLLATE "C";
"#;

const TABLES: &str = r#"
CREATE TABLE service_token (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    name TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    token_hash BYTEA NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    created_by_id UUID,
    revoked_at BIGINT,
    revoked_by_id UUID,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, created_by_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, revoked_by_id) REFERENCES person (organization_id, id),
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX uq_service_token_hash ON service_token (token_hash);
CREATE INDEX ix_service_token_created ON service_token (organization_id, created_at, id);
CREATE INDEX ix_service_token_creator ON service_token (created_by_id);
CREATE INDEX ix_service_token_revoker ON service_token (revoked_by_id);
"#;

const POSTGRES: &str = r#"
ALTER TABLE job DROP CONSTRAINT job_kind_check;
ALTER TABLE event DROP CONSTRAINT event_actor_kind_check;
ALTER TABLE event ADD CONSTRAINT event_actor_kind_check
    CHECK (actor_kind IN ('PERSON', 'INTEGRATION', 'TOKEN', 'SYSTEM'));
"#;

/// A restriction of a column changes only with its table. Nothing refers to these two. The place that
/// sequences have reached is kept, for cursors hold on to it.
const SQLITE: &str = r#"
CREATE TABLE job_new (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    kind TEXT NOT NULL,
    coalesce_key TEXT NOT NULL,
    payload TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'DEAD')),
    run_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL DEFAULT 8,
    lease_until BIGINT,
    fencing_token BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    finished_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id)
);
INSERT INTO job_new SELECT id, organization_id, kind, coalesce_key, payload, state, run_at, attempts,
    max_attempts, lease_until, fencing_token, last_error, finished_at, version, created_at, updated_at FROM job;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
CREATE UNIQUE INDEX uq_job_waiting ON job (organization_id, kind, coalesce_key) WHERE state = 'WAITING';
CREATE INDEX ix_job_due ON job (state, run_at, id);
CREATE INDEX ix_job_lease ON job (state, lease_until);

CREATE TABLE event_new (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    xid BIGINT NOT NULL DEFAULT 0,
    organization_id UUID NOT NULL REFERENCES organization (id),
    batch_id UUID NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('PERSON', 'INTEGRATION', 'TOKEN', 'SYSTEM')),
    actor_id UUID,
    request_id TEXT,
    kind TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    ancestors TEXT NOT NULL,
    sight TEXT NOT NULL,
    previous TEXT,
    current TEXT NOT NULL
);
INSERT INTO event_new SELECT sequence, xid, organization_id, batch_id, at, actor_kind, actor_id, request_id,
    kind, subject_kind, subject_id, ancestors, sight, previous, current FROM event;
INSERT INTO sqlite_sequence (name, seq) SELECT 'event_new', seq FROM sqlite_sequence
    WHERE name = 'event' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event_new');
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'event')
    WHERE name = 'event_new';
DROP TABLE event;
ALTER TABLE event_new RENAME TO event;
CREATE INDEX ix_event_xid ON event (xid, sequence);
CREATE INDEX ix_event_subject ON event (subject_id, sequence);
CREATE INDEX ix_event_organization ON event (organization_id, sequence);
"#;
