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

/// Completion of a project and of a part of its leaves, each leaf weighing its estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Completions {
    /// Over all leaves, 0–1; null when none counts.
    pub all: Option<f64>,
    /// Over those of the part, 0–1; null when none of them counts or weighs anything.
    pub part: Option<f64>,
}

/// The same with each leaf weighing its estimate; of each leaf also whether it belongs to the part.
///
/// Units are never mixed: the unit that most leaves are estimated in is used (seconds when as many are
/// in points), and an estimate in the other one counts as missing. A missing estimate takes the median
/// of those there are. When that leaves nothing to weigh by, because none is estimated or all are 0,
/// leaves are counted. All this is settled once, over all leaves of the project: what a task weighs does not
/// depend on who looks, only the sum of a part leaves out the others. A part in which all weigh 0, beside
/// others that do not, says nothing.
#[must_use]
pub fn completion_by_estimate(leaves: &[(Leaf, bool)], partial_credit: f64) -> Completions {
    let leaves: Vec<(f64, Option<Estimate>, bool)> = leaves
        .iter()
        .filter_map(|(leaf, in_part)| {
            let estimate =
                leaf.estimate.filter(|estimate| estimate.value.is_finite() && estimate.value >= 0.0);
            Some((task_completion(leaf.status, partial_credit)?, estimate, *in_part))
        })
        .collect();
    let sizes_in = |wanted: EstimateUnit| -> Vec<f64> {
        let estimates = leaves.iter().filter_map(|(_, estimate, _)| *estimate);
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
    let weighs = leaves.iter().any(|(_, estimate, _)| size(*estimate) > 0.0);
    let mean = |only_part: bool| {
        let wanted = leaves.iter().filter(|(_, _, in_part)| *in_part || !only_part);
        weighted_mean(
            wanted.map(|(credit, estimate, _)| (if weighs { size(*estimate) } else { 1.0 }, *credit)),
        )
    };
    Completions { all: mean(false), part: mean(true) }
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
            let made: Vec<(Leaf, bool)> =
                leaves.iter().map(|(status, text)| (leaf(*status, text), true)).collect();
            let found = completion_by_estimate(&made, partial);
            assert_eq!(found, Completions { all: expected, part: expected }, "{leaves:?}");
        }
    }

    /// A leaf with an estimate in points, in seconds with an `s`, or without.
    fn leaf(status: TaskStatus, text: &str) -> Leaf {
        let (number, unit) = match text.strip_suffix('s') {
            Some(number) => (number, EstimateUnit::Seconds),
            None => (text, EstimateUnit::Points),
        };
        Leaf { status, estimate: number.parse().ok().map(|value| Estimate { value, unit }) }
    }

    #[test]
    fn a_part_weighs_as_in_the_whole() {
        use TaskStatus::{Cancelled, Done, InProgress, Todo};
        // Each leaf: status, estimate, whether it belongs to the part. Then all, and the part.
        for (leaves, all, part) in [
            // The median of 1 and 9 is 5, also for the part without the 9: 1 of 15, and 1 of 6.
            (
                vec![(Done, "1", true), (Todo, "", true), (Todo, "9", false)],
                Some(0.066_666_667),
                Some(0.166_666_667),
            ),
            // Points by two to one: the seconds are missing, so 4 (the median of 2 and 6), also where the part
            // has more in seconds: 4 of 12, and 4 of 6.
            (
                vec![(Done, "3600s", true), (Todo, "2", true), (Todo, "6", false)],
                Some(0.333_333_333),
                Some(0.666_666_667),
            ),
            // Two in seconds, of 10 and 30, one in points: the part of one in points takes the median, 20.
            (
                vec![(InProgress, "1", true), (Done, "10s", false), (Todo, "30s", false)],
                Some(0.333_333_333),
                Some(0.5),
            ),
            // All are 0: counted, in the part too.
            (
                vec![(Done, "0", true), (Todo, "0", true), (Todo, "0", false), (Todo, "", false)],
                Some(0.25),
                Some(0.5),
            ),
            // Something weighs, but nothing in the part: it says nothing, instead of being counted.
            (vec![(Done, "0", true), (Todo, "0", true), (Todo, "4", false)], Some(0.0), None),
            // No part, and a part that is all cancelled.
            (vec![(Done, "1", false), (Todo, "3", false)], Some(0.25), None),
            (vec![(Cancelled, "8", true), (Done, "1", false)], Some(1.0), None),
        ] {
            let made: Vec<(Leaf, bool)> =
                leaves.iter().map(|(status, text, in_part)| (leaf(*status, text), *in_part)).collect();
            assert_eq!(completion_by_estimate(&made, 0.5), Completions { all, part }, "{leaves:?}");
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
