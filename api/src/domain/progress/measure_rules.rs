//! Which measured values a key result of a kind has, checked when one is written.

use entity::{KeyResultKind, ProgressSource};

use super::measure::Measures;

/// What a person can mend about the measured values of a key result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureProblem {
    /// Name of the field in the API.
    pub field: &'static str,
    /// What is wanted.
    pub message: String,
}

/// Whether check-ins on a key result of this kind may carry a value: not where milestones are all that
/// is measured.
#[must_use]
pub fn takes_value(kind: KeyResultKind) -> bool {
    match kind {
        KeyResultKind::Increase
        | KeyResultKind::Decrease
        | KeyResultKind::MaintainAbove
        | KeyResultKind::MaintainBelow
        | KeyResultKind::MaintainWithin
        | KeyResultKind::Baseline => true,
        KeyResultKind::Milestone => false,
    }
}

/// Whether a kind has a measure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Needed,
    Allowed,
    Unused,
}

use Use::{Allowed, Needed, Unused};

/// For each kind: start, target, lower bound, upper bound, tolerance, milestones.
fn uses(kind: KeyResultKind) -> [Use; 6] {
    match kind {
        KeyResultKind::Increase | KeyResultKind::Decrease => [Needed, Needed, Unused, Unused, Unused, Unused],
        KeyResultKind::MaintainAbove => [Allowed, Unused, Needed, Unused, Needed, Unused],
        KeyResultKind::MaintainBelow => [Allowed, Unused, Unused, Needed, Needed, Unused],
        KeyResultKind::MaintainWithin => [Allowed, Unused, Needed, Needed, Needed, Unused],
        KeyResultKind::Milestone => [Unused, Unused, Unused, Unused, Unused, Allowed],
        KeyResultKind::Baseline => [Allowed, Unused, Unused, Unused, Unused, Unused],
    }
}

/// Lists what keeps these measures from being stored on a key result; empty means valid.
///
/// A key result whose progress comes from work may leave out all measures of its kind, for it is not
/// computed from them; if it has any, it has them all. `current` is not looked at: it is what was
/// found, not how the key result is defined.
#[must_use]
pub fn validate_measures(measures: &Measures, source: ProgressSource) -> Vec<MeasureProblem> {
    let given = [
        ("start", measures.start.is_some()),
        ("target", measures.target.is_some()),
        ("lowerBound", measures.lower.is_some()),
        ("upperBound", measures.upper.is_some()),
        ("tolerance", measures.tolerance.is_some()),
        ("milestones", !measures.milestones.is_empty()),
    ];
    // A target in percent waits for its start.
    let by_percent = measures.target_percent.is_some();
    let waits = by_percent && measures.start.is_none();
    let optional = match source {
        ProgressSource::Work => given.iter().all(|(_, given)| !given) && !by_percent,
        ProgressSource::CheckIn | ProgressSource::External => waits,
    };
    let name = kind_name(measures.kind);
    let mut problems = Vec::new();
    let mut refuse = |field, message| problems.push(MeasureProblem { field, message });
    for ((field, given), used) in given.into_iter().zip(uses(measures.kind)) {
        match used {
            // What keeps a percentage from becoming a target is told below.
            Needed if field == "target" && by_percent => {}
            Needed if !given && !optional => refuse(field, format!("is needed for the kind {name}")),
            Unused if given => refuse(field, format!("is not used by the kind {name}; leave it out")),
            Needed | Allowed | Unused => {}
        }
    }
    if let (Some(start), Some(target)) = (measures.start, measures.target) {
        match measures.kind {
            KeyResultKind::Increase if target <= start => {
                refuse("target", format!("must be above start, which is {start}"));
            }
            KeyResultKind::Decrease if target >= start => {
                refuse("target", format!("must be below start, which is {start}"));
            }
            KeyResultKind::Increase
            | KeyResultKind::Decrease
            | KeyResultKind::MaintainAbove
            | KeyResultKind::MaintainBelow
            | KeyResultKind::MaintainWithin
            | KeyResultKind::Milestone
            | KeyResultKind::Baseline => {}
        }
    }
    problems.extend(percent_problem(measures));
    problems.extend(promise_problems(measures));
    let mut refuse = |field, message| problems.push(MeasureProblem { field, message });
    if let (Some(lower), Some(upper)) = (measures.lower, measures.upper)
        && measures.kind == KeyResultKind::MaintainWithin
        && lower > upper
    {
        refuse("upperBound", format!("must not be below lowerBound, which is {lower}"));
    }
    if measures.tolerance.is_some_and(|tolerance| tolerance.0 <= 0) {
        refuse("tolerance", "must be above 0".to_owned());
    }
    if measures.milestones.iter().any(|step| !step.weight.is_finite() || step.weight < 0.0) {
        refuse("milestones", "must have weights of 0 or more".to_owned());
    }
    problems
}

/// Which way a kind leads: up, down, or neither.
fn rises(kind: KeyResultKind) -> Option<bool> {
    match kind {
        KeyResultKind::Increase => Some(true),
        KeyResultKind::Decrease => Some(false),
        KeyResultKind::MaintainAbove
        | KeyResultKind::MaintainBelow
        | KeyResultKind::MaintainWithin
        | KeyResultKind::Milestone
        | KeyResultKind::Baseline => None,
    }
}

/// What is wrong with a target in percent.
fn percent_problem(measures: &Measures) -> Option<MeasureProblem> {
    let percent = measures.target_percent?;
    let message = match rises(measures.kind) {
        None => format!("is not used by the kind {}; leave it out", kind_name(measures.kind)),
        Some(true) if percent.0 <= 0 => "must be above 0 for the kind INCREASE".to_owned(),
        Some(false) if percent.0 >= 0 => "must be below 0 for the kind DECREASE".to_owned(),
        Some(_) => match measures.start {
            Some(start) if start.0 == 0 => {
                "of a start of 0 is 0 again: give the target as a value".to_owned()
            }
            Some(_) if measures.target.is_none() => "leads to a target that is too large".to_owned(),
            Some(start) if measures.target == Some(start) => {
                "is too small: the target would be the start".to_owned()
            }
            Some(_) | None => return None,
        },
    };
    Some(MeasureProblem { field: "targetPercent", message })
}

/// What is wrong with the promised value and the one hoped for: on the way from the start come the promise,
/// the target and the hope, where the promise and the hope may be the target itself.
fn promise_problems(measures: &Measures) -> Vec<MeasureProblem> {
    let mut problems = Vec::new();
    let mut refuse = |field, message| problems.push(MeasureProblem { field, message });
    let given = [("commit", measures.commit), ("stretch", measures.stretch)];
    let given = given.into_iter().filter_map(|(field, value)| Some((field, value?)));
    for (field, value) in given {
        let Some(rises) = rises(measures.kind) else {
            refuse(field, format!("is not used by the kind {}; leave it out", kind_name(measures.kind)));
            continue;
        };
        let (Some(start), Some(target)) = (measures.start, measures.target) else {
            if measures.target_percent.is_none() {
                refuse(field, "needs a start and a target beside it".to_owned());
            }
            continue;
        };
        // Looked at as if the way led up.
        let place = |value: entity::Decimal| if rises { i128::from(value.0) } else { -i128::from(value.0) };
        let (start_at, target_at, value_at) = (place(start), place(target), place(value));
        if field == "commit" && !(start_at < value_at && value_at <= target_at) {
            refuse(field, format!("lies between start, which is {start}, and target, which is {target}"));
        }
        if field == "stretch" && value_at < target_at {
            let side = if rises { "below" } else { "above" };
            refuse(field, format!("must not be {side} target, which is {target}"));
        }
    }
    problems
}

fn kind_name(kind: KeyResultKind) -> &'static str {
    match kind {
        KeyResultKind::Increase => "INCREASE",
        KeyResultKind::Decrease => "DECREASE",
        KeyResultKind::MaintainAbove => "MAINTAIN_ABOVE",
        KeyResultKind::MaintainBelow => "MAINTAIN_BELOW",
        KeyResultKind::MaintainWithin => "MAINTAIN_WITHIN",
        KeyResultKind::Milestone => "MILESTONE",
        KeyResultKind::Baseline => "BASELINE",
    }
}

#[cfg(test)]
mod tests {
    use entity::Decimal;

    use super::*;
    use crate::domain::progress::MilestoneStep;

    /// Measures from a short text: `s`tart, `t`arget, `p`ercent, `c`ommit, `h`ope, `l`ower, `u`pper,
    /// t`o`lerance, `m`ilestone weight.
    fn measures(kind: KeyResultKind, text: &str) -> Measures {
        let mut measures = Measures::new(kind);
        for part in text.split_whitespace() {
            let (key, value) = part.split_at(1);
            let decimal = value.parse::<Decimal>().ok();
            match key {
                "s" => measures.start = decimal,
                "t" => measures.target = decimal,
                "p" => measures.target_percent = decimal,
                "c" => measures.commit = decimal,
                "h" => measures.stretch = decimal,
                "l" => measures.lower = decimal,
                "u" => measures.upper = decimal,
                "o" => measures.tolerance = decimal,
                _ => measures.milestones.push(MilestoneStep { weight: value.parse().unwrap(), done: false }),
            }
        }
        measures.resolved()
    }

    #[test]
    fn each_kind_has_its_measures() {
        use KeyResultKind::{
            Baseline, Decrease, Increase, MaintainAbove, MaintainBelow, MaintainWithin, Milestone,
        };
        use ProgressSource::{CheckIn, External, Work};
        for (kind, source, text, fields) in [
            (Increase, CheckIn, "s0 t10", vec![]),
            (Increase, CheckIn, "", vec!["start", "target"]),
            (Increase, External, "s0", vec!["target"]),
            (Increase, Work, "", vec![]),
            (Increase, Work, "s0", vec!["target"]),
            (Increase, Work, "l0", vec!["start", "target", "lowerBound"]),
            (Increase, CheckIn, "s10 t10", vec!["target"]),
            (Increase, CheckIn, "s10 t5", vec!["target"]),
            (Increase, CheckIn, "s0 t10 u3 o1 m1", vec!["upperBound", "tolerance", "milestones"]),
            (Decrease, CheckIn, "s10 t5", vec![]),
            (Decrease, CheckIn, "s10 t10", vec!["target"]),
            (Decrease, CheckIn, "s5 t10", vec!["target"]),
            (MaintainAbove, CheckIn, "l5 o1", vec![]),
            (MaintainAbove, CheckIn, "s9 l5 o1", vec![]),
            (MaintainAbove, CheckIn, "u5 o1", vec!["lowerBound", "upperBound"]),
            (MaintainAbove, CheckIn, "l5", vec!["tolerance"]),
            (MaintainBelow, CheckIn, "u5 o1", vec![]),
            (MaintainBelow, CheckIn, "u5 o0", vec!["tolerance"]),
            (MaintainBelow, CheckIn, "u5 o-1 t4", vec!["target", "tolerance"]),
            (MaintainWithin, CheckIn, "l1 u2 o1", vec![]),
            (MaintainWithin, CheckIn, "l2 u2 o1", vec![]),
            (MaintainWithin, CheckIn, "l3 u2 o1", vec!["upperBound"]),
            (Milestone, CheckIn, "m1 m0", vec![]),
            (Milestone, CheckIn, "", vec![]),
            (Milestone, CheckIn, "m-1", vec!["milestones"]),
            (Milestone, CheckIn, "mNaN s1", vec!["start", "milestones"]),
            // A target in percent: of the start, once there is one.
            (Increase, CheckIn, "s10 p20", vec![]),
            (Increase, CheckIn, "p20", vec![]),
            (Increase, Work, "p20", vec!["start"]),
            (Increase, CheckIn, "s10 p-20", vec!["target", "targetPercent"]),
            (Increase, CheckIn, "p0", vec!["targetPercent"]),
            (Increase, CheckIn, "s0 p20", vec!["target", "targetPercent"]),
            (Increase, CheckIn, "s0.000001 p1", vec!["target", "targetPercent"]),
            (Increase, CheckIn, "s9000000000000 p20", vec!["targetPercent"]),
            (Decrease, CheckIn, "s10 p-20", vec![]),
            (Decrease, CheckIn, "p20", vec!["targetPercent"]),
            (MaintainAbove, CheckIn, "l5 o1 p20", vec!["targetPercent"]),
            // The promise lies after the start and not beyond the target, the hope not before it.
            (Increase, CheckIn, "s0 t10 c7 h12", vec![]),
            (Increase, CheckIn, "s0 t10 c10 h10", vec![]),
            (Increase, CheckIn, "s0 t10 c0", vec!["commit"]),
            (Increase, CheckIn, "s0 t10 c11 h9", vec!["commit", "stretch"]),
            (Decrease, CheckIn, "s10 t4 c6 h2", vec![]),
            (Decrease, CheckIn, "s10 t4 c10 h5", vec!["commit", "stretch"]),
            (Increase, CheckIn, "p20 c5 h9", vec![]),
            (Increase, CheckIn, "s10 p20 c13", vec!["commit"]),
            (Increase, Work, "c5", vec!["commit"]),
            (MaintainAbove, CheckIn, "l5 o1 c4 h6", vec!["commit", "stretch"]),
            (Baseline, CheckIn, "s1 c4", vec!["commit"]),
            (Baseline, CheckIn, "", vec![]),
            (Baseline, CheckIn, "s1 t2", vec!["target"]),
        ] {
            let problems = validate_measures(&measures(kind, text), source);
            let found: Vec<_> = problems.iter().map(|problem| problem.field).collect();
            assert_eq!(found, fields, "{kind:?} {source:?} {text}");
        }
    }

    #[test]
    fn messages_name_the_other_number() {
        let problems =
            validate_measures(&measures(KeyResultKind::Increase, "s10.5 t2"), ProgressSource::CheckIn);
        assert_eq!(
            problems,
            [MeasureProblem { field: "target", message: "must be above start, which is 10.5".to_owned() }]
        );
    }
}
