//! The tree behind a number: which part brought how much of it.
//!
//! A part's contribution is its share of the weights × its value × the share of the number that its
//! parent brings, so the contributions of the leaves add up to the number at the root (within 10⁻⁹).
//! Each level is divided in proportion to `weight · value` of its parts, so that the rounding of the
//! levels between does not add up to a visible difference.

use entity::{Instant, ProgressSource};
use uuid::Uuid;

use super::{
    input::{Input, InputKind, OutReason},
    mean::weighted_mean,
};

/// Where a value in an explanation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueSource {
    /// A check-in.
    CheckIn,
    /// The completion of linked work.
    Work,
    /// A value that a tool recorded.
    External,
    /// A person's override.
    Override,
    /// The parts of an objective.
    RollUp,
    /// The tasks of a project, or the status of a task.
    Completion,
}

impl ValueSource {
    /// Where the progress of a key result comes from.
    #[must_use]
    pub fn of_key_result(source: ProgressSource, overridden: bool) -> Self {
        if overridden {
            return Self::Override;
        }
        match source {
            ProgressSource::CheckIn => Self::CheckIn,
            ProgressSource::Work => Self::Work,
            ProgressSource::External => Self::External,
        }
    }
}

/// What is known about a node of an explanation before its parts are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// The part itself: key, weight in its parent, value, and why it is out. The weight of a root is not
    /// used.
    pub input: Input,
    /// Where the value comes from.
    pub source: ValueSource,
    /// When the value was computed; null when not known.
    pub as_of: Option<Instant>,
}

/// A node of the tree behind a number. As the root it explains its own value; within a tree its
/// contribution is to the root's.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What it is.
    pub kind: InputKind,
    /// Its key.
    pub id: Uuid,
    /// Its share in its parent, 0 or more.
    pub weight: f64,
    /// Its progress or completion as it entered its parent, 0–1; null when it has none.
    pub value: Option<f64>,
    /// How much of the root's number it brings, 0–1.
    pub contribution: f64,
    /// Where the value comes from.
    pub source: ValueSource,
    /// When the value was computed.
    pub as_of: Option<Instant>,
    /// Whether to take it with care: its link no longer fits, or its parts have moved on since the value
    /// was computed.
    pub stale: bool,
    /// Why it is not counted; null when it is.
    pub out: Option<OutReason>,
    /// Its parts, counted or out, in the order given; none when the value was not computed from parts.
    pub children: Vec<Explanation>,
}

/// What rounding may make of a mean: more is a difference in substance.
const ROUNDING: f64 = 2e-9;

impl Explanation {
    /// A node without parts.
    #[must_use]
    pub fn leaf(head: Head) -> Self {
        let Head { input, source, as_of } = head;
        Self {
            kind: input.kind,
            id: input.id,
            weight: input.weight,
            value: input.value,
            contribution: input.value.unwrap_or(0.0),
            source,
            as_of,
            stale: input.stale,
            out: input.out,
            children: Vec::new(),
        }
    }

    /// A node over its parts.
    ///
    /// Where the parts no longer give the value, because they are newer, they are shown in proportion
    /// and the node is stale; where they now give 0 they cannot share the value, and are left away.
    fn over(head: Head, mut children: Vec<Self>) -> Self {
        let node = Self::leaf(head);
        let Some(value) = node.value else {
            children.iter_mut().for_each(|child| child.scale_to(0.0));
            return Self { children, ..node };
        };
        let greatest =
            children.iter().filter_map(Self::term).fold(0.0_f64, |top, (weight, _)| top.max(weight));
        let parts: Vec<(f64, f64)> = children
            .iter()
            .map(|child| match child.term() {
                Some((weight, value)) if greatest > 0.0 => (weight / greatest, weight / greatest * value),
                Some(_) | None => (0.0, 0.0),
            })
            .collect();
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let sum: f64 = parts.iter().map(|(_, product)| product).sum();
        let mean = if total > 0.0 { sum / total } else { 0.0 };
        let stale = node.stale || (mean - value).abs() > ROUNDING;
        if sum <= 0.0 && value > 0.0 {
            return Self { stale, ..node };
        }
        for (child, (_, product)) in children.iter_mut().zip(&parts) {
            child.scale_to(if sum > 0.0 { value * product / sum } else { 0.0 });
        }
        Self { stale, children, ..node }
    }

    fn term(&self) -> Option<(f64, f64)> {
        match self.out {
            Some(_) => None,
            None => self.value.map(|value| (self.weight, value)),
        }
    }

    /// Makes this tree explain `contribution` of a greater number instead of its own value.
    fn scale_to(&mut self, contribution: f64) {
        let factor = if self.contribution > 0.0 { contribution / self.contribution } else { 0.0 };
        for child in &mut self.children {
            child.scale_to(child.contribution * factor);
        }
        self.contribution = contribution;
    }

    /// Sum of the contributions of the leaves; equal to the contribution of this node within 10⁻⁹.
    #[must_use]
    pub fn sum_of_leaves(&self) -> f64 {
        if self.children.is_empty() {
            return self.contribution;
        }
        self.children.iter().map(Self::sum_of_leaves).sum()
    }
}

/// Parts of a node that are not shown one by one, as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// How many they are.
    pub count: usize,
    /// Sum of the weights of those that count.
    pub weight: f64,
    /// Their weighted mean; null when none of them counts.
    pub value: Option<f64>,
    /// How much of the root's number they bring together.
    pub contribution: f64,
    /// Whether one of them is to be taken with care.
    pub stale: bool,
}

impl Explanation {
    /// The places of the `most` parts that bring most, in the order of the parts, and all others as one; null
    /// when there are no others. The contributions of both still add up to that of the node.
    #[must_use]
    pub fn parts(&self, most: usize) -> (Vec<usize>, Option<Rest>) {
        let mut places: Vec<usize> = (0..self.children.len()).collect();
        if places.len() <= most {
            return (places, None);
        }
        let brings = |place: &usize| self.children.get(*place).map_or(0.0, |child| child.contribution);
        places.sort_by(|one, other| brings(other).total_cmp(&brings(one)));
        let others = places.split_off(most);
        places.sort_unstable();
        let rest: Vec<&Self> = others.iter().filter_map(|place| self.children.get(*place)).collect();
        let terms = || rest.iter().filter_map(|child| child.term());
        let rest = Rest {
            count: rest.len(),
            weight: terms().map(|(weight, _)| weight).sum(),
            value: weighted_mean(terms()),
            contribution: rest.iter().map(|child| child.contribution).sum(),
            stale: rest.iter().any(|child| child.stale),
        };
        (places, Some(rest))
    }
}

/// Explains the progress of a key result by the inputs stored with it.
///
/// Only a key result that goes by work, and is not overridden, has parts: a checked-in value does not
/// come from the work linked beside it. `as_of` of the parts is that of the head, for they were read
/// together.
#[must_use]
pub fn explain_key_result(head: Head, work: &[Input]) -> Explanation {
    match head.source {
        ValueSource::Work => {
            let part =
                |input: &Input| Head { input: *input, source: ValueSource::Completion, as_of: head.as_of };
            Explanation::over(head, work.iter().map(|input| Explanation::leaf(part(input))).collect())
        }
        ValueSource::CheckIn
        | ValueSource::External
        | ValueSource::Override
        | ValueSource::RollUp
        | ValueSource::Completion => Explanation::leaf(head),
    }
}

/// Explains the progress of an objective by its parts, each explained before with the value that entered
/// the objective (the stored inputs, not the part's number of today): key results, child objectives, or
/// leaves of work.
#[must_use]
pub fn explain_objective(head: Head, members: Vec<Explanation>) -> Explanation {
    Explanation::over(head, members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: InputKind, id: u128, weight: f64, value: Option<f64>) -> Input {
        let out = value.is_none().then_some(OutReason::NoValue);
        Input { kind, id: Uuid::from_u128(id), weight, value, out, stale: false }
    }

    fn head(input: Input, source: ValueSource) -> Head {
        Head { input, source, as_of: Some(Instant(5)) }
    }

    #[test]
    fn a_tree_of_three_levels() {
        // O = (1 · 0.5 + 3 · 0.9) / 4 = 0.8; KR 1 = (0.25 + 0.75) / 2 = 0.5 by work.
        let work = [
            part(InputKind::Project, 11, 1.0, Some(0.25)),
            Input { stale: true, ..part(InputKind::Task, 12, 1.0, Some(0.75)) },
            Input { out: Some(OutReason::Supports), ..part(InputKind::Task, 13, 1.0, Some(1.0)) },
        ];
        let by_work =
            explain_key_result(head(part(InputKind::KeyResult, 1, 1.0, Some(0.5)), ValueSource::Work), &work);
        assert_eq!(by_work.contribution, 0.5);
        assert_eq!(
            by_work.children.iter().map(|child| child.contribution).collect::<Vec<_>>(),
            [0.125, 0.375, 0.0]
        );
        let by_value = explain_key_result(
            head(part(InputKind::KeyResult, 2, 3.0, Some(0.9)), ValueSource::CheckIn),
            &work,
        );
        assert!(by_value.children.is_empty(), "a checked-in value does not come from work");
        let silent = Explanation::leaf(head(part(InputKind::KeyResult, 3, 9.0, None), ValueSource::CheckIn));
        let objective = explain_objective(
            head(part(InputKind::Objective, 9, 1.0, Some(0.8)), ValueSource::RollUp),
            vec![by_work, by_value, silent],
        );
        assert!(!objective.stale && !objective.children[0].stale && objective.children[0].children[1].stale);
        let leaves = [
            objective.children[0].children[0].contribution,
            objective.children[0].children[1].contribution,
            objective.children[0].children[2].contribution,
            objective.children[1].contribution,
            objective.children[2].contribution,
        ];
        for (leaf, expected) in leaves.into_iter().zip([0.031_25, 0.093_75, 0.0, 0.675, 0.0]) {
            assert!((leaf - expected).abs() < 1e-12, "{leaf} {expected}");
        }
        assert!((objective.sum_of_leaves() - 0.8).abs() < 1e-12);
    }

    #[test]
    fn overrides_are_leaves() {
        let work = [part(InputKind::Project, 11, 1.0, Some(0.25))];
        let source = ValueSource::of_key_result(ProgressSource::Work, true);
        let explained =
            explain_key_result(head(part(InputKind::KeyResult, 1, 1.0, Some(0.9)), source), &work);
        assert_eq!((explained.contribution, explained.children.len()), (0.9, 0));
        assert_eq!(ValueSource::of_key_result(ProgressSource::Work, false), ValueSource::Work);
    }

    #[test]
    fn parts_that_have_moved_on() {
        let key_result = head(part(InputKind::KeyResult, 1, 1.0, Some(0.5)), ValueSource::Work);
        for (now, stale, children) in [(0.5, false, 1), (0.25, true, 1), (0.0, true, 0)] {
            let explained = explain_key_result(key_result, &[part(InputKind::Project, 11, 1.0, Some(now))]);
            assert_eq!((explained.stale, explained.children.len()), (stale, children), "{now}");
            assert_eq!(explained.sum_of_leaves(), 0.5, "{now}");
        }
        let none = head(part(InputKind::KeyResult, 1, 1.0, None), ValueSource::Work);
        let explained = explain_key_result(none, &[part(InputKind::Project, 11, 1.0, Some(0.5))]);
        assert_eq!((explained.value, explained.sum_of_leaves()), (None, 0.0));
        let zero = head(part(InputKind::KeyResult, 1, 1.0, Some(0.0)), ValueSource::Work);
        let explained = explain_key_result(zero, &[part(InputKind::Project, 11, 1.0, Some(0.0))]);
        assert_eq!((explained.stale, explained.children.len(), explained.sum_of_leaves()), (false, 1, 0.0));
    }

    proptest::proptest! {
        /// However many parts are shown one by one, and whether they still give the value or not, the shown
        /// ones and the rest add up to what the node brings.
        #[test]
        fn what_is_shown_adds_up(
            value in 0.0_f64..=1.0,
            parts in proptest::collection::vec((0.0_f64..9.0, proptest::option::of(0.0_f64..=1.0), 0_usize..3), 0..40),
            most in 0_usize..50,
        ) {
            let sources = [ValueSource::CheckIn, ValueSource::Override, ValueSource::Work];
            let members = parts.iter().enumerate().map(|(at, (weight, value, source))| {
                let id = u128::try_from(at).unwrap() + 10;
                let work = [
                    part(InputKind::Project, id + 100, 1.0, *value),
                    part(InputKind::Task, id + 200, 2.0, value.map(|value| value * value)),
                ];
                let input = part(InputKind::KeyResult, id, *weight, *value);
                explain_key_result(head(input, sources[*source]), &work)
            });
            let root = part(InputKind::Objective, 1, 1.0, Some(value));
            let tree = explain_objective(head(root, ValueSource::RollUp), members.collect());
            let mut nodes = vec![&tree];
            while let Some(node) = nodes.pop() {
                nodes.extend(&node.children);
                if node.children.is_empty() {
                    continue;
                }
                let (places, rest) = node.parts(most);
                let shown: f64 = places.iter().map(|place| node.children[*place].contribution).sum();
                let sum = shown + rest.map_or(0.0, |rest| rest.contribution);
                proptest::prop_assert!((sum - node.contribution).abs() < 1e-9, "{sum} of {}", node.contribution);
                proptest::prop_assert_eq!(places.len() + rest.map_or(0, |rest| rest.count), node.children.len());
                proptest::prop_assert!(places.len() <= most);
                proptest::prop_assert!(places.is_sorted());
            }
            proptest::prop_assert!((tree.sum_of_leaves() - value).abs() < 1e-9);
        }
    }
}
