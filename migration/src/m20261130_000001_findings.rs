//! Findings: what a link is reviewed against, and an order of severities.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let text = match manager.get_database_backend() {
            // SQLite adds no column that it would have to fill.
            DatabaseBackend::Sqlite => change("VIRTUAL").replace(" COLLATE \"C\"", ""),
            DatabaseBackend::Postgres => change("STORED"),
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

fn change(kept: &str) -> String {
    format!(
        "{BASELINES}\n\
         ALTER TABLE finding ADD COLUMN severity_rank BIGINT GENERATED ALWAYS AS \
         (CASE severity WHEN 'INFO' THEN 1 WHEN 'WARNING' THEN 2 ELSE 3 END) {kept};\n\
         CREATE INDEX ix_finding_severity_rank ON finding (organization_id, severity_rank, id);\n\
         CREATE INDEX ix_finding_last_seen ON finding (organization_id, last_seen_at, id);\n"
    )
}

// Links that are there already are taken to have been stood by as they are now: nobody kept what they were before.
const BASELINES: &str = r#"
CREATE TABLE link_baseline (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id),
    counted_leaves BIGINT,
    goal_state TEXT COLLATE "C" NOT NULL,
    goal_owner_id UUID,
    goal_kind TEXT COLLATE "C",
    target_value BIGINT,
    lower_bound BIGINT,
    upper_bound BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, id) REFERENCES alignment_link (organization_id, id),
    FOREIGN KEY (organization_id, goal_owner_id) REFERENCES person (organization_id, id)
);
INSERT INTO link_baseline (id, organization_id, counted_leaves, goal_state, goal_owner_id, goal_kind, target_value,
    lower_bound, upper_bound, created_at)
SELECT link.id, link.organization_id, project.counted_leaves,
    CASE WHEN goal.state IN ('CLOSED', 'CANCELLED') THEN goal.state ELSE COALESCE(part.state, goal.state) END,
    COALESCE(part.owner_id, goal.owner_id), part.kind, part.target_value, part.lower_bound, part.upper_bound,
    link.updated_at
FROM alignment_link AS link
LEFT JOIN key_result AS part ON part.id = link.key_result_id
JOIN objective AS goal ON goal.id = COALESCE(link.objective_id, part.objective_id)
LEFT JOIN project ON project.id = link.project_id
WHERE link.state <> 'RETIRED';
"#;
