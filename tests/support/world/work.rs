//! Goals, projects, tasks and links of a company, written past the server: for tests of what is read, and of
//! what the database itself refuses.

use uuid::Uuid;

use super::{Company, dated};
use crate::{Cell, TestDatabase};

/// A row that was not taken, or its key.
type Written = Result<Uuid, sqlx::Error>;

impl Company {
    /// An active objective `O-number` that everybody sees; `more` adds columns.
    pub async fn objective(
        &self,
        database: &TestDatabase,
        number: i64,
        title: &str,
        more: &[(&'static str, Cell)],
    ) -> Written {
        let columns = vec![
            ("number", number.into()),
            ("code", format!("O-{number}").into()),
            ("title", title.into()),
            ("title_folded", title.to_lowercase().into()),
            ("state", "ACTIVE".into()),
            ("kind", "COMMITTED".into()),
            ("visibility", "ORGANIZATION".into()),
            ("progress_source", "KEY_RESULTS".into()),
        ];
        self.write(database, "objective", columns, more).await
    }

    /// An active key result `KR-number` that rises from 0 to 100 by the work done.
    pub async fn key_result(
        &self,
        database: &TestDatabase,
        objective: Uuid,
        number: i64,
        title: &str,
        more: &[(&'static str, Cell)],
    ) -> Written {
        let columns = vec![
            ("objective_id", objective.into()),
            ("number", number.into()),
            ("code", format!("KR-{number}").into()),
            ("title", title.into()),
            ("title_folded", title.to_lowercase().into()),
            ("state", "ACTIVE".into()),
            ("kind", "INCREASE".into()),
            ("start_value", 0.into()),
            ("target_value", 100_000_000.into()),
            ("progress_source", "WORK".into()),
        ];
        self.write(database, "key_result", columns, more).await
    }

    /// A project in progress that everybody sees.
    pub async fn project(
        &self,
        database: &TestDatabase,
        title: &str,
        more: &[(&'static str, Cell)],
    ) -> Written {
        let columns = vec![
            ("title", title.into()),
            ("title_folded", title.to_lowercase().into()),
            ("state", "IN_PROGRESS".into()),
            ("visibility", "ORGANIZATION".into()),
            ("progress_basis", "COUNT".into()),
        ];
        self.write(database, "project", columns, more).await
    }

    /// A task to do that everybody sees, outside every project.
    pub async fn task(&self, database: &TestDatabase, title: &str, more: &[(&'static str, Cell)]) -> Written {
        let columns = vec![
            ("title", title.into()),
            ("title_folded", title.to_lowercase().into()),
            ("status", "TODO".into()),
            ("visibility", "ORGANIZATION".into()),
        ];
        self.write(database, "task", columns, more).await
    }

    /// An active link that counts; `more` names its source and target.
    pub async fn alignment_link(&self, database: &TestDatabase, more: &[(&'static str, Cell)]) -> Written {
        let columns = vec![
            ("state", "ACTIVE".into()),
            ("significance", "CONTRIBUTES".into()),
            ("origin", "MANUAL".into()),
        ];
        self.write(database, "alignment_link", columns, more).await
    }

    /// A row of any table with `id`, `organization_id`, `created_at` and `updated_at`; a column of `more`
    /// wins over the usual one.
    pub async fn write(
        &self,
        database: &TestDatabase,
        table: &str,
        usual: Vec<(&'static str, Cell)>,
        more: &[(&'static str, Cell)],
    ) -> Written {
        let mut cells = self.usual_cells();
        cells.extend(dated(self.clock.now()));
        cells.extend(usual);
        self.insert(database, table, cells, more).await
    }

    /// As [`Self::write`], for a table without `updated_at`: what is written there is never changed.
    pub async fn write_once(
        &self,
        database: &TestDatabase,
        table: &str,
        columns: &[(&'static str, Cell)],
    ) -> Written {
        let mut cells = self.usual_cells();
        cells.push(("created_at", self.clock.now().into()));
        self.insert(database, table, cells, columns).await
    }

    fn usual_cells(&self) -> Vec<(&'static str, Cell)> {
        vec![("id", self.clock.new_id().into()), ("organization_id", self.organization.into())]
    }

    async fn insert(
        &self,
        database: &TestDatabase,
        table: &str,
        mut cells: Vec<(&'static str, Cell)>,
        more: &[(&'static str, Cell)],
    ) -> Written {
        cells.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        cells.extend_from_slice(more);
        database.insert(table, &cells).await?;
        let Some((_, Cell::Id(id))) = cells.iter().find(|(name, _)| *name == "id") else {
            panic!("the key of {table} is no key: {cells:?}");
        };
        Ok(*id)
    }
}
