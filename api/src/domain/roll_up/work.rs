//! The work behind the links to goals, as the goals see it.

use std::collections::{BTreeSet, HashMap};

use entity::{LinkState, ProjectState, Significance, TaskStatus};
use sea_orm::Statement;
use uuid::Uuid;

use crate::domain::{
    bulk::Binds,
    error::Result,
    progress::{Input, LinkFacts},
    write::Write,
};

impl Write {
    /// The work behind the links to goals, whose column is `target`, by goal.
    pub(super) async fn work_of(
        &self,
        target: &'static str,
        goals: &BTreeSet<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<Input>>> {
        let mut work: HashMap<Uuid, Vec<Input>> = HashMap::new();
        if goals.is_empty() {
            return Ok(work);
        }
        let ids: Vec<Uuid> = goals.iter().copied().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT link.{target}, link.state, link.significance, link.confirmed_at, link.weight, \
             project.id, project.state, project.archived_at, project.inherited_progress, \
             task.id, task.status, task.archived_at \
             FROM alignment_link AS link \
             LEFT JOIN project ON project.id = link.project_id \
             LEFT JOIN task ON task.id = link.task_id \
             WHERE link.organization_id = {organization} AND link.{target} IN {ids} \
             AND link.state <> 'RETIRED'"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let settings = self.settings_now().await?;
        let (confirm, credit) = (settings.require_confirm, settings.partial_credit);
        for row in self.tx.all_raw(statement).await? {
            let link = LinkFacts {
                state: row.try_get_by_index::<LinkState>(1)?,
                significance: row.try_get_by_index::<Significance>(2)?,
                confirmed: row.try_get_by_index::<Option<i64>>(3)?.is_some(),
                weight: row.try_get_by_index(4)?,
            };
            let input = if let Some(project) = row.try_get_by_index::<Option<Uuid>>(5)? {
                let state = row.try_get_by_index::<ProjectState>(6)?;
                let archived = row.try_get_by_index::<Option<i64>>(7)?.is_some();
                Input::project(project, link, confirm, state, archived, row.try_get_by_index(8)?)
            } else {
                let status = row.try_get_by_index::<TaskStatus>(10)?;
                let archived = row.try_get_by_index::<Option<i64>>(11)?.is_some();
                Input::task(row.try_get_by_index(9)?, link, confirm, status, archived, credit)
            };
            work.entry(row.try_get_by_index(0)?).or_default().push(input);
        }
        Ok(work)
    }
}
