//! What a row says, with its types: each cell read once, everything wrong with it told at its column.

use std::str::FromStr;

use chrono::NaiveDate;
use entity::{
    Decimal, DecimalError, GoalState, KeyResultKind, ObjectiveKind, ObjectiveSource, ProgressSource,
    Visibility,
};
use sea_orm::{ActiveEnum, Iterable};

use super::{
    column::{Column, GoalType},
    fault::{FaultCode, Faults},
    sheet::{Entry, Sheet},
};

/// What a cell says of something that may be missing: nothing where the column is left out, null where the
/// cell is empty.
pub(super) type Said<T> = Option<Option<T>>;

/// A row of which the types are read.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) goal: GoalType,
    pub(super) external_id: Option<String>,
    pub(super) code: Option<String>,
    pub(super) parent_external_id: Said<String>,
    pub(super) parent_code: Said<String>,
    pub(super) title: Option<String>,
    pub(super) description: Said<String>,
    pub(super) owner_email: Said<String>,
    pub(super) check_in_owner: Said<String>,
    pub(super) check_in_reviewer: Said<String>,
    pub(super) team: Said<String>,
    pub(super) cycle: Said<String>,
    pub(super) state: Option<GoalState>,
    pub(super) objective_kind: Option<ObjectiveKind>,
    pub(super) key_result_kind: Option<KeyResultKind>,
    pub(super) visibility: Option<Visibility>,
    pub(super) weight: Option<f64>,
    pub(super) priority: Said<f64>,
    pub(super) include_children: Option<bool>,
    pub(super) objective_source: Option<ObjectiveSource>,
    pub(super) key_result_source: Option<ProgressSource>,
    pub(super) check_in_days: Said<i32>,
    pub(super) starts_on: Said<NaiveDate>,
    pub(super) unit: Said<String>,
    pub(super) start: Said<Decimal>,
    pub(super) target: Said<Decimal>,
    pub(super) target_percent: Said<Decimal>,
    pub(super) current: Option<Decimal>,
    pub(super) commit: Said<Decimal>,
    pub(super) stretch: Said<Decimal>,
    pub(super) lower_bound: Said<Decimal>,
    pub(super) upper_bound: Said<Decimal>,
    pub(super) tolerance: Said<Decimal>,
    pub(super) confidence: Option<f64>,
    pub(super) external_url: Said<String>,
    /// Whether it says a progress, which is computed and never read.
    pub(super) says_progress: bool,
    /// Whether something is wrong with its cells.
    pub(super) is_faulty: bool,
}

/// Reads the types of all rows, and adds to the sheet's faults what is wrong with them; a row whose type is not
/// known is told of and left out, so that a list of the same length comes back with a gap.
pub(super) fn read(sheet: &mut Sheet) -> Vec<Option<Wanted>> {
    let Sheet { entries, faults, decimal_comma } = sheet;
    let wanted = entries.iter().map(|entry| {
        let before = faults.count();
        let mut wanted = Reading { entry, decimal_comma: *decimal_comma, faults: &mut *faults }.row();
        let is_faulty = faults.count() > before;
        if let Some(wanted) = &mut wanted {
            wanted.is_faulty = is_faulty;
        }
        wanted
    });
    wanted.collect()
}

struct Reading<'a> {
    entry: &'a Entry,
    decimal_comma: bool,
    faults: &'a mut Faults,
}

impl Reading<'_> {
    fn refuse(&mut self, column: Column, code: FaultCode, message: impl Into<String>) {
        self.faults.push(self.entry.fault(Some(column), code, message));
    }

    fn row(&mut self) -> Option<Wanted> {
        let goal = self.goal()?;
        for (column, cell) in &self.entry.cells {
            if cell.text.is_some() && !column.is_for(goal) {
                self.faults.push(self.entry.fault(Some(*column), FaultCode::Invalid, not_for(*column, goal)));
            }
        }
        let is_objective = goal == GoalType::Objective;
        Some(Wanted {
            goal,
            external_id: self.trimmed(Column::ExternalId).flatten(),
            code: self.trimmed(Column::Code).flatten().map(|code| code.to_uppercase()),
            parent_external_id: self.trimmed(Column::ParentExternalId),
            parent_code: self.trimmed(Column::ParentCode).map(|code| code.map(|code| code.to_uppercase())),
            title: self.trimmed(Column::Title).flatten(),
            description: self
                .text(Column::Description)
                .map(|text| text.filter(|text| !text.trim().is_empty())),
            owner_email: self.email(Column::OwnerEmail),
            check_in_owner: self.email(Column::CheckInOwnerEmail),
            check_in_reviewer: self.email(Column::CheckInReviewerEmail),
            team: self.trimmed(Column::Team),
            cycle: self.trimmed(Column::Cycle),
            state: self.word(Column::State),
            objective_kind: is_objective.then(|| self.word(Column::Kind)).flatten(),
            key_result_kind: (!is_objective).then(|| self.word(Column::Kind)).flatten(),
            visibility: self.word(Column::Visibility),
            weight: self.float(Column::Weight).flatten(),
            priority: self.float(Column::Priority),
            include_children: self.truth(Column::IncludeChildren),
            objective_source: is_objective.then(|| self.word(Column::ProgressSource)).flatten(),
            key_result_source: (!is_objective).then(|| self.word(Column::ProgressSource)).flatten(),
            check_in_days: self.parsed(Column::CheckInDays, "write a whole number of days, such as 7"),
            starts_on: self.date(Column::StartsOn),
            unit: self.trimmed(Column::Unit),
            start: self.decimal(Column::Start),
            target: self.decimal(Column::Target),
            target_percent: self.decimal(Column::TargetPercent),
            current: self.decimal(Column::Current).flatten(),
            commit: self.decimal(Column::Commit),
            stretch: self.decimal(Column::Stretch),
            lower_bound: self.decimal(Column::LowerBound),
            upper_bound: self.decimal(Column::UpperBound),
            tolerance: self.decimal(Column::Tolerance),
            confidence: self.float(Column::Confidence).flatten(),
            external_url: self.trimmed(Column::ExternalUrl),
            says_progress: self.text(Column::Progress).flatten().is_some(),
            is_faulty: false,
        })
    }

    fn goal(&mut self) -> Option<GoalType> {
        let said = self.text(Column::Type).flatten();
        let goal = match said.as_deref().map(folded).as_deref() {
            None => {
                if self.entry.implied.is_none() {
                    self.refuse(Column::Type, FaultCode::Required, "write OBJECTIVE or KEY_RESULT");
                }
                return self.entry.implied;
            }
            Some("OBJECTIVE") => GoalType::Objective,
            Some("KEY_RESULT") => GoalType::KeyResult,
            Some(_) => {
                let message =
                    format!("\"{}\" is no type: write OBJECTIVE or KEY_RESULT", said.unwrap_or_default());
                self.refuse(Column::Type, FaultCode::Invalid, message);
                return None;
            }
        };
        if self.entry.within.is_some() && goal == GoalType::Objective {
            self.refuse(Column::Type, FaultCode::Invalid, "only key results stand within an objective");
            return None;
        }
        Some(goal)
    }

    fn text(&mut self, column: Column) -> Said<String> {
        let cell = self.entry.cells.get(&column)?;
        if cell.text.as_deref().is_some_and(|text| text.contains('\0')) {
            self.refuse(column, FaultCode::Invalid, "may not contain the NUL character");
            return None;
        }
        Some(cell.text.clone())
    }

    /// A text without blanks around it; one of blanks alone is none.
    fn trimmed(&mut self, column: Column) -> Said<String> {
        let text = self.text(column)?;
        Some(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// An address in lower case, as addresses are compared.
    fn email(&mut self, column: Column) -> Said<String> {
        self.trimmed(column).map(|email| email.map(|email| email.to_lowercase()))
    }

    fn word<E: ActiveEnum<Value = String> + Iterable>(&mut self, column: Column) -> Option<E> {
        let text = self.trimmed(column)??;
        let wanted = folded(&text);
        let found = E::iter().find(|word| word.to_value() == wanted);
        if found.is_none() {
            let words: Vec<String> = E::iter().map(|word| word.to_value()).collect();
            self.refuse(column, FaultCode::Invalid, format!("\"{text}\" is none of {}", words.join(", ")));
        }
        found
    }

    fn truth(&mut self, column: Column) -> Option<bool> {
        let text = self.trimmed(column)??;
        match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => {
                self.refuse(column, FaultCode::Invalid, format!("\"{text}\" is neither true nor false"));
                None
            }
        }
    }

    fn parsed<T: FromStr>(&mut self, column: Column, advice: &str) -> Said<T> {
        let Some(text) = self.trimmed(column)? else { return Some(None) };
        match text.parse() {
            Ok(value) => Some(Some(value)),
            Err(_) => {
                self.refuse(column, FaultCode::Invalid, format!("\"{text}\" cannot be read: {advice}"));
                None
            }
        }
    }

    fn date(&mut self, column: Column) -> Said<NaiveDate> {
        let Some(text) = self.trimmed(column)? else { return Some(None) };
        let is_iso = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match text.parse() {
            Ok(day) if is_iso => Some(Some(day)),
            Ok(_) | Err(_) => {
                let message = format!("\"{text}\" is no day: write year, month and day, such as 2026-01-31");
                self.refuse(column, FaultCode::Invalid, message);
                None
            }
        }
    }

    fn float(&mut self, column: Column) -> Said<f64> {
        let Some(text) = self.number(column)? else { return Some(None) };
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(Some(value)),
            Ok(_) | Err(_) => {
                let message =
                    format!("\"{text}\" is no number: write digits with at most one point, such as 0.5");
                self.refuse(column, FaultCode::Invalid, message);
                None
            }
        }
    }

    fn decimal(&mut self, column: Column) -> Said<Decimal> {
        let Some(text) = self.number(column)? else { return Some(None) };
        match text.parse::<Decimal>() {
            Ok(value) => Some(Some(value)),
            Err(error) => {
                let advice = match error {
                    DecimalError::Syntax if text.ends_with('%') => {
                        "write the number alone and % into the column unit".to_owned()
                    }
                    DecimalError::Syntax | DecimalError::Precision | DecimalError::Range => error.to_string(),
                };
                self.refuse(column, FaultCode::Invalid, format!("\"{text}\" cannot be read: {advice}"));
                None
            }
        }
    }

    /// The text of a number with a point before its decimals. Where cells are separated by semicolons, a comma is
    /// read as well, and neither is where it may as well stand for thousands.
    fn number(&mut self, column: Column) -> Said<String> {
        let Some(text) = self.trimmed(column)? else { return Some(None) };
        let Some((whole, places)) = text.split_once([',', '.']).filter(|_| self.decimal_comma) else {
            return Some(Some(text));
        };
        let is_grouped = places.len() == 3
            && places.bytes().all(|byte| byte.is_ascii_digit())
            && !matches!(whole, "0" | "-0");
        if is_grouped || places.contains([',', '.']) {
            let message = format!(
                "\"{text}\" may be read in two ways: write it without thousands, or with a zero behind three decimals"
            );
            self.refuse(column, FaultCode::Invalid, message);
            return None;
        }
        Some(Some(format!("{whole}.{places}")))
    }
}

/// A word in capitals, with underscores for blanks and hyphens.
fn folded(text: &str) -> String {
    text.trim().to_uppercase().replace([' ', '-'], "_")
}

fn not_for(column: Column, goal: GoalType) -> String {
    match (goal, column) {
        (GoalType::KeyResult, Column::Team | Column::Cycle | Column::Visibility) => {
            "is that of its objective: leave it empty for a key result".to_owned()
        }
        (GoalType::KeyResult, _) => "belongs to objectives: leave it empty for a key result".to_owned(),
        (GoalType::Objective, _) => "belongs to key results: leave it empty for an objective".to_owned(),
    }
}
