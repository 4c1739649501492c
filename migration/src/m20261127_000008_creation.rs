//! What outlives the events that are removed with age: by which input a row was created, and up to where events
//! were removed.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => format!("{CHANGE}{REMOVED_SQLITE}").replace(" COLLATE \"C\"", ""),
            DatabaseBackend::Postgres => format!("{CHANGE}{REMOVED_POSTGRES}").replace("instr(", "strpos("),
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

// The digest is cut out of the text of the event: inside of another value its quotes would be escaped.
const CHANGE: &str = r#"
CREATE TABLE creation (
    organization_id UUID NOT NULL REFERENCES organization (id),
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id UUID NOT NULL,
    input_digest TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, subject_kind, subject_id)
);
INSERT INTO creation (organization_id, subject_kind, subject_id, input_digest, created_at)
SELECT organization_id, subject_kind, subject_id,
    MIN(substr(current, instr(current, '"inputDigest":"') + 15, 32)), MIN(at)
FROM event
WHERE kind IN ('CREATED', 'CHECKED_IN') AND instr(current, '"inputDigest":"') > 0
GROUP BY organization_id, subject_kind, subject_id;
"#;

// Where the first event is gone already, all before the oldest is taken for removed.
const REMOVED_SQLITE: &str = r#"
INSERT INTO installation_fact (id, name, value)
SELECT randomblob(16), 'events_removed_to', printf('%020d.%020d', 0, MIN(sequence) - 1)
FROM event HAVING MIN(sequence) > 1;
"#;

const REMOVED_POSTGRES: &str = r#"
INSERT INTO installation_fact (id, name, value)
SELECT gen_random_uuid(), 'events_removed_to',
    lpad(CAST(xid AS text), 20, '0') || '.' || lpad(CAST(sequence - 1 AS text), 20, '0')
FROM event WHERE (SELECT MIN(sequence) FROM event) > 1
ORDER BY event.xid, event.sequence LIMIT 1;
"#;
