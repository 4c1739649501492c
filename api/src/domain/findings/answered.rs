//! Which open work is answered for: it has a link that counts to a goal that is pursued, or somebody's word that it
//! needs none. The gate and the list of unlinked work go by the same.

use std::collections::HashSet;

use uuid::Uuid;

use crate::domain::{bulk::Binds, error::Result, holding_link::counts_and_holds, write::Write};

impl Write {
    /// As the text of a condition, that the row `link` speaks for work that goes on: what is over cannot be served
    /// any more.
    fn speaks(&self) -> String {
        counts_and_holds("link", None, self.viewer().settings.require_confirm)
    }

    /// Those of these tasks that a link or a living acknowledgement speaks for: their own, or that of a project
    /// they stand in and take it from. Whoever may see it: the finding is about the work, not about the goal.
    pub(super) async fn answered_tasks(&self, tasks: &[Uuid]) -> Result<HashSet<Uuid>> {
        if tasks.is_empty() {
            return Ok(HashSet::new());
        }
        let speaks = self.speaks();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = self.viewer().organization_id;
        let mut parts = Vec::new();
        let (own, ids) = (binds.push(organization), binds.ids(tasks));
        parts.push(format!(
            "SELECT link.task_id FROM alignment_link AS link WHERE NOT (link.organization_id <> {own}) \
             AND link.task_id IN {ids} AND {speaks}"
        ));
        let (own, ids, inherits) = (binds.push(organization), binds.ids(tasks), binds.push(true));
        parts.push(format!(
            "SELECT place.task_id FROM task_project AS place JOIN task ON task.id = place.task_id \
             JOIN project ON project.id = place.project_id \
             JOIN alignment_link AS link ON link.project_id = place.project_id \
             WHERE NOT (place.organization_id <> {own}) AND place.task_id IN {ids} AND task.inherits_links = {inherits} \
             AND project.archived_at IS NULL AND {speaks}"
        ));
        let (own, ids, now) = (binds.push(organization), binds.ids(tasks), binds.push(self.now.0));
        parts.push(format!(
            "SELECT said.task_id FROM acknowledgement AS said WHERE NOT (said.organization_id <> {own}) \
             AND said.task_id IN {ids} AND said.ended_at IS NULL \
             AND (said.until_at IS NULL OR said.until_at > {now})"
        ));
        let (own, ids, now) = (binds.push(organization), binds.ids(tasks), binds.push(self.now.0));
        parts.push(format!(
            "SELECT place.task_id FROM task_project AS place JOIN project ON project.id = place.project_id \
             JOIN acknowledgement AS said ON said.project_id = place.project_id \
             WHERE NOT (place.organization_id <> {own}) AND place.task_id IN {ids} AND project.archived_at IS NULL \
             AND said.ended_at IS NULL AND (said.until_at IS NULL OR said.until_at > {now})"
        ));
        let rows = self.raw(parts.join(" UNION "), binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Those of these projects that a link or a living acknowledgement speaks for.
    pub(super) async fn answered_projects(&self, projects: &[Uuid]) -> Result<HashSet<Uuid>> {
        if projects.is_empty() {
            return Ok(HashSet::new());
        }
        let speaks = self.speaks();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = self.viewer().organization_id;
        let (own, ids) = (binds.push(organization), binds.ids(projects));
        let linked = format!(
            "SELECT link.project_id FROM alignment_link AS link WHERE NOT (link.organization_id <> {own}) \
             AND link.project_id IN {ids} AND {speaks}"
        );
        let (own, ids, now) = (binds.push(organization), binds.ids(projects), binds.push(self.now.0));
        let said = format!(
            "SELECT said.project_id FROM acknowledgement AS said WHERE NOT (said.organization_id <> {own}) \
             AND said.project_id IN {ids} AND said.ended_at IS NULL \
             AND (said.until_at IS NULL OR said.until_at > {now})"
        );
        let rows = self.raw(format!("{linked} UNION {said}"), binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}
