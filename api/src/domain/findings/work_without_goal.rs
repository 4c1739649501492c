//! `WORK_WITHOUT_GOAL`: a leaf task in progress that serves no goal, and that nobody acknowledged as such. Its class
//! alone, or its project's, answers for nothing, as little as before the gate: it has neither a reason nor an end.

use entity::{FindingKind, Instant, Severity, SubjectKind};
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Subjects, evidence, time};
use crate::domain::{bulk::Binds, error::Result, events::global_id, write::Write};

struct Candidate {
    id: Uuid,
    owner: Option<Uuid>,
    started_at: Option<Instant>,
    project: Option<Uuid>,
    opted_out: bool,
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    if subjects.tasks.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::new(write.tx.is_postgres());
    let organization = binds.push(write.viewer().organization_id);
    let ids = binds.ids(&subjects.tasks);
    let text = format!(
        "SELECT task.id, COALESCE(doer.id, head.id), task.started_at, task.project_id, \
         task.opted_out FROM task LEFT JOIN project AS home ON home.id = task.project_id \
         LEFT JOIN person AS doer ON doer.id = task.assignee_id AND doer.deactivated_at IS NULL \
         LEFT JOIN person AS head ON head.id = home.owner_id AND head.deactivated_at IS NULL \
         WHERE NOT (task.organization_id <> {organization}) AND task.id IN {ids} AND task.status = 'IN_PROGRESS' \
         AND task.child_count = 0 AND task.archived_at IS NULL ORDER BY task.id"
    );
    let mut candidates = Vec::new();
    for row in write.raw(text, binds).await? {
        candidates.push(Candidate {
            id: row.try_get_by_index(0)?,
            owner: row.try_get_by_index(1)?,
            started_at: row.try_get_by_index(2)?,
            project: row.try_get_by_index(3)?,
            opted_out: row.try_get_by_index(4)?,
        });
    }
    let ids: Vec<Uuid> = candidates.iter().map(|task| task.id).collect();
    let answered = write.answered_tasks(&ids).await?;
    Ok(candidates
        .into_iter()
        .filter(|task| !answered.contains(&task.id))
        .map(|task| Cause {
            kind: FindingKind::WorkWithoutGoal,
            subject: (SubjectKind::Task, task.id),
            severity: Severity::Warning,
            owner: task.owner,
            evidence: evidence(json!({
                "startedAt": task.started_at.map(time),
                "projectId": task.project.map(|id| global_id(SubjectKind::Project, id)),
                "optedOut": task.opted_out,
            })),
        })
        .collect())
}
