//! `LINK_STALE`: a link that no longer fits. Somebody retires it, confirms it or hands it on.
//!
//! Links to a closed goal are frozen with it. Where the work is over too, or is linked to the goal that goes on,
//! there is nothing left to do, and no finding.

use std::collections::{HashMap, HashSet};

use entity::{FindingKind, GoalState, Instant, ProjectState, Severity, StaleReason, SubjectKind, TaskStatus};
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Subjects, evidence, time};
use crate::domain::{bulk::Binds, error::Result, events::global_id, write::Write};

struct Stale {
    id: Uuid,
    reason: StaleReason,
    owner: Option<Uuid>,
    since: Option<Instant>,
    source: (SubjectKind, Uuid),
    target: (SubjectKind, Uuid),
    /// Whether nothing more is to be done on the work.
    is_over: bool,
    /// Whether the goal is closed, and its links frozen with it.
    is_frozen: bool,
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    let stale = read(write, &subjects.links).await?;
    let mut successors: HashMap<Uuid, Uuid> = HashMap::new();
    for kind in [SubjectKind::KeyResult, SubjectKind::Objective] {
        let frozen = stale.iter().filter(|link| link.is_frozen && link.target.0 == kind);
        let frozen: Vec<Uuid> = frozen.map(|link| link.target.1).collect();
        if !frozen.is_empty() {
            successors.extend(write.successors(kind, &frozen).await?);
        }
    }
    let goes_on = linked(write, &stale, &successors).await?;
    let causes = stale.into_iter().filter_map(|link| {
        let successor = successors.get(&link.target.1).copied();
        let is_taken_over = successor.is_some_and(|next| goes_on.contains(&(link.source.1, next)));
        if link.is_frozen && (link.is_over || is_taken_over) {
            return None;
        }
        let mut seen = json!({
            "staleReason": link.reason,
            "since": link.since.map(time),
            "sourceId": global_id(link.source.0, link.source.1),
            "targetId": global_id(link.target.0, link.target.1),
            "goalClosed": link.is_frozen,
        });
        if let Some(next) = successor {
            seen["successorId"] = global_id(link.target.0, next).into();
        }
        Some(Cause {
            kind: FindingKind::LinkStale,
            subject: (SubjectKind::AlignmentLink, link.id),
            severity: if link.is_over { Severity::Info } else { Severity::Warning },
            owner: link.owner,
            evidence: evidence(seen),
        })
    });
    Ok(causes.collect())
}

async fn read(write: &Write, links: &[Uuid]) -> Result<Vec<Stale>> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::new(write.tx.is_postgres());
    let organization = binds.push(write.viewer().organization_id);
    let ids = binds.ids(links);
    // Somebody who has left does nothing about it.
    let text = format!(
        "SELECT link.id, link.stale_reason, COALESCE(keeper.id, project.owner_id, task.assignee_id, home.owner_id), \
         span.from_at, link.project_id, link.task_id, link.key_result_id, link.objective_id, \
         project.state, task.status, COALESCE(project.archived_at, task.archived_at), \
         COALESCE(part.state, goal.state), goal.state \
         FROM alignment_link AS link \
         LEFT JOIN person AS keeper ON keeper.id = link.owner_id AND keeper.deactivated_at IS NULL \
         LEFT JOIN project ON project.id = link.project_id \
         LEFT JOIN task ON task.id = link.task_id \
         LEFT JOIN project AS home ON home.id = task.project_id \
         LEFT JOIN key_result AS part ON part.id = link.key_result_id \
         JOIN objective AS goal ON goal.id = COALESCE(link.objective_id, part.objective_id) \
         LEFT JOIN link_interval AS span ON span.alignment_link_id = link.id AND span.to_at IS NULL \
         WHERE NOT (link.organization_id <> {organization}) AND link.id IN {ids} AND link.state = 'STALE' \
         AND link.stale_reason IS NOT NULL ORDER BY link.id"
    );
    let mut stale: Vec<Stale> = Vec::new();
    for row in write.raw(text, binds).await? {
        let id: Uuid = row.try_get_by_index(0)?;
        if stale.last().is_some_and(|before| before.id == id) {
            continue;
        }
        let project: Option<Uuid> = row.try_get_by_index(4)?;
        let task: Option<Uuid> = row.try_get_by_index(5)?;
        let key_result: Option<Uuid> = row.try_get_by_index(6)?;
        let objective: Option<Uuid> = row.try_get_by_index(7)?;
        let source = project.map(|id| (SubjectKind::Project, id)).or(task.map(|id| (SubjectKind::Task, id)));
        let target = key_result
            .map(|id| (SubjectKind::KeyResult, id))
            .or(objective.map(|id| (SubjectKind::Objective, id)));
        let Some((source, target)) = source.zip(target) else { continue };
        let (project_state, status): (Option<ProjectState>, Option<TaskStatus>) =
            (row.try_get_by_index(8)?, row.try_get_by_index(9)?);
        let is_over = match (project_state, status) {
            (Some(ProjectState::Done | ProjectState::Cancelled), _) => true,
            (Some(ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused), _) => false,
            (None, Some(TaskStatus::Done | TaskStatus::Cancelled)) => true,
            (None, Some(TaskStatus::Backlog | TaskStatus::Todo | TaskStatus::InProgress) | None) => false,
        };
        let archived: Option<i64> = row.try_get_by_index(10)?;
        let states: [GoalState; 2] = [row.try_get_by_index(11)?, row.try_get_by_index(12)?];
        stale.push(Stale {
            id,
            reason: row.try_get_by_index(1)?,
            owner: row.try_get_by_index(2)?,
            since: row.try_get_by_index(3)?,
            source,
            target,
            is_over: is_over || archived.is_some(),
            is_frozen: states.contains(&GoalState::Closed),
        });
    }
    Ok(stale)
}

/// Which of the work is linked to the goal that goes on in the place of its own.
async fn linked(
    write: &Write,
    stale: &[Stale],
    successors: &HashMap<Uuid, Uuid>,
) -> Result<HashSet<(Uuid, Uuid)>> {
    let moved = stale.iter().filter(|link| successors.contains_key(&link.target.1));
    let works: Vec<Uuid> = moved.map(|link| link.source.1).collect();
    if works.is_empty() {
        return Ok(HashSet::new());
    }
    let mut binds = Binds::new(write.tx.is_postgres());
    let mut parts = Vec::new();
    for column in ["project_id", "task_id"] {
        let organization = binds.push(write.viewer().organization_id);
        let ids = binds.ids(&works);
        parts.push(format!(
            "SELECT {column}, COALESCE(key_result_id, objective_id) FROM alignment_link \
             WHERE NOT (organization_id <> {organization}) AND {column} IN {ids} AND state <> 'RETIRED'"
        ));
    }
    let rows = write.raw(parts.join(" UNION ALL "), binds).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
