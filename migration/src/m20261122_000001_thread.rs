//! The thread whole: from the organization down to the task, with what ties, audits and runs it.
//!
//! One text serves both databases. What they spell differently stands in `Dialect`; everything else
//! (`UUID`, `BIGINT`, `DATE`, partial indexes, composite foreign keys) both read, SQLite by affinity.
//! Instants are microseconds and measured values are units of 10⁻⁶, both `BIGINT`. Every reference
//! names the organization too, so that the database itself refuses a tie across organizations.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => SCHEMA
                .replace(" COLLATE \"C\"", "")
                .replace("BYTEA", "BLOB")
                .replace("{sequence}", "INTEGER PRIMARY KEY AUTOINCREMENT")
                .replace("{xid}", "xid BIGINT NOT NULL DEFAULT 0"),
            DatabaseBackend::Postgres => SCHEMA
                .replace("{sequence}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
                .replace("{xid}", "xid xid8 NOT NULL DEFAULT pg_current_xact_id()"),
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
CREATE TABLE organization (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    time_zone TEXT COLLATE "C" NOT NULL,
    settings TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    next_objective_number BIGINT NOT NULL DEFAULT 1,
    next_key_result_number BIGINT NOT NULL DEFAULT 1,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX uq_organization_slug ON organization (slug);

CREATE TABLE person (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('LEADER', 'MANAGER', 'INDIVIDUAL')),
    is_admin BOOLEAN NOT NULL DEFAULT FALSE,
    deactivated_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX uq_person_email ON person (organization_id, email_folded);
CREATE INDEX ix_person_email_folded ON person (email_folded);
CREATE INDEX ix_person_name ON person (organization_id, name_folded, id);
CREATE INDEX ix_person_updated ON person (organization_id, updated_at, id);

CREATE TABLE team (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    parent_id UUID,
    manager_id UUID,
    connection_model TEXT COLLATE "C" CHECK (connection_model IN ('KEY_RESULT_TO_PROJECT', 'OBJECTIVE_TO_PROJECT', 'TASK_TO_KEY_RESULT', 'ANY')),
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, manager_id) REFERENCES person (organization_id, id),
    CHECK (parent_id IS NULL OR parent_id <> id)
);
CREATE INDEX ix_team_parent ON team (parent_id, id);
CREATE INDEX ix_team_manager ON team (manager_id);
CREATE INDEX ix_team_name ON team (organization_id, name_folded, id);
CREATE INDEX ix_team_updated ON team (organization_id, updated_at, id);

CREATE TABLE membership (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    team_id UUID NOT NULL,
    person_id UUID NOT NULL,
    is_home BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id)
);
CREATE UNIQUE INDEX uq_membership ON membership (team_id, person_id);
CREATE UNIQUE INDEX uq_membership_home ON membership (person_id) WHERE is_home;
CREATE INDEX ix_membership_person ON membership (person_id, team_id);

CREATE TABLE cycle (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    parent_id UUID,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('PLANNED', 'ACTIVE', 'CLOSED')),
    starts_on DATE,
    ends_on DATE,
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES cycle (organization_id, id),
    CHECK ((starts_on IS NULL) = (ends_on IS NULL)),
    CHECK (starts_on IS NULL OR starts_on <= ends_on),
    CHECK (parent_id IS NULL OR parent_id <> id)
);
CREATE INDEX ix_cycle_parent ON cycle (parent_id, id);
CREATE INDEX ix_cycle_starts ON cycle (organization_id, starts_on, id);
CREATE INDEX ix_cycle_name ON cycle (organization_id, name_folded, id);
CREATE INDEX ix_cycle_updated ON cycle (organization_id, updated_at, id);

CREATE TABLE objective (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    number BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    title_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    owner_id UUID,
    team_id UUID,
    cycle_id UUID,
    parent_id UUID,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('DRAFT', 'ACTIVE', 'CLOSED', 'CANCELLED')),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('COMMITTED', 'ASPIRATIONAL')),
    visibility TEXT COLLATE "C" NOT NULL CHECK (visibility IN ('ORGANIZATION', 'TEAM', 'PRIVATE')),
    priority DOUBLE PRECISION,
    weight DOUBLE PRECISION NOT NULL DEFAULT 1,
    include_children BOOLEAN NOT NULL DEFAULT FALSE,
    progress_source TEXT COLLATE "C" NOT NULL CHECK (progress_source IN ('KEY_RESULTS', 'WORK')),
    progress DOUBLE PRECISION,
    progress_inputs TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    progress_at BIGINT,
    score DOUBLE PRECISION,
    check_in_days INTEGER,
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, cycle_id) REFERENCES cycle (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES objective (organization_id, id),
    CHECK (progress IS NULL OR (progress >= 0 AND progress <= 1)),
    CHECK (score IS NULL OR (score >= 0 AND score <= 1)),
    CHECK (priority IS NULL OR (priority >= 0 AND priority <= 1)),
    CHECK (weight >= 0),
    CHECK (parent_id IS NULL OR parent_id <> id)
);
CREATE UNIQUE INDEX uq_objective_code ON objective (organization_id, code);
CREATE UNIQUE INDEX uq_objective_number ON objective (organization_id, number);
CREATE INDEX ix_objective_owner ON objective (owner_id, id);
CREATE INDEX ix_objective_team ON objective (team_id, id);
CREATE INDEX ix_objective_cycle ON objective (cycle_id, id);
CREATE INDEX ix_objective_parent ON objective (parent_id, id);
CREATE INDEX ix_objective_title ON objective (organization_id, title_folded, id);
CREATE INDEX ix_objective_progress ON objective (organization_id, progress, id);
CREATE INDEX ix_objective_priority ON objective (organization_id, priority, id);
CREATE INDEX ix_objective_updated ON objective (organization_id, updated_at, id);

CREATE TABLE key_result (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    objective_id UUID NOT NULL,
    number BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    title_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    owner_id UUID,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('DRAFT', 'ACTIVE', 'CLOSED', 'CANCELLED')),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('INCREASE', 'DECREASE', 'MAINTAIN_ABOVE', 'MAINTAIN_BELOW', 'MAINTAIN_WITHIN', 'MILESTONE', 'BASELINE')),
    unit TEXT COLLATE "C",
    start_value BIGINT,
    target_value BIGINT,
    current_value BIGINT,
    commit_value BIGINT,
    stretch_value BIGINT,
    lower_bound BIGINT,
    upper_bound BIGINT,
    tolerance BIGINT,
    progress_source TEXT COLLATE "C" NOT NULL CHECK (progress_source IN ('CHECK_IN', 'WORK', 'EXTERNAL')),
    progress DOUBLE PRECISION,
    work_progress DOUBLE PRECISION,
    attainment DOUBLE PRECISION,
    progress_inputs TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    progress_at BIGINT,
    override_value DOUBLE PRECISION,
    override_sticky BOOLEAN NOT NULL DEFAULT FALSE,
    override_by_id UUID,
    override_at BIGINT,
    override_reason TEXT COLLATE "C",
    confidence DOUBLE PRECISION,
    reported_health TEXT COLLATE "C" CHECK (reported_health IN ('ON_TRACK', 'AT_RISK', 'OFF_TRACK', 'OUTDATED', 'PENDING', 'CLOSED')),
    last_check_in_at BIGINT,
    score DOUBLE PRECISION,
    weight DOUBLE PRECISION NOT NULL DEFAULT 1,
    starts_on DATE,
    check_in_days INTEGER,
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, override_by_id) REFERENCES person (organization_id, id),
    CHECK (progress IS NULL OR (progress >= 0 AND progress <= 1)),
    CHECK (work_progress IS NULL OR (work_progress >= 0 AND work_progress <= 1)),
    CHECK (override_value IS NULL OR (override_value >= 0 AND override_value <= 1)),
    CHECK (confidence IS NULL OR (confidence >= 0 AND confidence <= 1)),
    CHECK (score IS NULL OR (score >= 0 AND score <= 1)),
    CHECK (tolerance IS NULL OR tolerance > 0),
    CHECK (weight >= 0)
);
CREATE UNIQUE INDEX uq_key_result_code ON key_result (organization_id, code);
CREATE UNIQUE INDEX uq_key_result_number ON key_result (organization_id, number);
CREATE INDEX ix_key_result_objective ON key_result (objective_id, id);
CREATE INDEX ix_key_result_owner ON key_result (owner_id, id);
CREATE INDEX ix_key_result_title ON key_result (organization_id, title_folded, id);
CREATE INDEX ix_key_result_progress ON key_result (organization_id, progress, id);
CREATE INDEX ix_key_result_updated ON key_result (organization_id, updated_at, id);

CREATE TABLE milestone (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    key_result_id UUID NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    weight DOUBLE PRECISION NOT NULL DEFAULT 1,
    due_on DATE NOT NULL,
    done_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    CHECK (weight >= 0)
);
CREATE INDEX ix_milestone_key_result ON milestone (key_result_id, id);

CREATE TABLE check_in (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    key_result_id UUID NOT NULL,
    at BIGINT NOT NULL,
    value BIGINT,
    confidence DOUBLE PRECISION,
    health TEXT COLLATE "C" CHECK (health IN ('ON_TRACK', 'AT_RISK', 'OFF_TRACK', 'OUTDATED', 'PENDING', 'CLOSED')),
    note TEXT COLLATE "C",
    author_id UUID,
    progress DOUBLE PRECISION,
    work_progress DOUBLE PRECISION,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, author_id) REFERENCES person (organization_id, id),
    CHECK (confidence IS NULL OR (confidence >= 0 AND confidence <= 1)),
    CHECK (progress IS NULL OR (progress >= 0 AND progress <= 1))
);
CREATE INDEX ix_check_in_key_result ON check_in (key_result_id, at, id);
CREATE INDEX ix_check_in_key_result_id ON check_in (key_result_id, id);
CREATE INDEX ix_check_in_author ON check_in (author_id, id);

CREATE TABLE integration (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    provider TEXT COLLATE "C" NOT NULL CHECK (provider IN ('ASANA', 'JIRA', 'MONDAY', 'NOTION', 'TRELLO')),
    site TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'FAILING', 'DISCONNECTED')),
    settings TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    credential BYTEA,
    credential_key_id TEXT COLLATE "C",
    cursor TEXT COLLATE "C",
    last_good_sync_at BIGINT,
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX uq_integration_site ON integration (organization_id, provider, site);
CREATE INDEX ix_integration_updated ON integration (organization_id, updated_at, id);

CREATE TABLE project (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    title TEXT COLLATE "C" NOT NULL,
    title_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    team_id UUID,
    owner_id UUID,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('PLANNED', 'IN_PROGRESS', 'PAUSED', 'DONE', 'CANCELLED')),
    visibility TEXT COLLATE "C" NOT NULL CHECK (visibility IN ('ORGANIZATION', 'TEAM', 'PRIVATE')),
    starts_on DATE,
    ends_on DATE,
    started_at BIGINT,
    ended_at BIGINT,
    progress_basis TEXT COLLATE "C" NOT NULL CHECK (progress_basis IN ('COUNT', 'ESTIMATE')),
    progress DOUBLE PRECISION,
    inherited_progress DOUBLE PRECISION,
    counted_leaves BIGINT NOT NULL DEFAULT 0,
    done_leaves BIGINT NOT NULL DEFAULT 0,
    in_progress_leaves BIGINT NOT NULL DEFAULT 0,
    progress_at BIGINT,
    work_class TEXT COLLATE "C" CHECK (work_class IN ('MAINTENANCE', 'EMERGENCY', 'OPPORTUNITY', 'TECHNICAL_DEBT')),
    integration_id UUID,
    external_id TEXT COLLATE "C",
    external_url TEXT COLLATE "C",
    archived_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, id),
    CHECK (progress IS NULL OR (progress >= 0 AND progress <= 1)),
    CHECK (inherited_progress IS NULL OR (inherited_progress >= 0 AND inherited_progress <= 1)),
    CHECK (counted_leaves >= 0 AND done_leaves >= 0 AND in_progress_leaves >= 0)
);
CREATE INDEX ix_project_team ON project (team_id, id);
CREATE INDEX ix_project_owner ON project (owner_id, id);
CREATE INDEX ix_project_integration ON project (integration_id, id);
CREATE INDEX ix_project_title ON project (organization_id, title_folded, id);
CREATE INDEX ix_project_progress ON project (organization_id, progress, id);
CREATE INDEX ix_project_ends ON project (organization_id, ends_on, id);
CREATE INDEX ix_project_updated ON project (organization_id, updated_at, id);

CREATE TABLE task (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    title TEXT COLLATE "C" NOT NULL,
    title_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('BACKLOG', 'TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED')),
    provider_status TEXT COLLATE "C",
    parent_id UUID,
    child_count INTEGER NOT NULL DEFAULT 0,
    project_id UUID,
    assignee_id UUID,
    team_id UUID,
    visibility TEXT COLLATE "C" NOT NULL CHECK (visibility IN ('ORGANIZATION', 'TEAM', 'PRIVATE')),
    due_on DATE,
    started_at BIGINT,
    completed_at BIGINT,
    estimate_value DOUBLE PRECISION,
    estimate_unit TEXT COLLATE "C" CHECK (estimate_unit IN ('SECONDS', 'POINTS')),
    logged_seconds BIGINT,
    inherits_links BOOLEAN NOT NULL DEFAULT TRUE,
    opted_out BOOLEAN NOT NULL DEFAULT FALSE,
    work_class TEXT COLLATE "C" CHECK (work_class IN ('MAINTENANCE', 'EMERGENCY', 'OPPORTUNITY', 'TECHNICAL_DEBT')),
    integration_id UUID,
    external_id TEXT COLLATE "C",
    external_url TEXT COLLATE "C",
    archived_at BIGINT,
    source_deleted_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, parent_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, assignee_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, id),
    CHECK (parent_id IS NULL OR parent_id <> id),
    CHECK (estimate_value IS NULL OR estimate_value >= 0),
    CHECK ((estimate_value IS NULL) = (estimate_unit IS NULL)),
    CHECK (logged_seconds IS NULL OR logged_seconds >= 0),
    CHECK (child_count >= 0)
);
CREATE INDEX ix_task_parent ON task (parent_id, id);
CREATE INDEX ix_task_project ON task (project_id, id);
CREATE INDEX ix_task_assignee ON task (assignee_id, id);
CREATE INDEX ix_task_team ON task (team_id, id);
CREATE INDEX ix_task_integration ON task (integration_id, id);
CREATE INDEX ix_task_title ON task (organization_id, title_folded, id);
CREATE INDEX ix_task_due ON task (organization_id, due_on, id);
CREATE INDEX ix_task_completed ON task (organization_id, completed_at, id);
CREATE INDEX ix_task_updated ON task (organization_id, updated_at, id);
CREATE INDEX ix_task_status ON task (organization_id, status, id);

CREATE TABLE task_project (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    task_id UUID NOT NULL,
    project_id UUID NOT NULL,
    is_primary BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id)
);
CREATE UNIQUE INDEX uq_task_project ON task_project (task_id, project_id);
CREATE UNIQUE INDEX uq_task_project_primary ON task_project (task_id) WHERE is_primary;
CREATE INDEX ix_task_project_project ON task_project (project_id, task_id);

CREATE TABLE external_person (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    provider TEXT COLLATE "C" NOT NULL CHECK (provider IN ('ASANA', 'JIRA', 'MONDAY', 'NOTION', 'TRELLO')),
    site TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C",
    user_name TEXT COLLATE "C",
    email TEXT COLLATE "C",
    person_id UUID,
    matched_by TEXT COLLATE "C" CHECK (matched_by IN ('MAPPING', 'EMAIL')),
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id)
);
CREATE UNIQUE INDEX uq_external_person ON external_person (organization_id, provider, site, external_id);
CREATE INDEX ix_external_person_person ON external_person (person_id);

CREATE TABLE task_assignee (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    task_id UUID NOT NULL,
    person_id UUID,
    external_person_id UUID,
    is_primary BOOLEAN NOT NULL DEFAULT FALSE,
    position INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, external_person_id) REFERENCES external_person (organization_id, id),
    CHECK (person_id IS NOT NULL OR external_person_id IS NOT NULL)
);
CREATE UNIQUE INDEX uq_task_assignee_person ON task_assignee (task_id, person_id);
CREATE UNIQUE INDEX uq_task_assignee_external ON task_assignee (task_id, external_person_id);
CREATE UNIQUE INDEX uq_task_assignee_primary ON task_assignee (task_id) WHERE is_primary;
CREATE INDEX ix_task_assignee_person ON task_assignee (person_id, task_id);
CREATE INDEX ix_task_assignee_external ON task_assignee (external_person_id, task_id);

CREATE TABLE task_label (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    task_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id)
);
CREATE UNIQUE INDEX uq_task_label ON task_label (task_id, name);
CREATE INDEX ix_task_label_name ON task_label (organization_id, name_folded, task_id);

CREATE TABLE status_interval (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    task_id UUID NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('BACKLOG', 'TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED')),
    provider_status TEXT COLLATE "C",
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    CHECK (to_at IS NULL OR to_at >= from_at)
);
CREATE INDEX ix_status_interval_task ON status_interval (task_id, from_at);
CREATE UNIQUE INDEX uq_status_interval_open ON status_interval (task_id) WHERE to_at IS NULL;
CREATE INDEX ix_status_interval_from ON status_interval (organization_id, status, from_at);

CREATE TABLE time_entry (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    task_id UUID NOT NULL,
    person_id UUID,
    external_person_id UUID,
    day DATE NOT NULL,
    seconds BIGINT NOT NULL,
    provider TEXT COLLATE "C" CHECK (provider IN ('ASANA', 'JIRA', 'MONDAY', 'NOTION', 'TRELLO')),
    external_id TEXT COLLATE "C",
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, external_person_id) REFERENCES external_person (organization_id, id),
    CHECK (seconds > 0)
);
CREATE UNIQUE INDEX uq_time_entry_external ON time_entry (organization_id, task_id, external_id);
CREATE INDEX ix_time_entry_task ON time_entry (task_id, day, id);
CREATE INDEX ix_time_entry_person ON time_entry (person_id, day);

CREATE TABLE alignment_link (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    project_id UUID,
    task_id UUID,
    objective_id UUID,
    key_result_id UUID,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ACTIVE', 'STALE', 'RETIRED')),
    stale_reason TEXT COLLATE "C" CHECK (stale_reason IN ('TARGET_CLOSED', 'TARGET_ARCHIVED', 'CYCLE_ENDED', 'WORK_DONE_LONG_AGO', 'NO_ACTIVITY', 'SOURCE_DELETED', 'OWNER_LEFT', 'TOKEN_REMOVED', 'NEVER_CONFIRMED')),
    significance TEXT COLLATE "C" NOT NULL CHECK (significance IN ('CONTRIBUTES', 'SUPPORTS')),
    origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('MANUAL', 'RULE', 'SYNC', 'TOKEN', 'IMPORT')),
    weight DOUBLE PRECISION NOT NULL DEFAULT 1,
    owner_id UUID,
    confirmed_at BIGINT,
    confirmed_by_id UUID,
    retired_at BIGINT,
    retired_by_id UUID,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, confirmed_by_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, retired_by_id) REFERENCES person (organization_id, id),
    CHECK ((project_id IS NULL) <> (task_id IS NULL)),
    CHECK ((objective_id IS NULL) <> (key_result_id IS NULL)),
    CHECK (weight >= 0),
    CHECK ((state = 'STALE') = (stale_reason IS NOT NULL)),
    CHECK ((state = 'RETIRED') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX uq_alignment_link_project_objective ON alignment_link (project_id, objective_id);
CREATE UNIQUE INDEX uq_alignment_link_project_key_result ON alignment_link (project_id, key_result_id);
CREATE UNIQUE INDEX uq_alignment_link_task_objective ON alignment_link (task_id, objective_id);
CREATE UNIQUE INDEX uq_alignment_link_task_key_result ON alignment_link (task_id, key_result_id);
CREATE INDEX ix_alignment_link_project ON alignment_link (project_id, id);
CREATE INDEX ix_alignment_link_task ON alignment_link (task_id, id);
CREATE INDEX ix_alignment_link_objective ON alignment_link (objective_id, id);
CREATE INDEX ix_alignment_link_key_result ON alignment_link (key_result_id, id);
CREATE INDEX ix_alignment_link_owner ON alignment_link (owner_id, id);
CREATE INDEX ix_alignment_link_updated ON alignment_link (organization_id, updated_at, id);

CREATE TABLE link_interval (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    alignment_link_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ACTIVE', 'STALE', 'RETIRED')),
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, alignment_link_id) REFERENCES alignment_link (organization_id, id),
    CHECK (to_at IS NULL OR to_at >= from_at)
);
CREATE INDEX ix_link_interval_link ON link_interval (alignment_link_id, from_at);
CREATE UNIQUE INDEX uq_link_interval_open ON link_interval (alignment_link_id) WHERE to_at IS NULL;

CREATE TABLE link_evidence (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    alignment_link_id UUID NOT NULL,
    origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('MANUAL', 'RULE', 'SYNC', 'TOKEN', 'IMPORT')),
    field TEXT COLLATE "C" CHECK (field IN ('NAME', 'DESCRIPTION', 'LABEL', 'CUSTOM_FIELD', 'SECTION', 'EPIC', 'ATTACHMENT', 'REMOTE_LINK')),
    text TEXT COLLATE "C",
    position INTEGER,
    code TEXT COLLATE "C",
    person_id UUID,
    removed_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, alignment_link_id) REFERENCES alignment_link (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id)
);
CREATE INDEX ix_link_evidence_link ON link_evidence (alignment_link_id, id);

CREATE TABLE unresolved_token (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    project_id UUID,
    task_id UUID,
    code TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL CHECK (field IN ('NAME', 'DESCRIPTION', 'LABEL', 'CUSTOM_FIELD', 'SECTION', 'EPIC', 'ATTACHMENT', 'REMOTE_LINK')),
    text TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL,
    resolved_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    CHECK ((project_id IS NULL) <> (task_id IS NULL))
);
CREATE INDEX ix_unresolved_token_task ON unresolved_token (task_id, id);
CREATE INDEX ix_unresolved_token_project ON unresolved_token (project_id, id);
CREATE INDEX ix_unresolved_token_code ON unresolved_token (organization_id, code);

CREATE TABLE acknowledgement (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    project_id UUID,
    task_id UUID,
    work_class TEXT COLLATE "C" NOT NULL CHECK (work_class IN ('MAINTENANCE', 'EMERGENCY', 'OPPORTUNITY', 'TECHNICAL_DEBT')),
    reason TEXT COLLATE "C" NOT NULL,
    person_id UUID,
    until_at BIGINT,
    revoked_at BIGINT,
    evaluation_verdict TEXT COLLATE "C",
    evaluation_objective_id UUID,
    evaluation_by_id UUID,
    evaluation_note TEXT COLLATE "C",
    evaluated_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id),
    FOREIGN KEY (organization_id, evaluation_objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, evaluation_by_id) REFERENCES person (organization_id, id),
    CHECK ((project_id IS NULL) <> (task_id IS NULL)),
    CHECK (work_class <> 'EMERGENCY' OR until_at IS NOT NULL)
);
CREATE INDEX ix_acknowledgement_project ON acknowledgement (project_id, id);
CREATE INDEX ix_acknowledgement_task ON acknowledgement (task_id, id);

CREATE TABLE external_identity (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    provider TEXT COLLATE "C" NOT NULL CHECK (provider IN ('ASANA', 'JIRA', 'MONDAY', 'NOTION', 'TRELLO')),
    site TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('PROJECT', 'TASK')),
    external_id TEXT COLLATE "C" NOT NULL,
    external_key TEXT COLLATE "C",
    project_id UUID,
    task_id UUID,
    integration_id UUID,
    content_hash BYTEA NOT NULL,
    external_updated_at BIGINT,
    awaited_parent TEXT COLLATE "C",
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, id),
    CHECK ((project_id IS NULL) <> (task_id IS NULL))
);
CREATE UNIQUE INDEX uq_external_identity ON external_identity (organization_id, provider, site, kind, external_id);
CREATE INDEX ix_external_identity_key ON external_identity (organization_id, provider, site, external_key);
CREATE INDEX ix_external_identity_awaited ON external_identity (organization_id, provider, site, awaited_parent) WHERE awaited_parent IS NOT NULL;
CREATE INDEX ix_external_identity_project ON external_identity (project_id);
CREATE INDEX ix_external_identity_task ON external_identity (task_id);
CREATE INDEX ix_external_identity_integration ON external_identity (integration_id);

CREATE TABLE stored_payload (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    external_identity_id UUID NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, external_identity_id) REFERENCES external_identity (organization_id, id)
);
CREATE UNIQUE INDEX uq_stored_payload ON stored_payload (external_identity_id);

CREATE TABLE code_alias (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    code TEXT COLLATE "C" NOT NULL,
    objective_id UUID,
    key_result_id UUID,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    CHECK ((objective_id IS NULL) <> (key_result_id IS NULL))
);
CREATE UNIQUE INDEX uq_code_alias ON code_alias (organization_id, code);
CREATE INDEX ix_code_alias_objective ON code_alias (objective_id);
CREATE INDEX ix_code_alias_key_result ON code_alias (key_result_id);

CREATE TABLE finding (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('GOAL_WITHOUT_ACTIVE_WORK', 'WORK_NOT_MOVING', 'WORK_WITHOUT_GOAL', 'LINK_STALE', 'LINK_REVIEW', 'OVER_LINKED', 'GRANULARITY_MISMATCH', 'OWNER_GAP', 'STALLED_DESPITE_COMPLETION', 'PROJECT_STARTED_UNALIGNED', 'PROJECT_WITHOUT_IMPACT', 'INVESTMENT_MISMATCH', 'GOAL_STARVED', 'CHECK_IN_OVERDUE', 'CHECK_IN_LAGS_WORK', 'HEALTH_CONTRADICTS_PACE', 'ALLOCATION_EXCEEDED', 'ACKNOWLEDGEMENT_EXPIRED', 'LINKAGE_BELOW_TARGET', 'UNRESOLVED_TOKEN', 'SYNC_FAILING', 'TEAM_UNAWARE')),
    severity TEXT COLLATE "C" NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'CRITICAL')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('OPEN', 'ACKNOWLEDGED', 'WAIVED', 'RESOLVED')),
    subject_key TEXT COLLATE "C" NOT NULL,
    objective_id UUID,
    key_result_id UUID,
    project_id UUID,
    task_id UUID,
    alignment_link_id UUID,
    team_id UUID,
    integration_id UUID,
    owner_id UUID,
    evidence TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    until_at BIGINT,
    reason TEXT COLLATE "C",
    opened_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    resolved_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    FOREIGN KEY (organization_id, task_id) REFERENCES task (organization_id, id),
    FOREIGN KEY (organization_id, alignment_link_id) REFERENCES alignment_link (organization_id, id),
    FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
    FOREIGN KEY (organization_id, integration_id) REFERENCES integration (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES person (organization_id, id)
);
CREATE UNIQUE INDEX uq_finding ON finding (organization_id, kind, subject_key);
CREATE INDEX ix_finding_owner ON finding (owner_id, id);
CREATE INDEX ix_finding_opened ON finding (organization_id, opened_at, id);
CREATE INDEX ix_finding_severity ON finding (organization_id, severity, id);
CREATE INDEX ix_finding_objective ON finding (objective_id);
CREATE INDEX ix_finding_key_result ON finding (key_result_id);
CREATE INDEX ix_finding_project ON finding (project_id);
CREATE INDEX ix_finding_task ON finding (task_id);
CREATE INDEX ix_finding_link ON finding (alignment_link_id);
CREATE INDEX ix_finding_team ON finding (team_id);
CREATE INDEX ix_finding_integration ON finding (integration_id);

CREATE TABLE progress_point (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    objective_id UUID,
    key_result_id UUID,
    project_id UUID,
    at BIGINT NOT NULL,
    value DOUBLE PRECISION,
    work_value DOUBLE PRECISION,
    source TEXT COLLATE "C" NOT NULL CHECK (source IN ('CHECK_IN', 'WORK', 'EXTERNAL', 'OVERRIDE', 'ROLL_UP', 'EDIT', 'SYNC')),
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, objective_id) REFERENCES objective (organization_id, id),
    FOREIGN KEY (organization_id, key_result_id) REFERENCES key_result (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
    CHECK (value IS NULL OR (value >= 0 AND value <= 1))
);
CREATE INDEX ix_progress_point_objective ON progress_point (objective_id, at, id);
CREATE INDEX ix_progress_point_key_result ON progress_point (key_result_id, at, id);
CREATE INDEX ix_progress_point_project ON progress_point (project_id, at, id);

CREATE TABLE job (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('ROLL_UP_ANCESTORS', 'RECOMPUTE_ORGANIZATION')),
    coalesce_key TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'DEAD')),
    run_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL DEFAULT 8,
    lease_until BIGINT,
    fencing_token BIGINT NOT NULL DEFAULT 0,
    last_error TEXT COLLATE "C",
    finished_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX uq_job_waiting ON job (organization_id, kind, coalesce_key) WHERE state = 'WAITING';
CREATE INDEX ix_job_due ON job (state, run_at, id);
CREATE INDEX ix_job_lease ON job (state, lease_until);

CREATE TABLE session (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    person_id UUID NOT NULL,
    refresh_hash BYTEA NOT NULL,
    previous_hash BYTEA,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id)
);
CREATE UNIQUE INDEX uq_session_refresh ON session (refresh_hash);
CREATE INDEX ix_session_previous ON session (previous_hash);
CREATE INDEX ix_session_person ON session (person_id, id);

CREATE TABLE credential (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    person_id UUID NOT NULL,
    password_hash TEXT COLLATE "C",
    setup_hash BYTEA,
    setup_expires_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES person (organization_id, id)
);
CREATE UNIQUE INDEX uq_credential_person ON credential (person_id);
CREATE UNIQUE INDEX uq_credential_setup ON credential (setup_hash);

CREATE TABLE sign_in_attempt (
    id UUID NOT NULL PRIMARY KEY,
    subject_hash BYTEA NOT NULL,
    window_start BIGINT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX uq_sign_in_attempt ON sign_in_attempt (subject_hash, window_start);
CREATE INDEX ix_sign_in_attempt_window ON sign_in_attempt (window_start);

CREATE TABLE installation_fact (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX uq_installation_fact ON installation_fact (name);

CREATE TABLE event (
    sequence {sequence},
    {xid},
    organization_id UUID NOT NULL REFERENCES organization (id),
    batch_id UUID NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL CHECK (actor_kind IN ('PERSON', 'INTEGRATION', 'SYSTEM')),
    actor_id UUID,
    request_id TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id UUID NOT NULL,
    ancestors TEXT COLLATE "C" NOT NULL,
    sight TEXT COLLATE "C" NOT NULL,
    previous TEXT COLLATE "C",
    current TEXT COLLATE "C" NOT NULL
);
CREATE INDEX ix_event_xid ON event (xid, sequence);
CREATE INDEX ix_event_subject ON event (subject_id, sequence);
CREATE INDEX ix_event_organization ON event (organization_id, sequence);
"#;
