//! Which goals an unresolved reference may mean.
//!
//! What was typed wrong is near to what was meant: another digit, two digits that changed places, one too
//! many or too few, the number of the goal beside it, or the other prefix. The codes that are so near are
//! written down and looked up, a page of references at a time, so that the goals of an organization are
//! never read as a whole.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{GoalState, SubjectKind, UnresolvedReason};
use sea_orm::Statement;
use uuid::Uuid;

use super::{
    access::{Scope, scope::Listed},
    bulk::Binds,
    error::Result,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    predicate::Field,
    row::Row,
    sync::identity::one_of_texts,
};

/// Goals that are suggested for a reference at most.
const SUGGESTED: usize = 5;
/// Numbers with more digits than this are compared with their neighbours only.
const LONGEST_EDITED: usize = 6;
/// How far away a neighbour's number may be.
const NEIGHBOURS: u64 = 2;

/// Why a goal is suggested, the best reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuggestionReason {
    /// It goes on in the place of the goal that has the code.
    Successor,
    /// It is the objective of the key result that has the code, or one of the key results of the objective:
    /// the connection model wants the other.
    FitsModel,
    /// It has the same number under another prefix.
    SameNumber,
    /// Its code differs by one digit: another one, one too many or too few, or two that changed places.
    SimilarCode,
    /// Its number is one or two away.
    NearNumber,
}

/// A goal that a reference may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Its code.
    pub code: String,
    /// Whether it is a key result, else an objective.
    pub is_key_result: bool,
    /// Its key.
    pub goal: Uuid,
    /// Why.
    pub reason: SuggestionReason,
}

/// What suggestions are asked for: a code, and why it leads to no link.
pub type Asked = (String, UnresolvedReason);

/// A goal as far as suggestions need it.
struct Goal {
    id: Uuid,
    code: String,
    is_key_result: bool,
    open: bool,
    /// Of a key result: its objective.
    objective: Option<Uuid>,
}

impl Scope {
    /// Goals that these references may mean, those that the viewer sees, the likeliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn token_suggestions(&self, asked: &[Asked]) -> Result<HashMap<Asked, Vec<Suggestion>>> {
        let prefixes = self.code_prefixes().await?;
        let mut codes: BTreeSet<String> = BTreeSet::new();
        let mut near: HashMap<&str, BTreeMap<String, SuggestionReason>> = HashMap::new();
        for (code, reason) in asked {
            codes.insert(code.clone());
            if *reason == UnresolvedReason::NoGoal {
                let around = near_codes(code, &prefixes);
                codes.extend(around.keys().cloned());
                near.insert(code, around);
            }
        }
        let codes: Vec<String> = codes.into_iter().collect();
        let goals = self.goals_of_codes(&codes).await?;
        let around = self.goals_beside(asked, &goals).await?;
        Ok(asked
            .iter()
            .map(|question| {
                let mut found: Vec<(SuggestionReason, bool, &Goal)> = Vec::new();
                for (reason, goal) in around.get(&question.0).into_iter().flatten() {
                    found.push((*reason, !goal.open, goal));
                }
                for (code, reason) in near.get(question.0.as_str()).into_iter().flatten() {
                    found.extend(goals.get(code).map(|goal| (*reason, !goal.open, goal)));
                }
                found.sort_by(|one, other| {
                    // A goal that is over is seldom meant.
                    let key = |of: &(SuggestionReason, bool, &Goal)| (of.1, of.0, of.2.code.len());
                    key(one).cmp(&key(other)).then_with(|| one.2.code.cmp(&other.2.code))
                });
                let mut met = HashSet::new();
                found.retain(|(_, _, goal)| met.insert(goal.id));
                let suggested = found.into_iter().take(SUGGESTED).map(|(reason, _, goal)| Suggestion {
                    code: goal.code.clone(),
                    is_key_result: goal.is_key_result,
                    goal: goal.id,
                    reason,
                });
                (question.clone(), suggested.collect())
            })
            .collect())
    }

    /// Prefixes of codes, of now and before.
    async fn code_prefixes(&self) -> Result<Vec<String>> {
        let settings = &self.viewer().settings;
        let mut prefixes = BTreeSet::from([
            settings.objective_prefix.to_uppercase(),
            settings.key_result_prefix.to_uppercase(),
        ]);
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "SELECT DISTINCT RTRIM(code, '0123456789') FROM code_alias \
             WHERE organization_id = {organization}"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        for row in self.db.all_raw(statement).await? {
            let start: String = row.try_get_by_index(0)?;
            prefixes.extend(start.strip_suffix('-').map(str::to_owned));
        }
        Ok(prefixes.into_iter().collect())
    }

    /// Goals by these codes, old ones too, as far as the viewer sees them.
    async fn goals_of_codes(&self, codes: &[String]) -> Result<HashMap<String, Goal>> {
        let mut goals: HashMap<String, Goal> = HashMap::new();
        let of = |table| Field::new(table, "code").expr();
        let mut select = self.find::<ObjectiveRow>();
        select.and_where(one_of_texts(of(ObjectiveRow::TABLE), codes, self.db.backend()));
        for row in self.db.all(&select).await? {
            let goal = Goal::objective(&ObjectiveRow::read(&row, 0)?);
            goals.insert(goal.code.clone(), goal);
        }
        let mut select = self.find::<KeyResultRow>();
        select.and_where(one_of_texts(of(KeyResultRow::TABLE), codes, self.db.backend()));
        for row in self.db.all(&select).await? {
            let goal = Goal::key_result(&KeyResultRow::read(&row, 0)?);
            goals.insert(goal.code.clone(), goal);
        }
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let list = binds.texts(codes);
        let text = format!(
            "SELECT code, objective_id, key_result_id FROM code_alias \
             WHERE organization_id = {organization} AND code IN {list}"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let mut aliases: Vec<(String, Option<Uuid>, Option<Uuid>)> = Vec::new();
        for row in self.db.all_raw(statement).await? {
            aliases.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?));
        }
        let objectives: Vec<Uuid> = aliases.iter().filter_map(|alias| alias.1).collect();
        let key_results: Vec<Uuid> = aliases.iter().filter_map(|alias| alias.2).collect();
        let objectives = self.by_ids::<ObjectiveRow>(&objectives).await?;
        let key_results = self.by_ids::<KeyResultRow>(&key_results).await?;
        for (code, objective, key_result) in aliases {
            let objective = objective.and_then(|id| objectives.get(&id)).map(|row| Goal::objective(row));
            let key_result = key_result.and_then(|id| key_results.get(&id)).map(|row| Goal::key_result(row));
            if let Some(goal) = objective.or(key_result) {
                goals.entry(code).or_insert(goal);
            }
        }
        Ok(goals)
    }

    /// What stands beside the goals that have the codes themselves: the goal that goes on in the place of one
    /// that is over, and where the model refuses the link, the other level.
    async fn goals_beside(
        &self,
        asked: &[Asked],
        goals: &HashMap<String, Goal>,
    ) -> Result<HashMap<String, Vec<(SuggestionReason, Goal)>>> {
        let own: Vec<(&String, &UnresolvedReason, &Goal)> =
            asked.iter().filter_map(|(code, reason)| Some((code, reason, goals.get(code)?))).collect();
        let mut beside: HashMap<String, Vec<(SuggestionReason, Goal)>> = HashMap::new();
        if own.is_empty() {
            return Ok(beside);
        }
        for is_key_result in [true, false] {
            let kind = if is_key_result { SubjectKind::KeyResult } else { SubjectKind::Objective };
            let of_kind = || own.iter().filter(|(_, _, goal)| goal.is_key_result == is_key_result);
            let over: Vec<Uuid> =
                of_kind().filter(|(_, _, goal)| !goal.open).map(|(_, _, goal)| goal.id).collect();
            let next = if over.is_empty() { HashMap::new() } else { self.successors(kind, &over).await? };
            let ids: Vec<Uuid> = next.values().copied().collect();
            let rows: HashMap<Uuid, Goal> = if is_key_result {
                let rows = self.by_ids::<KeyResultRow>(&ids).await?;
                rows.values().map(|row| (row.id, Goal::key_result(row))).collect()
            } else {
                let rows = self.by_ids::<ObjectiveRow>(&ids).await?;
                rows.values().map(|row| (row.id, Goal::objective(row))).collect()
            };
            for (code, _, goal) in of_kind() {
                if let Some(successor) = next.get(&goal.id).and_then(|id| rows.get(id)) {
                    let list = beside.entry((*code).clone()).or_default();
                    list.push((SuggestionReason::Successor, successor.again()));
                }
            }
        }
        let refused = || own.iter().filter(|(_, reason, _)| **reason == UnresolvedReason::OutsideModel);
        let above: Vec<Uuid> = refused().filter_map(|(_, _, goal)| goal.objective).collect();
        let of_these: Vec<Uuid> =
            refused().filter(|(_, _, goal)| !goal.is_key_result).map(|(_, _, goal)| goal.id).collect();
        let above = self.by_ids::<ObjectiveRow>(&above).await?;
        let below = self.by_keys::<KeyResultRow>("objective_id", &of_these).await?;
        for (code, _, goal) in refused() {
            let list = beside.entry((*code).clone()).or_default();
            let fits = SuggestionReason::FitsModel;
            list.extend(goal.objective.and_then(|id| above.get(&id)).map(|row| (fits, Goal::objective(row))));
            let below = below.iter().filter(|row| row.objective_id == goal.id && !goal.is_key_result);
            list.extend(below.take(SUGGESTED).map(|row| (fits, Goal::key_result(row))));
        }
        Ok(beside)
    }
}

impl Goal {
    fn objective(row: &ObjectiveRow) -> Self {
        let open = row.archived_at.is_none() && is_open(row.state);
        Self { id: row.id, code: row.code.clone(), is_key_result: false, open, objective: None }
    }

    fn key_result(row: &KeyResultRow) -> Self {
        let open = row.archived_at.is_none() && is_open(row.state);
        let objective = Some(row.objective_id);
        Self { id: row.id, code: row.code.clone(), is_key_result: true, open, objective }
    }

    fn again(&self) -> Self {
        Self { code: self.code.clone(), ..*self }
    }
}

fn is_open(state: GoalState) -> bool {
    match state {
        GoalState::Draft | GoalState::Active => true,
        GoalState::Closed | GoalState::Cancelled => false,
    }
}

/// Codes near to one that was read, each with the best reason for it.
fn near_codes(code: &str, prefixes: &[String]) -> BTreeMap<String, SuggestionReason> {
    let mut near: BTreeMap<String, SuggestionReason> = BTreeMap::new();
    let Some((prefix, digits)) = code.rsplit_once('-') else { return near };
    let Ok(number) = digits.parse::<u64>() else { return near };
    let mut add = |prefix: &str, number: u64, reason: SuggestionReason| {
        let other = format!("{prefix}-{number}");
        if number > 0 && other != code {
            let kept = near.entry(other).or_insert(reason);
            *kept = reason.min(*kept);
        }
    };
    for other in prefixes.iter().filter(|other| *other != prefix) {
        add(other, number, SuggestionReason::SameNumber);
    }
    for step in 1..=NEIGHBOURS {
        for neighbour in [number.checked_sub(step), number.checked_add(step)].into_iter().flatten() {
            add(prefix, neighbour, SuggestionReason::NearNumber);
        }
    }
    if digits.len() <= LONGEST_EDITED {
        for edited in edits(digits.as_bytes()) {
            let number = edited.iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
            add(prefix, number, SuggestionReason::SimilarCode);
        }
    }
    near
}

/// Numbers that are one slip of a finger away, as digits.
fn edits(digits: &[u8]) -> Vec<Vec<u8>> {
    let mut edits = Vec::new();
    for at in 0..=digits.len() {
        let (before, after) = digits.split_at(at);
        let rest = after.get(1..).unwrap_or_default();
        if let Some(here) = after.first() {
            edits.push([before, rest].concat());
            if let Some(next) = rest.first() {
                edits.push([before, &[*next, *here], rest.get(1..).unwrap_or_default()].concat());
            }
        }
        for digit in b'0'..=b'9' {
            edits.push([before, &[digit], after].concat());
            if !after.is_empty() {
                edits.push([before, &[digit], rest].concat());
            }
        }
    }
    // A number does not begin with 0, and has a digit.
    edits.retain(|edit| edit.first().is_some_and(|first| *first != b'0') && edit != digits);
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(code: &str) -> BTreeMap<String, SuggestionReason> {
        near_codes(code, &["KR".to_owned(), "O".to_owned(), "OLD".to_owned()])
    }

    #[test]
    fn near_codes_are_one_slip_away() {
        let near = near("KR-12");
        for (code, reason) in [
            ("O-12", SuggestionReason::SameNumber),
            ("OLD-12", SuggestionReason::SameNumber),
            ("KR-21", SuggestionReason::SimilarCode),
            ("KR-1", SuggestionReason::SimilarCode),
            ("KR-2", SuggestionReason::SimilarCode),
            ("KR-112", SuggestionReason::SimilarCode),
            ("KR-120", SuggestionReason::SimilarCode),
            ("KR-92", SuggestionReason::SimilarCode),
            ("KR-13", SuggestionReason::SimilarCode),
            ("KR-14", SuggestionReason::SimilarCode),
            ("KR-10", SuggestionReason::SimilarCode),
        ] {
            assert_eq!(near.get(code), Some(&reason), "{code}");
        }
        for code in ["KR-12", "KR-35", "KR-0", "KR-012", "O-13"] {
            assert!(!near.contains_key(code), "{code}");
        }
    }

    #[test]
    fn neighbours_of_a_round_number_are_near_too() {
        let near = near("KR-100");
        assert_eq!(near.get("KR-99"), Some(&SuggestionReason::NearNumber));
        assert_eq!(near.get("KR-98"), Some(&SuggestionReason::NearNumber));
        assert_eq!(near.get("KR-101"), Some(&SuggestionReason::SimilarCode));
    }

    #[test]
    fn the_candidates_are_bounded() {
        assert!(near("KR-123456").len() < 150);
        assert_eq!(near("KR-1234567").len(), 6);
        assert_eq!(near("KR-999999999999999999").len(), 6);
        assert!(near("KR").is_empty());
        assert_eq!(near("KR-1").get("KR-0"), None);
    }
}
