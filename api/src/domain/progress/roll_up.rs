//! Parts → the number above them: `Σ weight · value / Σ weight` over the parts that count.

use entity::ObjectiveSource;

use super::{
    input::{Input, OutReason},
    mean::weighted_mean,
};

/// Work progress of a goal: the weighted mean of the completion of its contributing work; null when none
/// counts.
#[must_use]
pub fn work_progress(work: &[Input]) -> Option<f64> {
    weighted_mean(work.iter().filter_map(Input::term))
}

/// What an objective's progress may come from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectiveMembers {
    /// Its key results.
    pub key_results: Vec<Input>,
    /// Its aligned child objectives.
    pub children: Vec<Input>,
    /// The work linked to the objective itself.
    pub work: Vec<Input>,
}

impl ObjectiveMembers {
    /// The parts that its progress is the mean of, in one pool of weights: key results and, where asked,
    /// child objectives; or its own work, for an objective without key results that goes by work.
    ///
    /// An objective that went by work and then got key results goes by them: else they would be
    /// measured and change nothing. Those that are archived or given up are as good as none.
    #[must_use]
    pub fn pool(self, source: ObjectiveSource, include_children: bool) -> Vec<Input> {
        let mut pool = match source {
            ObjectiveSource::Work if !self.key_results.iter().any(is_pursued) => self.work,
            ObjectiveSource::KeyResults | ObjectiveSource::Work => self.key_results,
        };
        if include_children {
            pool.extend(self.children);
        }
        pool
    }
}

/// Whether a key result is neither archived nor given up.
fn is_pursued(key_result: &Input) -> bool {
    match key_result.out {
        Some(OutReason::Archived | OutReason::Cancelled) => false,
        None
        | Some(
            OutReason::Draft
            | OutReason::Baseline
            | OutReason::NoValue
            | OutReason::Supports
            | OutReason::Unconfirmed
            | OutReason::Retired,
        ) => true,
    }
}

/// Progress of an objective: the weighted mean over its [pool](ObjectiveMembers::pool); null when every
/// part is out.
#[must_use]
pub fn objective_progress(pool: &[Input]) -> Option<f64> {
    weighted_mean(pool.iter().filter_map(Input::term))
}

/// Expected progress of an objective: the weighted mean of what is expected of its counted parts, so
/// that it can be held against the progress. Parts of which nothing is expected are out.
#[must_use]
pub fn mean_expected<'a>(parts: impl IntoIterator<Item = (&'a Input, Option<f64>)>) -> Option<f64> {
    weighted_mean(parts.into_iter().filter_map(|(input, expected)| {
        let (weight, _) = input.term()?;
        Some((weight, expected?))
    }))
}

/// Progress of an objective that can be held against what is expected of it: the weighted mean over those of
/// its counted parts of which anything is expected. Else one without a date would make all look late.
#[must_use]
pub fn mean_held<'a>(parts: impl IntoIterator<Item = (&'a Input, Option<f64>)>) -> Option<f64> {
    weighted_mean(
        parts.into_iter().filter(|(_, expected)| expected.is_some()).filter_map(|(input, _)| input.term()),
    )
}

#[cfg(test)]
mod tests {
    use entity::{GoalState, KeyResultKind};
    use uuid::Uuid;

    use super::*;
    use crate::domain::progress::{InputKind, OutReason};

    fn input(kind: InputKind, weight: f64, value: Option<f64>) -> Input {
        let out = value.is_none().then_some(OutReason::NoValue);
        Input { kind, id: Uuid::from_u128(1), weight, value, out, stale: false }
    }

    #[test]
    fn an_objective_over_its_parts() {
        use GoalState::{Active, Cancelled, Closed, Draft};

        let key_result = |weight, state, archived, progress| {
            Input::key_result(Uuid::from_u128(1), weight, state, KeyResultKind::Increase, archived, progress)
        };
        for (pool, expected) in [
            (vec![], None),
            (vec![key_result(1.0, Active, false, None)], None),
            (vec![key_result(0.0, Active, false, Some(0.5))], None),
            (
                vec![key_result(1.0, Active, false, Some(0.5)), key_result(1.0, Active, false, None)],
                Some(0.5),
            ),
            (
                vec![key_result(1.0, Active, false, Some(1.0)), key_result(3.0, Closed, false, Some(0.2))],
                Some(0.4),
            ),
            (
                vec![key_result(1.0, Active, false, Some(1.0)), key_result(3.0, Cancelled, false, Some(0.2))],
                Some(1.0),
            ),
            (
                vec![key_result(1.0, Active, false, Some(1.0)), key_result(3.0, Draft, false, Some(0.2))],
                Some(1.0),
            ),
            (
                vec![key_result(1.0, Active, false, Some(1.0)), key_result(3.0, Active, true, Some(0.2))],
                Some(1.0),
            ),
            (vec![key_result(1.0, Active, true, Some(1.0)), key_result(3.0, Draft, false, Some(0.2))], None),
        ] {
            assert_eq!(objective_progress(&pool), expected, "{pool:?}");
        }
    }

    #[test]
    fn pools() {
        let members = |key_results| ObjectiveMembers {
            key_results,
            children: vec![input(InputKind::Objective, 1.0, Some(0.9))],
            work: vec![input(InputKind::Project, 1.0, Some(0.1))],
        };
        let one = vec![input(InputKind::KeyResult, 1.0, Some(0.5))];
        for (key_results, source, children, expected) in [
            (one.clone(), ObjectiveSource::KeyResults, false, Some(0.5)),
            (one.clone(), ObjectiveSource::KeyResults, true, Some(0.7)),
            (one.clone(), ObjectiveSource::Work, false, Some(0.5)),
            (vec![], ObjectiveSource::KeyResults, false, None),
            (vec![], ObjectiveSource::KeyResults, true, Some(0.9)),
            (vec![], ObjectiveSource::Work, false, Some(0.1)),
            (vec![], ObjectiveSource::Work, true, Some(0.5)),
        ] {
            let found = objective_progress(&members(key_results.clone()).pool(source, children));
            assert_eq!(found, expected, "{} {source:?} {children}", key_results.len());
        }
    }

    #[test]
    fn work_and_expectation() {
        let work = [
            input(InputKind::Project, 1.0, Some(0.5)),
            input(InputKind::Task, 1.0, Some(1.0)),
            input(InputKind::Project, 2.0, None),
        ];
        assert_eq!(work_progress(&work), Some(0.75));
        let expected = mean_expected(work.iter().zip([Some(0.2), Some(0.4), Some(0.9)]));
        assert_eq!(expected, Some(0.3), "what has no value is not held against the others");
        assert_eq!(mean_expected(work.iter().zip([None, None, Some(0.9)])), None);
    }

    #[test]
    fn what_is_over_takes_no_objective_from_its_work() {
        let key_result = |state, archived| {
            Input::key_result(Uuid::from_u128(1), 1.0, state, KeyResultKind::Increase, archived, Some(0.1))
        };
        let work = vec![Input::objective(Uuid::from_u128(2), 1.0, GoalState::Active, false, Some(0.5))];
        for (key_results, expected) in [
            (vec![], Some(0.5)),
            (vec![key_result(GoalState::Active, true), key_result(GoalState::Cancelled, false)], Some(0.5)),
            (vec![key_result(GoalState::Active, false)], Some(0.1)),
            (vec![key_result(GoalState::Draft, false)], None),
        ] {
            let members = ObjectiveMembers { key_results, work: work.clone(), ..ObjectiveMembers::default() };
            assert_eq!(objective_progress(&members.pool(ObjectiveSource::Work, true)), expected);
        }
    }
}
