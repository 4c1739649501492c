//! Acknowledged work: when an acknowledgement ended and why, waivers of the gate, allocations, and templates
//! of projects.

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
                format!("{TABLES}{}{ENDS}", references(false)).replace(" COLLATE \"C\"", "")
            }
            DatabaseBackend::Postgres => format!("{TABLES}{}{ENDS}", references(true)),
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

/// New references of tables that are there: column, and the table it refers to. SQLite can add a reference
/// to a table only by the key alone.
const REFERENCES: [(&str, &str, &str); 2] =
    [("acknowledgement", "ended_by_id", "person"), ("project", "template_id", "project_template")];

fn references(is_postgres: bool) -> String {
    let one = |(table, column, other): &(&str, &str, &str)| {
        let index = format!("CREATE INDEX ix_{table}_{column} ON {table} ({column}, id);\n");
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

const TABLES: &str = r#"
CREATE TABLE gate_waiver (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    project_id UUID NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    person_id UUID,
    until_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT COLLATE "C" CHECK (end_reason IN ('REVOKED', 'REPLACED', 'EXPIRED')),
    ended_by_id UUID,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, ended_by_id) REFERENCES person (organization_id, id),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX ix_gate_waiver_project ON gate_waiver (project_id, id);
CREATE UNIQUE INDEX uq_gate_waiver_open ON gate_waiver (project_id) WHERE ended_at IS NULL;
CREATE INDEX ix_gate_waiver_due ON gate_waiver (organization_id, until_at) WHERE ended_at IS NULL;

CREATE TABLE allocation (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    team_id UUID NOT NULL,
    cycle_id UUID NOT NULL,
    work_class TEXT COLLATE "C" NOT NULL CHECK (work_class IN ('TECHNICAL_DEBT', 'MAINTENANCE')),
    share DOUBLE PRECISION NOT NULL,
    person_id UUID,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, cycle_id) REFERENCES cycle (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    CHECK (share >= 0 AND share <= 1)
);
CREATE UNIQUE INDEX uq_allocation ON allocation (team_id, cycle_id, work_class);
CREATE INDEX ix_allocation_team ON allocation (team_id, id);
CREATE INDEX ix_allocation_cycle ON allocation (cycle_id, id);

CREATE TABLE project_template (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    team_id UUID,
    requires_goal BOOLEAN NOT NULL,
    work_class TEXT COLLATE "C" CHECK (work_class IN ('MAINTENANCE', 'EMERGENCY', 'OPPORTUNITY', 'TECHNICAL_DEBT')),
    progress_basis TEXT COLLATE "C" NOT NULL CHECK (progress_basis IN ('COUNT', 'ESTIMATE')),
    significance TEXT COLLATE "C" NOT NULL CHECK (significance IN ('CONTRIBUTES', 'SUPPORTS')),
    weight DOUBLE PRECISION NOT NULL CHECK (weight >= 0),
    begin_state TEXT COLLATE "C" NOT NULL CHECK (begin_state IN ('PLANNED', 'IN_PROGRESS')),
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id)
);
CREATE INDEX ix_project_template_name ON project_template (organization_id, name_folded, id);
CREATE INDEX ix_project_template_team ON project_template (team_id, id);

CREATE TABLE project_template_task (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    template_id UUID NOT NULL,
    position INTEGER NOT NULL,
    parent_position INTEGER,
    title TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    estimate_value DOUBLE PRECISION,
    estimate_unit TEXT COLLATE "C" CHECK (estimate_unit IN ('SECONDS', 'POINTS')),
    due_offset_days INTEGER,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, template_id) REFERENCES project_template (organization_id, id),
    CHECK (parent_position IS NULL OR parent_position < position),
    CHECK ((estimate_value IS NULL) = (estimate_unit IS NULL))
);
CREATE UNIQUE INDEX uq_project_template_task ON project_template_task (template_id, position);

ALTER TABLE acknowledgement ADD COLUMN ended_at BIGINT;
ALTER TABLE acknowledgement ADD COLUMN end_reason TEXT COLLATE "C" CHECK (end_reason IN ('REVOKED', 'REPLACED', 'EXPIRED'));
"#;

/// What was stored before: the latest one of each piece of work that was not taken back stays open.
const ENDS: &str = r#"
UPDATE acknowledgement SET ended_at = revoked_at, end_reason = 'REVOKED' WHERE revoked_at IS NOT NULL;
UPDATE acknowledgement SET ended_at = updated_at, end_reason = 'REPLACED' WHERE ended_at IS NULL AND EXISTS (
    SELECT 1 FROM acknowledgement AS later WHERE later.ended_at IS NULL AND later.id > acknowledgement.id
    AND (later.project_id = acknowledgement.project_id OR later.task_id = acknowledgement.task_id));
CREATE UNIQUE INDEX uq_acknowledgement_open_project ON acknowledgement (project_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX uq_acknowledgement_open_task ON acknowledgement (task_id) WHERE ended_at IS NULL;
CREATE INDEX ix_acknowledgement_due ON acknowledgement (organization_id, until_at) WHERE ended_at IS NULL;
"#;
