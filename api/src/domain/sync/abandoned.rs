//! Runs that nobody works at any more.
//!
//! A run ends in the transaction in which its job ends. But a job that failed for reasons of ours too often, or whose
//! takers were killed each time, is given up without the run, which would stay open and keep every later one from
//! beginning. Such a run is ended as failed, and counts as a failure of its tool does.

use std::collections::HashSet;

use entity::JobKind;
use uuid::Uuid;

use super::run::is_open;
use crate::domain::{
    access::viewer::Actor,
    bulk::Binds,
    error::Result,
    installation::Installation,
    integration::IntegrationRow,
    sync_run::SyncRunRow,
    write::{Command, Write},
};

/// Open runs that are looked at together.
const AT_ONCE: usize = 500;
/// What is told of such a run; what its attempts failed of is ours, and stands in the log.
const WHY: &str = "it was begun too often without coming to its end: the log of the server says why";

/// An open run.
struct Open {
    run: Uuid,
    organization: Uuid,
    integration: Uuid,
}

impl Installation {
    /// Ends open runs without a job that waits or runs; gives how many.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn end_abandoned_runs(&self) -> Result<usize> {
        let (mut ended, mut after) = (0, Uuid::nil());
        loop {
            let open = self.open_runs(after).await?;
            let Some(last) = open.last() else { return Ok(ended) };
            after = last.integration;
            let keys: Vec<String> = open.iter().map(|run| run.integration.to_string()).collect();
            let worked_at = self.worked_at(&keys).await?;
            for run in open.iter().filter(|run| !worked_at.contains(&run.integration.to_string())) {
                let why = "an abandoned run is ended for everybody";
                let scope = self.system(run.organization, Actor::Integration(run.integration), why).await?;
                let abandon = Abandon { run: run.run, integration: run.integration };
                ended += usize::from(scope.for_job().run(&abandon).await?);
            }
        }
    }

    /// The next open runs behind that of an integration; each has one at most.
    async fn open_runs(&self, after: Uuid) -> Result<Vec<Open>> {
        let mut binds = self.binds();
        let after = binds.push(after);
        let text = format!(
            "SELECT id, organization_id, integration_id FROM sync_run \
             WHERE state IN ('WAITING', 'RUNNING') AND integration_id > {after} \
             ORDER BY integration_id LIMIT {AT_ONCE}"
        );
        let rows = self.rows(&text, binds).await?;
        rows.iter()
            .map(|row| {
                Ok(Open {
                    run: row.try_get_by_index(0)?,
                    organization: row.try_get_by_index(1)?,
                    integration: row.try_get_by_index(2)?,
                })
            })
            .collect()
    }

    /// Of these keys of integrations, those whose sync waits or runs.
    async fn worked_at(&self, keys: &[String]) -> Result<HashSet<String>> {
        let mut binds = self.binds();
        let kind = binds.push(JobKind::SyncIntegration);
        let keys = binds.texts(keys);
        let text = format!(
            "SELECT coalesce_key FROM job WHERE state IN ('WAITING', 'RUNNING') AND kind = {kind} \
             AND coalesce_key IN {keys}"
        );
        let rows = self.rows(&text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}

/// Ends a run whose job was given up; gives whether it did, for it may have gone on or ended meanwhile.
struct Abandon {
    run: Uuid,
    integration: Uuid,
}

impl Command for Abandon {
    type Output = bool;

    async fn run(&self, write: &mut Write) -> Result<bool> {
        let before: IntegrationRow = write.lock(self.integration).await?;
        let run = write.lock_all::<SyncRunRow>(&[self.run]).await?.pop();
        let Some(run) = run.filter(|run| is_open(run.state)) else { return Ok(false) };
        if write.is_worked_at(self.integration).await? {
            return Ok(false);
        }
        write.fail_run(&run, &before, WHY, false).await?;
        Ok(true)
    }
}

impl Write {
    async fn is_worked_at(&self, integration: Uuid) -> Result<bool> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let kind = binds.push(JobKind::SyncIntegration);
        let key = binds.push(integration.to_string());
        let text = format!(
            "SELECT 1 FROM job WHERE organization_id = {organization} AND state IN ('WAITING', 'RUNNING') \
             AND kind = {kind} AND coalesce_key = {key} LIMIT 1"
        );
        Ok(!self.raw(text, binds).await?.is_empty())
    }
}
