//! A person's word that a piece of work rightly serves no goal.

use entity::{EndReason, EvaluationVerdict, Instant, WorkClass};
use sea_orm::sea_query::{Condition, ExprTrait};
use uuid::Uuid;

use super::{
    access::scope::Listed, error::Result, link_target::LinkSource, predicate::Field, relation::Table,
    row::row,
};

row! {
    /// A person's word that a piece of work rightly serves no goal.
    AcknowledgementRow of acknowledgement {
        /// Key.
        id: Uuid = Id,
        /// The work, when a project.
        project_id: Option<Uuid> = ProjectId,
        /// The work, when a task.
        task_id: Option<Uuid> = TaskId,
        /// Kind of work.
        work_class: WorkClass = WorkClass,
        /// Why it is done.
        reason: String = Reason,
        /// Who said so.
        person_id: Option<Uuid> = PersonId,
        /// When it ends; null for no end.
        until_at: Option<Instant> = UntilAt,
        /// When it was taken back.
        revoked_at: Option<Instant> = RevokedAt,
        /// When it stopped holding, and that was noted; null while it holds, or until its end is noted.
        ended_at: Option<Instant> = EndedAt,
        /// Why it holds no more.
        end_reason: Option<EndReason> = EndReason,
        /// Who took it back or replaced it.
        ended_by_id: Option<Uuid> = EndedById,
        /// What the evaluation of an opportunity decided.
        evaluation_verdict: Option<EvaluationVerdict> = EvaluationVerdict,
        /// The goal the opportunity was found to serve.
        evaluation_objective_id: Option<Uuid> = EvaluationObjectiveId,
        /// Who evaluated it.
        evaluation_by_id: Option<Uuid> = EvaluationById,
        /// Note of the evaluation.
        evaluation_note: Option<String> = EvaluationNote,
        /// When it was evaluated.
        evaluated_at: Option<Instant> = EvaluatedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for AcknowledgementRow {
    const TABLE: Table = Table::Acknowledgement;
    const ARCHIVABLE: bool = false;
}

impl AcknowledgementRow {
    /// When it stopped holding, as seen at a time: what was noted, else its end once that has passed.
    #[must_use]
    pub fn end_at(&self, now: Instant) -> Option<(Instant, EndReason)> {
        self.ended_at
            .zip(self.end_reason)
            .or(self.until_at.filter(|until| *until <= now).map(|until| (until, EndReason::Expired)))
    }

    /// When an opportunity that was not evaluated must be, so many days after it was acknowledged.
    #[must_use]
    pub fn evaluation_due_at(&self, days: i32) -> Option<Instant> {
        let waits = self.work_class == WorkClass::Opportunity && self.evaluated_at.is_none();
        waits.then(|| self.created_at.plus_seconds(i64::from(days) * 86_400))
    }

    /// The work that it is about.
    pub(in crate::domain) fn work(&self) -> Result<LinkSource> {
        let work = self.project_id.map(LinkSource::Project).or(self.task_id.map(LinkSource::Task));
        work.ok_or_else(|| {
            super::error::DomainError::Internal(format!("acknowledgement {} is about nothing", self.id))
        })
    }
}

/// What holds at a time: not ended, and its end has not passed. For acknowledgements and waivers alike.
pub(in crate::domain) fn live_at(table: Table, now: Instant) -> Condition {
    let until = || Field::new(table, "until_at").expr();
    Condition::all()
        .add(Field::new(table, "ended_at").expr().is_null())
        .add(Condition::any().add(until().is_null()).add(until().gt(now.0)))
}
