//! Links with which nothing is left to be done: they are frozen with their closed goal, and the work is over too, or
//! is linked to the goal that goes on in its place. Nobody is asked anything about them.
//!
//! Nor is a frozen link stale in a way that somebody could mend where the work is answered for without it. That its
//! goal was closed is told all the same, as a change to look at.

use std::collections::{HashMap, HashSet};

use entity::{GoalState, ProjectState, SubjectKind, TaskStatus};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::domain::{bulk::Binds, error::Result, write::Write};

/// What decides, over `link`, its `project`, its `task`, its key result `part` and its objective `goal`.
pub(super) const COLUMNS: &str = "link.id, link.project_id, link.task_id, link.key_result_id, link.objective_id, \
    project.state, task.status, COALESCE(project.archived_at, task.archived_at), \
    COALESCE(part.state, goal.state), goal.state";

/// How many columns they are.
pub(super) const WIDTH: usize = 10;

/// A link with what decides about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tied {
    pub(super) id: Uuid,
    pub(super) source: (SubjectKind, Uuid),
    pub(super) target: (SubjectKind, Uuid),
    /// Whether the work is a project that has not begun.
    pub(super) is_planned: bool,
    /// Whether nothing more is to be done on the work.
    pub(super) is_over: bool,
    /// Whether the goal is closed, and its links frozen with it.
    pub(super) is_frozen: bool,
}

/// Which links are settled, and where those go on that are frozen.
#[derive(Debug, Default)]
pub(super) struct Settled {
    links: HashSet<Uuid>,
    successors: HashMap<Uuid, Uuid>,
}

impl Settled {
    pub(super) fn is(&self, link: &Tied) -> bool {
        self.links.contains(&link.id)
    }

    /// The goal that goes on in the place of a frozen link's.
    pub(super) fn successor(&self, link: &Tied) -> Option<Uuid> {
        self.successors.get(&link.target.1).copied()
    }
}

impl Tied {
    /// Reads [`COLUMNS`]; nothing for a link that has an end missing.
    pub(super) fn read(row: &QueryResult) -> Result<Option<Self>> {
        let project: Option<Uuid> = row.try_get_by_index(1)?;
        let task: Option<Uuid> = row.try_get_by_index(2)?;
        let key_result: Option<Uuid> = row.try_get_by_index(3)?;
        let objective: Option<Uuid> = row.try_get_by_index(4)?;
        let source = project.map(|id| (SubjectKind::Project, id)).or(task.map(|id| (SubjectKind::Task, id)));
        let target = key_result
            .map(|id| (SubjectKind::KeyResult, id))
            .or(objective.map(|id| (SubjectKind::Objective, id)));
        let Some((source, target)) = source.zip(target) else { return Ok(None) };
        let (state, status): (Option<ProjectState>, Option<TaskStatus>) =
            (row.try_get_by_index(5)?, row.try_get_by_index(6)?);
        let is_over = match (state, status) {
            (Some(ProjectState::Done | ProjectState::Cancelled), _) => true,
            (Some(ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused), _) => false,
            (None, Some(TaskStatus::Done | TaskStatus::Cancelled)) => true,
            (None, Some(TaskStatus::Backlog | TaskStatus::Todo | TaskStatus::InProgress) | None) => false,
        };
        let archived: Option<i64> = row.try_get_by_index(7)?;
        let states: [GoalState; 2] = [row.try_get_by_index(8)?, row.try_get_by_index(9)?];
        Ok(Some(Self {
            id: row.try_get_by_index(0)?,
            source,
            target,
            is_planned: state == Some(ProjectState::Planned),
            is_over: is_over || archived.is_some(),
            is_frozen: states.contains(&GoalState::Closed),
        }))
    }
}

impl Write {
    /// Which of these links are settled.
    pub(super) async fn settled(&self, links: &[Tied]) -> Result<Settled> {
        let mut settled = Settled::default();
        for kind in [SubjectKind::KeyResult, SubjectKind::Objective] {
            let frozen = links.iter().filter(|link| link.is_frozen && link.target.0 == kind);
            let frozen: Vec<Uuid> = frozen.map(|link| link.target.1).collect();
            if !frozen.is_empty() {
                settled.successors.extend(self.successors(kind, &frozen).await?);
            }
        }
        let goes_on = self.taken_over(links, &settled).await?;
        for link in links.iter().filter(|link| link.is_frozen) {
            let next = settled.successor(link);
            if link.is_over || next.is_some_and(|next| goes_on.contains(&(link.source.1, next))) {
                settled.links.insert(link.id);
            }
        }
        Ok(settled)
    }

    /// Those of these links that are frozen and whose work is answered for without them: it serves a goal that is
    /// pursued, or somebody's word holds that it need not.
    pub(super) async fn answered_without(&self, links: &[Tied]) -> Result<HashSet<Uuid>> {
        let frozen: Vec<&Tied> = links.iter().filter(|link| link.is_frozen).collect();
        let works = |kind: SubjectKind| -> Vec<Uuid> {
            frozen.iter().filter(|link| link.source.0 == kind).map(|link| link.source.1).collect()
        };
        let (tasks, projects) = (works(SubjectKind::Task), works(SubjectKind::Project));
        let mut answered = self.answered_tasks(&tasks).await?;
        answered.extend(self.answered_projects(&projects).await?);
        let answered = frozen.into_iter().filter(|link| answered.contains(&link.source.1));
        Ok(answered.map(|link| link.id).collect())
    }

    /// Which of the work is linked to the goal that goes on in the place of its own.
    async fn taken_over(&self, links: &[Tied], settled: &Settled) -> Result<HashSet<(Uuid, Uuid)>> {
        let moved = links.iter().filter(|link| settled.successor(link).is_some());
        let works: Vec<Uuid> = moved.map(|link| link.source.1).collect();
        if works.is_empty() {
            return Ok(HashSet::new());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let mut parts = Vec::new();
        for column in ["project_id", "task_id"] {
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&works);
            parts.push(format!(
                "SELECT {column}, COALESCE(key_result_id, objective_id) FROM alignment_link \
                 WHERE NOT (organization_id <> {organization}) AND {column} IN {ids} AND state <> 'RETIRED'"
            ));
        }
        let rows = self.raw(parts.join(" UNION ALL "), binds).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}
