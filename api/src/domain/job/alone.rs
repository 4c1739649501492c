//! Jobs that are asked for one by one and done together: nobody who asks waits at a row of somebody else's, and
//! who takes one takes all others that wait with it.

use std::sync::atomic::Ordering;

use entity::{Instant, JobKind};
use sea_orm::{Statement, Value};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Lease, lost};
use crate::domain::{bulk::Binds, error::Result, write::Write};

/// Waiting jobs that another one takes with it at most.
const TAKEN_AT_ONCE: usize = 1_000;

impl Write {
    /// Asks for a job that no other request is one with, at a time: nobody waits for anybody at its row.
    pub(in crate::domain) async fn enqueue_alone(
        &self,
        kind: JobKind,
        at: Instant,
        payload: &Json,
    ) -> Result<()> {
        let id = self.new_id();
        self.insert_job(id, kind, id, at, payload, "").await.map(|_| ())
    }

    /// Asks for a job at a time, under a key: one that waits under it already is put to that time. Not one that was
    /// tried before, which may hold what others asked for.
    pub(in crate::domain) async fn enqueue_at(
        &self,
        kind: JobKind,
        key: Uuid,
        at: Instant,
        payload: &Json,
    ) -> Result<()> {
        let conflict = " ON CONFLICT (organization_id, kind, coalesce_key) WHERE state = 'WAITING' \
                        DO UPDATE SET run_at = excluded.run_at, payload = excluded.payload, \
                        updated_at = excluded.updated_at WHERE job.attempts = 0";
        match self.insert_job(self.new_id(), kind, key, at, payload, conflict).await? {
            0 => self.enqueue_alone(kind, at, payload).await,
            _ => Ok(()),
        }
    }

    /// Gives how many rows were written.
    async fn insert_job(
        &self,
        id: Uuid,
        kind: JobKind,
        key: Uuid,
        at: Instant,
        payload: &Json,
        conflict: &'static str,
    ) -> Result<u64> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let values = [
            binds.push(id),
            binds.push(self.viewer().organization_id),
            binds.push(kind),
            binds.push(key.to_string()),
            binds.push(payload.to_string()),
            binds.push(at.0),
            binds.push(self.now.0),
            binds.push(self.now.0),
        ]
        .join(", ");
        let text = format!(
            "INSERT INTO job (id, organization_id, kind, coalesce_key, payload, run_at, created_at, updated_at, \
             state) VALUES ({values}, 'WAITING'){conflict}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let written = self.tx.execute(statement).await?;
        self.asked_for_job.store(true, Ordering::Relaxed);
        Ok(written)
    }

    /// Takes the other jobs of a job's kind in its organization that wait and are due, for the job to do with its
    /// own: they are gone with this transaction. Gives their inputs.
    pub(in crate::domain) async fn take_waiting(&self, lease: &Lease) -> Result<Vec<Map<String, Json>>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let kind = binds.push(lease.kind);
        let now = binds.push(self.now.0);
        let lock = if self.tx.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
        let text = format!(
            "WITH waiting (id) AS MATERIALIZED (SELECT id FROM job WHERE organization_id = {organization} \
             AND kind = {kind} AND state = 'WAITING' AND run_at <= {now} ORDER BY run_at, id \
             LIMIT {TAKEN_AT_ONCE}{lock}) DELETE FROM job WHERE id IN (SELECT id FROM waiting) RETURNING payload"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let rows = self.tx.all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                let payload: String = row.try_get_by_index(0)?;
                Ok(serde_json::from_str(&payload).unwrap_or_default())
            })
            .collect()
    }

    /// Ends a job in the transaction of what it wrote, and forgets it: of what every change asks for, nobody wants to
    /// read later that it was done.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn forget_job(&self, lease: &Lease) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let id = binds.push(lease.id);
        let organization = binds.push(self.viewer().organization_id);
        let token = binds.push(lease.token);
        let text = format!(
            "DELETE FROM job WHERE id = {id} AND organization_id = {organization} AND fencing_token = {token} \
             AND state = 'RUNNING'"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        if self.tx.execute(statement).await? == 1 { Ok(()) } else { Err(lost()) }
    }

    /// Changes a job's input, for the attempt that may have to begin anew.
    ///
    /// # Errors
    /// When somebody else holds it by now; nothing is written then.
    pub(in crate::domain) async fn keep_payload(&self, lease: &Lease, payload: &Json) -> Result<()> {
        self.holding(lease, "payload = ", Value::from(payload.to_string())).await
    }
}
