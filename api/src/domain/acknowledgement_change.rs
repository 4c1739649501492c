//! How acknowledgements are changed, evaluated and taken back.

use entity::{EndReason, EvaluationVerdict, GoalState, Instant, WorkClass, acknowledgement};
use uuid::Uuid;

use super::{
    access::{Action, Permit},
    acknowledge::check_until,
    acknowledgement::AcknowledgementRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    objective::ObjectiveRow,
    piece_of_work::PieceOfWork,
    text::{self, Checks},
    write::{Changes, Command, Write},
};

/// Characters of a note at most.
const NOTE_MAX: usize = 5_000;

/// Changes an acknowledgement that holds; what is left out stays. Another class is a new acknowledgement.
#[derive(Clone, Debug, Default)]
pub struct UpdateAcknowledgement {
    /// The acknowledgement.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Why the work is done.
    pub reason: Option<String>,
    /// When it ends; null for no end.
    pub until: Option<Option<Instant>>,
}

impl Command for UpdateAcknowledgement {
    type Output = AcknowledgementRow;

    async fn run(&self, write: &mut Write) -> Result<AcknowledgementRow> {
        use acknowledgement::Column;
        let (row, piece, permit) = write.lock_acknowledgement(self.id, self.expected_version).await?;
        if row.end_at(write.now).is_some() {
            let message = "has ended: acknowledge the work anew";
            return Err(DomainError::user("id", UserErrorCode::NotNow, message));
        }
        let mut checks = Checks::default();
        let reason = self.reason.as_deref().map(|reason| checks.take(text::title("reason", reason)));
        let until = self.until.unwrap_or(row.until_at);
        if until != row.until_at {
            check_until(&mut checks, row.work_class, until, write.now, &write.viewer().settings);
        }
        checks.end()?;
        let mut changes = Changes::<acknowledgement::Entity>::new();
        changes.set(Column::Reason, &row.reason, reason.unwrap_or_else(|| row.reason.clone()));
        changes.set(Column::UntilAt, &row.until_at, until);
        let after = write.change_acknowledgement(&permit, &row, &piece, &changes).await?;
        if let Some(until) = until.filter(|_| after.until_at != row.until_at) {
            write.end_in_time(until).await?;
        }
        Ok(after)
    }
}

/// Says what became of an acknowledged opportunity.
#[derive(Clone, Debug)]
pub struct EvaluateAcknowledgement {
    /// The acknowledgement, of class `OPPORTUNITY`.
    pub id: Uuid,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
    /// What was decided.
    pub verdict: EvaluationVerdict,
    /// The goal that it was found to serve: with `ALIGN` one, else none.
    pub objective: Option<Uuid>,
    /// Why.
    pub note: Option<String>,
}

impl Command for EvaluateAcknowledgement {
    type Output = AcknowledgementRow;

    async fn run(&self, write: &mut Write) -> Result<AcknowledgementRow> {
        use acknowledgement::Column;
        let (row, piece, permit) = write.lock_acknowledgement(self.id, self.expected_version).await?;
        let refuse = |message: &str| Err(DomainError::user("id", UserErrorCode::NotNow, message));
        match row.work_class {
            WorkClass::Opportunity => {}
            WorkClass::Emergency | WorkClass::Maintenance | WorkClass::TechnicalDebt => {
                return refuse("is no OPPORTUNITY: only those are evaluated");
            }
        }
        match row.end_reason {
            // One whose time is over is looked back on.
            None | Some(EndReason::Expired) => {}
            Some(EndReason::Revoked) => return refuse("was taken back: there is nothing to evaluate"),
            Some(EndReason::Replaced) => return refuse("was replaced: evaluate the one that holds"),
        }
        let mut checks = Checks::default();
        let note = checks.take(text::description("note", self.note.as_deref()));
        if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX) {
            let what = format!("has at most {NOTE_MAX} characters");
            checks.refuse(UserError::at("note", UserErrorCode::Invalid, what));
        }
        match (self.verdict, self.objective) {
            (EvaluationVerdict::Align, None) => {
                let what = "is wanted: name the goal that the opportunity serves";
                checks.refuse(UserError::at("objectiveId", UserErrorCode::Required, what));
            }
            (EvaluationVerdict::Keep | EvaluationVerdict::Stop, Some(_)) => {
                let what = "goes with the verdict ALIGN alone";
                checks.refuse(UserError::at("objectiveId", UserErrorCode::Invalid, what));
            }
            (EvaluationVerdict::Align, Some(_))
            | (EvaluationVerdict::Keep | EvaluationVerdict::Stop, None) => {}
        }
        checks.end()?;
        if let Some(id) = self.objective.filter(|id| row.evaluation_objective_id != Some(*id)) {
            let objective: ObjectiveRow = write.referred("objectiveId", id).await?;
            let is_open = match objective.state {
                GoalState::Draft | GoalState::Active => objective.archived_at.is_none(),
                GoalState::Closed | GoalState::Cancelled => false,
            };
            if !is_open {
                let what = format!("{} is pursued no more: name an open goal", objective.code);
                return Err(DomainError::user("objectiveId", UserErrorCode::NotNow, what));
            }
        }
        let person = write.viewer().person_id;
        let by = (!person.is_nil()).then_some(person);
        let mut changes = Changes::<acknowledgement::Entity>::new();
        changes.set(Column::EvaluationVerdict, &row.evaluation_verdict, Some(self.verdict));
        changes.set(Column::EvaluationObjectiveId, &row.evaluation_objective_id, self.objective);
        changes.set(Column::EvaluationNote, &row.evaluation_note, note);
        if !changes.is_empty() {
            changes.set(Column::EvaluationById, &row.evaluation_by_id, by);
            changes.set(Column::EvaluatedAt, &row.evaluated_at, Some(write.now));
        }
        write.change_acknowledgement(&permit, &row, &piece, &changes).await
    }
}

/// Takes an acknowledgement back: the work should serve a goal again. One that has ended stays as it is.
#[derive(Clone, Debug)]
pub struct RevokeAcknowledgement {
    /// The acknowledgement.
    pub id: Uuid,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
}

impl Command for RevokeAcknowledgement {
    type Output = AcknowledgementRow;

    async fn run(&self, write: &mut Write) -> Result<AcknowledgementRow> {
        let (row, piece, _) = write.lock_acknowledgement(self.id, self.expected_version).await?;
        if row.end_at(write.now).is_some() {
            return Ok(row);
        }
        write.take_back(&[(&row, &piece)], EndReason::Revoked).await?;
        write.reread(row.id).await
    }
}

impl Write {
    /// Reads an acknowledgement with its work, the work locked first, and the right on it.
    async fn lock_acknowledgement(
        &self,
        id: Uuid,
        expected_version: Option<i64>,
    ) -> Result<(AcknowledgementRow, PieceOfWork, Permit<AcknowledgementRow>)> {
        let row: AcknowledgementRow = self.get(id).await?.ok_or(DomainError::NotFound)?;
        let piece = self.lock_piece(row.work()?).await?;
        let row: AcknowledgementRow = self.lock(id).await?;
        let permit = self.viewer().permit_work(Action::Link, piece.work, (row.id, row.version))?;
        Self::expect_version(expected_version, row.version)?;
        Ok((row, piece, permit))
    }

    async fn change_acknowledgement(
        &mut self,
        permit: &Permit<AcknowledgementRow>,
        row: &AcknowledgementRow,
        piece: &PieceOfWork,
        changes: &Changes<acknowledgement::Entity>,
    ) -> Result<AcknowledgementRow> {
        if !self.update(permit, changes).await? {
            return Ok(row.clone());
        }
        let after: AcknowledgementRow = self.reread(row.id).await?;
        self.note_acknowledgement(piece, piece.work_class, Some(row), Some(&after));
        Ok(after)
    }

    /// Ends acknowledgements of locked work that nothing takes the place of, and with each the class that
    /// its work bears by it.
    pub(in crate::domain) async fn take_back(
        &mut self,
        ended: &[(&AcknowledgementRow, &PieceOfWork)],
        reason: EndReason,
    ) -> Result<()> {
        let rows: Vec<AcknowledgementRow> = ended.iter().map(|(row, _)| (*row).clone()).collect();
        self.end_acknowledgements(&rows, reason).await?;
        let mut cleared = Vec::new();
        for (row, piece) in ended {
            let bears_it = piece.work_class == Some(row.work_class);
            let class = if bears_it { None } else { piece.work_class };
            self.note_acknowledgement(piece, class, Some(row), None);
            cleared.extend(bears_it.then_some(*piece));
        }
        let is_edit = match reason {
            EndReason::Revoked | EndReason::Replaced => true,
            // Nobody touched the work: its time was over.
            EndReason::Expired => false,
        };
        self.set_pieces(&cleared, vec![("work_class", None::<String>.into())], is_edit).await
    }

    /// The class that work bears follows from the acknowledgement that holds: another one is refused.
    pub(in crate::domain) async fn refuse_other_class(
        &self,
        piece: &PieceOfWork,
        wanted: Option<WorkClass>,
    ) -> Result<()> {
        let open = self.open_acknowledgements(&[piece]).await?.remove(&piece.id());
        match open.filter(|row| row.end_at(self.now).is_none() && Some(row.work_class) != wanted) {
            None => Ok(()),
            Some(_) => Err(DomainError::user(
                "workClass",
                UserErrorCode::NotNow,
                "follows from the acknowledgement that holds: acknowledge the work anew, or take that back",
            )),
        }
    }
}
