//! The end of acknowledgements and waivers by the clock.
//!
//! Whoever reads asks the clock, so that nothing holds a moment too long. This job notes the end as soon as
//! it has passed: the work loses the class that it bore by it, and its stream is told.

use entity::{EndReason, Instant, JobKind};
use sea_orm::{Statement, sea_query::ExprTrait};
use uuid::Uuid;

use super::{
    access::{Scope, scope::Listed},
    acknowledgement::AcknowledgementRow,
    bulk::Binds,
    error::Result,
    gate_waiver::GateWaiverRow,
    job::Lease,
    link_target::LinkSource,
    piece_of_work::PieceOfWork,
    predicate::Field,
    write::{Command, Write},
};

/// Rows that one transaction ends.
const STEP: u64 = 500;

/// Notes the end of some of what has passed its end; gives whether more may be left.
#[derive(Debug)]
pub struct EndStep<'a> {
    /// The job.
    pub lease: &'a Lease,
}

impl Command for EndStep<'_> {
    type Output = bool;

    async fn run(&self, write: &mut Write) -> Result<bool> {
        write.renew_job(self.lease).await?;
        let found = write.due::<AcknowledgementRow>().await?;
        let waived = write.due::<GateWaiverRow>().await?;
        let mut works: Vec<LinkSource> = found.iter().map(|row| row.work()).collect::<Result<_>>()?;
        works.extend(waived.iter().map(|row| LinkSource::Project(row.project_id)));
        works.sort_by_key(|work| work.column());
        works.dedup();
        let pieces = write.lock_everyones_work(&works).await?;
        let of = |id: Uuid| pieces.iter().find(|piece| piece.id() == id);
        // Read after the locks: somebody may have replaced some, or put their end off, meanwhile.
        let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        let rows = write.everyones::<AcknowledgementRow>(&ids).await?;
        let mut ended: Vec<(&AcknowledgementRow, &PieceOfWork)> = Vec::new();
        for row in rows.iter().filter(|row| row.ended_at.is_none() && row.end_at(write.now).is_some()) {
            ended.extend(of(row.work()?.column().1).map(|piece| (row, piece)));
        }
        write.take_back(&ended, EndReason::Expired).await?;
        let ids: Vec<Uuid> = waived.iter().map(|row| row.id).collect();
        let rows = write.everyones::<GateWaiverRow>(&ids).await?;
        let ended: Vec<(&GateWaiverRow, &PieceOfWork)> = rows
            .iter()
            .filter(|row| row.ended_at.is_none() && row.until_at <= write.now)
            .filter_map(|row| Some((row, of(row.project_id)?)))
            .collect();
        write.end_waivers(&ended, EndReason::Expired).await?;
        let step = usize::try_from(STEP).unwrap_or(usize::MAX);
        Ok(found.len() == step || waived.len() == step)
    }
}

/// Finishes the job, and asks for the next one at the next end.
#[derive(Debug)]
pub struct FinishEnding<'a> {
    /// The job.
    pub lease: &'a Lease,
}

impl Command for FinishEnding<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.finish_job(self.lease).await?;
        let mut binds = Binds::new(write.tx.is_postgres());
        let [first, second] = [0; 2].map(|_| binds.push(write.viewer().organization_id));
        let text = format!(
            "SELECT MIN(until_at) FROM (\
             SELECT until_at FROM acknowledgement WHERE organization_id = {first} AND ended_at IS NULL \
             UNION ALL \
             SELECT until_at FROM gate_waiver WHERE organization_id = {second} AND ended_at IS NULL) AS ends"
        );
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        let next: Option<Instant> = match write.tx.all_raw(statement).await?.first() {
            Some(row) => row.try_get_by_index(0)?,
            None => None,
        };
        match next {
            Some(next) => write.end_in_time(next).await,
            None => Ok(()),
        }
    }
}

impl Scope {
    /// Notes the end of all that has passed its end, a step a transaction, under the lease of the job.
    ///
    /// # Errors
    /// When the database fails, or somebody else holds the job by now.
    pub async fn end_what_is_due(&self, lease: &Lease) -> Result<()> {
        while self.run(&EndStep { lease }).await? {}
        self.run(&FinishEnding { lease }).await
    }
}

impl Write {
    async fn due<R: Listed>(&self) -> Result<Vec<R>> {
        let of = |column| Field::new(R::TABLE, column).expr();
        let mut select = self.scope.find::<R>();
        select
            .and_where(of("ended_at").is_null())
            .and_where(of("until_at").lte(self.now.0))
            .order_by_expr(of("until_at"), sea_orm::sea_query::Order::Asc)
            .limit(STEP);
        self.rows(&select).await
    }

    /// Asks for the job at a time, or at the earlier one at which it waits already.
    pub(in crate::domain) async fn end_in_time(&self, at: Instant) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = self.viewer().organization_id;
        let values = [
            binds.push(self.new_id()),
            binds.push(organization),
            binds.push(JobKind::EndInTime),
            binds.push(organization.to_string()),
            binds.push(at.0),
            binds.push(self.now.0),
            binds.push(self.now.0),
        ]
        .join(", ");
        // A conflict locks the waiting row until this transaction ends, as every request of a job does.
        let text = format!(
            "INSERT INTO job (id, organization_id, kind, coalesce_key, run_at, created_at, updated_at, state) \
             VALUES ({values}, 'WAITING') \
             ON CONFLICT (organization_id, kind, coalesce_key) WHERE state = 'WAITING' \
             DO UPDATE SET updated_at = excluded.updated_at, run_at = CASE \
             WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        self.tx.execute(statement).await?;
        self.asked_for_job.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}
