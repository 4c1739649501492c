//! Properties that hold for any input, however odd.

use entity::{Decimal, EstimateUnit, GoalState, KeyResultKind, TaskStatus};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const KINDS: [KeyResultKind; 7] = [
    KeyResultKind::Increase,
    KeyResultKind::Decrease,
    KeyResultKind::MaintainAbove,
    KeyResultKind::MaintainBelow,
    KeyResultKind::MaintainWithin,
    KeyResultKind::Milestone,
    KeyResultKind::Baseline,
];

/// Decimals of every size, the ends and small numbers among them often.
fn decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        any::<i64>(),
        -5_i64..5,
        (-1_000_i64..1_000).prop_map(|whole| whole * 1_000_000),
        Just(i64::MAX),
        Just(i64::MIN),
    ]
    .prop_map(Decimal)
}

/// Floats of every kind: NaN, infinities, subnormals, negative ones, and plain ones often.
fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        0.0..1.0_f64,
        0.0..10.0_f64,
        Just(0.0),
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::MAX)
    ]
}

fn measures() -> impl Strategy<Value = Measures> {
    let number = || prop::option::weighted(0.8, decimal());
    let steps = prop::collection::vec((float(), any::<bool>()), 0..5);
    (0..KINDS.len(), number(), number(), number(), number(), number(), number(), steps).prop_map(
        |(kind, start, target, current, lower, upper, tolerance, steps)| Measures {
            kind: KINDS[kind],
            start,
            target,
            target_percent: None,
            commit: None,
            stretch: None,
            current,
            lower,
            upper,
            tolerance,
            milestones: steps.into_iter().map(|(weight, done)| MilestoneStep { weight, done }).collect(),
        },
    )
}

fn inputs(most: usize) -> impl Strategy<Value = Vec<Input>> {
    let state = prop_oneof![
        8 => Just(GoalState::Active),
        1 => Just(GoalState::Draft),
        1 => Just(GoalState::Cancelled),
    ];
    let part = (any::<u128>(), float(), state, any::<bool>(), prop::option::weighted(0.9, float()));
    prop::collection::vec(part, 0..most).prop_map(|parts| {
        let make = |(id, weight, state, archived, value)| {
            Input::objective(Uuid::from_u128(id), weight, state, archived, value)
        };
        parts.into_iter().map(make).collect()
    })
}

fn is_progress(value: Option<f64>) -> bool {
    value.is_none_or(|value| {
        (0.0..=1.0).contains(&value) && value.to_bits() == round9(value).to_bits() && value.is_sign_positive()
    })
}

fn root(value: Option<f64>, weight: f64, source: ValueSource) -> Head {
    let input = Input::objective(Uuid::nil(), weight, GoalState::Active, false, value);
    Head { input, source, as_of: None }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rounding_is_idempotent_and_close(value in float()) {
        let rounded = round9(value);
        prop_assert!(rounded.is_finite());
        prop_assert!(rounded != 0.0 || rounded.is_sign_positive());
        prop_assert_eq!(rounded.to_bits(), round9(rounded).to_bits());
        if value.is_finite() {
            prop_assert!((rounded - value).abs() <= 5.1e-10);
        }
    }

    #[test]
    fn rounding_keeps_order(a in float(), b in float()) {
        if a.is_finite() && b.is_finite() {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(round9(low) <= round9(high));
        }
    }

    #[test]
    fn measured_progress_lies_between_0_and_1(measures in measures()) {
        if let Ok(measured) = measure(&measures) {
            prop_assert!(is_progress(measured.progress), "{measured:?}");
            prop_assert!(measured.attainment.is_none_or(f64::is_finite));
            prop_assert_eq!(measured.progress, measured.attainment.map(|value| value.clamp(0.0, 1.0)));
        }
    }

    #[test]
    fn what_validates_is_measured(measures in measures()) {
        let source = entity::ProgressSource::CheckIn;
        if validate_measures(&measures, source).is_empty() {
            prop_assert!(measure(&measures).is_ok());
        }
    }

    #[test]
    fn progress_never_falls_when_the_value_improves(measures in measures(), a in decimal(), b in decimal()) {
        let at = |current| measure(&Measures { current: Some(current), ..measures.clone() });
        let (low, high) = (a.min(b), a.max(b));
        if let (Ok(low), Ok(high)) = (at(low), at(high)) {
            let rising = match measures.kind {
                KeyResultKind::Increase | KeyResultKind::Decrease => measures.target > measures.start,
                KeyResultKind::MaintainAbove => true,
                KeyResultKind::MaintainBelow => false,
                KeyResultKind::MaintainWithin | KeyResultKind::Milestone | KeyResultKind::Baseline => return Ok(()),
            };
            let (worse, better) = if rising { (low, high) } else { (high, low) };
            prop_assert!(worse.progress <= better.progress, "{worse:?} {better:?}");
            prop_assert!(worse.attainment <= better.attainment, "{worse:?} {better:?}");
        }
    }

    #[test]
    fn nearer_the_bounds_is_never_worse(measures in measures(), a in decimal(), b in decimal()) {
        let measures = Measures { kind: KeyResultKind::MaintainWithin, ..measures };
        let (Some(lower), Some(upper)) = (measures.lower, measures.upper) else { return Ok(()) };
        let away = |value: Decimal| {
            let (value, lower, upper) = (i128::from(value.0), i128::from(lower.0), i128::from(upper.0));
            (lower - value).max(value - upper).max(0)
        };
        let at = |current| measure(&Measures { current: Some(current), ..measures.clone() });
        let (near, far) = if away(a) <= away(b) { (a, b) } else { (b, a) };
        if let (Ok(near), Ok(far)) = (at(near), at(far)) {
            prop_assert!(near.progress >= far.progress, "{near:?} {far:?}");
        }
    }

    #[test]
    fn a_percentage_leads_its_way(start in decimal(), percent in decimal()) {
        if let Some(target) = target_of_percent(start, percent) {
            match percent.0.signum() * start.0.signum().abs() {
                1 => prop_assert!(target >= start, "{target:?}"),
                -1 => prop_assert!(target <= start, "{target:?}"),
                _ => prop_assert_eq!(target, start),
            }
        }
    }

    #[test]
    fn completion_lies_between_0_and_1(
        counts in (any::<i64>(), any::<i64>(), any::<i64>()),
        leaves in prop::collection::vec(
            (0..5_usize, prop::option::of((float(), any::<bool>())), any::<bool>()), 0..8),
        partial in float(),
    ) {
        let (counted, done, in_progress) = counts;
        let counts = LeafCounts { counted, done, in_progress };
        prop_assert!(is_progress(completion_by_count(counts, partial)));
        let statuses =
            [TaskStatus::Backlog, TaskStatus::Todo, TaskStatus::InProgress, TaskStatus::Done, TaskStatus::Cancelled];
        let made: Vec<(Leaf, bool)> = leaves
            .iter()
            .map(|(status, estimate, in_part)| {
                let leaf = Leaf {
                    status: statuses[*status],
                    estimate: estimate.map(|(value, points)| Estimate {
                        value,
                        unit: if points { EstimateUnit::Points } else { EstimateUnit::Seconds },
                    }),
                };
                (leaf, *in_part)
            })
            .collect();
        let found = completion_by_estimate(&made, partial);
        prop_assert!(is_progress(found.all) && is_progress(found.part));
        let some = made.iter().any(|(leaf, _)| leaf.status != TaskStatus::Cancelled);
        prop_assert_eq!(found.all.is_some(), some);
        // The whole is the part that is all of it.
        let whole: Vec<(Leaf, bool)> = made.iter().map(|(leaf, _)| (*leaf, true)).collect();
        let whole = completion_by_estimate(&whole, partial);
        prop_assert_eq!((whole.all, whole.part), (found.all, found.all));
    }

    #[test]
    fn a_roll_up_does_not_depend_on_order(
        (parts, shuffled) in inputs(12).prop_flat_map(|parts| (Just(parts.clone()), Just(parts).prop_shuffle()))
    ) {
        let found = objective_progress(&parts);
        prop_assert!(is_progress(found));
        prop_assert_eq!(found.map(f64::to_bits), objective_progress(&shuffled).map(f64::to_bits));
        let values = parts.iter().filter_map(Input::term).filter(|(weight, _)| *weight > 0.0).map(|(_, value)| value);
        let (least, most) = values.fold((1.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        prop_assert!(found.is_none_or(|found| least <= found && found <= most));
    }

    #[test]
    fn inputs_survive_being_stored(
        (parts, shuffled) in inputs(8).prop_flat_map(|parts| (Just(parts.clone()), Just(parts).prop_shuffle()))
    ) {
        let text = inputs_to_json(&parts).unwrap();
        prop_assert_eq!(&text, &inputs_to_json(&shuffled).unwrap());
        let read = inputs_from_json(&text).unwrap();
        let mut sorted = parts.clone();
        sorted.sort_by_key(|part| (part.kind, part.id));
        prop_assert_eq!(read.len(), sorted.len());
        for (read, part) in read.iter().zip(&sorted) {
            // A JSON reader may miss the last bits of a long number. A weight may be one; a value, with its
            // nine places, is not.
            prop_assert!((read.weight - part.weight).abs() <= part.weight * 1e-12 + f64::MIN_POSITIVE);
            prop_assert_eq!(&Input { weight: part.weight, ..*read }, part);
        }
    }

    #[test]
    fn leaves_of_an_explanation_add_up(
        tree in prop::collection::vec((float(), prop::collection::vec((float(), inputs(5)), 0..4)), 0..4)
    ) {
        // Four levels: objective, child objectives, key results, work.
        let mut children = Vec::new();
        for (weight, key_results) in tree {
            let mut members = Vec::new();
            for (weight, work) in key_results {
                let head = root(work_progress(&work), weight, ValueSource::Work);
                members.push((head.input, explain_key_result(head, &work)));
            }
            let (pool, explained): (Vec<_>, Vec<_>) = members.into_iter().unzip();
            let head = root(objective_progress(&pool), weight, ValueSource::RollUp);
            children.push((head.input, explain_objective(head, explained)));
        }
        let (pool, explained): (Vec<_>, Vec<_>) = children.into_iter().unzip();
        let progress = objective_progress(&pool);
        let whole = explain_objective(root(progress, 1.0, ValueSource::RollUp), explained);
        prop_assert!((whole.sum_of_leaves() - progress.unwrap_or(0.0)).abs() <= 1e-9, "{whole:?}");
        prop_assert!(!whole.stale, "{whole:?}");
    }
}
