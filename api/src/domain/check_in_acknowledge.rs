//! A reviewer's word that a check-in was read.

use entity::{EventKind, SubjectKind};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    access::{Action, Permit},
    check_in::{CheckInRow, MadeCheckIn},
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    text::{self, Checks},
    write::{Command, Write},
};

/// Acknowledges a check-in. It is done once: who acknowledges again is shown the first time.
#[derive(Clone, Debug)]
pub struct AcknowledgeCheckIn {
    /// The check-in.
    pub check_in: Uuid,
    /// What the reviewer says to it.
    pub note: Option<String>,
}

impl Command for AcknowledgeCheckIn {
    type Output = MadeCheckIn;

    async fn run(&self, write: &mut Write) -> Result<MadeCheckIn> {
        let seen: CheckInRow = write.get(self.check_in).await?.ok_or(DomainError::NotFound)?;
        // Locked first, as by everything else that changes what is said on a key result.
        let key_result: KeyResultRow = write.lock(seen.key_result_id).await?;
        let check_in: CheckInRow = write.get(seen.id).await?.ok_or(DomainError::NotFound)?;
        let objective: ObjectiveRow =
            write.get(key_result.objective_id).await?.ok_or(DomainError::NotFound)?;
        let _: Permit<CheckInRow> = write.permit_review(&key_result, &objective, &check_in)?;
        let mut checks = Checks::default();
        let note = checks.take(text::description("note", self.note.as_deref()));
        checks.end()?;
        if check_in.acknowledged_at.is_some() {
            return Ok(MadeCheckIn { check_in, key_result });
        }
        if write.viewer().is(check_in.author_id) {
            let message = "is your own: somebody else acknowledges it";
            return Err(DomainError::user("checkInId", UserErrorCode::NotNow, message));
        }
        let person = write.viewer().person_id;
        let by = (!person.is_nil()).then_some(person);
        let this = Condition::all().add(Expr::col(Alias::new("id")).eq(check_in.id));
        let sets = vec![
            ("acknowledged_by_id", by.into()),
            ("acknowledged_at", write.now.0.into()),
            ("acknowledgement_note", note.clone().into()),
        ];
        write.set_where("check_in", sets, this).await?;
        let mut current = Map::from_iter([("acknowledged_at".to_owned(), json!(write.now.0))]);
        if let Some(by) = by {
            current.insert("acknowledged_by_id".to_owned(), json!(by));
        }
        if let Some(note) = note {
            current.insert("acknowledgement_note".to_owned(), json!(note));
        }
        let mut ancestors = vec![(SubjectKind::KeyResult, key_result.id)];
        ancestors.extend(objective.ancestors_of_member());
        write.note(NewEvent {
            kind: EventKind::Acknowledged,
            subject: (SubjectKind::CheckIn, check_in.id),
            ancestors,
            sight: objective.sight(),
            previous: None,
            current,
        });
        Ok(MadeCheckIn { check_in: write.reread(check_in.id).await?, key_result })
    }
}

impl Write {
    /// The reviewer who was named, managers of the goal's team and leaders acknowledge; an owner does not
    /// review what is theirs.
    fn permit_review(
        &self,
        key_result: &KeyResultRow,
        objective: &ObjectiveRow,
        check_in: &CheckInRow,
    ) -> Result<Permit<CheckInRow>> {
        let owner = key_result.reviewer(objective).filter(|reviewer| self.viewer().is(Some(*reviewer)));
        let goal = super::access::permit::Goal { owner, ..key_result.goal(objective) };
        self.viewer().permit_goal(Action::Acknowledge, goal, (check_in.id, 1))
    }
}

#[cfg(test)]
mod tests;
