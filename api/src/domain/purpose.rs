//! What a task is for: the paths from it up to the objectives at the top.

use std::{collections::HashMap, sync::Arc};

use sea_orm::Statement;
use uuid::Uuid;

use super::{
    access::Scope, alignment_link::AlignmentLinkRow, bulk::Binds, error::Result, key_result::KeyResultRow,
    objective::ObjectiveRow, project::ProjectRow,
};

/// Objectives above an objective that are walked at most.
const DEPTH: i32 = 32;

/// One path from a task to the top, as far as the viewer sees it.
#[derive(Clone, Debug)]
pub struct TaskPurpose {
    /// The link that the path goes through.
    pub link: Arc<AlignmentLinkRow>,
    /// The project through which the task serves the goal; null where the task is linked itself.
    pub project: Option<Arc<ProjectRow>>,
    /// The key result; null where the link leads to an objective.
    pub key_result: Option<Arc<KeyResultRow>>,
    /// The objective; null where the viewer may not see it.
    pub objective: Option<Arc<ObjectiveRow>>,
    /// The objectives above it, the nearest first; those that the viewer may not see are left out.
    pub ancestors: Vec<Arc<ObjectiveRow>>,
}

impl Scope {
    /// The paths from tasks to the top: as many statements for a thousand tasks as for one.
    ///
    /// A path whose goal the viewer may not see is left out whole: that a task serves a private goal is
    /// itself a secret.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purposes(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<TaskPurpose>>> {
        let links = self.effective_links(tasks).await?;
        let all = || links.values().flatten();
        let via: Vec<Uuid> = all().filter_map(|held| held.via).collect();
        let ids: Vec<Uuid> = all().filter_map(|held| held.link.key_result_id).collect();
        let projects = self.by_ids::<ProjectRow>(&via).await?;
        let key_results = self.by_ids::<KeyResultRow>(&ids).await?;
        let objective_of = |link: &AlignmentLinkRow| {
            let through = link.key_result_id.and_then(|id| key_results.get(&id));
            link.objective_id.or(through.map(|key_result| key_result.objective_id))
        };
        let mut starts: Vec<Uuid> = all().filter_map(|held| objective_of(&held.link)).collect();
        starts.sort_unstable();
        starts.dedup();
        let above = self.above_objectives(&starts).await?;
        let wanted: Vec<Uuid> = starts.iter().chain(above.values().flatten()).copied().collect();
        let objectives = self.by_ids::<ObjectiveRow>(&wanted).await?;
        let path = |held: &super::effective_link::EffectiveLink| {
            let start = objective_of(&held.link);
            let ancestors = start.and_then(|start| above.get(&start)).map_or(&[][..], Vec::as_slice);
            TaskPurpose {
                link: Arc::clone(&held.link),
                project: held.via.and_then(|id| projects.get(&id).cloned()),
                key_result: held.link.key_result_id.and_then(|id| key_results.get(&id).cloned()),
                objective: start.and_then(|start| objectives.get(&start).cloned()),
                ancestors: ancestors.iter().filter_map(|id| objectives.get(id).cloned()).collect(),
            }
        };
        Ok(links.iter().map(|(task, held)| (*task, held.iter().map(path).collect())).collect())
    }

    /// Keys of the objectives above others, the nearest first. The walk itself goes through what the viewer
    /// may not see, and gives keys only: what is above a private objective is not hidden by it.
    async fn above_objectives(&self, starts: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>> {
        let mut above: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        if starts.is_empty() {
            return Ok(above);
        }
        let mut binds = Binds::new(self.db.is_postgres());
        // Pushed in the order of the text: SQLite binds by position.
        let first = binds.push(self.viewer().organization_id);
        let ids = binds.ids(starts);
        let second = binds.push(self.viewer().organization_id);
        let depth = binds.push(DEPTH);
        let text = format!(
            "WITH RECURSIVE above (start, id, depth) AS ( \
             SELECT objective.id, objective.parent_id, 1 FROM objective \
             WHERE objective.organization_id = {first} AND objective.id IN {ids} \
             AND objective.parent_id IS NOT NULL \
             UNION ALL \
             SELECT above.start, objective.parent_id, above.depth + 1 FROM objective \
             JOIN above ON objective.id = above.id \
             WHERE objective.organization_id = {second} AND objective.parent_id IS NOT NULL \
             AND above.depth < {depth}) \
             SELECT start, id FROM above ORDER BY start, depth"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        for row in self.db.all_raw(statement).await? {
            above.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
        Ok(above)
    }
}
