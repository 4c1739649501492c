//! A run of a sync: from what an integration reaches to what is not there any more, page by page.
//!
//! A run is a job under a lease. The tool is asked outside of any transaction, for it may be slow; what it said is
//! merged, and the place moved on, in one transaction that shows the lease. So a node that dies loses nothing but
//! the page that it was at: the next one goes on from the stored place, and whoever was only slow cannot write over
//! it. What is gone is looked for in `sweep`.

use std::{pin::pin, time::Duration};

use entity::{IntegrationState, Provider, SyncPhase, SyncRunState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    connect::{all_containers, binding},
    external::ExternalBatch,
    port::{Access, Credential, Tool, ToolError, Wanted},
    step::{Begin, Finish, GiveUp, PutOff, Reach, Renew, StopRun, Stored, TakePage},
};
use crate::domain::{
    access::{Scope, viewer::Actor},
    error::{DomainError, Result},
    installation::Installation,
    job::Lease,
    seal::Sealed,
    sync_run::SyncRunRow,
};

/// How often the lease is renewed while a tool is waited for; it lasts 20 seconds.
const RENEW: Duration = Duration::from_secs(5);
/// Failures in a row that may pass after which a run is given up.
const TRIES: u32 = 6;
/// Wait after the first of them, in seconds; it doubles with each further one.
const FIRST_WAIT: u64 = 1;
/// Pages of one list at most, so that a tool that never ends its list is not read for ever.
const PAGES_AT_MOST: u32 = 100_000;

/// Where a run goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::domain) struct Place {
    /// The container that it is at.
    pub(super) container: Option<Uuid>,
    /// Where the list of it goes on.
    pub(super) cursor: Option<String>,
    /// The latest change of what was read of it, in microseconds.
    pub(super) newest: Option<i64>,
    /// Pages that were read of it.
    pub(super) pages: u32,
    /// Behind which of its stored items those that are gone are looked for; none while it is seen what is there.
    #[serde(default)]
    pub(super) looked: Option<Uuid>,
    /// Failures in a row.
    pub(super) tries: u32,
}

/// A run under way.
pub(super) struct Running {
    pub(super) run: SyncRunRow,
    pub(super) place: Place,
    pub(super) integration: Uuid,
    pub(super) provider: Provider,
    pub(super) site: String,
    /// Whether nothing of the integration was ever taken in: then all is told in one event.
    pub(super) is_first: bool,
    sealed: Option<Sealed>,
    pub(super) access: Access,
}

/// Why a step did not happen.
pub(super) enum Stumble {
    Tool(ToolError),
    Ours(DomainError),
}

impl From<ToolError> for Stumble {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}

impl From<DomainError> for Stumble {
    fn from(error: DomainError) -> Self {
        Self::Ours(error)
    }
}

impl Running {
    pub(super) fn of(run: SyncRunRow, stored: Stored) -> Self {
        let place = run.place.as_deref().and_then(|place| serde_json::from_str(place).ok());
        Self {
            place: place.unwrap_or_default(),
            integration: run.integration_id,
            run,
            provider: stored.provider,
            site: stored.site,
            is_first: stored.is_first,
            sealed: stored.sealed,
            access: Access {
                address: stored.address,
                credential: Credential::default(),
                options: stored.options,
            },
        }
    }
}

impl Installation {
    /// Runs a sync to its end, or as far as it goes now.
    ///
    /// # Errors
    /// When the database fails or the lease has passed to somebody else.
    pub async fn run_sync(&self, lease: &Lease) -> Result<()> {
        let key = |name: &str| lease.payload.get(name)?.as_str()?.parse::<Uuid>().ok();
        let (Some(run), Some(integration)) = (key("run"), key("integration")) else {
            return Err(DomainError::Internal("a job of a sync without a run".to_owned()));
        };
        let actor = Actor::Integration(integration);
        let scope = self.system(lease.organization, actor, "a sync takes in for everybody").await?.for_job();
        let Some(mut running) = scope.run(&Begin { lease, run }).await? else { return Ok(()) };
        let tool = match self.entrance(lease.organization, &mut running) {
            Ok(tool) => tool,
            Err(error) => {
                let error = ToolError::Unauthorized(error.to_string());
                return scope.run(&GiveUp { lease, running: &running, error: &error }).await;
            }
        };
        loop {
            let step = match running.run.phase {
                SyncPhase::Containers => self.reach(&scope, lease, &*tool, &mut running).await,
                SyncPhase::Items => self.take(&scope, lease, &*tool, &mut running).await,
                SyncPhase::Deletions => self.sweep(&scope, lease, &*tool, &mut running).await,
                SyncPhase::Over => return scope.run(&Finish { lease, running: &running }).await,
            };
            match step {
                Ok(()) => {}
                Err(Stumble::Ours(error)) => return Err(error),
                Err(Stumble::Tool(error)) => return self.stumbled(&scope, lease, running, &error).await,
            }
            if !scope.goes_on(running.integration).await? {
                return scope.run(&StopRun { lease, running: &running }).await;
            }
        }
    }

    /// The tool of a run, with the credential opened.
    fn entrance(&self, organization: Uuid, running: &mut Running) -> Result<std::sync::Arc<dyn Tool>> {
        let missing = || DomainError::Internal("it has no credential: connect it again".to_owned());
        let sealed = running.sealed.take().ok_or_else(missing)?;
        let clear = self.sealing.unseal(&sealed, &binding(organization, running.integration))?;
        running.access.credential = Credential::from_json(&clear).ok_or_else(missing)?;
        self.tools.of(running.provider)
    }

    /// Waits for a tool and keeps the lease meanwhile.
    pub(super) async fn holding<T>(
        &self,
        scope: &Scope,
        lease: &Lease,
        asked: impl Future<Output = std::result::Result<T, ToolError>>,
    ) -> std::result::Result<T, Stumble> {
        let mut asked = pin!(asked);
        loop {
            tokio::select! {
                biased;
                answer = &mut asked => return Ok(answer?),
                () = tokio::time::sleep(RENEW) => scope.run(&Renew { lease }).await?,
            }
        }
    }

    /// What failed for a time is tried again later; what will not pass ends the run and is told.
    async fn stumbled(
        &self,
        scope: &Scope,
        lease: &Lease,
        mut running: Running,
        error: &ToolError,
    ) -> Result<()> {
        if let ToolError::TooOften { seconds } = error {
            return scope.run(&PutOff { lease, running: &running, seconds: *seconds }).await;
        }
        running.place.tries += 1;
        if !error.may_pass() || running.place.tries > TRIES {
            return scope.run(&GiveUp { lease, running: &running, error }).await;
        }
        let seconds = FIRST_WAIT << (running.place.tries - 1);
        scope.run(&PutOff { lease, running: &running, seconds }).await
    }

    async fn reach(
        &self,
        scope: &Scope,
        lease: &Lease,
        tool: &dyn Tool,
        running: &mut Running,
    ) -> std::result::Result<(), Stumble> {
        let containers = self.holding(scope, lease, all_containers(tool, &running.access)).await?;
        scope.run(&Reach { lease, running: &*running, containers: &containers }).await?;
        running.run.phase = SyncPhase::Items;
        Ok(())
    }

    /// Takes in the next page of the container that the run is at, or goes on to the next one.
    async fn take(
        &self,
        scope: &Scope,
        lease: &Lease,
        tool: &dyn Tool,
        running: &mut Running,
    ) -> std::result::Result<(), Stumble> {
        let is_inside = running.place.cursor.is_some();
        let found = scope.taken_container(running.integration, running.place.container, is_inside).await?;
        let Some(at) = found else {
            running.place = Place::default();
            running.run.phase = if running.run.is_full { SyncPhase::Deletions } else { SyncPhase::Over };
            return Ok(());
        };
        // The container was left out meanwhile: its list is not gone on with.
        let is_same = is_inside && running.place.container == Some(at.id);
        let before = if is_same { running.place.clone() } else { Place::default() };
        let container = at.container();
        let since = if running.run.is_full { None } else { at.read_until };
        let wanted = Wanted { container: &container, since, cursor: before.cursor.as_deref() };
        let pulled = self.holding(scope, lease, tool.pull(&running.access, wanted)).await?;
        check_progress(before.pages, before.cursor.as_deref(), pulled.next.as_deref())?;
        let batch = ExternalBatch { site: running.site.clone(), ..pulled.batch };
        let newest = batch.tasks.iter().filter_map(|task| task.updated_at).map(|at| at.0).max();
        let place = Place {
            container: Some(at.id),
            newest: before.newest.max(newest),
            pages: before.pages + 1,
            cursor: pulled.next,
            ..Place::default()
        };
        let ends = place.cursor.is_none();
        let total = pulled.total.and_then(|total| i64::try_from(total).ok()).filter(|_| before.pages == 0);
        let page = TakePage { lease, running: &*running, at: &at, batch, place: &place, ends, total };
        running.run = scope.run(&page).await?;
        running.place = place;
        Ok(())
    }
}

/// A list goes on with another page each time, and not for ever.
pub(super) fn check_progress(
    pages: u32,
    at: Option<&str>,
    next: Option<&str>,
) -> std::result::Result<(), ToolError> {
    if next.is_some() && (next == at || pages >= PAGES_AT_MOST) {
        return Err(ToolError::Unreadable("the tool's list of items does not end".to_owned()));
    }
    Ok(())
}

/// Whether an integration in this state is synced.
pub(super) const fn is_synced(state: IntegrationState) -> bool {
    match state {
        IntegrationState::Active | IntegrationState::Failing => true,
        IntegrationState::Paused | IntegrationState::Disconnected => false,
    }
}

/// Whether a run in this state is not over.
pub(super) const fn is_open(state: SyncRunState) -> bool {
    match state {
        SyncRunState::Waiting | SyncRunState::Running => true,
        SyncRunState::Done | SyncRunState::Failed | SyncRunState::Stopped => false,
    }
}
