//! What is stored and not in the tool any more.
//!
//! Nothing is taken for deleted because a page was missing. A full run reads the ids of everything that is there and
//! notes them, page by page like all that it reads; what is stored and was not seen is then asked for by its id, and
//! only what the tool says is gone is taken out. So a run that breaks off goes on where it was, and what it keeps in
//! mind does not grow with what the tool has.

use std::collections::HashSet;

use entity::{SyncPhase, sync_sighting};
use sea_orm::{
    ActiveValue::Set,
    Statement,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    external::{ExternalBatch, ExternalTask},
    port::{REREAD_AT_MOST, Reread, Tool, Wanted},
    run::{Place, Running, Stumble, check_progress},
    step::TakePage,
};
use crate::domain::{
    access::Scope,
    bulk::Binds,
    error::Result,
    installation::Installation,
    job::Lease,
    sync_container::SyncContainerRow,
    sync_run::SyncRunRow,
    write::{Command, Write},
};

impl Installation {
    /// Goes one step on: sees a page of what is there, or looks for some of what is not.
    pub(super) async fn sweep(
        &self,
        scope: &Scope,
        lease: &Lease,
        tool: &dyn Tool,
        running: &mut Running,
    ) -> std::result::Result<(), Stumble> {
        let is_inside = running.place.cursor.is_some() || running.place.looked.is_some();
        let found = scope.taken_container(running.integration, running.place.container, is_inside).await?;
        let Some(at) = found else {
            running.place = Place::default();
            running.run.phase = SyncPhase::Over;
            return Ok(());
        };
        // The container was left out meanwhile: what was seen of it says nothing of another one.
        let is_same = is_inside && running.place.container == Some(at.id);
        let before = if is_same { running.place.clone() } else { Place::default() };
        match before.looked {
            None => self.see(scope, lease, tool, running, &at, &before).await,
            Some(after) => self.look_behind(scope, lease, tool, running, &at, after).await,
        }
    }

    /// Notes a page of the ids that are there.
    async fn see(
        &self,
        scope: &Scope,
        lease: &Lease,
        tool: &dyn Tool,
        running: &mut Running,
        at: &SyncContainerRow,
        before: &Place,
    ) -> std::result::Result<(), Stumble> {
        let container = at.container();
        let cursor = before.cursor.as_deref();
        let wanted = Wanted { container: &container, since: None, cursor };
        let page = self.holding(scope, lease, tool.ids(&running.access, wanted)).await?;
        check_progress(before.pages, cursor, page.next.as_deref())?;
        let looked = page.next.is_none().then(Uuid::nil);
        let place = Place {
            container: Some(at.id),
            cursor: page.next,
            pages: before.pages + 1,
            looked,
            ..Place::default()
        };
        let is_first = before.pages == 0;
        let see = See { lease, run: &running.run, ids: page.items, place: &place, is_first };
        running.run = scope.run(&see).await?;
        running.place = place;
        Ok(())
    }

    /// Asks for the next of what is stored and was not seen.
    async fn look_behind(
        &self,
        scope: &Scope,
        lease: &Lease,
        tool: &dyn Tool,
        running: &mut Running,
        at: &SyncContainerRow,
        after: Uuid,
    ) -> std::result::Result<(), Stumble> {
        let missing = scope.unseen(running, &at.external_id, after).await?;
        let Some(last) = missing.last() else {
            running.place = Place { container: Some(at.id), ..Place::default() };
            return Ok(());
        };
        let place = Place { container: Some(at.id), looked: Some(last.0), ..Place::default() };
        let ids: Vec<String> = missing.into_iter().map(|(_, id)| id).collect();
        let read = self.holding(scope, lease, tool.reread(&running.access, &ids)).await?;
        let taken = scope.taken_names(running.integration).await?;
        let batch = only_taken(read, &taken, &running.site);
        let page = TakePage { lease, running: &*running, at, batch, place: &place, ends: false, total: None };
        running.run = scope.run(&page).await?;
        running.place = place;
        Ok(())
    }
}

/// Of what was asked for by its id, what stands where it is taken in: what was moved out of there is gone for us.
pub(super) fn only_taken(read: Reread, taken: &HashSet<String>, site: &str) -> ExternalBatch {
    let mut batch = ExternalBatch { gone: read.gone, site: site.to_owned(), ..read.batch };
    let is_taken = |task: &ExternalTask| task.projects.first().is_some_and(|project| taken.contains(project));
    let (tasks, moved): (Vec<_>, Vec<_>) = batch.tasks.into_iter().partition(is_taken);
    batch.tasks = tasks;
    batch.gone.extend(moved.into_iter().map(|task| task.external_id));
    batch.projects.retain(|project| taken.contains(&project.external_id));
    batch
}

/// Notes what was seen, and moves on.
struct See<'l> {
    lease: &'l Lease,
    run: &'l SyncRunRow,
    ids: Vec<String>,
    place: &'l Place,
    /// Whether a list begins: what was seen of another one does not count.
    is_first: bool,
}

impl Command for See<'_> {
    type Output = SyncRunRow;

    async fn run(&self, write: &mut Write) -> Result<SyncRunRow> {
        write.job_moves(self.lease).await?;
        if self.is_first {
            write.forget_sightings(self.run.id).await?;
        }
        let seen: HashSet<&str> = write.sighted(self.run.id, &self.ids).await?;
        let organization_id = write.viewer().organization_id;
        let mut unique: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        unique.sort_unstable();
        unique.dedup();
        let rows = unique
            .into_iter()
            .filter(|id| !seen.contains(id))
            .map(|id| sync_sighting::ActiveModel {
                sync_run_id: Set(self.run.id),
                external_id: Set(id.to_owned()),
                organization_id: Set(organization_id),
            })
            .collect();
        write.insert_all::<sync_sighting::Entity>(rows).await?;
        write.move_run(self.run, SyncPhase::Deletions, self.place).await?;
        write.reread(self.run.id).await
    }
}

impl Write {
    /// Forgets what a run saw.
    pub(super) async fn forget_sightings(&self, run: Uuid) -> Result<()> {
        let of_run = Expr::col((Alias::new("sync_sighting"), Alias::new("sync_run_id"))).eq(run);
        self.remove_parts("sync_sighting", Condition::all().add(of_run)).await?;
        Ok(())
    }

    /// Which of these ids were seen before: a list that changes while it is read tells some twice.
    async fn sighted<'i>(&self, run: Uuid, ids: &'i [String]) -> Result<HashSet<&'i str>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let run = binds.push(run);
        let listed = binds.texts(ids);
        let text = format!(
            "SELECT external_id FROM sync_sighting WHERE organization_id = {organization} \
             AND sync_run_id = {run} AND external_id IN {listed}"
        );
        let rows = self.raw(text, binds).await?;
        let seen: HashSet<String> =
            rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<_>>()?;
        Ok(ids.iter().map(String::as_str).filter(|id| seen.contains(*id)).collect())
    }
}

impl Scope {
    /// The next tasks of a container that are stored as being there and that the run did not see, at most
    /// [`REREAD_AT_MOST`]: our keys and their ids in the tool, in the order of our keys.
    async fn unseen(&self, running: &Running, container: &str, after: Uuid) -> Result<Vec<(Uuid, String)>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let integration = binds.push(running.integration);
        let after = binds.push(after);
        let organization = binds.push(self.viewer().organization_id);
        let owner = binds.push(self.viewer().organization_id);
        let (provider, site) = (binds.push(running.provider), binds.push(running.site.as_str()));
        let container = binds.push(container);
        let run = binds.push(running.run.id);
        // The project is one value and the order is that of an index, so that there is one way to go for a database
        // that does not know yet how much came in a minute ago; a join took it a product of all items.
        let text = format!(
            "SELECT item.task_id, item.external_id FROM external_identity AS item \
             JOIN task ON task.id = item.task_id \
             WHERE item.integration_id = {integration} AND item.task_id > {after} \
             AND task.organization_id = {organization} AND task.source_deleted_at IS NULL \
             AND task.project_id = (SELECT place.project_id FROM external_identity AS place \
             WHERE place.organization_id = {owner} AND place.provider = {provider} \
             AND place.site = {site} AND place.kind = 'PROJECT' AND place.external_id = {container}) \
             AND NOT EXISTS (SELECT 1 FROM sync_sighting AS seen \
             WHERE seen.sync_run_id = {run} AND seen.external_id = item.external_id) \
             ORDER BY item.task_id LIMIT {REREAD_AT_MOST}"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let rows = self.db.all_raw(statement).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}
