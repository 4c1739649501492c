//! The transactions of a run: each shows the lease, so that of two nodes that hold the same run one writes.

use std::collections::HashSet;

use entity::{
    EventKind, IntegrationState, JobKind, Provider, SubjectKind, SyncPhase, SyncRunState, SyncTrigger,
    integration, sync_failure, sync_run,
};
use sea_orm::{
    ActiveValue::Set,
    Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Order},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    external::ExternalBatch,
    merge::{Merge, MergeOptions, Part},
    port::{Container, ToolError},
    run::{Place, Running, is_open, is_synced},
};
use crate::domain::{
    access::Scope,
    error::Result,
    events::{NewEvent, Sight},
    integration::IntegrationRow,
    job::Lease,
    predicate::Field,
    relation::Table,
    row::Row,
    seal::Sealed,
    sync_container::SyncContainerRow,
    sync_run::SyncRunRow,
    write::{Command, Write},
};

/// Runs that fail in a row until an integration is said to fail.
const FAILS_AFTER: i64 = 3;
/// Characters of an error that are kept.
const ERROR_MAX: usize = 1_000;
/// Failures of items that are kept of a run.
const FAILURES_AT_MOST: i64 = 1_000;
/// The longest wait after failed runs, in seconds: six hours.
const LONGEST_WAIT: i64 = 6 * 3_600;

/// What is stored of an integration for its run.
pub(super) struct Stored {
    pub(super) provider: Provider,
    pub(super) site: String,
    pub(super) address: String,
    pub(super) options: Map<String, Json>,
    pub(super) sealed: Option<Sealed>,
    pub(super) is_first: bool,
}

impl Stored {
    fn of(row: integration::Model) -> Self {
        let settings: Map<String, Json> = serde_json::from_str(&row.settings).unwrap_or_default();
        let options = settings.get("options").and_then(Json::as_object).cloned().unwrap_or_default();
        let sealed =
            row.credential_key_id.zip(row.credential).map(|(key_id, bytes)| Sealed { key_id, bytes });
        Self {
            provider: row.provider,
            site: row.site,
            address: row.address.unwrap_or_default(),
            options,
            sealed,
            is_first: row.last_good_sync_at.is_none(),
        }
    }
}

/// Takes a run up; none where there is nothing to run.
pub(super) struct Begin<'l> {
    pub(super) lease: &'l Lease,
    pub(super) run: Uuid,
}

impl Command for Begin<'_> {
    type Output = Option<Running>;

    async fn run(&self, write: &mut Write) -> Result<Option<Running>> {
        let Some(run) = write.lock_all::<SyncRunRow>(&[self.run]).await?.pop() else {
            write.finish_job(self.lease).await?;
            return Ok(None);
        };
        let of = |name: &'static str| Expr::col((Alias::new("integration"), Alias::new(name)));
        let mut select = write.whole::<integration::Entity>("integration");
        select.and_where(of("id").eq(run.integration_id));
        let row = write.read_models::<integration::Entity>(&select).await?.pop();
        let row = row.filter(|row| is_synced(row.state));
        let Some(row) = row.filter(|_| is_open(run.state)) else {
            if is_open(run.state) {
                write.end_run(&run, SyncRunState::Stopped, None).await?;
            }
            write.finish_job(self.lease).await?;
            return Ok(None);
        };
        write.renew_job(self.lease).await?;
        if run.state == SyncRunState::Waiting {
            let sets = vec![
                ("state", SyncRunState::Running.into()),
                ("started_at", write.now.0.into()),
                ("updated_at", write.now.0.into()),
            ];
            write.set_run(run.id, sets).await?;
        }
        let run: SyncRunRow = write.reread(run.id).await?;
        Ok(Some(Running::of(run, Stored::of(row))))
    }
}

/// Keeps the lease.
pub(super) struct Renew<'l> {
    pub(super) lease: &'l Lease,
}

impl Command for Renew<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.renew_job(self.lease).await
    }
}

/// Stores what an integration reaches.
pub(super) struct Reach<'l> {
    pub(super) lease: &'l Lease,
    pub(super) running: &'l Running,
    pub(super) containers: &'l [Container],
}

impl Command for Reach<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.job_moves(self.lease).await?;
        // What is new since it was connected waits until an admin chooses it.
        let visibility = entity::Visibility::Organization;
        write
            .store_containers(self.running.integration, self.containers, None, visibility, &|_| false)
            .await?;
        write.move_run(&self.running.run, SyncPhase::Items, &Place::default()).await
    }
}

/// Takes a page in and moves on.
pub(super) struct TakePage<'l> {
    pub(super) lease: &'l Lease,
    pub(super) running: &'l Running,
    pub(super) at: &'l SyncContainerRow,
    pub(super) batch: ExternalBatch,
    /// Where the run is after it.
    pub(super) place: &'l Place,
    /// Whether the container is read to its end with it.
    pub(super) ends: bool,
    /// Items of the container, where the tool tells.
    pub(super) total: Option<i64>,
}

impl Command for TakePage<'_> {
    type Output = SyncRunRow;

    async fn run(&self, write: &mut Write) -> Result<SyncRunRow> {
        write.job_moves(self.lease).await?;
        // Looked at under its lock: what was read before it was disconnected does not come in after.
        let integration: IntegrationRow = write.lock(self.running.integration).await?;
        let (run, at) = (&self.running.run, self.at);
        if !is_synced(integration.state) {
            return write.reread(run.id).await;
        }
        let read = i64::try_from(self.batch.tasks.len() + self.batch.skipped.len()).unwrap_or(i64::MAX);
        let merge = Merge {
            batch: self.batch.clone(),
            options: MergeOptions {
                name: None,
                team: at.team_id,
                visibility: Some(at.visibility),
                public_urls: write.scope.public_urls().to_vec(),
                part: Some(Part { is_first: self.running.is_first }),
            },
        };
        let summary = merge.run(write).await?;
        let kept = usize::try_from(FAILURES_AT_MOST - run.failed_count).unwrap_or(0);
        let failures = summary
            .skipped
            .iter()
            .take(kept)
            .map(|item| sync_failure::ActiveModel {
                id: Set(write.new_id()),
                organization_id: Set(write.viewer().organization_id),
                sync_run_id: Set(run.id),
                external_id: Set(item.external_id.clone()),
                reason: Set(item.reason.clone()),
                created_at: Set(write.now),
            })
            .collect();
        write.insert_all::<sync_failure::Entity>(failures).await?;
        let (projects, tasks) = (&summary.project_counts, &summary.task_counts);
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let total = match (run.total, self.total) {
            (Some(total), Some(more)) => Some(total.saturating_add(more)),
            (total, more) => total.or(more),
        };
        let updated = (projects.updated + tasks.updated).saturating_sub(summary.removed);
        let sets = vec![
            ("done", run.done.saturating_add(read).into()),
            ("total", total.into()),
            ("created_count", (run.created_count + count(projects.created + tasks.created)).into()),
            ("updated_count", (run.updated_count + count(updated)).into()),
            ("unchanged_count", (run.unchanged_count + count(projects.unchanged + tasks.unchanged)).into()),
            ("removed_count", (run.removed_count + count(summary.removed)).into()),
            ("failed_count", (run.failed_count + count(summary.skipped.len())).into()),
            ("phase", run.phase.into()),
            ("place", json!(self.place).to_string().into()),
            ("error", None::<String>.into()),
            ("updated_at", write.now.0.into()),
        ];
        write.set_run(run.id, sets).await?;
        if self.ends {
            // One that is empty was read to its end too.
            let until = Ord::max(at.read_until.map_or(0, |until| until.0), self.place.newest.unwrap_or(0));
            let this = Condition::all().add(Expr::col(Alias::new("id")).eq(at.id));
            write.set_where("sync_container", vec![("read_until", until.into())], this).await?;
        }
        let run: SyncRunRow = write.reread(run.id).await?;
        Ok(run)
    }
}

/// Puts a run off.
pub(super) struct PutOff<'l> {
    pub(super) lease: &'l Lease,
    pub(super) running: &'l Running,
    pub(super) seconds: u64,
}

impl Command for PutOff<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let seconds = Ord::min(i64::try_from(self.seconds).unwrap_or(LONGEST_WAIT), LONGEST_WAIT);
        write.move_run(&self.running.run, self.running.run.phase, &self.running.place).await?;
        write.put_off_job(self.lease, write.now.plus_seconds(seconds)).await
    }
}

/// Gives a run up, and tells why.
pub(super) struct GiveUp<'l> {
    pub(super) lease: &'l Lease,
    pub(super) running: &'l Running,
    pub(super) error: &'l ToolError,
}

impl Command for GiveUp<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let text: String =
            self.error.to_string().chars().filter(|one| *one != '\0').take(ERROR_MAX).collect();
        let before: IntegrationRow = write.lock(self.running.integration).await?;
        // Who is not let in any more is not let in later either: it waits for somebody to connect it again.
        let is_shut_out = matches!(self.error, ToolError::Unauthorized(_));
        write.fail_run(&self.running.run, &before, &text, is_shut_out).await?;
        write.finish_job(self.lease).await
    }
}

/// Ends a run of an integration that is not synced any more.
pub(super) struct StopRun<'l> {
    pub(super) lease: &'l Lease,
    pub(super) running: &'l Running,
}

impl Command for StopRun<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.end_run(&self.running.run, SyncRunState::Stopped, None).await?;
        write.finish_job(self.lease).await
    }
}

/// Ends a run that came to its end.
pub(super) struct Finish<'l> {
    pub(super) lease: &'l Lease,
    pub(super) running: &'l Running,
}

impl Command for Finish<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let before: IntegrationRow = write.lock(self.running.integration).await?;
        let run = &self.running.run;
        write.end_run(run, SyncRunState::Done, None).await?;
        let state = match before.state {
            IntegrationState::Failing => IntegrationState::Active,
            other
            @ (IntegrationState::Active | IntegrationState::Paused | IntegrationState::Disconnected) => other,
        };
        let mut sets = vec![
            ("state", state.into()),
            ("failures", 0_i64.into()),
            ("last_error", None::<String>.into()),
            ("last_good_sync_at", write.now.0.into()),
        ];
        if run.is_full {
            sets.push(("swept_at", write.now.0.into()));
        }
        write.change_integration(&before, sets).await?;
        // A full one was asked for meanwhile, or none has come to its end yet.
        if is_synced(state) && !run.is_full && write.is_never_swept(before.id).await? {
            write.begin_sync(before.id, SyncTrigger::Manual, true).await?;
        } else if is_synced(state) && write.is_any_unread(before.id).await? {
            // Chosen while the run was past it.
            write.begin_sync(before.id, SyncTrigger::Connect, true).await?;
        }
        if self.running.is_first {
            let news = Map::from_iter([
                ("provider".to_owned(), json!(before.provider)),
                ("name".to_owned(), json!(before.name)),
                ("created".to_owned(), json!(run.created_count)),
            ]);
            write.note(NewEvent {
                kind: EventKind::Imported,
                subject: (SubjectKind::Integration, before.id),
                ancestors: Vec::new(),
                sight: Sight::default(),
                previous: None,
                current: news,
            });
        }
        write.finish_job(self.lease).await
    }
}

impl Write {
    fn this_run(id: Uuid) -> Condition {
        Condition::all().add(Expr::col(Alias::new("id")).eq(id))
    }

    async fn set_run(&self, id: Uuid, sets: Vec<(&'static str, Value)>) -> Result<()> {
        self.set_where("sync_run", sets, Self::this_run(id)).await?;
        self.bump_versions("sync_run", &[id]).await
    }

    pub(super) async fn move_run(&self, run: &SyncRunRow, phase: SyncPhase, place: &Place) -> Result<()> {
        let sets = vec![
            ("phase", phase.into()),
            ("place", json!(place).to_string().into()),
            ("updated_at", self.now.0.into()),
        ];
        self.set_run(run.id, sets).await
    }

    async fn end_run(&self, run: &SyncRunRow, state: SyncRunState, error: Option<&str>) -> Result<()> {
        let sets = vec![
            ("state", state.into()),
            ("phase", SyncPhase::Over.into()),
            ("place", None::<String>.into()),
            ("error", error.into()),
            ("finished_at", self.now.0.into()),
            ("updated_at", self.now.0.into()),
        ];
        self.set_run(run.id, sets).await?;
        self.forget_sightings(run.id).await
    }

    /// Ends a run as failed, and puts the next one off the longer the more failed in a row. What is shut out
    /// is paused.
    pub(super) async fn fail_run(
        &mut self,
        run: &SyncRunRow,
        before: &IntegrationRow,
        why: &str,
        is_shut_out: bool,
    ) -> Result<()> {
        self.end_run(run, SyncRunState::Failed, Some(why)).await?;
        let failures = before.failures + 1;
        // What was paused or disconnected meanwhile stays so.
        let state = if !is_synced(before.state) {
            before.state
        } else if is_shut_out {
            IntegrationState::Paused
        } else if failures >= FAILS_AFTER {
            IntegrationState::Failing
        } else {
            before.state
        };
        let wait = Ord::min(60_i64 << failures.clamp(0, 12), LONGEST_WAIT);
        let next = before.next_sync_at.filter(|_| is_synced(state)).map(|_| self.now.plus_seconds(wait));
        let sets = vec![
            ("failures", failures.into()),
            ("last_error", why.into()),
            ("state", state.into()),
            ("next_sync_at", next.map(|at| at.0).into()),
        ];
        self.change_integration(before, sets).await?;
        Ok(())
    }

    /// Changes an integration and tells of it where its state is another.
    pub(super) async fn change_integration(
        &mut self,
        before: &IntegrationRow,
        mut sets: Vec<(&'static str, Value)>,
    ) -> Result<IntegrationRow> {
        sets.push(("updated_at", Ord::max(before.updated_at, self.now).0.into()));
        self.set_where("integration", sets, Self::this_run(before.id)).await?;
        self.bump_versions("integration", &[before.id]).await?;
        let row: IntegrationRow = self.reread(before.id).await?;
        if row.state != before.state {
            self.note_integration(EventKind::Updated, &row, Some(before.state));
        }
        Ok(row)
    }

    /// Whether it is still to be read to its end.
    async fn is_never_swept(&self, id: Uuid) -> Result<bool> {
        let of = |name: &'static str| Expr::col((Alias::new("integration"), Alias::new(name)));
        let mut select = self.whole::<integration::Entity>("integration");
        select.and_where(of("id").eq(id));
        let row = self.read_models::<integration::Entity>(&select).await?.pop();
        Ok(row.is_some_and(|row| row.swept_at.is_none()))
    }

    async fn is_any_unread(&self, integration: Uuid) -> Result<bool> {
        let of = |name| Field::new(Table::SyncContainer, name).expr();
        let mut select = self.scope.find::<SyncContainerRow>();
        select
            .and_where(of("integration_id").eq(integration))
            .and_where(of("is_taken").eq(true))
            .and_where(of("archived_at").is_null())
            .and_where(of("read_until").is_null())
            .limit(1);
        Ok(self.tx.one(&select).await?.is_some())
    }

    /// Asks for a run of an integration; one that waits or runs already is the one.
    pub(in crate::domain) async fn begin_sync(
        &self,
        integration: Uuid,
        trigger: SyncTrigger,
        is_full: bool,
    ) -> Result<Uuid> {
        let of = |name: &'static str| Expr::col((Alias::new("sync_run"), Alias::new(name)));
        let mut select = self.whole::<sync_run::Entity>("sync_run");
        select
            .and_where(of("integration_id").eq(integration))
            .and_where(of("state").is_in([SyncRunState::Waiting, SyncRunState::Running]));
        self.locked(&mut select, "sync_run");
        if let Some(open) = self.read_models::<sync_run::Entity>(&select).await?.pop() {
            if is_full && !open.is_full {
                if open.state == SyncRunState::Waiting {
                    let sets = vec![("is_full", true.into()), ("phase", SyncPhase::Containers.into())];
                    self.set_run(open.id, sets).await?;
                } else {
                    // It has begun: a full one follows it.
                    let this = Self::this_run(integration);
                    self.set_where("integration", vec![("swept_at", None::<i64>.into())], this).await?;
                }
            }
            return Ok(open.id);
        }
        let id = self.new_id();
        self.insert::<sync_run::Entity>(sync_run::ActiveModel {
            id: Set(id),
            organization_id: Set(self.viewer().organization_id),
            integration_id: Set(integration),
            trigger_kind: Set(trigger),
            is_full: Set(is_full),
            state: Set(SyncRunState::Waiting),
            phase: Set(if is_full { SyncPhase::Containers } else { SyncPhase::Items }),
            created_at: Set(self.now),
            updated_at: Set(self.now),
            ..Default::default()
        })
        .await?;
        let payload = json!({ "run": id, "integration": integration });
        self.enqueue_at(JobKind::SyncIntegration, integration, self.now, &payload).await?;
        Ok(id)
    }
}

impl Scope {
    /// Ids in the tool of the containers whose items are taken in.
    pub(super) async fn taken_names(&self, integration: Uuid) -> Result<HashSet<String>> {
        let of = |name| Field::new(Table::SyncContainer, name).expr();
        let mut select = self.find::<SyncContainerRow>();
        select.and_where(of("integration_id").eq(integration)).and_where(of("is_taken").eq(true));
        let rows = self.db.all(&select).await?;
        rows.iter().map(|row| Ok(<SyncContainerRow as Row>::read(row, 0)?.external_id)).collect()
    }

    /// Whether an integration is synced still.
    pub(super) async fn goes_on(&self, integration: Uuid) -> Result<bool> {
        let found = self.by_ids::<IntegrationRow>(&[integration]).await?;
        Ok(found.values().any(|row| is_synced(row.state)))
    }

    /// The next container whose items are taken in: behind this one, or this one too.
    pub(super) async fn taken_container(
        &self,
        integration: Uuid,
        after: Option<Uuid>,
        and_it: bool,
    ) -> Result<Option<SyncContainerRow>> {
        let of = |name| Field::new(Table::SyncContainer, name).expr();
        let mut select = self.find::<SyncContainerRow>();
        select
            .and_where(of("integration_id").eq(integration))
            .and_where(of("is_taken").eq(true))
            .and_where(of("archived_at").is_null())
            .order_by_expr(of("id"), Order::Asc)
            .limit(1);
        if let Some(after) = after {
            select.and_where(if and_it { of("id").gte(after) } else { of("id").gt(after) });
        }
        let rows = self.db.all(&select).await?;
        Ok(rows.first().map(|row| Row::read(row, 0)).transpose()?)
    }
}
