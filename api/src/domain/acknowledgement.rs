//! A person's word that a piece of work rightly serves no goal.

use entity::{Instant, WorkClass};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

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
        /// What the evaluation of an opportunity decided.
        evaluation_verdict: Option<String> = EvaluationVerdict,
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
