//! The two jobs: a part of the work a transaction, so that neither holds locks for long.

use std::collections::HashSet;

use entity::SubjectKind;
use uuid::Uuid;

use crate::domain::{
    bulk::Binds,
    error::Result,
    job::Lease,
    project::ProjectRow,
    sync::goals::Waiting,
    task::TaskRow,
    write::{Command, Write},
};

/// Rows that one step looks at.
const STEP: usize = 300;

/// Makes links of a part of the references that waited for a goal, and renews the lease. Gives the last
/// reference that was looked at; nothing when there are no more.
#[derive(Debug)]
pub struct ResolveWaiting<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// Whether only those are looked at that had no goal, else also those outside of the connection model.
    pub without_goal: bool,
    /// The last reference of the step before.
    pub after: Option<Uuid>,
}

impl Command for ResolveWaiting<'_> {
    type Output = Option<Uuid>;

    async fn run(&self, write: &mut Write) -> Result<Option<Uuid>> {
        write.renew_job(self.lease).await?;
        let waiting = Waiting::After { after: self.after, limit: STEP, without_goal: self.without_goal };
        let waiting = write.resolved_since(waiting).await?;
        let last = waiting.last().map(|token| token.id);
        let scanned = write.scanned_of(waiting, &HashSet::new()).await?;
        // Locks all work at once, with the projects that tasks stand in, and the goals after it.
        write.link_references(scanned, false).await?;
        Ok(last)
    }
}

/// Reads the texts of a part of the projects or tasks again, and renews the lease. Gives the last row that
/// was read; nothing when there are no more.
#[derive(Debug)]
pub struct ReadTexts<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// Whether projects are read, else tasks.
    pub projects: bool,
    /// The last row of the step before.
    pub after: Option<Uuid>,
}

impl Command for ReadTexts<'_> {
    type Output = Option<Uuid>;

    async fn run(&self, write: &mut Write) -> Result<Option<Uuid>> {
        write.renew_job(self.lease).await?;
        let (kind, table) =
            if self.projects { (SubjectKind::Project, "project") } else { (SubjectKind::Task, "task") };
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let after = binds.push(self.after.unwrap_or_default());
        let text = format!(
            "SELECT id FROM {table} WHERE organization_id = {organization} AND id > {after} \
             ORDER BY id LIMIT {STEP}"
        );
        let mut works = Vec::new();
        for row in write.raw(text, binds).await? {
            works.push((kind, row.try_get_by_index(0)?));
        }
        // Before its texts are read; all of one kind, so that projects of tasks are locked in one go later.
        let ids: Vec<Uuid> = works.iter().map(|work| work.1).collect();
        if self.projects {
            write.lock_in_order::<ProjectRow>(&ids).await?;
        } else {
            write.lock_in_order::<TaskRow>(&ids).await?;
        }
        write.read_references(&works, false).await?;
        Ok(works.last().map(|work| work.1))
    }
}
