//! The weighted mean that every roll-up is.

use super::unit;

/// Whether a weight takes part: above 0 and finite. Others count as 0.
pub(in crate::domain) fn weighs(weight: f64) -> bool {
    weight.is_finite() && weight > 0.0
}

/// `Σ weight · value / Σ weight` over values in 0–1, rounded to 10⁻⁹; null when nothing weighs.
///
/// Weights are divided by the greatest one first, so that no sum overflows, and the terms are added in
/// the order of their size, so that the result does not depend on the order in which they were given.
pub(crate) fn weighted_mean(terms: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let mut terms: Vec<(f64, f64)> = terms
        .into_iter()
        .filter(|(weight, value)| weighs(*weight) && value.is_finite())
        .map(|(weight, value)| (weight, value.clamp(0.0, 1.0)))
        .collect();
    let greatest = terms.iter().map(|(weight, _)| *weight).max_by(f64::total_cmp)?;
    terms.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (total, sum) = terms.iter().fold((0.0, 0.0), |(total, sum), (weight, value)| {
        let share = weight / greatest;
        (total + share, sum + share * value)
    });
    Some(unit(sum / total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means() {
        for (terms, mean) in [
            (vec![], None),
            (vec![(0.0, 1.0)], None),
            (vec![(-1.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, 0.5)], None),
            (vec![(1.0, 0.25)], Some(0.25)),
            (vec![(1.0, 0.0), (1.0, 1.0)], Some(0.5)),
            (vec![(3.0, 1.0), (1.0, 0.0)], Some(0.75)),
            (vec![(0.0, 1.0), (2.0, 0.4)], Some(0.4)),
            (vec![(1.0, f64::NAN), (1.0, 0.5)], Some(0.5)),
            (vec![(f64::MAX, 1.0), (f64::MAX, 0.0)], Some(0.5)),
            (vec![(5e-324, 1.0), (5e-324, 0.5)], Some(0.75)),
            (vec![(1.0, 1.0), (1.0, 1.0), (1.0, 0.0)], Some(0.666_666_667)),
        ] {
            assert_eq!(weighted_mean(terms.clone()), mean, "{terms:?}");
        }
    }

    #[test]
    fn order_does_not_decide_a_tie() {
        // The exact mean, 0.6317002765, lies half way between two ninth places: added in the order given, one
        // of these rounds up and the other down.
        let one = [0.144_272_509, 0.611_178_002, 0.909_925_047, 0.861_425_548];
        let other = [0.144_272_509, 0.611_178_002, 0.861_425_548, 0.909_925_047];
        let mean = |values: [f64; 4]| weighted_mean(values.map(|value| (1.0, value)));
        assert_eq!(mean(one), mean(other));
    }
}
