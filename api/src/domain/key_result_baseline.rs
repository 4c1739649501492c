//! The first measurement: a BASELINE becomes a named kind, a target in percent becomes a value.

use entity::{Decimal, EventKind, KeyResultKind, key_result};
use uuid::Uuid;

use super::{
    access::Action,
    check_in::refuse_ended,
    error::{DomainError, Result, UserError, UserErrorCode},
    key_result::KeyResultRow,
    key_result_change::{check_measures, check_one_target},
    objective::ObjectiveRow,
    progress::{Measures, takes_value},
    text::Checks,
    write::{Changes, Command, Write},
};

/// Tells the baseline of a key result and what is aimed at from there.
#[derive(Clone, Debug, Default)]
pub struct SetBaseline {
    /// The key result.
    pub key_result: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// The baseline; the latest value that was told when left out.
    pub value: Option<Decimal>,
    /// The kind that it becomes.
    pub kind: Option<KeyResultKind>,
    /// Value at which progress is 1.
    pub target: Option<Decimal>,
    /// The target as a signed change of the baseline in percent.
    pub target_percent: Option<Decimal>,
    /// The value that is promised.
    pub commit: Option<Decimal>,
    /// The value hoped for.
    pub stretch: Option<Decimal>,
    /// Lowest value inside the bounds.
    pub lower: Option<Decimal>,
    /// Highest value inside the bounds.
    pub upper: Option<Decimal>,
    /// Distance from a bound at which progress is 0.
    pub tolerance: Option<Decimal>,
}

impl SetBaseline {
    /// Whether it says what is aimed at, beside what was measured.
    fn defines(&self) -> bool {
        let aims = [
            self.target,
            self.target_percent,
            self.commit,
            self.stretch,
            self.lower,
            self.upper,
            self.tolerance,
        ];
        self.kind.is_some() || aims.iter().any(Option::is_some)
    }

    fn measures(&self, row: &KeyResultRow, start: Option<Decimal>) -> Measures {
        let target_percent =
            self.target_percent.or(if self.target.is_none() { row.target_percent } else { None });
        let falls = matches!((start, self.target), (Some(start), Some(target)) if target < start)
            || target_percent.is_some_and(|percent| percent.0 < 0);
        let by_target = if falls { KeyResultKind::Decrease } else { KeyResultKind::Increase };
        let kind =
            self.kind.unwrap_or(if row.kind == KeyResultKind::Baseline { by_target } else { row.kind });
        Measures {
            kind,
            start,
            target: self.target,
            target_percent,
            commit: self.commit.or(row.commit_value),
            stretch: self.stretch.or(row.stretch_value),
            current: row.current_value,
            lower: self.lower,
            upper: self.upper,
            tolerance: self.tolerance,
            milestones: Vec::new(),
        }
        .resolved()
    }
}

impl Command for SetBaseline {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        use key_result::Column;
        let row: KeyResultRow = write.lock(self.key_result).await?;
        let objective: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let waits = row.target_percent.is_some() && row.start_value.is_none();
        let at = (row.id, row.version);
        let permit = if waits && !self.defines() {
            let goal = row.check_in_goal(&objective, write.viewer());
            write.viewer().permit_goal(Action::CheckIn, goal, at)?
        } else {
            let goal = row.definition(&objective, write.viewer());
            write.viewer().permit_goal(Action::Update, goal, at)?
        };
        Write::expect_version(self.expected_version, row.version)?;
        refuse_ended(&row, &objective)?;
        let mut checks = Checks::default();
        let mut refuse = |field, code, message: &str| checks.refuse(UserError::at(field, code, message));
        if row.kind != KeyResultKind::Baseline && !waits {
            let message = "has its start already: change it by keyResultUpdate";
            refuse("keyResultId", UserErrorCode::NotNow, message);
        }
        if self.kind.is_some_and(|kind| kind == KeyResultKind::Baseline || !takes_value(kind)) {
            let message =
                "is a kind with a measured value: INCREASE, DECREASE or one of the maintaining kinds";
            refuse("kind", UserErrorCode::Invalid, message);
        }
        let told = write.newest_value(row.id).await?.map(|(_, value)| value);
        let start = self.value.or(told).or(row.start_value);
        if start.is_none() {
            let message = "is needed: nothing was measured yet";
            refuse("value", UserErrorCode::Required, message);
        }
        checks.end()?;
        let measures = self.measures(&row, start);
        let mut checks = Checks::default();
        check_one_target(&mut checks, self.target, self.target_percent);
        check_measures(&mut checks, &measures, row.progress_source);
        checks.end()?;
        let mut changes = Changes::<key_result::Entity>::new();
        changes.set(Column::Kind, &row.kind, measures.kind);
        changes.set(Column::StartValue, &row.start_value, measures.start);
        changes.set(Column::TargetValue, &row.target_value, measures.target);
        changes.set(Column::TargetPercent, &row.target_percent, measures.target_percent);
        changes.set(Column::CurrentValue, &row.current_value, told.or(start));
        changes.set(Column::CommitValue, &row.commit_value, measures.commit);
        changes.set(Column::StretchValue, &row.stretch_value, measures.stretch);
        changes.set(Column::LowerBound, &row.lower_bound, measures.lower);
        changes.set(Column::UpperBound, &row.upper_bound, measures.upper);
        changes.set(Column::Tolerance, &row.tolerance, measures.tolerance);
        write.update_key_result(&permit, &row, &objective, changes, EventKind::Updated).await?;
        write.rolled_up(row.id).await
    }
}

#[cfg(test)]
mod tests;
