//! Why a link is stale, by facts alone.
//!
//! Several reasons may hold at once; the one that is shown is the first of [`ORDER`], and the next takes its
//! place when it goes. What ends the tie for good stands before what a person can mend, and both before what
//! mends itself when the work moves:
//!
//! 1. the goal: `TARGET_ARCHIVED`, `TARGET_CLOSED` (closed or given up), each by the key result itself or else
//!    by its objective; then `CYCLE_ENDED`: the cycle of its objective is closed, or its last day is over;
//! 2. `SOURCE_DELETED`: the tool said that the work was deleted;
//! 3. `OWNER_LEFT`: who looks after the link is deactivated;
//! 4. `TOKEN_REMOVED`: it had evidence, none of it stands any more, and nobody confirmed it;
//! 5. `NEVER_CONFIRMED`: the organization counts links only once they are confirmed (`requireConfirm`), and
//!    nobody has confirmed this one within `neverConfirmedDays` of its making. Where that is not required every
//!    link is as good as confirmed, and a person's own is at once;
//! 6. `WORK_DONE_LONG_AGO`: the work ended, done or given up, `workDoneLongAgoDays` ago or more, and nobody has
//!    confirmed the link since;
//! 7. `NO_ACTIVITY`: the work is open and has not moved for `noActivityDays`.
//!
//! Work moves when it is made, when its status or state changes, when it is edited here or in its tool, and when
//! time is spent on it; a project also by the tasks that stand in it, a task by all that are below it. An
//! acknowledgement is movement where it changes the class of the work, also when it is taken back; that its time
//! is over is none, nor is a waiver. Check-ins are movement of the goal, not of the work, and computed numbers are
//! no movement. A confirmation of the link is
//! a person's word that it still holds, so the days count from there too; and while the goal's cycle has not
//! begun nothing is expected to move.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{CycleState, Instant, ProjectState, StaleReason, TaskStatus};
use uuid::Uuid;

use crate::domain::{
    alignment_link::AlignmentLinkRow,
    bulk::Binds,
    clock::{local_date, start_of_day},
    cycle::CycleRow,
    error::Result,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    person::PersonRow,
    project::ProjectRow,
    settings::Settings,
    stale::staleness,
    task::TaskRow,
    write::Write,
};

const SECONDS_PER_DAY: i64 = 86_400;

/// What a goal says of the links to it.
#[derive(Clone, Copy, Debug, Default)]
struct OfGoal {
    reason: Option<StaleReason>,
    /// When its cycle begins; null for a backlog.
    begins: Option<Instant>,
}

/// What the work says of its links.
#[derive(Clone, Copy, Debug)]
enum OfWork {
    /// It goes on, and moved last at this time.
    Open(Instant),
    /// It ended, done or given up.
    Ended(Instant),
    /// The tool said that it was deleted.
    Deleted,
}

/// What is known of one link.
#[derive(Clone, Copy, Debug)]
struct Facts {
    goal: OfGoal,
    owner_left: bool,
    /// Whether it had evidence and has none any more.
    is_bare: bool,
    confirmed_at: Option<Instant>,
    created_at: Instant,
    work: OfWork,
}

/// The reasons that are not the goal's, the first that holds is shown.
const ORDER: [StaleReason; 6] = [
    StaleReason::SourceDeleted,
    StaleReason::OwnerLeft,
    StaleReason::TokenRemoved,
    StaleReason::NeverConfirmed,
    StaleReason::WorkDoneLongAgo,
    StaleReason::NoActivity,
];

impl Facts {
    fn reason(&self, settings: &Settings, now: Instant) -> Option<StaleReason> {
        self.goal.reason.or_else(|| ORDER.into_iter().find(|reason| self.holds(*reason, settings, now)))
    }

    fn holds(&self, reason: StaleReason, settings: &Settings, now: Instant) -> bool {
        let over = |since: Instant, days: i32| now >= since.plus_seconds(i64::from(days) * SECONDS_PER_DAY);
        match (reason, self.work) {
            (StaleReason::TargetClosed | StaleReason::TargetArchived | StaleReason::CycleEnded, _) => {
                self.goal.reason == Some(reason)
            }
            (StaleReason::SourceDeleted, OfWork::Deleted) => true,
            (StaleReason::OwnerLeft, _) => self.owner_left,
            (StaleReason::TokenRemoved, _) => self.is_bare && self.confirmed_at.is_none(),
            (StaleReason::NeverConfirmed, _) => {
                settings.require_confirm
                    && self.confirmed_at.is_none()
                    && over(self.created_at, settings.never_confirmed_days)
            }
            (StaleReason::WorkDoneLongAgo, OfWork::Ended(at)) => {
                over(self.confirmed_at.map_or(at, |word| word.max(at)), settings.work_done_long_ago_days)
            }
            (StaleReason::NoActivity, OfWork::Open(moved)) => {
                let since = [Some(self.created_at), self.confirmed_at, self.goal.begins];
                let since = since.into_iter().flatten().fold(moved, Ord::max);
                over(since, settings.no_activity_days)
            }
            (StaleReason::SourceDeleted | StaleReason::WorkDoneLongAgo | StaleReason::NoActivity, _) => false,
        }
    }
}

impl Write {
    /// Why links are stale by what holds now; those with no reason are left out. A fixed number of statements.
    pub(in crate::domain) async fn stale_reasons(
        &self,
        links: &[AlignmentLinkRow],
    ) -> Result<HashMap<Uuid, StaleReason>> {
        if links.is_empty() {
            return Ok(HashMap::new());
        }
        let settings = self.settings_now().await?;
        let goals = self.goals_of_links(links).await?;
        let owners = keys(links, |link| link.owner_id);
        let left: HashSet<Uuid> = (self.everyones::<PersonRow>(&owners).await?.iter())
            .filter(|row| row.deactivated_at.is_some())
            .map(|row| row.id)
            .collect();
        let bare = self.bare_links(links).await?;
        let work = self.work_of_links(links).await?;
        let facts = links.iter().filter_map(|link| {
            let facts = Facts {
                goal: goals.get(&link.target()?.1).copied().unwrap_or_default(),
                owner_left: link.owner_id.is_some_and(|owner| left.contains(&owner)),
                is_bare: bare.contains(&link.id),
                confirmed_at: link.confirmed_at,
                created_at: link.created_at,
                work: *work.get(&link.source()?.1)?,
            };
            Some((link.id, facts.reason(&settings, self.now)?))
        });
        Ok(facts.collect())
    }

    /// What the goals of links say of them, by goal.
    async fn goals_of_links(&self, links: &[AlignmentLinkRow]) -> Result<HashMap<Uuid, OfGoal>> {
        let key_results = self.everyones::<KeyResultRow>(&keys(links, |link| link.key_result_id)).await?;
        let mut objectives = keys(links, |link| link.objective_id);
        objectives.extend(key_results.iter().map(|row| row.objective_id));
        let objectives = self.everyones::<ObjectiveRow>(&objectives).await?;
        let cycles: HashSet<Uuid> = objectives.iter().filter_map(|row| row.cycle_id).collect();
        let cycles: Vec<Uuid> = cycles.into_iter().collect();
        let cycles: HashMap<Uuid, CycleRow> =
            self.everyones::<CycleRow>(&cycles).await?.into_iter().map(|row| (row.id, row)).collect();
        let zone = self.viewer().time_zone;
        let today = local_date(self.now, zone);
        let mut goals: HashMap<Uuid, OfGoal> = HashMap::new();
        for row in &objectives {
            let cycle = row.cycle_id.and_then(|cycle| cycles.get(&cycle));
            let ended = cycle.is_some_and(|cycle| has_ended(cycle.state, cycle.ends_on, today));
            let own = staleness(row.state, row.archived_at.is_some());
            let reason = own.or(ended.then_some(StaleReason::CycleEnded));
            let begins = cycle.and_then(|cycle| cycle.starts_on).map(|day| start_of_day(day, zone));
            goals.insert(row.id, OfGoal { reason, begins });
        }
        for row in &key_results {
            let above = goals.get(&row.objective_id).copied().unwrap_or_default();
            let own = staleness(row.state, row.archived_at.is_some());
            goals.insert(row.id, OfGoal { reason: own.or(above.reason), ..above });
        }
        Ok(goals)
    }

    /// Those of the links that had evidence of which none stands any more.
    async fn bare_links(&self, links: &[AlignmentLinkRow]) -> Result<HashSet<Uuid>> {
        let waiting = keys(links, |link| link.confirmed_at.is_none().then_some(link.id));
        if waiting.is_empty() {
            return Ok(HashSet::new());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&waiting);
        let text = format!(
            "SELECT alignment_link_id FROM link_evidence \
             WHERE organization_id = {organization} AND alignment_link_id IN {ids} \
             GROUP BY alignment_link_id HAVING COUNT(*) = COUNT(removed_at)"
        );
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// What the work of links says of them, by work.
    async fn work_of_links(&self, links: &[AlignmentLinkRow]) -> Result<HashMap<Uuid, OfWork>> {
        let mut work = HashMap::new();
        let tasks = self.everyones::<TaskRow>(&keys(links, |link| link.task_id)).await?;
        let is_over = |status: TaskStatus| match status {
            TaskStatus::Done | TaskStatus::Cancelled => true,
            TaskStatus::Backlog | TaskStatus::Todo | TaskStatus::InProgress => false,
        };
        let (over, open): (Vec<&TaskRow>, Vec<&TaskRow>) = tasks.iter().partition(|row| is_over(row.status));
        let ends = self.status_since(&ids(&over)).await?;
        for row in over {
            let end = row.completed_at.or(ends.get(&row.id).copied()).unwrap_or(row.updated_at);
            work.insert(row.id, OfWork::Ended(end));
        }
        let moved = self.tasks_moved(&ids(&open)).await?;
        for row in open {
            work.insert(row.id, OfWork::Open(moved.get(&row.id).copied().unwrap_or(row.updated_at)));
        }
        for row in tasks.iter().filter(|row| row.source_deleted_at.is_some()) {
            work.insert(row.id, OfWork::Deleted);
        }
        let projects = self.everyones::<ProjectRow>(&keys(links, |link| link.project_id)).await?;
        let open: Vec<Uuid> =
            projects.iter().filter(|row| !is_finished(row.state)).map(|row| row.id).collect();
        let moved = self.projects_moved(&open).await?;
        for row in projects {
            let of_work = if is_finished(row.state) {
                OfWork::Ended(row.ended_at.unwrap_or(row.updated_at))
            } else {
                OfWork::Open(moved.get(&row.id).map_or(row.updated_at, |tasks| row.updated_at.max(*tasks)))
            };
            work.insert(row.id, of_work);
        }
        Ok(work)
    }

    /// Since when tasks are in the status in which they are, as far as that was kept.
    async fn status_since(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Instant>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(tasks);
        let text = format!(
            "SELECT task_id, MAX(from_at) FROM status_interval \
             WHERE organization_id = {organization} AND task_id IN {ids} AND to_at IS NULL GROUP BY task_id"
        );
        self.instants(tasks, text, binds).await
    }

    /// When tasks moved last, each with all that are below it.
    async fn tasks_moved(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Instant>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(tasks);
        let text = format!(
            "WITH RECURSIVE moving (top, id) AS (SELECT id, id FROM task \
             WHERE organization_id = {organization} AND id IN {ids} \
             UNION SELECT moving.top, task.id FROM moving JOIN task ON task.parent_id = moving.id) {}",
            self.moved(&mut binds)
        );
        self.instants(tasks, text, binds).await
    }

    /// When the tasks that stand in projects moved last.
    async fn projects_moved(&self, projects: &[Uuid]) -> Result<HashMap<Uuid, Instant>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(projects);
        let text = format!(
            "WITH moving (top, id) AS (SELECT project_id, task_id FROM task_project \
             WHERE organization_id = {organization} AND project_id IN {ids}) {}",
            self.moved(&mut binds)
        );
        self.instants(projects, text, binds).await
    }

    /// For each `top` of `moving (top, id)`, when the last of its tasks moved: by an edit, or by time that was
    /// spent on it. `MAX` of two values and of a column have one name on SQLite and two on PostgreSQL, hence the
    /// comparison.
    fn moved(&self, binds: &mut Binds) -> String {
        let organization = binds.push(self.viewer().organization_id);
        format!(
            "SELECT moving.top, MAX(CASE WHEN task.updated_at < spent.until_at THEN spent.until_at \
             ELSE task.updated_at END) FROM moving JOIN task ON task.id = moving.id \
             LEFT JOIN (SELECT task_id, MAX(updated_at) AS until_at FROM time_entry \
             WHERE organization_id = {organization} AND task_id IN (SELECT id FROM moving) \
             GROUP BY task_id) AS spent ON spent.task_id = task.id GROUP BY moving.top"
        )
    }

    async fn instants(&self, of: &[Uuid], text: String, binds: Binds) -> Result<HashMap<Uuid, Instant>> {
        if of.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

fn keys(links: &[AlignmentLinkRow], key: impl Fn(&AlignmentLinkRow) -> Option<Uuid>) -> Vec<Uuid> {
    links.iter().filter_map(key).collect::<HashSet<_>>().into_iter().collect()
}

fn ids(tasks: &[&TaskRow]) -> Vec<Uuid> {
    tasks.iter().map(|row| row.id).collect()
}

fn is_finished(state: ProjectState) -> bool {
    match state {
        ProjectState::Done | ProjectState::Cancelled => true,
        ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused => false,
    }
}

/// Whether a cycle is over: closed, or past its last day, which belongs to it.
fn has_ended(state: CycleState, ends_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    match state {
        CycleState::Closed => true,
        CycleState::Planned | CycleState::Active => ends_on.is_some_and(|last| last < today),
    }
}

#[cfg(test)]
mod tests;
