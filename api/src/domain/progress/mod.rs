//! Progress: how a number between 0 and 1 comes out of values, work and parts.
//!
//! - [`mod@measure`]: measured values of a key result → progress and attainment.
//! - [`completion`]: tasks of a project → its completion.
//! - [`input`]: what enters a weighted mean, what stays out and why, and its stored form.
//! - [`key_result`]: which of a key result's numbers is its progress; overrides.
//! - [`roll_up`]: parts → the number above them, for work and for objectives.
//! - [`explanation`]: the tree behind a number.
//! - [`target`]: targets as percentages, and whether they were met.
//!
//! Everything here is a pure function of its parameters. No result is ever NaN, infinite or −0, and
//! progress lies in 0–1 or is null, whatever the input. Set-based statements elsewhere may compute the
//! same in the database; these functions are the reference that they are compared with.

pub mod completion;
pub mod explanation;
pub mod input;
pub mod key_result;
mod mean;
pub mod measure;
mod measure_rules;
pub mod roll_up;
pub mod target;

pub use completion::{
    Completions, Estimate, Leaf, LeafCounts, completion_by_count, completion_by_estimate, project_completion,
    task_completion,
};
pub use explanation::{Explanation, Head, Rest, ValueSource, explain_key_result, explain_objective};
pub use input::{Input, InputKind, InputsError, LinkFacts, OutReason, inputs_from_json, inputs_to_json};
pub use key_result::{KeyResultNumbers, Override, key_result_numbers};
pub(crate) use mean::weighted_mean;
pub use measure::{MeasureError, Measured, Measures, MilestoneStep, measure};
pub use measure_rules::{MeasureProblem, takes_value, validate_measures};
pub use roll_up::{ObjectiveMembers, mean_expected, mean_held, objective_progress, work_progress};
pub use target::{is_met, target_of_percent};

/// Beyond this, doubles have too few places for a rounding to 10⁻⁹ to be its own fixed point.
const LARGEST_ROUNDED: f64 = 1e6;

/// Rounds to 10⁻⁹, which every number is before it is compared, stored or logged: so a recompute of an
/// unchanged tree changes nothing, in whatever order its parts were added.
///
/// Values beyond ±10⁶ (only an attainment can be one) are left as they are. What is not finite becomes
/// 0; no formula here gives such a value, and a foreign one must not poison a stored number. −0
/// becomes 0.
#[must_use]
pub fn round9(value: f64) -> f64 {
    if !value.is_finite() {
        return 0.0;
    }
    if value.abs() >= LARGEST_ROUNDED {
        return value;
    }
    (value * 1e9).round() / 1e9 + 0.0
}

/// Rounds and cuts to 0–1.
#[must_use]
pub(crate) fn unit(value: f64) -> f64 {
    round9(value).clamp(0.0, 1.0)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod worked_examples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        for (value, rounded) in [
            (1.0 / 3.0, 0.333_333_333),
            (0.1 + 0.2, 0.3),
            (0.000_000_000_4, 0.0),
            (0.000_000_000_6, 0.000_000_001),
            (-0.000_000_000_4, 0.0),
            (-0.0, 0.0),
            (-1.0 / 3.0, -0.333_333_333),
            (1e18, 1e18),
            (f64::NAN, 0.0),
            (f64::INFINITY, 0.0),
        ] {
            assert_eq!(round9(value).to_bits(), f64::to_bits(rounded), "{value}");
        }
    }
}
