//! Jobs: work that follows from a transaction and is done after it.
//!
//! A job is taken under a lease of [`LEASE_SECONDS`]; a taker that dies loses it, and the next one gets
//! a higher fencing token. Whoever finishes, renews or fails a job shows its token, in the transaction
//! of what the job writes, so that a taker that was only slow cannot write over its successor.
//!
//! Leases go by the database's clock on PostgreSQL, for nodes differ in theirs; SQLite is one process,
//! whose own clock is as good and can be simulated in tests. `run_at` was written by the clock of the
//! node that asked, and is held against a node's clock too: there a difference only delays.
//!
//! One of the few files with statements of their own. Jobs belong to no viewer: this is the gate for
//! whoever runs them.

mod alone;

use entity::{Instant, JobKind, JobState};
use sea_orm::{SqlErr, Statement, Value};
use serde_json::{Map, Value as Json};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    bulk::Binds,
    error::{DomainError, Result},
    installation::Installation,
    write::Write,
};

/// How long a taker holds a job before it must renew its lease.
pub const LEASE_SECONDS: i64 = 20;
/// Delay before the second attempt; it doubles with each further one.
const FIRST_DELAY_SECONDS: i64 = 1;
/// Greatest delay between two attempts.
const GREATEST_DELAY_SECONDS: i64 = 300;
/// How long a finished job is kept for whoever asks what happened; a dead one is kept for good.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// The database's own time in microseconds, on PostgreSQL.
const POSTGRES_CLOCK: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
/// Characters of an error that are kept.
const ERROR_MAX: usize = 1_000;

/// A job under a lease.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Key of the job.
    pub id: Uuid,
    /// The organization that it belongs to.
    pub organization: Uuid,
    /// What is to be done.
    pub kind: JobKind,
    /// Input.
    pub payload: Map<String, Json>,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// Proof of being the latest taker.
    token: i64,
}

/// What became of a failed job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It is tried again at this time.
    Again(Instant),
    /// It is given up.
    Dead,
    /// A later job for the same key waits already and does the same.
    Superseded,
    /// Somebody else holds it by now.
    Lost,
}

/// What waits to be done, over all organizations and nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Jobs that wait, also for their time or their next attempt.
    pub waiting: i64,
    /// Jobs that somebody runs.
    pub running: i64,
    /// Jobs that were given up; they stay until a person looks.
    pub dead: i64,
    /// For how long the job that is due for longest has been due, in microseconds; 0 when none is.
    pub overdue: i64,
}

fn lost() -> DomainError {
    DomainError::Internal("the lease of the job has passed to somebody else".to_owned())
}

impl Installation {
    /// Changes when a job was asked for in this process.
    #[must_use]
    pub fn jobs_asked_for(&self) -> watch::Receiver<u64> {
        self.db.jobs()
    }

    /// The time that leases go by: an expression of PostgreSQL's, or a bound value.
    fn lease_clock(&self, binds: &mut Binds) -> String {
        if self.db.is_postgres() { POSTGRES_CLOCK.to_owned() } else { binds.push(self.clock.now().0) }
    }

    /// Takes the job of one of these kinds that is due for longest, if any is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_job(&self, kinds: &[JobKind]) -> Result<Option<Lease>> {
        // A look without a lock first: most of the time nothing is due, and SQLite has one write lock.
        if !self.is_any_due(kinds).await? {
            return Ok(None);
        }
        self.bury_abandoned().await?;
        let mut binds = self.binds();
        let due = self.due(&mut binds, kinds);
        let lock = if self.db.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
        // Materialized: PostgreSQL may run a sub-select anew for each row that it looks at, and would
        // then lock, and skip, more than one.
        let mut text = format!(
            "WITH next (id) AS MATERIALIZED ( \
             SELECT id FROM job WHERE {due} ORDER BY run_at, id LIMIT 1{lock}) "
        );
        let lease_from = self.lease_clock(&mut binds);
        let lease = binds.push(LEASE_SECONDS * 1_000_000);
        let now = binds.push(self.clock.now().0);
        text.push_str(&format!(
            "UPDATE job SET state = 'RUNNING', attempts = attempts + 1, \
             fencing_token = fencing_token + 1, lease_until = {lease_from} + {lease}, updated_at = {now}, \
             version = version + 1 \
             WHERE id IN (SELECT id FROM next) \
             RETURNING id, organization_id, kind, payload, attempts, fencing_token"
        ));
        let tx = self.db.begin().await?;
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let taken = tx.all_raw(statement).await?.pop();
        tx.commit().await?;
        let Some(row) = taken else { return Ok(None) };
        let payload: String = row.try_get_by_index(3)?;
        Ok(Some(Lease {
            id: row.try_get_by_index(0)?,
            organization: row.try_get_by_index(1)?,
            kind: row.try_get_by_index(2)?,
            payload: serde_json::from_str(&payload).unwrap_or_default(),
            attempt: row.try_get_by_index(4)?,
            token: row.try_get_by_index(5)?,
        }))
    }

    /// How much waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self) -> Result<Queue> {
        let text = "SELECT state, COUNT(*), MIN(run_at) FROM job \
                    WHERE state IN ('WAITING', 'RUNNING', 'DEAD') GROUP BY state";
        let mut queue = Queue::default();
        for row in self.rows(text, self.binds()).await? {
            let (state, count): (JobState, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            match state {
                JobState::Waiting => {
                    queue.waiting = count;
                    let due: i64 = row.try_get_by_index(2)?;
                    queue.overdue = self.clock.now().0.saturating_sub(due).max(0);
                }
                JobState::Running => queue.running = count,
                JobState::Dead => queue.dead = count,
                JobState::Done => {}
            }
        }
        Ok(queue)
    }

    /// The condition of what may be taken: waiting and due, or running under a lease that has passed.
    fn due(&self, binds: &mut Binds, kinds: &[JobKind]) -> String {
        let kinds: Vec<String> = kinds.iter().map(|kind| binds.push(*kind)).collect();
        let now = binds.push(self.clock.now().0);
        let lease_now = self.lease_clock(binds);
        format!(
            "kind IN ({}) AND ((state = 'WAITING' AND run_at <= {now}) \
             OR (state = 'RUNNING' AND lease_until < {lease_now}))",
            kinds.join(", ")
        )
    }

    async fn is_any_due(&self, kinds: &[JobKind]) -> Result<bool> {
        let mut binds = self.binds();
        let due = self.due(&mut binds, kinds);
        let rows = self.rows(&format!("SELECT 1 FROM job WHERE {due} LIMIT 1"), binds).await?;
        Ok(!rows.is_empty())
    }

    /// Gives up what was taken too often by takers that never came back: it may be what kills them.
    async fn bury_abandoned(&self) -> Result<()> {
        let mut binds = self.binds();
        let finished = binds.push(self.clock.now().0);
        let updated = binds.push(self.clock.now().0);
        let lease_now = self.lease_clock(&mut binds);
        let text = format!(
            "UPDATE job SET state = 'DEAD', finished_at = {finished}, updated_at = {updated}, \
             last_error = COALESCE(last_error, 'its takers did not come back') \
             WHERE state = 'RUNNING' AND lease_until < {lease_now} AND attempts >= max_attempts"
        );
        self.change_jobs(text, binds).await.map(|_| ())
    }

    async fn change_jobs(&self, text: String, binds: Binds) -> Result<u64> {
        let tx = self.db.begin().await?;
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let changed = tx.execute(statement).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Notes that an attempt failed: another follows later and later, until none is left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_job(&self, lease: &Lease, error: &str) -> Result<Failed> {
        let error: String = error.chars().filter(|character| *character != '\0').take(ERROR_MAX).collect();
        let run_at = self.clock.now().0 + self.delay_micros(lease.attempt);
        let mut binds = self.binds();
        let at = binds.push(run_at);
        let kept = binds.push(error.as_str());
        let now = binds.push(self.clock.now().0);
        let id = binds.push(lease.id);
        let token = binds.push(lease.token);
        let text = format!(
            "UPDATE job SET state = 'WAITING', run_at = {at}, lease_until = NULL, last_error = {kept}, \
             updated_at = {now}, version = version + 1 \
             WHERE id = {id} AND fencing_token = {token} AND state = 'RUNNING' AND attempts < max_attempts"
        );
        match self.change_jobs(text, binds).await {
            Ok(1) => Ok(Failed::Again(Instant(run_at))),
            // It was the last attempt, or is not ours any more.
            Ok(_) => self.end_job(lease, "DEAD", &error, Failed::Dead).await,
            // One that was asked for meanwhile waits under the same key, and looks at the same things.
            Err(DomainError::Database(found))
                if matches!(found.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) =>
            {
                self.end_job(lease, "DONE", &error, Failed::Superseded).await
            }
            Err(other) => Err(other),
        }
    }

    async fn end_job(&self, lease: &Lease, state: &str, error: &str, done: Failed) -> Result<Failed> {
        let mut binds = self.binds();
        let state = binds.push(state);
        let kept = binds.push(error);
        let finished = binds.push(self.clock.now().0);
        let updated = binds.push(self.clock.now().0);
        let id = binds.push(lease.id);
        let token = binds.push(lease.token);
        let text = format!(
            "UPDATE job SET state = {state}, last_error = {kept}, finished_at = {finished}, \
             updated_at = {updated}, lease_until = NULL, version = version + 1 \
             WHERE id = {id} AND fencing_token = {token} AND state = 'RUNNING'"
        );
        Ok(if self.change_jobs(text, binds).await? == 1 { done } else { Failed::Lost })
    }

    /// Exponential, with up to half of it more or less, so that what failed together does not come back
    /// together.
    fn delay_micros(&self, attempt: i32) -> i64 {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(30);
        let seconds = FIRST_DELAY_SECONDS.saturating_mul(1 << doublings).min(GREATEST_DELAY_SECONDS);
        let jitter = i64::from(u16::from_le_bytes(self.clock.entropy().bytes()));
        seconds * 1_000_000 / 2 + seconds * 1_000_000 * jitter / i64::from(u16::MAX)
    }

    /// Removes jobs that were done long ago; gives how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_jobs(&self) -> Result<u64> {
        let until = self.clock.now().plus_seconds(-KEPT_SECONDS).0;
        let mut binds = self.binds();
        let (due, finished) = (binds.push(until), binds.push(until));
        // What was done was due before; `run_at` is what the index knows.
        let text =
            format!("DELETE FROM job WHERE state = 'DONE' AND run_at < {due} AND finished_at < {finished}");
        self.change_jobs(text, binds).await
    }
}

impl Write {
    /// Marks the job as done in the transaction of what it wrote: both are there, or neither.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn finish_job(&self, lease: &Lease) -> Result<()> {
        let now = Value::from(self.now.0);
        self.holding(lease, "state = 'DONE', lease_until = NULL, last_error = NULL, finished_at = ", now)
            .await
    }

    /// Puts the job off to a time: it waits for something, which is no failure of it.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn put_off_job(&self, lease: &Lease, at: Instant) -> Result<()> {
        let sets = "state = 'WAITING', attempts = attempts - 1, lease_until = NULL, run_at = ";
        self.holding(lease, sets, Value::from(at.0)).await
    }

    /// Renews the lease in the transaction of a part of what the job writes.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn renew_job(&self, lease: &Lease) -> Result<()> {
        self.keep_job(lease, "").await
    }

    /// Renews the lease in the transaction of a part of what the job writes, and counts its attempts anew: what
    /// comes forward is not given up for what failed long ago.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn job_moves(&self, lease: &Lease) -> Result<()> {
        self.keep_job(lease, "attempts = 1, ").await
    }

    async fn keep_job(&self, lease: &Lease, sets: &str) -> Result<()> {
        if self.tx.is_postgres() {
            let sets = format!("{sets}lease_until = {POSTGRES_CLOCK} + ");
            return self.holding(lease, &sets, Value::from(LEASE_SECONDS * 1_000_000)).await;
        }
        // The scope's clock, not the time of the transaction: that may have waited for the write lock.
        let until = self.scope.clock().now().plus_seconds(LEASE_SECONDS).0;
        self.holding(lease, &format!("{sets}lease_until = "), Value::from(until)).await
    }

    /// Notes in the job when it has begun, for one whose successor asks.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn job_begins(&self, lease: &Lease) -> Result<()> {
        self.holding(lease, "run_at = ", Value::from(self.now.0)).await
    }

    async fn holding(&self, lease: &Lease, sets: &str, last: Value) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let last = binds.push(last);
        let now = binds.push(self.now.0);
        let id = binds.push(lease.id);
        let organization = binds.push(self.viewer().organization_id);
        let token = binds.push(lease.token);
        let text = format!(
            "UPDATE job SET {sets}{last}, updated_at = {now}, version = version + 1 \
             WHERE id = {id} AND organization_id = {organization} AND fencing_token = {token} \
             AND state = 'RUNNING'"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        if self.tx.execute(statement).await? == 1 { Ok(()) } else { Err(lost()) }
    }
}

#[cfg(test)]
mod tests;
