//! Targets: given as a value or as a signed change of the start, promised and hoped for, reached or not.

use entity::{Decimal, KeyResultKind};

use super::measure::Measures;

/// Units of 10⁻⁶ in a hundred per cent.
const HUNDRED: i128 = 100_000_000;

/// The target that lies `percent` away from the start: `start + |start| · percent / 100`, so that a percentage
/// above 0 always leads up and one below 0 always down, also from a start below 0. Rounded to six places,
/// halves away from 0. Null when it lies outside what a decimal holds.
#[must_use]
pub fn target_of_percent(start: Decimal, percent: Decimal) -> Option<Decimal> {
    let product = i128::from(start.0).abs() * i128::from(percent.0);
    let half = if product < 0 { -HUNDRED / 2 } else { HUNDRED / 2 };
    let target = i128::from(start.0) + (product + half) / HUNDRED;
    i64::try_from(target).ok().map(Decimal)
}

/// Whether the values reach what was aimed at: the target reached or passed, the bounds held. Null when they
/// do not say, as before the first value or for a baseline. At the end it is the verdict, met or not met.
///
/// It compares the values themselves, for a progress of 1 may have been rounded up.
#[must_use]
pub fn is_met(measures: &Measures) -> Option<bool> {
    let at_least = |bound: Option<Decimal>, value: Option<Decimal>| Some(value? >= bound?);
    let at_most = |bound: Option<Decimal>, value: Option<Decimal>| Some(value? <= bound?);
    let held = measures.current.or(measures.start);
    match measures.kind {
        KeyResultKind::Increase => {
            measures.start?;
            at_least(measures.target, held)
        }
        KeyResultKind::Decrease => {
            measures.start?;
            at_most(measures.target, held)
        }
        KeyResultKind::MaintainAbove => at_least(measures.lower, held),
        KeyResultKind::MaintainBelow => at_most(measures.upper, held),
        KeyResultKind::MaintainWithin => {
            Some(at_least(measures.lower, held)? && at_most(measures.upper, held)?)
        }
        KeyResultKind::Milestone => {
            let mut counted = measures.milestones.iter().filter(|step| super::mean::weighs(step.weight));
            let first = counted.next()?;
            Some(first.done && counted.all(|step| step.done))
        }
        KeyResultKind::Baseline => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::progress::MilestoneStep;

    fn decimal(text: &str) -> Option<Decimal> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    #[test]
    fn a_percentage_leads_to_a_value() {
        for (start, percent, target) in [
            // 200 + 200 · 0.2
            ("200", "20", "240"),
            // 200 − 200 · 0.25
            ("200", "-25", "150"),
            // Down from −80 by a tenth of 80, and up by a half of it.
            ("-80", "-10", "-88"),
            ("-80", "50", "-40"),
            ("0", "20", "0"),
            // 0.000003 · 1.5 = 0.0000045, whose half of a unit goes away from 0; and the same below 0.
            ("0.000003", "50", "0.000005"),
            ("0.000003", "-50", "0.000001"),
            ("3", "33.333333", "4"),
            ("1", "-100", "0"),
            ("1", "-150", "-0.5"),
        ] {
            let found = target_of_percent(decimal(start).unwrap(), decimal(percent).unwrap());
            assert_eq!(found, decimal(target), "{start} {percent}");
        }
        assert_eq!(target_of_percent(Decimal(i64::MAX), Decimal(1_000_000)), None);
        assert_eq!(target_of_percent(Decimal(i64::MIN), Decimal(-1_000_000)), None);
    }

    #[test]
    fn verdicts() {
        use KeyResultKind::{
            Baseline, Decrease, Increase, MaintainAbove, MaintainBelow, MaintainWithin, Milestone,
        };
        // kind, start, target, lower, upper, current → whether it is met
        for (kind, start, target, lower, upper, current, met) in [
            (Increase, "0", "10", "", "", "10", Some(true)),
            (Increase, "0", "10", "", "", "9.999999", Some(false)),
            (Increase, "0", "10", "", "", "", Some(false)),
            (Increase, "", "10", "", "", "12", None),
            (Decrease, "10", "4", "", "", "4", Some(true)),
            (Decrease, "10", "4", "", "", "4.000001", Some(false)),
            (MaintainAbove, "", "", "99", "", "99", Some(true)),
            // A distance of a millionth at a great tolerance rounds to a progress of 1, and is not met.
            (MaintainAbove, "", "", "99", "", "98.999999", Some(false)),
            (MaintainAbove, "", "", "99", "", "", None),
            (MaintainBelow, "7", "", "", "8", "", Some(true)),
            (MaintainBelow, "7", "", "", "8", "9", Some(false)),
            (MaintainWithin, "", "", "1", "2", "1.5", Some(true)),
            (MaintainWithin, "", "", "1", "2", "0.9", Some(false)),
            (MaintainWithin, "", "", "1", "", "1.5", None),
            (Milestone, "", "", "", "", "", None),
            (Baseline, "1", "", "", "", "2", None),
        ] {
            let measures = Measures {
                start: decimal(start),
                target: decimal(target),
                lower: decimal(lower),
                upper: decimal(upper),
                current: decimal(current),
                ..Measures::new(kind)
            };
            assert_eq!(is_met(&measures), met, "{measures:?}");
        }
        let steps = |done: &[(f64, bool)]| Measures {
            milestones: done.iter().map(|&(weight, done)| MilestoneStep { weight, done }).collect(),
            ..Measures::new(Milestone)
        };
        assert_eq!(
            is_met(&steps(&[(1.0, true), (0.0, false)])),
            Some(true),
            "what weighs nothing is no part"
        );
        assert_eq!(is_met(&steps(&[(1e9, true), (0.1, false)])), Some(false));
        assert_eq!(is_met(&steps(&[(0.0, true)])), None);
    }
}
