//! Locks for changes that begin at a goal and are felt below it, taken from the leaf to the root.
//!
//! A goal that ends lets the tasks go that were linked to it by themselves: they take their projects' links
//! again, and with them move the numbers of the projects, of the goals that those are linked to, and of the
//! objectives above. Whoever ends a goal therefore locks tasks, projects and key results before the goal itself,
//! as whoever finishes a task does. PostgreSQL only: on SQLite there is one writer at a time.

use std::collections::BTreeSet;

use entity::GoalState;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::{
    bulk::Binds,
    error::{DomainError, Result},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    project::ProjectRow,
    roll_up::Touched,
    task::TaskRow,
    write::Write,
};

/// Rows of each level from which a change goes up.
#[derive(Debug, Default)]
pub(in crate::domain) struct Reach {
    pub(in crate::domain) tasks: BTreeSet<Uuid>,
    pub(in crate::domain) projects: BTreeSet<Uuid>,
    pub(in crate::domain) key_results: BTreeSet<Uuid>,
    pub(in crate::domain) objectives: BTreeSet<Uuid>,
}

/// Goals by the column of a link that leads to them.
pub(in crate::domain) type Ends = Vec<(&'static str, Vec<Uuid>)>;

fn listed(ids: &BTreeSet<Uuid>) -> Vec<Uuid> {
    ids.iter().copied().collect()
}

impl Write {
    /// Locks these rows and all to which a change of theirs goes up: the projects of the tasks, the goals that
    /// either is linked to, and the objectives of the key results.
    pub(in crate::domain) async fn lock_upwards(&self, reach: Reach) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let Reach { tasks, mut projects, mut key_results, mut objectives } = reach;
        if !tasks.is_empty() {
            self.lock_in_order::<TaskRow>(&listed(&tasks)).await?;
            projects.extend(self.projects_of(&listed(&tasks)).await?);
        }
        self.lock_in_order::<ProjectRow>(&listed(&projects)).await?;
        let linked = self.goals_of(&Touched { projects, tasks, ..Touched::default() }).await?;
        key_results.extend(linked.0);
        objectives.extend(linked.1);
        let key_results = listed(&key_results);
        self.lock_in_order::<KeyResultRow>(&key_results).await?;
        objectives.extend(self.homes_of(&key_results).await?);
        self.lock_in_order::<ObjectiveRow>(&listed(&objectives)).await
    }

    /// Locks goals that may end or go on, and what is below and above them.
    pub(in crate::domain) async fn lock_around(&self, ends: &Ends) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let of = |wanted: &str| -> BTreeSet<Uuid> {
            ends.iter().filter(|(column, _)| *column == wanted).flat_map(|(_, ids)| ids).copied().collect()
        };
        let tasks = self.tasks_linked_to(ends).await?.into_iter().collect();
        let (key_results, objectives) = (of("key_result_id"), of("objective_id"));
        self.lock_upwards(Reach { tasks, key_results, objectives, ..Reach::default() }).await
    }

    /// The same for an objective with its key results; one that the viewer does not see is not found.
    pub(in crate::domain) async fn lock_around_objective(&self, id: Uuid) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        self.get::<ObjectiveRow>(id).await?.ok_or(DomainError::NotFound)?;
        let ends = self.ends_of_objective(id).await?;
        self.lock_around(&ends).await
    }

    /// The same for a key result.
    pub(in crate::domain) async fn lock_around_key_result(&self, id: Uuid) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        self.get::<KeyResultRow>(id).await?.ok_or(DomainError::NotFound)?;
        self.lock_around(&vec![("key_result_id", vec![id])]).await
    }

    /// The same for all goals of a cycle that are neither closed nor given up, with their key results.
    pub(in crate::domain) async fn lock_around_cycle(&self, cycle: Uuid) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let of = |name: &'static str| Expr::col((Alias::new("objective"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("id"))
            .from(Alias::new("objective"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("cycle_id").eq(cycle))
            .and_where(of("state").is_in([GoalState::Draft, GoalState::Active]));
        let mut objectives = Vec::new();
        for row in self.tx.all(&select).await? {
            objectives.push(row.try_get_by_index(0)?);
        }
        let members = self.members_of_all(&objectives).await?;
        self.lock_around(&vec![("objective_id", objectives), ("key_result_id", members)]).await
    }

    /// Locks the goals of all links with such an end, before the links themselves are.
    pub(in crate::domain) async fn lock_goals_at(&self, column: &'static str, id: Uuid) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let mut binds = Binds::new(true);
        let organization = binds.push(self.viewer().organization_id);
        let id = binds.push(id);
        let text = format!(
            "SELECT DISTINCT key_result_id, objective_id FROM alignment_link \
             WHERE organization_id = {organization} AND {column} = {id} AND state <> 'RETIRED'"
        );
        let mut reach = Reach::default();
        for row in self.raw(text, binds).await? {
            reach.key_results.extend(row.try_get_by_index::<Option<Uuid>>(0)?);
            reach.objectives.extend(row.try_get_by_index::<Option<Uuid>>(1)?);
        }
        self.lock_upwards(reach).await
    }

    /// An objective and its key results as ends of links.
    pub(in crate::domain) async fn ends_of_objective(&self, id: Uuid) -> Result<Ends> {
        let key_results = self.keys_of("key_result", "objective_id", id).await?;
        Ok(vec![("objective_id", vec![id]), ("key_result_id", key_results)])
    }

    /// Tasks with a link of their own to these goals that is not retired.
    pub(in crate::domain) async fn tasks_linked_to(&self, ends: &Ends) -> Result<Vec<Uuid>> {
        let mut tasks = BTreeSet::new();
        for (column, ids) in ends.iter().filter(|(_, ids)| !ids.is_empty()) {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(ids);
            let text = format!(
                "SELECT DISTINCT task_id FROM alignment_link WHERE organization_id = {organization} \
                 AND {column} IN {ids} AND task_id IS NOT NULL AND state <> 'RETIRED'"
            );
            for row in self.raw(text, binds).await? {
                tasks.insert(row.try_get_by_index(0)?);
            }
        }
        Ok(tasks.into_iter().collect())
    }

    /// Those of these tasks that have links of their own.
    pub(in crate::domain) async fn tasks_with_links(&self, tasks: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(tasks);
        let text = format!(
            "SELECT DISTINCT task_id FROM alignment_link \
             WHERE organization_id = {organization} AND task_id IN {ids} AND state <> 'RETIRED'"
        );
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// The objectives of key results.
    async fn homes_of(&self, key_results: &[Uuid]) -> Result<Vec<Uuid>> {
        if key_results.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(key_results);
        let text = format!(
            "SELECT DISTINCT objective_id FROM key_result WHERE organization_id = {organization} AND id IN {ids}"
        );
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}
