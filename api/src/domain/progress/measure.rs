//! Measured values of a key result → progress.
//!
//! | kind | progress |
//! |---|---|
//! | increase, decrease | `(current − start) / (target − start)`, cut to 0–1 |
//! | maintain above, below, within | 1 inside the bounds, outside `1 − distance / tolerance`, at least 0 |
//! | milestone | weight of the done milestones / weight of all |
//! | baseline | none: it is still being measured |
//!
//! Attainment is the same number before it is cut: 1.2 is a fifth more than was aimed at, −0.5 went the
//! wrong way.
//!
//! **Before the first value** `current` is taken to be `start`: an increase or decrease stands at 0. Were
//! it null it would leave its objective's mean, and an objective would look better for a key result that
//! nobody measures. A maintaining key result without value and start says nothing and is null.

use entity::{Decimal, KeyResultKind};

use super::{mean::weighted_mean, round9, unit};

/// What is measured on a key result.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// How the value becomes progress.
    pub kind: KeyResultKind,
    /// Value at the start.
    pub start: Option<Decimal>,
    /// Value at which progress is 1.
    pub target: Option<Decimal>,
    /// The target as a signed change of the start in percent; null when it is given as a value.
    pub target_percent: Option<Decimal>,
    /// The value that is promised.
    pub commit: Option<Decimal>,
    /// The value hoped for.
    pub stretch: Option<Decimal>,
    /// Latest known value; null before the first.
    pub current: Option<Decimal>,
    /// Lowest value inside the bounds.
    pub lower: Option<Decimal>,
    /// Highest value inside the bounds.
    pub upper: Option<Decimal>,
    /// Distance from a bound at which progress is 0; above 0.
    pub tolerance: Option<Decimal>,
    /// Steps, for the kind `MILESTONE`.
    pub milestones: Vec<MilestoneStep>,
}

/// A milestone as progress sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MilestoneStep {
    /// Share in the key result's progress; 0 or more.
    pub weight: f64,
    /// Whether it was reached.
    pub done: bool,
}

/// What measured values say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Progress, 0–1; null when the values do not say.
    pub progress: Option<f64>,
    /// Progress before it is cut to 0–1; null when the values do not say.
    pub attainment: Option<f64>,
}

/// Why measured values contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// There is no way to go from start to target.
    #[error("the target must differ from the start")]
    TargetIsStart,
    /// The lower bound lies above the upper one.
    #[error("the lower bound must not be above the upper bound")]
    BoundsCrossed,
    /// The tolerance is 0 or less.
    #[error("the tolerance must be above 0")]
    ToleranceNotPositive,
}

impl Measures {
    /// Measures of a kind with nothing known yet.
    #[must_use]
    pub const fn new(kind: KeyResultKind) -> Self {
        Self {
            kind,
            start: None,
            target: None,
            target_percent: None,
            commit: None,
            stretch: None,
            current: None,
            lower: None,
            upper: None,
            tolerance: None,
            milestones: Vec::new(),
        }
    }

    /// With the target that its percentage leads to, once the start is known.
    #[must_use]
    pub fn resolved(self) -> Self {
        let Some(percent) = self.target_percent else { return self };
        let target = self.start.and_then(|start| super::target_of_percent(start, percent));
        Self { target, ..self }
    }
}

impl Measured {
    const UNKNOWN: Self = Self { progress: None, attainment: None };

    fn from_attainment(attainment: f64) -> Self {
        Self { progress: Some(unit(attainment)), attainment: Some(round9(attainment)) }
    }
}

/// Computes progress and attainment from measured values.
///
/// A number that is needed and missing gives null; missing and contradictory numbers are refused when a
/// key result is written, by [`super::validate_measures`].
///
/// # Errors
/// When the numbers contradict each other, so that no formula holds.
pub fn measure(measures: &Measures) -> Result<Measured, MeasureError> {
    match measures.kind {
        KeyResultKind::Increase | KeyResultKind::Decrease => move_to_target(measures),
        KeyResultKind::MaintainAbove => match measures.lower {
            Some(lower) => maintain(measures, Some(lower), None),
            None => Ok(Measured::UNKNOWN),
        },
        KeyResultKind::MaintainBelow => match measures.upper {
            Some(upper) => maintain(measures, None, Some(upper)),
            None => Ok(Measured::UNKNOWN),
        },
        KeyResultKind::MaintainWithin => match (measures.lower, measures.upper) {
            (Some(lower), Some(upper)) if lower > upper => Err(MeasureError::BoundsCrossed),
            (Some(lower), Some(upper)) => maintain(measures, Some(lower), Some(upper)),
            (None, _) | (_, None) => Ok(Measured::UNKNOWN),
        },
        KeyResultKind::Milestone => {
            let steps = measures.milestones.iter();
            let mean = weighted_mean(steps.map(|step| (step.weight, if step.done { 1.0 } else { 0.0 })));
            Ok(mean.map_or(Measured::UNKNOWN, Measured::from_attainment))
        }
        KeyResultKind::Baseline => Ok(Measured::UNKNOWN),
    }
}

fn move_to_target(measures: &Measures) -> Result<Measured, MeasureError> {
    let (Some(start), Some(target)) = (measures.start, measures.target) else {
        return Ok(Measured::UNKNOWN);
    };
    let way = difference(target, start);
    if way == 0 {
        return Err(MeasureError::TargetIsStart);
    }
    let gone = difference(measures.current.unwrap_or(start), start);
    Ok(Measured::from_attainment(ratio(gone, way)))
}

fn maintain(
    measures: &Measures,
    lower: Option<Decimal>,
    upper: Option<Decimal>,
) -> Result<Measured, MeasureError> {
    let Some(tolerance) = measures.tolerance else { return Ok(Measured::UNKNOWN) };
    if tolerance.0 <= 0 {
        return Err(MeasureError::ToleranceNotPositive);
    }
    let Some(current) = measures.current.or(measures.start) else { return Ok(Measured::UNKNOWN) };
    let below = lower.map_or(0, |lower| difference(lower, current));
    let above = upper.map_or(0, |upper| difference(current, upper));
    let distance = below.max(above).max(0);
    Ok(Measured::from_attainment(1.0 - ratio(distance, i128::from(tolerance.0))))
}

/// Difference in units of 10⁻⁶, wide enough for the ends of the range.
fn difference(a: Decimal, b: Decimal) -> i128 {
    i128::from(a.0) - i128::from(b.0)
}

/// Quotient of two exact differences; the divisor is never 0. A difference has at most 65 bits, so both
/// are finite as floats, and what they lose is far below 10⁻⁹ of the quotient.
fn ratio(part: i128, whole: i128) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Option<Decimal> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    #[test]
    fn moving_to_a_target() {
        // kind, start, target, current → progress, attainment
        for (kind, start, target, current, progress, attainment) in [
            (KeyResultKind::Increase, "0", "100", "25", 0.25, 0.25),
            (KeyResultKind::Increase, "20", "80", "50", 0.5, 0.5),
            (KeyResultKind::Increase, "20", "80", "20", 0.0, 0.0),
            (KeyResultKind::Increase, "20", "80", "80", 1.0, 1.0),
            (KeyResultKind::Increase, "20", "80", "92", 1.0, 1.2),
            (KeyResultKind::Increase, "20", "80", "-10", 0.0, -0.5),
            (KeyResultKind::Increase, "20", "80", "", 0.0, 0.0),
            (KeyResultKind::Increase, "-30", "-10", "-25", 0.25, 0.25),
            (KeyResultKind::Increase, "0", "3", "1", 0.333_333_333, 0.333_333_333),
            (KeyResultKind::Increase, "0", "0.000003", "0.000002", 0.666_666_667, 0.666_666_667),
            (KeyResultKind::Decrease, "100", "40", "70", 0.5, 0.5),
            (KeyResultKind::Decrease, "100", "40", "100", 0.0, 0.0),
            (KeyResultKind::Decrease, "100", "40", "40", 1.0, 1.0),
            (KeyResultKind::Decrease, "100", "40", "130", 0.0, -0.5),
            (KeyResultKind::Decrease, "100", "40", "10", 1.0, 1.5),
            (KeyResultKind::Decrease, "5", "-5", "0", 0.5, 0.5),
            (KeyResultKind::Decrease, "100", "40", "", 0.0, 0.0),
        ] {
            let measures = Measures {
                start: decimal(start),
                target: decimal(target),
                current: decimal(current),
                ..Measures::new(kind)
            };
            let expected = Measured { progress: Some(progress), attainment: Some(attainment) };
            assert_eq!(measure(&measures), Ok(expected), "{kind:?} {start} → {target}, at {current}");
        }
    }

    #[test]
    fn maintaining() {
        use KeyResultKind::{MaintainAbove, MaintainBelow, MaintainWithin};
        // kind, lower, upper, tolerance, start, current → progress, attainment
        for (kind, lower, upper, tolerance, start, current, progress, attainment) in [
            (MaintainAbove, "99.5", "", "1", "", "99.9", 1.0, 1.0),
            (MaintainAbove, "99.5", "", "1", "", "99.5", 1.0, 1.0),
            (MaintainAbove, "99.5", "", "1", "", "99.25", 0.75, 0.75),
            (MaintainAbove, "99.5", "", "1", "", "98.5", 0.0, 0.0),
            (MaintainAbove, "99.5", "", "1", "", "97.5", 0.0, -1.0),
            (MaintainAbove, "99.5", "", "1", "99", "", 0.5, 0.5),
            (MaintainBelow, "", "200", "100", "", "150", 1.0, 1.0),
            (MaintainBelow, "", "200", "100", "", "230", 0.7, 0.7),
            (MaintainBelow, "", "200", "100", "", "350", 0.0, -0.5),
            (MaintainWithin, "10", "20", "5", "", "15", 1.0, 1.0),
            (MaintainWithin, "10", "20", "5", "", "9", 0.8, 0.8),
            (MaintainWithin, "10", "20", "5", "", "24", 0.2, 0.2),
            (MaintainWithin, "10", "10", "4", "", "11", 0.75, 0.75),
        ] {
            let measures = Measures {
                start: decimal(start),
                current: decimal(current),
                lower: decimal(lower),
                upper: decimal(upper),
                tolerance: decimal(tolerance),
                ..Measures::new(kind)
            };
            let expected = Measured { progress: Some(progress), attainment: Some(attainment) };
            assert_eq!(
                measure(&measures),
                Ok(expected),
                "{kind:?} {lower}–{upper} ± {tolerance}, at {current}"
            );
        }
    }

    #[test]
    fn milestones() {
        for (steps, progress) in [
            (vec![], None),
            (vec![(0.0, true)], None),
            (vec![(1.0, false)], Some(0.0)),
            (vec![(1.0, true), (1.0, false)], Some(0.5)),
            (vec![(3.0, true), (1.0, false)], Some(0.75)),
            (vec![(3.0, true), (1.0, true), (0.0, false)], Some(1.0)),
        ] {
            let milestones = steps.iter().map(|&(weight, done)| MilestoneStep { weight, done }).collect();
            let measures = Measures { milestones, ..Measures::new(KeyResultKind::Milestone) };
            assert_eq!(measure(&measures), Ok(Measured { progress, attainment: progress }), "{steps:?}");
        }
    }

    #[test]
    fn what_is_missing_is_null_and_what_contradicts_is_refused() {
        let full = Measures {
            kind: KeyResultKind::Increase,
            start: decimal("1"),
            target: decimal("2"),
            target_percent: None,
            commit: None,
            stretch: None,
            current: decimal("1.5"),
            lower: decimal("1"),
            upper: decimal("2"),
            tolerance: decimal("1"),
            milestones: Vec::new(),
        };
        let unknown = Ok(Measured { progress: None, attainment: None });
        for (measures, expected) in [
            (Measures { start: None, ..full.clone() }, unknown),
            (Measures { target: None, ..full.clone() }, unknown),
            (Measures { kind: KeyResultKind::Baseline, ..full.clone() }, unknown),
            (Measures { kind: KeyResultKind::MaintainAbove, lower: None, ..full.clone() }, unknown),
            (Measures { kind: KeyResultKind::MaintainBelow, upper: None, ..full.clone() }, unknown),
            (Measures { kind: KeyResultKind::MaintainWithin, upper: None, ..full.clone() }, unknown),
            (Measures { kind: KeyResultKind::MaintainWithin, tolerance: None, ..full.clone() }, unknown),
            (
                Measures { kind: KeyResultKind::MaintainAbove, start: None, current: None, ..full.clone() },
                unknown,
            ),
            (Measures { target: decimal("1"), ..full.clone() }, Err(MeasureError::TargetIsStart)),
            (
                Measures { kind: KeyResultKind::Decrease, target: decimal("1"), ..full.clone() },
                Err(MeasureError::TargetIsStart),
            ),
            (
                Measures { kind: KeyResultKind::MaintainWithin, lower: decimal("3"), ..full.clone() },
                Err(MeasureError::BoundsCrossed),
            ),
            (
                Measures { kind: KeyResultKind::MaintainBelow, tolerance: decimal("0"), ..full.clone() },
                Err(MeasureError::ToleranceNotPositive),
            ),
        ] {
            assert_eq!(measure(&measures), expected, "{measures:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_do_not_wrap() {
        let (min, max) = (Some(Decimal(i64::MIN)), Some(Decimal(i64::MAX)));
        let up = Measures { start: min, target: max, current: max, ..Measures::new(KeyResultKind::Increase) };
        assert_eq!(measure(&up).unwrap().progress, Some(1.0));
        let half = Measures { current: Some(Decimal(0)), ..up.clone() };
        assert_eq!(measure(&half).unwrap().progress, Some(0.5));
        let near = Measures { target: Some(Decimal(i64::MIN + 1)), ..up };
        assert_eq!(measure(&near).unwrap().attainment, Some(18_446_744_073_709_551_615.0));
        let far = Measures {
            lower: max,
            tolerance: Some(Decimal(1)),
            current: min,
            ..Measures::new(KeyResultKind::MaintainAbove)
        };
        assert_eq!(measure(&far).unwrap().progress, Some(0.0));
    }
}
