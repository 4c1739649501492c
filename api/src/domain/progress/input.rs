//! What enters a weighted mean: a part with its weight and value, or the reason why it stays out.
//!
//! The inputs of a number are stored beside it, as a JSON array in the columns `progress_inputs`, so that
//! an explanation shows what was computed and not what has become of it since. The text is the same for
//! the same inputs in any order, so that an unchanged tree stays unchanged.

use entity::{GoalState, KeyResultKind, LinkState, ProjectState, Significance, TaskStatus};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{completion::task_completion, mean::weighs, unit};

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InputKind {
    /// An objective.
    Objective,
    /// A key result.
    KeyResult,
    /// A project.
    Project,
    /// A task.
    Task,
}

/// Why a part is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutReason {
    /// It is archived.
    Archived,
    /// It was given up.
    Cancelled,
    /// It is a proposal that nobody has published.
    Draft,
    /// It is still being measured for the first time.
    Baseline,
    /// It has no value yet.
    NoValue,
    /// Its link says that it supports the goal without counting.
    Supports,
    /// Its link waits for a person to confirm it.
    Unconfirmed,
    /// Its link was retired.
    Retired,
}

/// A part of a roll-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// What it is.
    pub kind: InputKind,
    /// Its key.
    pub id: Uuid,
    /// Its share, 0 or more.
    pub weight: f64,
    /// Its progress or completion, 0–1; null when it has none.
    pub value: Option<f64>,
    /// Why it is not counted; null when it is.
    pub out: Option<OutReason>,
    /// Whether it is counted with a flag: its link no longer fits.
    pub stale: bool,
}

/// What the link between a piece of work and a goal says about counting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkFacts {
    /// Whether it counts; a stale one does, and is flagged.
    pub state: LinkState,
    /// Whether the work counts for progress.
    pub significance: Significance,
    /// Whether a person confirmed it.
    pub confirmed: bool,
    /// Share in the goal's work progress; 0 or more.
    pub weight: f64,
}

impl LinkFacts {
    /// Why work behind this link is not counted; null when it is. With `require_confirm` off every link
    /// is as good as confirmed.
    #[must_use]
    pub fn out(&self, require_confirm: bool) -> Option<OutReason> {
        match (self.state, self.significance) {
            (LinkState::Retired, Significance::Contributes | Significance::Supports) => {
                Some(OutReason::Retired)
            }
            (LinkState::Active | LinkState::Stale, Significance::Supports) => Some(OutReason::Supports),
            (LinkState::Active | LinkState::Stale, Significance::Contributes) => {
                (require_confirm && !self.confirmed).then_some(OutReason::Unconfirmed)
            }
        }
    }
}

impl Input {
    fn new(kind: InputKind, id: Uuid, weight: f64, value: Option<f64>, out: Option<OutReason>) -> Self {
        let value = value.filter(|value| !value.is_nan()).map(unit);
        Self {
            kind,
            id,
            weight: if weighs(weight) { weight } else { 0.0 },
            value,
            out: out.or_else(|| value.is_none().then_some(OutReason::NoValue)),
            stale: false,
        }
    }

    /// A key result of an objective. Cancelled, baseline and archived ones are out, and so are drafts:
    /// what is only proposed must not move a published number.
    #[must_use]
    pub fn key_result(
        id: Uuid,
        weight: f64,
        state: GoalState,
        kind: KeyResultKind,
        archived: bool,
        progress: Option<f64>,
    ) -> Self {
        let baseline = (kind == KeyResultKind::Baseline).then_some(OutReason::Baseline);
        Self::new(InputKind::KeyResult, id, weight, progress, goal_out(state, archived).or(baseline))
    }

    /// A child objective, by the same rule.
    #[must_use]
    pub fn objective(id: Uuid, weight: f64, state: GoalState, archived: bool, progress: Option<f64>) -> Self {
        Self::new(InputKind::Objective, id, weight, progress, goal_out(state, archived))
    }

    /// A linked project with its completion as the goal sees it: without the tasks that opted out or
    /// have links of their own.
    #[must_use]
    pub fn project(
        id: Uuid,
        link: LinkFacts,
        require_confirm: bool,
        state: ProjectState,
        archived: bool,
        completion: Option<f64>,
    ) -> Self {
        let cancelled = match state {
            ProjectState::Cancelled => Some(OutReason::Cancelled),
            ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused | ProjectState::Done => {
                None
            }
        };
        let out = archived.then_some(OutReason::Archived).or(cancelled).or(link.out(require_confirm));
        let input = Self::new(InputKind::Project, id, link.weight, completion, out);
        Self { stale: link.state == LinkState::Stale, ..input }
    }

    /// A directly linked task: 0, `partial_credit` or 1 by its own status, also when it has children.
    #[must_use]
    pub fn task(
        id: Uuid,
        link: LinkFacts,
        require_confirm: bool,
        status: TaskStatus,
        archived: bool,
        partial_credit: f64,
    ) -> Self {
        let completion = task_completion(status, partial_credit);
        let cancelled = completion.is_none().then_some(OutReason::Cancelled);
        let out = archived.then_some(OutReason::Archived).or(cancelled).or(link.out(require_confirm));
        let input = Self::new(InputKind::Task, id, link.weight, completion, out);
        Self { stale: link.state == LinkState::Stale, ..input }
    }

    /// Weight and value when it is counted.
    #[must_use]
    pub fn term(&self) -> Option<(f64, f64)> {
        match self.out {
            Some(_) => None,
            None => self.value.map(|value| (self.weight, value)),
        }
    }
}

fn goal_out(state: GoalState, archived: bool) -> Option<OutReason> {
    if archived {
        return Some(OutReason::Archived);
    }
    match state {
        GoalState::Draft => Some(OutReason::Draft),
        GoalState::Cancelled => Some(OutReason::Cancelled),
        GoalState::Active | GoalState::Closed => None,
    }
}

/// One input as it is stored: short keys, for there is one on every row of every roll-up.
#[derive(Serialize, Deserialize)]
struct StoredInput {
    id: Uuid,
    k: InputKind,
    w: f64,
    v: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    out: Option<OutReason>,
    #[serde(default, skip_serializing_if = "is_false")]
    stale: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Why inputs cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the inputs of a number are not in their stored form: {0}")]
pub struct InputsError(#[from] serde_json::Error);

/// Writes inputs as `[{"id":"…","k":"KEY_RESULT","w":1.0,"v":0.5}]`, sorted by kind and id, with `out`
/// and `stale` only where they hold.
///
/// # Errors
/// Never for inputs made by the constructors here; the signature is serde's.
pub fn inputs_to_json(inputs: &[Input]) -> Result<String, InputsError> {
    let mut sorted: Vec<&Input> = inputs.iter().collect();
    sorted.sort_by_key(|input| (input.kind, input.id));
    let stored: Vec<StoredInput> = sorted
        .into_iter()
        .map(|input| StoredInput {
            id: input.id,
            k: input.kind,
            w: input.weight,
            v: input.value,
            out: input.out,
            stale: input.stale,
        })
        .collect();
    Ok(serde_json::to_string(&stored)?)
}

/// Reads what [`inputs_to_json`] wrote.
///
/// # Errors
/// When the text is something else.
pub fn inputs_from_json(text: &str) -> Result<Vec<Input>, InputsError> {
    let stored: Vec<StoredInput> = serde_json::from_str(text)?;
    Ok(stored
        .into_iter()
        .map(|input| Input {
            stale: input.stale,
            ..Input::new(input.k, input.id, input.w, input.v, input.out)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    #[test]
    fn members_of_an_objective() {
        use GoalState::{Active, Cancelled, Closed, Draft};
        for (state, kind, archived, progress, out) in [
            (Active, KeyResultKind::Increase, false, Some(0.5), None),
            (Closed, KeyResultKind::Increase, false, Some(0.5), None),
            (Active, KeyResultKind::Increase, false, None, Some(OutReason::NoValue)),
            (Active, KeyResultKind::Increase, false, Some(f64::NAN), Some(OutReason::NoValue)),
            (Draft, KeyResultKind::Increase, false, Some(0.5), Some(OutReason::Draft)),
            (Cancelled, KeyResultKind::Increase, false, Some(0.5), Some(OutReason::Cancelled)),
            (Active, KeyResultKind::Increase, true, Some(0.5), Some(OutReason::Archived)),
            (Active, KeyResultKind::Baseline, false, Some(0.5), Some(OutReason::Baseline)),
            (Active, KeyResultKind::Baseline, false, None, Some(OutReason::Baseline)),
        ] {
            let input = Input::key_result(ID, 1.0, state, kind, archived, progress);
            assert_eq!(input.out, out, "{state:?} {kind:?} {archived} {progress:?}");
            if kind != KeyResultKind::Baseline {
                assert_eq!(Input::objective(ID, 1.0, state, archived, progress).out, out, "{state:?}");
            }
        }
    }

    #[test]
    fn links_that_count() {
        use LinkState::{Active, Retired, Stale};
        use Significance::{Contributes, Supports};
        for (state, significance, confirmed, require, out) in [
            (Active, Contributes, false, false, None),
            (Active, Contributes, true, true, None),
            (Active, Contributes, false, true, Some(OutReason::Unconfirmed)),
            (Stale, Contributes, false, false, None),
            (Stale, Supports, true, false, Some(OutReason::Supports)),
            (Active, Supports, true, true, Some(OutReason::Supports)),
            (Retired, Contributes, true, false, Some(OutReason::Retired)),
            (Retired, Supports, true, false, Some(OutReason::Retired)),
        ] {
            let link = LinkFacts { state, significance, confirmed, weight: 1.0 };
            assert_eq!(link.out(require), out, "{link:?} {require}");
            let task = Input::task(ID, link, require, TaskStatus::Done, false, 0.0);
            assert_eq!((task.out, task.stale), (out, state == Stale));
            assert_eq!(task.term(), out.is_none().then_some((1.0, 1.0)));
        }
    }

    #[test]
    fn work_behind_a_link() {
        let link = LinkFacts {
            state: LinkState::Active,
            significance: Significance::Contributes,
            confirmed: true,
            weight: 2.0,
        };
        for (status, archived, term) in [
            (TaskStatus::Backlog, false, Some((2.0, 0.0))),
            (TaskStatus::Todo, false, Some((2.0, 0.0))),
            (TaskStatus::InProgress, false, Some((2.0, 0.5))),
            (TaskStatus::Done, false, Some((2.0, 1.0))),
            (TaskStatus::Done, true, None),
            (TaskStatus::Cancelled, false, None),
        ] {
            assert_eq!(Input::task(ID, link, false, status, archived, 0.5).term(), term, "{status:?}");
        }
        for (state, archived, completion, term) in [
            (ProjectState::InProgress, false, Some(0.25), Some((2.0, 0.25))),
            (ProjectState::InProgress, false, None, None),
            (ProjectState::Done, true, Some(1.0), None),
            (ProjectState::Cancelled, false, Some(1.0), None),
        ] {
            let input = Input::project(ID, link, false, state, archived, completion);
            assert_eq!(input.term(), term, "{state:?}");
        }
    }

    #[test]
    fn stored_form() {
        let first = Input::objective(Uuid::from_u128(2), 1.0, GoalState::Active, false, Some(1.0 / 3.0));
        let second = Input::key_result(
            Uuid::from_u128(1),
            0.5,
            GoalState::Cancelled,
            KeyResultKind::Increase,
            false,
            None,
        );
        let third =
            Input { stale: true, ..Input::objective(ID, f64::NAN, GoalState::Active, false, Some(1.0)) };
        let text = inputs_to_json(&[second, third, first]).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"[{"id":"00000000-0000-0000-0000-000000000002","k":"OBJECTIVE","w":1.0,"v":0.333333333},"#,
                r#"{"id":"00000000-0000-0000-0000-000000000007","k":"OBJECTIVE","w":0.0,"v":1.0,"stale":true},"#,
                r#"{"id":"00000000-0000-0000-0000-000000000001","k":"KEY_RESULT","w":0.5,"v":null,"out":"CANCELLED"}]"#,
            )
        );
        assert_eq!(inputs_from_json(&text).unwrap(), [first, third, second]);
        assert_eq!(inputs_from_json("[]").unwrap(), []);
        assert!(inputs_from_json("{}").is_err());
        assert!(inputs_from_json(r#"[{"id":"x"}]"#).is_err());
    }
}
