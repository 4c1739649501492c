//! Recomputing numbers outside of the transaction of their cause: objectives above the first, and all
//! numbers after a setting changed. Each step is one transaction under the lease of its job.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::PointSource;
use sea_orm::Statement;
use uuid::Uuid;

use super::{
    access::Scope,
    bulk::Binds,
    error::Result,
    job::Lease,
    write::{Command, Write},
};

/// Rows that one step looks at.
const STEP: usize = 500;

/// Recomputes one objective from its parts as they are now, and finishes the job. Where the number
/// differs, the job of the objective above is asked for in the same transaction.
#[derive(Debug)]
pub struct RollUpAncestor<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// The objective.
    pub objective: Uuid,
}

impl Command for RollUpAncestor<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.finish_job(self.lease).await?;
        write.touched.objectives.insert(self.objective);
        write.touched.is_ancestors = true;
        Ok(())
    }
}

/// A part of an organization's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Whether tasks take their projects' links: those that have links of their own.
    Inheritance(Vec<Uuid>),
    /// Completion of projects.
    Projects(Vec<Uuid>),
    /// Numbers of key results.
    KeyResults(Vec<Uuid>),
    /// Progress of objectives of one depth.
    Objectives(Vec<Uuid>),
}

/// Takes one step, and renews the lease.
#[derive(Debug)]
pub struct TakeStep<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// What to recompute.
    pub step: &'a Step,
}

impl Command for TakeStep<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.renew_job(self.lease).await?;
        write.touched.source = Some(PointSource::Edit);
        // Every objective has its turn, after all below it: none needs a job of its own unless its
        // number differs.
        write.touched.is_ancestors = true;
        match self.step {
            Step::Inheritance(tasks) => write.follow_inheritance(tasks).await?,
            Step::Projects(ids) => write.touched.projects.extend(ids),
            Step::KeyResults(ids) => write.touched.key_results.extend(ids),
            Step::Objectives(ids) => write.touched.objectives.extend(ids),
        }
        Ok(())
    }
}

/// Finishes a job that took several steps.
#[derive(Debug)]
pub struct FinishJob<'a> {
    /// The job.
    pub lease: &'a Lease,
}

impl Command for FinishJob<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.finish_job(self.lease).await
    }
}

impl Scope {
    /// What to recompute after a change of settings, from the leaves to the root.
    ///
    /// Asked of the system's scope: it is the whole organization, whoever changed the setting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recompute_steps(&self) -> Result<Vec<Step>> {
        let tasks = self
            .keys("SELECT DISTINCT task_id FROM alignment_link WHERE task_id IS NOT NULL AND organization_id = ")
            .await?;
        let projects = self.keys("SELECT id FROM project WHERE organization_id = ").await?;
        let key_results = self.keys("SELECT id FROM key_result WHERE organization_id = ").await?;
        let mut steps = Vec::new();
        steps.extend(tasks.chunks(STEP).map(|ids| Step::Inheritance(ids.to_vec())));
        steps.extend(projects.chunks(STEP).map(|ids| Step::Projects(ids.to_vec())));
        steps.extend(key_results.chunks(STEP).map(|ids| Step::KeyResults(ids.to_vec())));
        for level in leaves_first(&self.objective_parents().await?) {
            steps.extend(level.chunks(STEP).map(|ids| Step::Objectives(ids.to_vec())));
        }
        Ok(steps)
    }

    async fn keys(&self, select: &str) -> Result<Vec<Uuid>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let text = format!("{select}{} ORDER BY 1", binds.push(self.viewer().organization_id));
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let rows = self.db.all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    async fn objective_parents(&self) -> Result<HashMap<Uuid, Option<Uuid>>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let text = format!("SELECT id, parent_id FROM objective WHERE organization_id = {organization}");
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let rows = self.db.all_raw(statement).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

/// Keys by their depth, the deepest first, so that each comes after all that lie below it.
pub(in crate::domain) fn leaves_first(parents: &HashMap<Uuid, Option<Uuid>>) -> Vec<Vec<Uuid>> {
    let mut levels: BTreeMap<usize, BTreeSet<Uuid>> = BTreeMap::new();
    for id in parents.keys() {
        let mut seen = HashSet::new();
        let mut at = parents.get(id).copied().flatten();
        while let Some(above) = at.filter(|above| seen.insert(*above)) {
            at = parents.get(&above).copied().flatten();
        }
        levels.entry(seen.len()).or_default().insert(*id);
    }
    levels.into_values().rev().map(|level| level.into_iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_before_their_parents() {
        let id = Uuid::from_u128;
        let parents = HashMap::from([
            (id(1), None),
            (id(2), Some(id(1))),
            (id(3), Some(id(2))),
            (id(4), Some(id(1))),
            (id(5), None),
        ]);
        assert_eq!(leaves_first(&parents), [vec![id(3)], vec![id(2), id(4)], vec![id(1), id(5)]]);
    }
}
