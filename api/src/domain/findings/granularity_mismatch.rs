//! `GRANULARITY_MISMATCH`: a project of which most tasks are linked one by one to one goal. The project should be,
//! where the connection model of its team, or of the organization, lets projects serve such goals.

use std::collections::BTreeMap;

use entity::{ConnectionModel, FindingKind, Severity, SubjectKind};
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Subjects, evidence};
use crate::domain::{
    bulk::Binds,
    error::Result,
    events::global_id,
    link_target::{LinkGoal, LinkSource, fits},
    write::Write,
};

#[derive(Clone, Copy)]
struct Scattered {
    owner: Option<Uuid>,
    leaves: i64,
    linked: i64,
    goal: (SubjectKind, Uuid),
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    if subjects.projects.is_empty() {
        return Ok(Vec::new());
    }
    let settings = &write.viewer().settings;
    let mut binds = Binds::new(write.tx.is_postgres());
    let organization = binds.push(write.viewer().organization_id);
    let ids = binds.ids(&subjects.projects);
    let least = binds.push(i64::from(settings.granularity_tasks));
    // A task may have one link to a goal only, so that links are tasks.
    let text = format!(
        "SELECT place.project_id, project.owner_id, project.counted_leaves, COUNT(*), \
         link.key_result_id, link.objective_id, team.connection_model \
         FROM task_project AS place JOIN project ON project.id = place.project_id \
         LEFT JOIN team ON team.id = project.team_id \
         JOIN task ON task.id = place.task_id JOIN alignment_link AS link ON link.task_id = task.id \
         WHERE NOT (place.organization_id <> {organization}) AND place.project_id IN {ids} \
         AND project.archived_at IS NULL AND project.state NOT IN ('DONE', 'CANCELLED') \
         AND task.archived_at IS NULL AND task.child_count = 0 AND task.status <> 'CANCELLED' \
         AND link.state = 'ACTIVE' AND NOT EXISTS (SELECT 1 FROM alignment_link AS whole \
         WHERE whole.project_id = place.project_id AND whole.state <> 'RETIRED' \
         AND (whole.key_result_id = link.key_result_id OR whole.objective_id = link.objective_id)) \
         GROUP BY place.project_id, project.owner_id, project.counted_leaves, link.key_result_id, link.objective_id, \
         team.connection_model \
         HAVING COUNT(*) >= {least} ORDER BY place.project_id, COUNT(*), link.key_result_id, link.objective_id"
    );
    let mut found: BTreeMap<Uuid, Scattered> = BTreeMap::new();
    for row in write.raw(text, binds).await? {
        let project: Uuid = row.try_get_by_index(0)?;
        let key_result: Option<Uuid> = row.try_get_by_index(4)?;
        let objective: Option<Uuid> = row.try_get_by_index(5)?;
        let model: Option<ConnectionModel> = row.try_get_by_index(6)?;
        let goal = key_result.map(LinkGoal::KeyResult).or(objective.map(LinkGoal::Objective));
        let Some(goal) = goal else { continue };
        if !fits(model.unwrap_or(settings.connection_model), LinkSource::Project(project), goal) {
            continue;
        }
        let goal = match goal {
            LinkGoal::KeyResult(id) => (SubjectKind::KeyResult, id),
            LinkGoal::Objective(id) => (SubjectKind::Objective, id),
        };
        let (owner, leaves, linked) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        if is_mismatch(linked, leaves, settings.granularity_share) {
            // The goal with the most tasks comes last.
            found.insert(project, Scattered { owner, leaves, linked, goal });
        }
    }
    Ok(found
        .into_iter()
        .map(|(project, scattered)| Cause {
            kind: FindingKind::GranularityMismatch,
            subject: (SubjectKind::Project, project),
            severity: Severity::Info,
            owner: scattered.owner,
            evidence: evidence(json!({
                "goalId": global_id(scattered.goal.0, scattered.goal.1),
                "linkedTasks": scattered.linked, "tasks": scattered.leaves,
            })),
        })
        .collect())
}

/// Whether so many of the tasks are linked that the project should be; the least number was asked for before.
fn is_mismatch(linked: i64, leaves: i64, share: f64) -> bool {
    linked as f64 >= share * leaves.max(linked) as f64
}

#[cfg(test)]
mod tests {
    use super::is_mismatch;

    #[test]
    fn half_of_the_tasks_is_enough() {
        assert!(is_mismatch(5, 10, 0.5) && is_mismatch(5, 5, 0.5));
        assert!(!is_mismatch(5, 11, 0.5));
        // The count of leaves may lag a moment behind.
        assert!(is_mismatch(6, 0, 1.0));
    }
}
