//! What practitioners would say about an objective before it is published.
//!
//! Each rule is a setting: off, told, or told and keeping the objective from being published. The wording of a
//! key result is only ever advised on, for a rule about words is often wrong.

use std::sync::Arc;

use entity::{Decimal, GoalState, KeyResultKind, ObjectiveSource};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use uuid::Uuid;

use super::{
    access::Scope,
    error::{DomainError, Result, UserError, UserErrorCode},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    progress::is_met,
    settings::{CheckRule, Settings},
    write::Write,
};

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// It has no key result.
    NoKeyResult,
    /// It has more key results than the organization wants.
    TooManyKeyResults,
    /// Nobody answers for it.
    NoOwner,
    /// The target of a key result is where it stands before anything was done.
    TargetIsStart,
    /// A key result is worded like a task: it says what is done, not what it changes.
    TaskWording,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckProblem {
    /// The rule.
    pub kind: CheckKind,
    /// Whether it keeps the objective from being published.
    pub blocks: bool,
    /// The key result that it is about; null when it is about the objective.
    pub key_result: Option<Uuid>,
    /// What is wrong and what to do.
    pub message: String,
}

/// A key result as the rules see it.
#[derive(Clone, Debug)]
pub struct CheckedKeyResult {
    id: Uuid,
    code: String,
    title: String,
    kind: KeyResultKind,
    start: Option<Decimal>,
    target: Option<Decimal>,
    /// Whether what was measured has reached the target.
    is_reached: bool,
}

/// An objective as the rules see it.
#[derive(Clone, Copy, Debug)]
pub struct CheckFacts<'a> {
    /// Whether it is only proposed yet, so that nobody has worked for it.
    pub is_proposed: bool,
    /// Where its progress comes from: one that goes by work needs no key result.
    pub source: ObjectiveSource,
    /// Whether somebody answers for it.
    pub has_owner: bool,
    /// Its key results that are neither archived nor given up.
    pub key_results: &'a [CheckedKeyResult],
}

impl CheckedKeyResult {
    /// The key result, unless it is archived or given up.
    fn of(row: &KeyResultRow) -> Option<Self> {
        let counts = match row.state {
            GoalState::Draft | GoalState::Active | GoalState::Closed => row.archived_at.is_none(),
            GoalState::Cancelled => false,
        };
        counts.then(|| Self {
            id: row.id,
            code: row.code.clone(),
            title: row.title.clone(),
            kind: row.kind,
            start: row.start_value,
            target: row.target_value,
            is_reached: is_met(&row.measures(Vec::new())) == Some(true),
        })
    }
}

/// Holds an objective against the rules; empty when there is nothing to say.
#[must_use]
pub fn check_objective(facts: &CheckFacts<'_>, settings: &Settings) -> Vec<CheckProblem> {
    let mut problems = Vec::new();
    let mut apply = |rule: CheckRule, kind, key_result, message: String| match rule {
        CheckRule::Off => {}
        CheckRule::Advise => problems.push(CheckProblem { kind, blocks: false, key_result, message }),
        CheckRule::Block => problems.push(CheckProblem { kind, blocks: true, key_result, message }),
    };
    let count = facts.key_results.len();
    let most = settings.max_key_results;
    if count == 0 && facts.source == ObjectiveSource::KeyResults {
        let message = "has no key result: say how anybody will see that it is reached";
        apply(settings.check_no_key_result, CheckKind::NoKeyResult, None, message.to_owned());
    }
    if i64::try_from(count).unwrap_or(i64::MAX) > i64::from(most) {
        let message = format!("has {count} key results, more than {most}: keep those that matter most");
        apply(settings.check_too_many_key_results, CheckKind::TooManyKeyResults, None, message);
    }
    if !facts.has_owner {
        let message = "has no owner: name who answers for it";
        apply(settings.check_no_owner, CheckKind::NoOwner, None, message.to_owned());
    }
    let wording = if settings.check_task_wording { CheckRule::Advise } else { CheckRule::Off };
    for row in facts.key_results {
        let moves = matches!(row.kind, KeyResultKind::Increase | KeyResultKind::Decrease);
        if moves && row.start.is_some() && row.start == row.target {
            let message = format!("{} has its start as its target: say what shall change", row.code);
            apply(settings.check_target_is_start, CheckKind::TargetIsStart, Some(row.id), message);
        } else if moves && facts.is_proposed && row.is_reached {
            // No target is stored that is the start, but what is measured may get there before the start does.
            let message = format!("{} stands at its target already: aim further, or leave it out", row.code);
            apply(settings.check_target_is_start, CheckKind::TargetIsStart, Some(row.id), message);
        }
        if let Some(word) = task_word(&row.title) {
            let message = format!(
                "{} begins with “{word}”, like a task: say what it changes, and link the task to it",
                row.code
            );
            apply(wording, CheckKind::TaskWording, Some(row.id), message);
        }
    }
    problems
}

/// Words that tasks begin with. English; other languages are not looked at.
const TASK_WORDS: [&str; 34] = [
    "add",
    "analyse",
    "analyze",
    "build",
    "complete",
    "conduct",
    "create",
    "define",
    "deliver",
    "deploy",
    "design",
    "develop",
    "document",
    "draft",
    "finish",
    "fix",
    "implement",
    "install",
    "introduce",
    "investigate",
    "launch",
    "migrate",
    "organise",
    "organize",
    "plan",
    "prepare",
    "refactor",
    "release",
    "research",
    "roll",
    "set",
    "ship",
    "test",
    "write",
];

/// The word with which a title begins like a task's; null when it does not. A number in it says that something
/// is measured, and a percentage even more so.
fn task_word(title: &str) -> Option<&str> {
    if title.chars().any(char::is_numeric) || title.contains('%') {
        return None;
    }
    let first = title.split_whitespace().next()?.trim_matches(|letter: char| !letter.is_alphanumeric());
    let is_task = TASK_WORDS.iter().any(|word| word.eq_ignore_ascii_case(first));
    is_task.then_some(first)
}

/// Refuses to publish what a rule keeps from it.
///
/// # Errors
/// A user error for each rule that blocks.
pub(in crate::domain) fn refuse_unfit(problems: &[CheckProblem]) -> Result<()> {
    let blocking = problems.iter().filter(|problem| problem.blocks);
    let errors =
        blocking.map(|problem| UserError::at("state", UserErrorCode::NotNow, problem.message.clone()));
    DomainError::unless_empty(errors.collect())
}

impl Write {
    /// Refuses to publish an objective that a rule keeps from it.
    ///
    /// # Errors
    /// A user error for each rule that blocks.
    pub(in crate::domain) async fn refuse_publishing(
        &self,
        (objective, before): (Uuid, GoalState),
        source: ObjectiveSource,
        has_owner: bool,
    ) -> Result<()> {
        let mut select = self.scope.find::<KeyResultRow>();
        let column = (Alias::new("key_result"), Alias::new("objective_id"));
        select.and_where(Expr::col(column).eq(objective));
        let rows = self.rows::<KeyResultRow>(&select).await?;
        let published = rows.iter().filter(|row| row.state == GoalState::Active);
        let key_results: Vec<_> = published.filter_map(CheckedKeyResult::of).collect();
        let facts = CheckFacts {
            // One that was given up and is taken up again has been worked for.
            is_proposed: before == GoalState::Draft,
            source,
            has_owner,
            key_results: &key_results,
        };
        refuse_unfit(&check_objective(&facts, &self.viewer().settings))
    }
}

impl Scope {
    /// What the rules say about an objective; null when it does not exist or may not be seen.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn objective_check(&self, id: Uuid) -> Result<Option<(Arc<ObjectiveRow>, Vec<CheckProblem>)>> {
        let Some(row) = self.by_ids::<ObjectiveRow>(&[id]).await?.remove(&id) else { return Ok(None) };
        let mut rows = self.by_keys::<KeyResultRow>("objective_id", &[id]).await?;
        rows.sort_by_key(|row| row.number);
        let key_results: Vec<_> = rows.iter().filter_map(|row| CheckedKeyResult::of(row)).collect();
        let facts = CheckFacts {
            is_proposed: row.state == GoalState::Draft,
            source: row.progress_source,
            has_owner: row.owner_id.is_some(),
            key_results: &key_results,
        };
        let problems = check_objective(&facts, &self.viewer().settings);
        Ok(Some((row, problems)))
    }
}

#[cfg(test)]
mod tests;
