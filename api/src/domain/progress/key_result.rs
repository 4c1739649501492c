//! Which of a key result's numbers is its progress.
//!
//! There are two numbers, never one: progress, by its source, and work progress, the completion of the
//! contributing work, which is always computed. On a key result that goes by work, a checked-in value
//! moves `current` and attainment, not progress.

use entity::{KeyResultKind, ProgressSource};

use super::{measure::Measured, unit};

/// Progress that a person set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Override {
    /// The progress, 0–1.
    pub value: f64,
    /// Whether it stays until it is resumed; else it ends when the value next changes.
    pub sticky: bool,
}

/// The numbers of a key result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyResultNumbers {
    /// Progress, 0–1; null when not known.
    pub progress: Option<f64>,
    /// What progress would be without the override.
    pub sourced: Option<f64>,
    /// Progress by the measured values before it is cut to 0–1, whatever the source.
    pub attainment: Option<f64>,
    /// Completion of the contributing work, 0–1; null when none counts.
    pub work_progress: Option<f64>,
    /// The override that still holds; null when there is none or it has ended.
    pub overridden: Option<Override>,
}

/// Puts the numbers of a key result together.
///
/// - `measured`: what its values say, from [`super::measure()`].
/// - `work_progress`: what its work says, from [`super::work_progress()`].
/// - `overridden`: the override that held until now.
/// - `value_changed`: whether what the source gives differs from before: `current` or a milestone for
///   check-ins and tools, the work progress for work. It ends an override that is not sticky.
///
/// A baseline has no progress, not even by override, until it becomes a named kind.
#[must_use]
pub fn key_result_numbers(
    kind: KeyResultKind,
    source: ProgressSource,
    measured: Measured,
    work_progress: Option<f64>,
    overridden: Option<Override>,
    value_changed: bool,
) -> KeyResultNumbers {
    let overridden = overridden
        .filter(|over| over.value.is_finite() && (over.sticky || !value_changed))
        .map(|over| Override { value: unit(over.value), ..over });
    let sourced = match source {
        ProgressSource::CheckIn | ProgressSource::External => measured.progress,
        ProgressSource::Work => work_progress,
    };
    let (sourced, overridden) = match kind {
        KeyResultKind::Baseline => (None, None),
        KeyResultKind::Increase
        | KeyResultKind::Decrease
        | KeyResultKind::MaintainAbove
        | KeyResultKind::MaintainBelow
        | KeyResultKind::MaintainWithin
        | KeyResultKind::Milestone => (sourced, overridden),
    };
    KeyResultNumbers {
        progress: overridden.map(|over| over.value).or(sourced),
        sourced,
        attainment: measured.attainment,
        work_progress,
        overridden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_and_override() {
        use KeyResultKind::{Baseline, Increase, Milestone};
        use ProgressSource::{CheckIn, External, Work};
        let once = Some(Override { value: 0.9, sticky: false });
        let sticky = Some(Override { value: 0.8, sticky: true });
        let nonsense = Some(Override { value: f64::NAN, sticky: true });
        // kind, source, override, whether the value changed → progress, override that holds.
        // Measured is 1 (attainment 1.2), work progress is 0.4.
        for (kind, source, over, changed, progress, holds) in [
            (Increase, CheckIn, None, true, Some(1.0), None),
            (Increase, External, None, true, Some(1.0), None),
            (Milestone, CheckIn, None, false, Some(1.0), None),
            (Increase, Work, None, true, Some(0.4), None),
            (Increase, CheckIn, once, false, Some(0.9), once),
            (Increase, CheckIn, once, true, Some(1.0), None),
            (Increase, Work, once, true, Some(0.4), None),
            (Increase, Work, sticky, true, Some(0.8), sticky),
            (Increase, Work, sticky, false, Some(0.8), sticky),
            (Increase, CheckIn, nonsense, false, Some(1.0), None),
            (Baseline, CheckIn, None, false, None, None),
            (Baseline, Work, sticky, false, None, None),
        ] {
            let measured = Measured { progress: Some(1.0), attainment: Some(1.2) };
            let numbers = key_result_numbers(kind, source, measured, Some(0.4), over, changed);
            assert_eq!(
                (numbers.progress, numbers.overridden),
                (progress, holds),
                "{kind:?} {source:?} {over:?} {changed}"
            );
            assert_eq!((numbers.attainment, numbers.work_progress), (Some(1.2), Some(0.4)));
        }
    }
}
