//! Values that tools record: `current` follows them as it follows check-ins, and where progress comes from a
//! tool so does progress. On a key result that goes by work they move `current` alone.

use entity::{Decimal, Instant, SubjectKind, TokenScope};
use uuid::Uuid;

use super::{
    access::Action,
    check_in::{CheckInRow, Statement, refuse_ended},
    error::{DomainError, Result, UserError, UserErrorCode},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    progress::takes_value,
    text::{self, Checks},
    write::{Command, Write, digest_of},
};

/// Records a value on a key result: for tools, and for people who may check in.
#[derive(Clone, Debug)]
pub struct RecordValue {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The key result.
    pub key_result: Uuid,
    /// The time that the value holds for; now when left out.
    pub at: Option<Instant>,
    /// The value.
    pub value: Decimal,
    /// Where it comes from, for readers.
    pub note: Option<String>,
}

/// What was recorded, and the numbers that it led to: all that a tool is told which may record and not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recorded {
    /// Key of the statement.
    pub check_in: Uuid,
    /// Key of the key result.
    pub key_result: Uuid,
    /// The latest known value.
    pub current: Option<Decimal>,
    /// Progress, 0–1.
    pub progress: Option<f64>,
}

impl Recorded {
    fn new(check_in: Uuid, key_result: &KeyResultRow) -> Self {
        let KeyResultRow { id, current_value, progress, .. } = key_result;
        Self { check_in, key_result: *id, current: *current_value, progress: *progress }
    }
}

impl Command for RecordValue {
    type Output = Recorded;

    const TOKEN_SCOPE: Option<TokenScope> = Some(TokenScope::RecordValues);

    async fn run(&self, write: &mut Write) -> Result<Recorded> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::CheckIn, self.id, &digest).await? {
            let before: CheckInRow = write.get(id).await?.ok_or(DomainError::NotFound)?;
            let row: KeyResultRow = write.get(before.key_result_id).await?.ok_or(DomainError::NotFound)?;
            return Ok(Recorded::new(id, &row));
        }
        let row: KeyResultRow = write.lock(self.key_result).await?;
        let objective: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let at = (row.id, row.version);
        let permit = match write.viewer().permit_token(TokenScope::RecordValues, at) {
            Some(permit) => permit,
            None => {
                let goal = row.check_in_goal(&objective, write.viewer());
                write.viewer().permit_goal(Action::CheckIn, goal, at)?
            }
        };
        refuse_ended(&row, &objective)?;
        let mut checks = Checks::default();
        if !takes_value(row.kind) {
            let message = "is not measured here: its milestones are set done instead";
            checks.refuse(UserError::at("value", UserErrorCode::Invalid, message));
        }
        let note = checks.take(text::description("note", self.note.as_deref()));
        checks.end()?;
        let statement = Statement {
            id: self.id,
            at: write.check_in_time(self.at, &objective).await?,
            value: Some(self.value),
            confidence: None,
            health: None,
            note,
            digest,
        };
        let stated = write.state(&permit, &row, &objective, statement).await?;
        let made = write.keep(vec![stated]).await?.pop().ok_or(DomainError::NotFound)?;
        Ok(Recorded::new(made.check_in.id, &made.key_result))
    }
}

#[cfg(test)]
mod tests;
