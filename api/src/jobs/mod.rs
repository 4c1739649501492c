//! What runs after the transaction that asked for it: one file a job, and the runner that takes them.
//!
//! The runner is woken by every commit of this process that asked for a job, and looks by itself every
//! [`POLL`] for those that other nodes asked for, that are tried again, or whose taker died. Claiming,
//! leases and retries are `domain::job`'s; this module decides what runs where and when it stops.

mod audit_organization;
mod end_in_time;
mod look_at_links;
mod look_for_findings;
mod read_references;
mod recompute_organization;
mod remove_events;
mod resolve_references;
mod roll_up_ancestors;
mod sync_integration;
mod tell_health;

use std::time::Duration;

use entity::JobKind;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::domain::{
    access::{Scope, viewer::Actor},
    error::{DomainError, Result},
    installation::Installation,
    job::{Failed, Lease},
    stale::look::Which,
};

/// How often the runner looks without being woken.
pub const POLL: Duration = Duration::from_millis(500);
/// How often the health of goals is looked at, for it changes with the clock alone; and how often it is asked
/// whether links were looked at today.
const HEALTH: Duration = Duration::from_secs(900);
/// How often finished jobs and old events are swept away.
const SWEEP: Duration = Duration::from_secs(3_600);
/// How often it is seen to that everything is looked at once a day.
const AUDITS: Duration = Duration::from_secs(900);
/// How often it is looked which integrations are to be synced by their schedule.
const SYNCS: Duration = Duration::from_secs(5);
/// How long events are kept where nothing else is said.
const KEEP_EVENTS: Duration = Duration::from_secs(30 * 86_400);

/// Kinds of jobs that wait for each other; each lane runs beside the others, so that what must follow
/// within a second never waits for what takes minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Quick,
    Findings,
    Long,
    /// What waits for tools; several runs beside each other.
    Sync,
}

const LANES: [(Lane, usize); 4] =
    [(Lane::Quick, 1), (Lane::Findings, 1), (Lane::Long, 1), (Lane::Sync, SYNCS_AT_ONCE)];
/// Runs of a sync that a node has at once, each of another integration.
const SYNCS_AT_ONCE: usize = 4;
const KINDS: [JobKind; 11] = [
    JobKind::RollUpAncestors,
    JobKind::RecomputeOrganization,
    JobKind::TellHealth,
    JobKind::EndInTime,
    JobKind::ResolveReferences,
    JobKind::ReadReferences,
    JobKind::LookForFindings,
    JobKind::AuditOrganization,
    JobKind::LookAtLinks,
    JobKind::WakeLinks,
    JobKind::SyncIntegration,
];

const fn lane_of(kind: JobKind) -> Lane {
    match kind {
        JobKind::RollUpAncestors => Lane::Quick,
        // Soon, but never before the numbers.
        JobKind::LookForFindings => Lane::Findings,
        JobKind::RecomputeOrganization
        | JobKind::TellHealth
        | JobKind::EndInTime
        | JobKind::ResolveReferences
        | JobKind::ReadReferences
        | JobKind::AuditOrganization
        | JobKind::LookAtLinks
        | JobKind::WakeLinks => Lane::Long,
        JobKind::SyncIntegration => Lane::Sync,
    }
}

/// Takes jobs and runs them.
#[derive(Clone, Debug)]
pub struct Runner {
    installation: Installation,
    keep_events: Duration,
}

impl Runner {
    /// A runner over an installation.
    #[must_use]
    pub fn new(installation: &Installation) -> Self {
        Self { installation: installation.for_server(), keep_events: KEEP_EVENTS }
    }

    /// The same, with events kept for so long.
    #[must_use]
    pub fn keeping_events(self, keep_events: Duration) -> Self {
        Self { keep_events, ..self }
    }

    /// Runs until `shutdown` completes; jobs that have begun by then are finished first. What is left
    /// waits in the database for the next start.
    pub fn spawn(self, shutdown: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        tokio::spawn(async move {
            let (stop, stopped) = watch::channel(false);
            let mut lanes = JoinSet::new();
            for lane in LANES.into_iter().flat_map(|(lane, many)| std::iter::repeat_n(lane, many)) {
                lanes.spawn(self.clone().run_lane(lane, stopped.clone()));
            }
            lanes.spawn(self.clone().ask_for_syncs(stopped.clone()));
            lanes.spawn(self.clone().ask_in_turn(stopped.clone()));
            lanes.spawn(self.clone().plan_audits(stopped.clone()));
            lanes.spawn(self.sweep(stopped));
            shutdown.await;
            stop.send_replace(true);
            while let Some(ended) = lanes.join_next().await {
                if let Err(error) = ended {
                    tracing::error!(%error, "a lane of jobs ended early");
                }
            }
        })
    }

    /// Runs everything that is due now, in one go; gives how many jobs were run. For tests and for the
    /// command line, where nothing runs beside.
    ///
    /// # Errors
    /// When jobs cannot be taken; a job that fails is noted on the job.
    pub async fn run_due(&self) -> Result<usize> {
        let mut run = 0;
        while let Some(lease) = self.installation.take_job(&KINDS).await? {
            self.run_one(&lease).await;
            run += 1;
        }
        Ok(run)
    }

    async fn run_lane(self, lane: Lane, mut stopped: watch::Receiver<bool>) {
        let kinds: Vec<JobKind> = KINDS.into_iter().filter(|kind| lane_of(*kind) == lane).collect();
        let mut asked = self.installation.jobs_asked_for();
        while !*stopped.borrow() {
            // Seen before the look, so that what is asked for during it wakes the next one.
            asked.borrow_and_update();
            match self.installation.take_job(&kinds).await {
                Ok(Some(lease)) => {
                    self.run_one(&lease).await;
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "jobs cannot be taken"),
            }
            tokio::select! {
                _ = asked.changed() => {}
                _ = stopped.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Asks for what the clock alone brings: looks at health, and at links once a day.
    async fn ask_in_turn(self, mut stopped: watch::Receiver<bool>) {
        // At the start too, for it is asked once a day however often this is: what never runs for long would
        // not look otherwise.
        self.ask_for_links().await;
        loop {
            // Not at the start: what stops and starts often would look each time.
            tokio::select! {
                _ = stopped.changed() => return,
                () = tokio::time::sleep(HEALTH) => {}
            }
            if let Err(error) = self.installation.ask_for_health().await {
                tracing::error!(%error, "the health of goals cannot be looked at");
            }
            self.ask_for_links().await;
        }
    }

    async fn ask_for_links(&self) {
        if let Err(error) = self.installation.ask_for_links().await {
            tracing::error!(%error, "links cannot be looked at");
        }
    }

    async fn ask_for_syncs(self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            if let Err(error) = self.installation.ask_for_syncs().await {
                tracing::error!(%error, "syncs cannot be asked for");
            }
            tokio::select! {
                _ = stopped.changed() => {}
                () = tokio::time::sleep(SYNCS) => {}
            }
        }
    }

    async fn plan_audits(self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            if let Err(error) = self.installation.plan_audits().await {
                tracing::error!(%error, "daily looks for findings cannot be planned");
            }
            tokio::select! {
                _ = stopped.changed() => {}
                () = tokio::time::sleep(AUDITS) => {}
            }
        }
    }

    async fn sweep(self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            if let Err(error) = self.installation.sweep_jobs().await {
                tracing::error!(%error, "finished jobs cannot be swept away");
            }
            match remove_events::run(&self.installation, self.keep_events, &mut stopped).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "old events were removed"),
                Err(error) => tracing::error!(%error, "old events cannot be removed"),
            }
            tokio::select! {
                _ = stopped.changed() => {}
                () = tokio::time::sleep(SWEEP) => {}
            }
        }
    }

    async fn run_one(&self, lease: &Lease) {
        let Err(error) = self.attempt(lease).await else { return };
        let text = reason(&error);
        match self.installation.fail_job(lease, &text).await {
            Ok(Failed::Dead) => {
                tracing::error!(job = %lease.id, kind = ?lease.kind, error = %text, "a job is given up");
            }
            Ok(Failed::Again(_) | Failed::Superseded | Failed::Lost) => {
                tracing::warn!(job = %lease.id, kind = ?lease.kind, attempt = lease.attempt, error = %text,
                    "a job failed");
            }
            // Its lease passes, and somebody takes it again.
            Err(error) => tracing::error!(job = %lease.id, %error, "the failure of a job cannot be noted"),
        }
    }

    async fn attempt(&self, lease: &Lease) -> Result<()> {
        if lease.kind == JobKind::SyncIntegration {
            // It acts as its integration.
            return sync_integration::run(&self.installation, lease).await;
        }
        let scope: Scope =
            self.installation.system(lease.organization, Actor::System, "jobs look at the whole").await?;
        let scope = scope.for_job();
        match lease.kind {
            JobKind::RollUpAncestors => roll_up_ancestors::run(&scope, lease).await,
            JobKind::RecomputeOrganization => recompute_organization::run(&scope, lease).await,
            JobKind::TellHealth => tell_health::run(&scope, lease).await,
            JobKind::EndInTime => end_in_time::run(&scope, lease).await,
            JobKind::ResolveReferences => resolve_references::run(&scope, lease).await,
            JobKind::ReadReferences => read_references::run(&scope, lease).await,
            JobKind::LookForFindings => look_for_findings::run(&scope, lease).await,
            JobKind::AuditOrganization => audit_organization::run(&scope, lease).await,
            JobKind::LookAtLinks => look_at_links::run(&scope, lease, Which::All).await,
            JobKind::WakeLinks => look_at_links::run(&scope, lease, Which::Quiet).await,
            JobKind::SyncIntegration => Ok(()),
        }
    }
}

fn reason(error: &DomainError) -> String {
    match error {
        DomainError::User(errors) => {
            errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
        }
        DomainError::NotFound
        | DomainError::Forbidden(_)
        | DomainError::CursorInvalid
        | DomainError::CursorTooOld
        | DomainError::CursorExpired
        | DomainError::BadInput(_)
        | DomainError::Unauthenticated
        | DomainError::RateLimited(_)
        | DomainError::Database(_)
        | DomainError::Internal(_) => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
