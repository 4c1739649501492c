//! The rules of progress, from values and work up to the top of a tree, against numbers that were worked out by
//! hand; the working stands beside each. The unit tests of the formulas look at their edges one by one; here they
//! meet each other.

use entity::{
    Decimal, EstimateUnit, GoalState, KeyResultKind, LinkState, ObjectiveSource, ProgressSource,
    ProjectState, Significance, TaskStatus,
};
use uuid::Uuid;

use super::*;

const ID: Uuid = Uuid::from_u128(1);

fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

fn values(kind: KeyResultKind, start: &str, target: &str, current: &str) -> Measures {
    Measures {
        start: decimal(start),
        target: decimal(target),
        current: decimal(current),
        ..Measures::new(kind)
    }
}

fn bounds(kind: KeyResultKind, lower: &str, upper: &str, tolerance: &str, current: &str) -> Measures {
    Measures {
        lower: decimal(lower),
        upper: decimal(upper),
        tolerance: decimal(tolerance),
        current: decimal(current),
        ..Measures::new(kind)
    }
}

fn percent(kind: KeyResultKind, start: &str, percent: &str, current: &str) -> Measures {
    let target_percent = decimal(percent);
    Measures { target_percent, ..values(kind, start, "", current) }.resolved()
}

fn milestones(steps: &[(f64, bool)]) -> Measures {
    let milestones = steps.iter().map(|&(weight, done)| MilestoneStep { weight, done }).collect();
    Measures { milestones, ..Measures::new(KeyResultKind::Milestone) }
}

/// Progress, attainment, and whether it is met.
type Said = (Option<f64>, Option<f64>, Option<bool>);

#[test]
fn every_kind() {
    use KeyResultKind::{Baseline, Decrease, Increase, MaintainAbove, MaintainBelow, MaintainWithin};
    let rows: Vec<(&str, Measures, Said)> = vec![
        ("increase", values(Increase, "40", "60", "45"), {
            // (45 − 40) / (60 − 40) = 5 / 20
            (Some(0.25), Some(0.25), Some(false))
        }),
        ("increase, beyond the target", values(Increase, "40", "60", "70"), {
            // 30 / 20 = 1.5, cut to 1
            (Some(1.0), Some(1.5), Some(true))
        }),
        ("increase, the wrong way", values(Increase, "40", "60", "34"), {
            // −6 / 20 = −0.3, cut to 0
            (Some(0.0), Some(-0.3), Some(false))
        }),
        ("increase, not yet measured", values(Increase, "40", "60", ""), {
            // It stands where it starts.
            (Some(0.0), Some(0.0), Some(false))
        }),
        ("increase, through 0", values(Increase, "-5", "15", "0"), {
            // (0 + 5) / (15 + 5)
            (Some(0.25), Some(0.25), Some(false))
        }),
        ("increase, in sevenths", values(Increase, "0", "7", "2"), {
            // 2 / 7 = 0.285714285|7…, the tenth place rounds up
            (Some(0.285_714_286), Some(0.285_714_286), Some(false))
        }),
        ("decrease", values(Decrease, "12", "4", "6"), {
            // (6 − 12) / (4 − 12) = −6 / −8
            (Some(0.75), Some(0.75), Some(false))
        }),
        ("decrease, the wrong way", values(Decrease, "12", "4", "14"), {
            // 2 / −8
            (Some(0.0), Some(-0.25), Some(false))
        }),
        ("decrease to 0", values(Decrease, "12", "0", "0"), (Some(1.0), Some(1.0), Some(true))),
        ("up by a quarter", percent(Increase, "80", "25", "90"), {
            // The target is 80 + 20 = 100; (90 − 80) / 20
            (Some(0.5), Some(0.5), Some(false))
        }),
        ("down by a tenth, below 0", percent(Decrease, "-50", "-10", "-54"), {
            // The target is −50 − 5 = −55; (−54 + 50) / (−55 + 50) = −4 / −5
            (Some(0.8), Some(0.8), Some(false))
        }),
        ("in percent, without a start", percent(Increase, "", "25", "90"), (None, None, None)),
        ("above, inside", bounds(MaintainAbove, "95", "", "10", "95"), (Some(1.0), Some(1.0), Some(true))),
        ("above, outside", bounds(MaintainAbove, "95", "", "10", "92"), {
            // 1 − 3 / 10
            (Some(0.7), Some(0.7), Some(false))
        }),
        ("above, far outside", bounds(MaintainAbove, "95", "", "10", "80"), {
            // 1 − 15 / 10 = −0.5
            (Some(0.0), Some(-0.5), Some(false))
        }),
        ("below, outside", bounds(MaintainBelow, "", "200", "50", "210"), {
            // 1 − 10 / 50
            (Some(0.8), Some(0.8), Some(false))
        }),
        ("within, above it", bounds(MaintainWithin, "36", "38", "2", "38.5"), {
            // 1 − 0.5 / 2
            (Some(0.75), Some(0.75), Some(false))
        }),
        ("within, below it", bounds(MaintainWithin, "36", "38", "2", "34.4"), {
            // 1 − 1.6 / 2
            (Some(0.2), Some(0.2), Some(false))
        }),
        ("within, not measured", bounds(MaintainWithin, "36", "38", "2", ""), (None, None, None)),
        ("milestones", milestones(&[(2.0, true), (1.0, false), (2.0, false)]), {
            // 2 / 5
            (Some(0.4), Some(0.4), Some(false))
        }),
        ("milestones, all of them", milestones(&[(2.0, true), (0.5, true)]), {
            (Some(1.0), Some(1.0), Some(true))
        }),
        ("no milestone", milestones(&[]), (None, None, None)),
        ("baseline", values(Baseline, "3", "", "4"), (None, None, None)),
    ];
    for (what, measures, (progress, attainment, met)) in rows {
        assert_eq!(measure(&measures), Ok(Measured { progress, attainment }), "{what}");
        assert_eq!(is_met(&measures), met, "{what}");
    }
}

fn link(significance: Significance, state: LinkState, weight: f64) -> LinkFacts {
    LinkFacts { state, significance, confirmed: false, weight }
}

#[test]
fn a_tree_from_tasks_to_the_top() {
    // The project's leaves: 3 done, 1 in progress, 4 to do, and 2 cancelled that do not count.
    // By count 3 / 8 = 0.375; with half a credit for what is in progress 3.5 / 8 = 0.4375.
    let counts = LeafCounts { counted: 8, done: 3, in_progress: 1 };
    assert_eq!(completion_by_count(counts, 0.0), Some(0.375));
    assert_eq!(completion_by_count(counts, 0.5), Some(0.4375));

    // By estimate: 5 done, 1 in progress, 2 to do, one to do without: it takes the median of 5, 1, 2, which is 2.
    // 5 / (5 + 1 + 2 + 2) = 0.5.
    let leaf = |status, value: Option<f64>| Leaf {
        status,
        estimate: value.map(|value| Estimate { value, unit: EstimateUnit::Points }),
    };
    let leaves = [
        leaf(TaskStatus::Done, Some(5.0)),
        leaf(TaskStatus::InProgress, Some(1.0)),
        leaf(TaskStatus::Todo, Some(2.0)),
        leaf(TaskStatus::Todo, None),
    ];
    // A goal to which only the one in progress and the one without are passed on sees 0 / (1 + 2) by status, and
    // 0.5 / 3 with half a credit: the median stays the project's.
    let seen = [(leaves[0], false), (leaves[1], true), (leaves[2], false), (leaves[3], true)];
    assert_eq!(completion_by_estimate(&seen, 0.0), Completions { all: Some(0.5), part: Some(0.0) });
    let half = Completions { all: Some(0.55), part: Some(0.166_666_667) };
    assert_eq!(completion_by_estimate(&seen, 0.5), half);

    // Work of a key result, with its links:
    //   the project above, weight 2, stale: counted, 0.375
    //   a task that is done, weight 1: 1
    //   a task that is cancelled, weight 5: out
    //   a project that only supports, weight 9: out
    // (2 · 0.375 + 1 · 1) / 3 = 1.75 / 3 = 0.58333333|3
    use GoalState::{Active, Cancelled, Draft};
    use KeyResultKind::{Baseline, Increase};
    use Significance::{Contributes, Supports};
    let project = |facts, completion| {
        Input::project(ID, facts, false, ProjectState::InProgress, false, Some(completion))
    };
    let task = |facts, status| Input::task(ID, facts, false, status, false, 0.0);
    let work = [
        project(link(Contributes, LinkState::Stale, 2.0), 0.375),
        task(link(Contributes, LinkState::Active, 1.0), TaskStatus::Done),
        task(link(Contributes, LinkState::Active, 5.0), TaskStatus::Cancelled),
        project(link(Supports, LinkState::Active, 9.0), 1.0),
    ];
    let by_work = work_progress(&work);
    assert_eq!(by_work, Some(0.583_333_333));

    // The same key result is measured too, from 10 to 20, at 13: 0.3. Which of the two it is depends on its source.
    let measured = measure(&values(Increase, "10", "20", "13")).unwrap();
    let numbers =
        |source, over| key_result_numbers(Increase, source, measured, by_work, over, false).progress;
    assert_eq!(numbers(ProgressSource::Work, None), by_work);
    assert_eq!(numbers(ProgressSource::CheckIn, None), Some(0.3));
    assert_eq!(numbers(ProgressSource::External, None), Some(0.3));
    let over = Some(Override { value: 0.9, sticky: false });
    assert_eq!(numbers(ProgressSource::Work, over), Some(0.9));

    // The objective: three parts count, weights 1, 2 and 1, and four do not.
    //   by work, weight 1: 0.583333333; by value, weight 2: 0.3; a child objective, weight 1: 0.8
    //   a draft, a cancelled one, a baseline, an archived one: out
    // (0.583333333 + 0.6 + 0.8) / 4 = 1.983333333 / 4 = 0.49583333325, rounded 0.495833333
    let part =
        |weight, state, kind, archived, value| Input::key_result(ID, weight, state, kind, archived, value);
    let members = ObjectiveMembers {
        key_results: vec![
            part(1.0, Active, Increase, false, by_work),
            part(2.0, Active, Increase, false, Some(0.3)),
            part(7.0, Draft, Increase, false, Some(1.0)),
            part(7.0, Cancelled, Increase, false, Some(1.0)),
            part(7.0, Active, Baseline, false, None),
            part(7.0, Active, Increase, true, Some(1.0)),
        ],
        children: vec![Input::objective(ID, 1.0, Active, false, Some(0.8))],
        work: Vec::new(),
    };
    let pool = members.clone().pool(ObjectiveSource::KeyResults, true);
    assert_eq!(objective_progress(&pool), Some(0.495_833_333));
    // Without its child: (0.583333333 + 0.6) / 3 = 1.183333333 / 3 = 0.39444444433, rounded 0.394444444
    let alone = members.pool(ObjectiveSource::KeyResults, false);
    assert_eq!(objective_progress(&alone), Some(0.394_444_444));
    // Nothing that counts is nothing, not 0.
    assert_eq!(objective_progress(&alone[2..]), None);
}
