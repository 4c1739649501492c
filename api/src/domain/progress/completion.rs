//! Completion: how far a project or task is, from its leaf tasks.
//!
//! `done / (all − cancelled)` over leaves, counted or weighted by estimate; a task in progress counts the
//! organization's `partialCredit`. A parent with children is no leaf: its children count for it.

use entity::{EstimateUnit, ProjectState, TaskStatus};

use super::{mean::weighted_mean, unit};

/// Counts over the leaf tasks of a project that are neither cancelled nor archived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeafCounts {
    /// All of them.
    pub counted: i64,
    /// Those that are done.
    pub done: i64,
    /// Those that are in progress.
    pub in_progress: i64,
}

/// Estimated effort.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How much; 0 or more.
    pub value: f64,
    /// Of what.
    pub unit: EstimateUnit,
}

/// A leaf task that is not archived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaf {
    /// Where it stands; cancelled ones are left out.
    pub status: TaskStatus,
    /// Its estimate, where it has one.
    pub estimate: Option<Estimate>,
}

/// What a task counts by its status: 0, `partial_credit` or 1; null when it is cancelled.
#[must_use]
pub fn task_completion(status: TaskStatus, partial_credit: f64) -> Option<f64> {
    match status {
        TaskStatus::Backlog | TaskStatus::Todo => Some(0.0),
        TaskStatus::InProgress => Some(unit(partial_credit)),
        TaskStatus::Done => Some(1.0),
        TaskStatus::Cancelled => None,
    }
}

/// `(done + partial_credit · in progress) / counted`, 0–1; null when no leaf counts.
#[must_use]
pub fn completion_by_count(counts: LeafCounts, partial_credit: f64) -> Option<f64> {
    let LeafCounts { counted, done, in_progress } = counts;
    (counted > 0).then(|| unit((done as f64 + unit(partial_credit) * in_progress as f64) / counted as f64))
}

/// The same with each leaf weighing its estimate.
///
/// Units are never mixed: the unit that most leaves are estimated in is used (seconds when as many are
/// in points), and an estimate in the other one counts as missing. A missing estimate takes the median
/// of those there are. When that leaves nothing to weigh by, because none is estimated or all are 0,
/// leaves are counted.
#[must_use]
pub fn completion_by_estimate(leaves: &[Leaf], partial_credit: f64) -> Option<f64> {
    let leaves: Vec<(f64, Option<Estimate>)> = leaves
        .iter()
        .filter_map(|leaf| {
            let estimate =
                leaf.estimate.filter(|estimate| estimate.value.is_finite() && estimate.value >= 0.0);
            Some((task_completion(leaf.status, partial_credit)?, estimate))
        })
        .collect();
    let sizes_in = |wanted: EstimateUnit| -> Vec<f64> {
        let estimates = leaves.iter().filter_map(|(_, estimate)| *estimate);
        estimates.filter(|estimate| estimate.unit == wanted).map(|estimate| estimate.value).collect()
    };
    let (seconds, points) = (sizes_in(EstimateUnit::Seconds), sizes_in(EstimateUnit::Points));
    let (used, sizes) = if points.len() > seconds.len() {
        (EstimateUnit::Points, points)
    } else {
        (EstimateUnit::Seconds, seconds)
    };
    let missing = median(sizes).unwrap_or(0.0);
    let size = |estimate: Option<Estimate>| {
        estimate.filter(|estimate| estimate.unit == used).map_or(missing, |estimate| estimate.value)
    };
    weighted_mean(leaves.iter().map(|(credit, estimate)| (size(*estimate), *credit)))
        .or_else(|| weighted_mean(leaves.iter().map(|(credit, _)| (1.0, *credit))))
}

fn median(mut sizes: Vec<f64>) -> Option<f64> {
    sizes.sort_by(f64::total_cmp);
    let upper = *sizes.get(sizes.len() / 2)?;
    let lower = *sizes.get((sizes.len() - 1) / 2)?;
    Some(lower / 2.0 + upper / 2.0)
}

/// Completion of a project by its state and the completion of its leaves.
///
/// `DONE` is 1, whatever its tasks say and even without any; cancelled and archived ones have none,
/// which keeps them out of every mean; else it is what the leaves say, null when none counts.
#[must_use]
pub fn project_completion(state: ProjectState, archived: bool, leaves: Option<f64>) -> Option<f64> {
    if archived {
        return None;
    }
    match state {
        ProjectState::Done => Some(1.0),
        ProjectState::Cancelled => None,
        ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused => leaves.map(unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting() {
        for (counted, done, in_progress, partial, expected) in [
            (0, 0, 0, 0.0, None),
            (4, 0, 0, 0.0, Some(0.0)),
            (4, 1, 0, 0.0, Some(0.25)),
            (4, 1, 2, 0.0, Some(0.25)),
            (4, 1, 2, 0.5, Some(0.5)),
            (4, 1, 3, 1.0, Some(1.0)),
            (3, 1, 0, 0.0, Some(0.333_333_333)),
            (4, 4, 0, 0.5, Some(1.0)),
            (4, 1, 2, f64::NAN, Some(0.25)),
            (2, 9, 9, 1.0, Some(1.0)),
            (i64::MAX, i64::MAX, i64::MAX, 1.0, Some(1.0)),
        ] {
            let found = completion_by_count(LeafCounts { counted, done, in_progress }, partial);
            assert_eq!(found, expected, "{done} + {partial} × {in_progress} of {counted}");
        }
    }

    #[test]
    fn weighing_by_estimate() {
        use TaskStatus::{Backlog, Cancelled, Done, InProgress, Todo};
        // Each leaf: status, then its estimate as points, or as seconds with an `s`, or nothing.
        for (leaves, partial, expected) in [
            (vec![], 0.0, None),
            (vec![(Cancelled, "5")], 0.0, None),
            (vec![(Done, "3"), (Todo, "1")], 0.0, Some(0.75)),
            (vec![(Done, "3"), (Todo, "1"), (Cancelled, "96")], 0.0, Some(0.75)),
            (vec![(Done, "1"), (InProgress, "3")], 0.5, Some(0.625)),
            // The median of 1, 2, 9 is 2: 2 of 14.
            (vec![(Done, ""), (Todo, "1"), (Todo, "2"), (Backlog, "9")], 0.0, Some(0.142_857_143)),
            // The median of 2 and 4 is 3: 3 of 9.
            (vec![(Done, ""), (Todo, "2"), (Todo, "4")], 0.0, Some(0.333_333_333)),
            // Two in points, one in seconds: the latter takes the median of 2 and 6, 4 of 12.
            (vec![(Done, "3600s"), (Todo, "2"), (Todo, "6")], 0.0, Some(0.333_333_333)),
            // As many in each: seconds; the points take the median, 100 of 200.
            (vec![(Done, "100s"), (Todo, "1")], 0.0, Some(0.5)),
            // A cancelled leaf has no say in the unit.
            (
                vec![(Done, "10s"), (Todo, "30s"), (Cancelled, "1"), (Cancelled, "1"), (Cancelled, "1")],
                0.0,
                Some(0.25),
            ),
            // Nothing to weigh by: counted.
            (vec![(Done, "0"), (Todo, "0"), (Todo, "0"), (Todo, "0")], 0.0, Some(0.25)),
            (vec![(Done, ""), (Todo, "")], 0.0, Some(0.5)),
            (vec![(Done, "0"), (Todo, "")], 0.0, Some(0.5)),
            // One that is 0 weighs nothing beside others.
            (vec![(Done, "0"), (Todo, "5")], 0.0, Some(0.0)),
            // Nonsense is missing.
            (vec![(Done, "-5"), (Todo, "NaN"), (Todo, "1")], 0.0, Some(0.333_333_333)),
        ] {
            let made: Vec<Leaf> = leaves
                .iter()
                .map(|(status, text)| {
                    let (number, unit) = match text.strip_suffix('s') {
                        Some(number) => (number, EstimateUnit::Seconds),
                        None => (*text, EstimateUnit::Points),
                    };
                    let estimate = number.parse().ok().map(|value| Estimate { value, unit });
                    Leaf { status: *status, estimate }
                })
                .collect();
            assert_eq!(completion_by_estimate(&made, partial), expected, "{leaves:?}");
        }
    }

    #[test]
    fn states_of_a_project() {
        for (state, archived, leaves, expected) in [
            (ProjectState::Planned, false, None, None),
            (ProjectState::Planned, false, Some(0.5), Some(0.5)),
            (ProjectState::InProgress, false, Some(0.5), Some(0.5)),
            (ProjectState::Paused, false, Some(0.5), Some(0.5)),
            (ProjectState::Done, false, Some(0.5), Some(1.0)),
            (ProjectState::Done, false, None, Some(1.0)),
            (ProjectState::Done, true, Some(1.0), None),
            (ProjectState::InProgress, true, Some(0.5), None),
            (ProjectState::Cancelled, false, Some(0.5), None),
        ] {
            assert_eq!(project_completion(state, archived, leaves), expected, "{state:?} {archived}");
        }
    }
}
