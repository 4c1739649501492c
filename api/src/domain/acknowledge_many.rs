//! Acknowledging and taking back in bulk, by filter: a handful of statements, however many rows.

use std::collections::{HashMap, HashSet};

use entity::EndReason;
use sea_orm::sea_query::ExprTrait;
use uuid::Uuid;

use super::{
    access::{Action, scope::Listed},
    acknowledge::Terms,
    acknowledgement::AcknowledgementRow,
    error::{DomainError, Result, UserErrorCode},
    link_target::LinkSource,
    piece_of_work::PieceOfWork,
    predicate::{Field, Predicate},
    project::ProjectRow,
    task::TaskRow,
    write::{Command, Write},
};

/// Rows that one call looks at, at most.
pub const BULK_MAX: usize = 10_000;

/// Acknowledges all work that fits, as far as the viewer sees it and has the right.
#[derive(Clone, Debug)]
pub struct AcknowledgeMany {
    /// Which tasks; null for none.
    pub tasks: Option<Predicate>,
    /// Which projects; null for none.
    pub projects: Option<Predicate>,
    /// What is said of them.
    pub terms: Terms,
    /// Whether it is only told what would be done.
    pub dry_run: bool,
}

/// What a call in bulk did.
#[derive(Clone, Debug, Default)]
pub struct BulkOutcome {
    /// Rows that it wrote, or would write: those of tasks before those of projects.
    pub done: Vec<AcknowledgementRow>,
    /// Rows that said so already.
    pub unchanged: usize,
    /// Rows that the viewer sees and may not change.
    pub skipped: usize,
    /// Whether more rows fit than one call looks at.
    pub has_more: bool,
    /// Whether nothing was written.
    pub is_dry: bool,
}

impl Command for AcknowledgeMany {
    type Output = BulkOutcome;

    async fn run(&self, write: &mut Write) -> Result<BulkOutcome> {
        let terms = self.terms.checked(write.now, &write.viewer().settings)?;
        if self.tasks.is_none() && self.projects.is_none() {
            let message = "give a filter of tasks, of projects, or of both";
            return Err(DomainError::user("tasks", UserErrorCode::Required, message));
        }
        let mut tasks = write.lock_fitting::<TaskRow>(self.tasks.as_ref(), BULK_MAX + 1).await?;
        let left = BULK_MAX + 1 - tasks.len();
        let projects = write.lock_fitting::<ProjectRow>(self.projects.as_ref(), left).await?;
        let has_more = tasks.len() + projects.len() > BULK_MAX;
        tasks.truncate(BULK_MAX);
        let projects = &projects[..projects.len().min(BULK_MAX - tasks.len())];
        let pieces = write.pieces_of_work(&tasks, projects).await?;
        let (allowed, skipped) = write.allowed(&pieces);
        let said = write.acknowledge(&allowed, &terms, None).await?;
        write.is_undone = self.dry_run;
        Ok(BulkOutcome {
            done: said.made,
            unchanged: said.unchanged.len(),
            skipped,
            has_more,
            is_dry: self.dry_run,
        })
    }
}

/// Takes back all acknowledgements that fit, as far as the viewer sees them and has the right on their work.
#[derive(Clone, Debug)]
pub struct RevokeMany {
    /// These; null for those that fit the filter.
    pub ids: Option<Vec<Uuid>>,
    /// Which of those that hold; null where keys are given.
    pub filter: Option<Predicate>,
    /// Whether it is only told what would be done.
    pub dry_run: bool,
}

impl Command for RevokeMany {
    type Output = BulkOutcome;

    async fn run(&self, write: &mut Write) -> Result<BulkOutcome> {
        let found = match (&self.ids, &self.filter) {
            (Some(ids), None) => write.acknowledgements_named(ids).await?,
            (None, Some(filter)) => write.open_fitting(filter).await?,
            (None, None) | (Some(_), Some(_)) => {
                let message = "give either ids or a filter";
                return Err(DomainError::user("ids", UserErrorCode::Required, message));
            }
        };
        let has_more = found.len() > BULK_MAX;
        let works: Vec<LinkSource> =
            found.iter().take(BULK_MAX).map(|row| row.work()).collect::<Result<_>>()?;
        let pieces = write.lock_everyones_work(&works).await?;
        let by_work: HashMap<Uuid, &PieceOfWork> = pieces.iter().map(|piece| (piece.id(), piece)).collect();
        // Read after the locks: somebody may have replaced some meanwhile.
        let ids: Vec<Uuid> = found.iter().take(BULK_MAX).map(|row| row.id).collect();
        let mut rows = write.everyones::<AcknowledgementRow>(&ids).await?;
        rows.sort_by_key(|row| row.id);
        let mut outcome = BulkOutcome { has_more, is_dry: self.dry_run, ..BulkOutcome::default() };
        let mut ended = Vec::new();
        for row in &rows {
            let Some(piece) = by_work.get(&row.work()?.column().1) else { continue };
            if row.end_at(write.now).is_some() {
                outcome.unchanged += 1;
            } else if write.viewer().may_work(Action::Link, piece.work) {
                ended.push((row, *piece));
            } else {
                outcome.skipped += 1;
            }
        }
        write.take_back(&ended, EndReason::Revoked).await?;
        let ids: Vec<Uuid> = ended.iter().map(|(row, _)| row.id).collect();
        outcome.done = write.everyones::<AcknowledgementRow>(&ids).await?;
        outcome.done.sort_by_key(|row| (row.project_id.is_some(), row.id));
        write.is_undone = self.dry_run;
        Ok(outcome)
    }
}

impl Write {
    /// Reads and locks the first rows that fit and are not archived, as far as the viewer sees them.
    async fn lock_fitting<R: Listed>(&self, filter: Option<&Predicate>, limit: usize) -> Result<Vec<R>> {
        let Some(filter) = filter.filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut select = self.scope.find::<R>();
        select
            .and_where(Field::new(R::TABLE, "archived_at").expr().is_null())
            .cond_where(filter.condition(self.viewer(), self.tx.backend()))
            .limit(u64::try_from(limit).unwrap_or(u64::MAX));
        self.locked(&mut select, R::TABLE.name());
        self.rows(&select).await
    }

    fn allowed<'a>(&self, pieces: &'a [PieceOfWork]) -> (Vec<&'a PieceOfWork>, usize) {
        let allowed: Vec<&PieceOfWork> =
            pieces.iter().filter(|piece| self.viewer().may_work(Action::Link, piece.work)).collect();
        let skipped = pieces.len() - allowed.len();
        (allowed, skipped)
    }

    async fn acknowledgements_named(&self, ids: &[Uuid]) -> Result<Vec<AcknowledgementRow>> {
        if ids.len() > BULK_MAX {
            let message = format!("are at most {BULK_MAX}");
            return Err(DomainError::user("ids", UserErrorCode::Invalid, message));
        }
        let mut select = self.scope.find::<AcknowledgementRow>();
        select.and_where(self.among("acknowledgement", "id", ids));
        let mut rows = self.rows::<AcknowledgementRow>(&select).await?;
        let found: HashSet<Uuid> = rows.iter().map(|row| row.id).collect();
        if ids.iter().any(|id| !found.contains(id)) {
            let message = "name an acknowledgement that does not exist";
            return Err(DomainError::user("ids", UserErrorCode::NotFound, message));
        }
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }

    async fn open_fitting(&self, filter: &Predicate) -> Result<Vec<AcknowledgementRow>> {
        let mut select = self.scope.find::<AcknowledgementRow>();
        select
            .and_where(Field::new(AcknowledgementRow::TABLE, "ended_at").expr().is_null())
            .cond_where(filter.condition(self.viewer(), self.tx.backend()))
            .order_by_expr(Field::new(AcknowledgementRow::TABLE, "id").expr(), sea_orm::sea_query::Order::Asc)
            .limit(u64::try_from(BULK_MAX + 1).unwrap_or(u64::MAX));
        self.rows(&select).await
    }
}
