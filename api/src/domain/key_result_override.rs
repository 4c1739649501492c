//! A person's word on progress: once, until the value next changes, or sticky, until it is resumed.

use entity::{EventKind, KeyResultKind, PointSource, key_result};
use uuid::Uuid;

use super::{
    access::{Action, Permit},
    check_in::refuse_ended,
    error::{DomainError, Result, UserError, UserErrorCode},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    text::{self, Checks},
    write::{Changes, Command, Write},
};

/// Overrides the progress of a key result.
#[derive(Clone, Debug)]
pub struct OverrideProgress {
    /// The key result.
    pub key_result: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// The progress, 0–1.
    pub value: f64,
    /// Whether it stays until it is resumed; else it ends when the value next changes.
    pub sticky: bool,
    /// Why.
    pub reason: String,
}

impl Command for OverrideProgress {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        use key_result::Column;
        let (row, objective, permit) = write.permit_override(self.key_result).await?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut checks = Checks::default();
        let value = checks.take(text::within("value", self.value, 0.0, 1.0));
        let reason = checks.take(text::title("reason", &self.reason));
        if row.kind == KeyResultKind::Baseline {
            let message = "is still being measured for the first time: give it a kind with a target first";
            checks.refuse(UserError::at("keyResultId", UserErrorCode::NotNow, message));
        }
        checks.end()?;
        let person = write.viewer().person_id;
        let by = (!person.is_nil()).then_some(person);
        let mut changes = Changes::<key_result::Entity>::new();
        changes.set(Column::OverrideValue, &row.override_value, Some(value));
        changes.set(Column::OverrideSticky, &row.override_sticky, self.sticky);
        changes.set(Column::OverrideReason, &row.override_reason, Some(reason));
        if !changes.is_empty() {
            changes.set(Column::OverrideById, &row.override_by_id, by);
            changes.set(Column::OverrideAt, &row.override_at, Some(write.now));
        }
        write.touched.source = Some(PointSource::Override);
        write.update_key_result(&permit, &row, &objective, changes, EventKind::Updated).await?;
        write.rolled_up(row.id).await
    }
}

/// Lets progress come from its source again. Who overrode it, when and why stays in its events.
#[derive(Clone, Debug)]
pub struct ResumeProgress {
    /// The key result.
    pub key_result: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
}

impl Command for ResumeProgress {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        use key_result::Column;
        let (row, objective, permit) = write.permit_override(self.key_result).await?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut changes = Changes::<key_result::Entity>::new();
        changes.set(Column::OverrideValue, &row.override_value, None);
        changes.set(Column::OverrideSticky, &row.override_sticky, false);
        changes.set(Column::OverrideReason, &row.override_reason, None);
        changes.set(Column::OverrideById, &row.override_by_id, None);
        changes.set(Column::OverrideAt, &row.override_at, None);
        write.touched.source = Some(PointSource::Override);
        write.update_key_result(&permit, &row, &objective, changes, EventKind::Updated).await?;
        write.rolled_up(row.id).await
    }
}

impl Write {
    async fn permit_override(&self, id: Uuid) -> Result<(KeyResultRow, ObjectiveRow, Permit<KeyResultRow>)> {
        let row: KeyResultRow = self.lock(id).await?;
        let objective: ObjectiveRow = self.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let permit =
            self.viewer().permit_goal(Action::Confirm, row.goal(&objective), (row.id, row.version))?;
        refuse_ended(&row, &objective)?;
        Ok((row, objective, permit))
    }
}

#[cfg(test)]
mod tests;
