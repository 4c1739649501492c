//! Pace: where progress should be by now, and what the distance to it means.
//!
//! | what | expected progress |
//! |---|---|
//! | increase, decrease, and whatever goes by work | elapsed share of the time from max(cycle start, own start) to the end of the cycle; × 0.7 under an aspirational objective, for which 0.7 is a success |
//! | milestones | weight of those that are due / weight of all |
//! | maintain | 1: the bounds hold now, whatever the day |
//! | baseline, or no time to go by | none |
//!
//! Nothing of this is stored: it changes with the clock alone, so it is derived from stored facts at read.
//! Dates are the organization's; the clock is a parameter.

mod health;

use chrono::NaiveDate;
use entity::{Health, KeyResultKind, ObjectiveKind, ProgressSource};

use super::progress::{round9, weighted_mean};

pub use health::{
    CheckInClock, HealthFacts, HealthThresholds, contradicts_pace, key_result_health, objective_health,
    reportable,
};

/// What is expected of an aspirational goal at the end of its time, as a share of 1.
pub const ASPIRATIONAL_FACTOR: f64 = 0.7;

/// A moment as an organization's calendar has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The day, in the organization's time zone.
    pub day: NaiveDate,
    /// How much of the day has passed, 0–1.
    pub part: f64,
}

/// The days of a cycle; a dateless one has neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day, included.
    pub ends_on: Option<NaiveDate>,
}

/// A milestone as pace sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DueMilestone {
    /// Share in the key result's progress; 0 or more.
    pub weight: f64,
    /// The day by the end of which it is due.
    pub due_on: NaiveDate,
}

/// What the pace of a key result depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaceFacts<'a> {
    /// How its value becomes progress.
    pub kind: KeyResultKind,
    /// Where its progress comes from.
    pub source: ProgressSource,
    /// How its objective is meant.
    pub objective: ObjectiveKind,
    /// The cycle of its objective.
    pub cycle: Period,
    /// First day of the work on it; null takes the cycle's.
    pub starts_on: Option<NaiveDate>,
    /// Its milestones, for the kind `MILESTONE`.
    pub milestones: &'a [DueMilestone],
}

/// Share of a period that has passed: 0 before its first day, 1 from the end of its last, linear between,
/// the parts of a day included.
///
/// A period that ends before it begins is over as soon as it has begun.
#[must_use]
pub fn elapsed_share(first: NaiveDate, last: NaiveDate, now: Moment) -> f64 {
    let length = last.signed_duration_since(first).num_days() + 1;
    let whole = now.day.signed_duration_since(first).num_days();
    if whole < 0 {
        return 0.0;
    }
    if length <= 0 || whole >= length {
        return 1.0;
    }
    let part = if now.part.is_finite() { now.part.clamp(0.0, 1.0) } else { 0.0 };
    round9((whole as f64 + part) / length as f64).clamp(0.0, 1.0)
}

/// Expected progress of a goal that moves evenly through its time, 0–1; null without dates.
///
/// It counts from the later of the cycle's start and `starts_on` to the end of the cycle.
#[must_use]
pub fn linear_expected(
    objective: ObjectiveKind,
    cycle: Period,
    starts_on: Option<NaiveDate>,
    now: Moment,
) -> Option<f64> {
    // An absent start is less than any present one.
    let first = cycle.starts_on.max(starts_on)?;
    let share = elapsed_share(first, cycle.ends_on?, now);
    Some(match objective {
        ObjectiveKind::Committed => share,
        ObjectiveKind::Aspirational => round9(share * ASPIRATIONAL_FACTOR),
    })
}

/// Expected progress of a key result, 0–1; null when nothing can be expected by now.
///
/// A milestone is expected from the day after its due date on, and in full under an aspirational
/// objective too: its date was chosen for it. Milestones have dates of their own and maintaining needs
/// none, so both have a pace in a dateless cycle as well.
#[must_use]
pub fn expected_progress(facts: &PaceFacts<'_>, now: Moment) -> Option<f64> {
    let linear = || linear_expected(facts.objective, facts.cycle, facts.starts_on, now);
    match (facts.kind, facts.source) {
        (KeyResultKind::Baseline, _) => None,
        (_, ProgressSource::Work) => linear(),
        (
            KeyResultKind::Increase | KeyResultKind::Decrease,
            ProgressSource::CheckIn | ProgressSource::External,
        ) => linear(),
        (KeyResultKind::Milestone, ProgressSource::CheckIn | ProgressSource::External) => {
            let due = |milestone: &DueMilestone| if milestone.due_on < now.day { 1.0 } else { 0.0 };
            weighted_mean(facts.milestones.iter().map(|milestone| (milestone.weight, due(milestone))))
        }
        (
            KeyResultKind::MaintainAbove | KeyResultKind::MaintainBelow | KeyResultKind::MaintainWithin,
            ProgressSource::CheckIn | ProgressSource::External,
        ) => Some(1.0),
    }
}

/// How far progress is behind what is expected, −1 to 1; below 0 is ahead. Null when either is.
#[must_use]
pub fn gap(expected: Option<f64>, progress: Option<f64>) -> Option<f64> {
    Some(round9(expected? - progress?))
}

/// Health by pace alone: on track up to `on_track_gap`, at risk up to `at_risk_gap`, off track beyond;
/// null when there is no pace.
#[must_use]
pub fn pace_health(gap: Option<f64>, thresholds: HealthThresholds) -> Option<Health> {
    gap.map(|gap| {
        if gap <= thresholds.on_track_gap {
            Health::OnTrack
        } else if gap <= thresholds.at_risk_gap {
            Health::AtRisk
        } else {
            Health::OffTrack
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str, part: f64) -> Moment {
        Moment { day: day(text), part }
    }

    fn dated(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn time_that_has_passed() {
        for (first, last, now, part, share) in [
            ("2026-01-01", "2026-01-10", "2025-12-31", 0.9, 0.0),
            ("2026-01-01", "2026-01-10", "2026-01-01", 0.0, 0.0),
            ("2026-01-01", "2026-01-10", "2026-01-01", 0.5, 0.05),
            ("2026-01-01", "2026-01-10", "2026-01-06", 0.0, 0.5),
            ("2026-01-01", "2026-01-10", "2026-01-10", 0.0, 0.9),
            ("2026-01-01", "2026-01-10", "2026-01-10", 1.0, 1.0),
            ("2026-01-01", "2026-01-10", "2026-01-11", 0.0, 1.0),
            ("2026-01-01", "2026-01-10", "2030-01-01", 0.0, 1.0),
            ("2026-01-01", "2026-01-01", "2026-01-01", 0.25, 0.25),
            ("2026-01-10", "2026-01-01", "2026-01-05", 0.0, 0.0),
            ("2026-01-10", "2026-01-01", "2026-01-10", 0.0, 1.0),
            ("2026-01-01", "2026-01-10", "2026-01-06", f64::NAN, 0.5),
            ("2026-01-01", "2026-01-10", "2026-01-06", 7.0, 0.6),
        ] {
            assert_eq!(
                elapsed_share(day(first), day(last), at(now, part)),
                share,
                "{first}–{last} at {now} + {part}"
            );
        }
    }

    #[test]
    fn what_is_expected() {
        use KeyResultKind::{
            Baseline, Decrease, Increase, MaintainAbove, MaintainBelow, MaintainWithin, Milestone,
        };
        use ObjectiveKind::{Aspirational, Committed};
        use ProgressSource::{CheckIn, External, Work};
        // kind, source, objective, cycle start and end, own start, now → expected
        for (kind, source, objective, starts_on, ends_on, own, now, expected) in [
            (Increase, CheckIn, Committed, "2026-01-01", "2026-04-10", "", "2026-01-26", Some(0.25)),
            (Decrease, External, Committed, "2026-01-01", "2026-04-10", "", "2026-02-20", Some(0.5)),
            (Increase, CheckIn, Aspirational, "2026-01-01", "2026-04-10", "", "2026-02-20", Some(0.35)),
            (Increase, CheckIn, Aspirational, "2026-01-01", "2026-04-10", "", "2026-05-01", Some(0.7)),
            (Increase, CheckIn, Committed, "2026-01-01", "2026-04-10", "2026-02-20", "2026-03-17", Some(0.5)),
            (Increase, CheckIn, Committed, "2026-01-01", "2026-04-10", "2026-02-20", "2026-02-01", Some(0.0)),
            // 25 of 50 days, and 0.7 is what an aspiration comes to.
            (
                Increase,
                CheckIn,
                Aspirational,
                "2026-01-01",
                "2026-04-10",
                "2026-02-20",
                "2026-03-17",
                Some(0.35),
            ),
            (
                Increase,
                CheckIn,
                Aspirational,
                "2026-01-01",
                "2026-04-10",
                "2026-02-20",
                "2026-06-01",
                Some(0.7),
            ),
            (
                Increase,
                CheckIn,
                Committed,
                "2026-01-01",
                "2026-04-10",
                "2025-11-01",
                "2026-01-26",
                Some(0.25),
            ),
            (Increase, CheckIn, Committed, "", "", "", "2026-01-26", None),
            (Increase, CheckIn, Committed, "", "", "2026-01-01", "2026-01-26", None),
            (Increase, CheckIn, Committed, "", "2026-04-10", "2026-01-01", "2026-02-20", Some(0.5)),
            (Increase, Work, Committed, "2026-01-01", "2026-04-10", "", "2026-02-20", Some(0.5)),
            (Milestone, Work, Committed, "2026-01-01", "2026-04-10", "", "2026-02-20", Some(0.5)),
            (MaintainAbove, Work, Aspirational, "2026-01-01", "2026-04-10", "", "2026-02-20", Some(0.35)),
            (MaintainAbove, CheckIn, Committed, "2026-01-01", "2026-04-10", "", "2026-01-01", Some(1.0)),
            (MaintainBelow, External, Aspirational, "2026-01-01", "2026-04-10", "", "2026-01-01", Some(1.0)),
            (MaintainWithin, CheckIn, Committed, "", "", "", "2026-01-01", Some(1.0)),
            (Baseline, CheckIn, Committed, "2026-01-01", "2026-04-10", "", "2026-02-20", None),
            (Baseline, Work, Committed, "2026-01-01", "2026-04-10", "", "2026-02-20", None),
            // Milestones: weight 1 due on 31 January, weight 3 due on 28 February.
            (Milestone, CheckIn, Committed, "2026-01-01", "2026-04-10", "", "2026-01-31", Some(0.0)),
            (Milestone, CheckIn, Committed, "2026-01-01", "2026-04-10", "", "2026-02-01", Some(0.25)),
            (Milestone, CheckIn, Aspirational, "2026-01-01", "2026-04-10", "", "2026-03-01", Some(1.0)),
            (Milestone, CheckIn, Committed, "", "", "", "2026-02-01", Some(0.25)),
        ] {
            let milestones = [
                DueMilestone { weight: 1.0, due_on: day("2026-01-31") },
                DueMilestone { weight: 3.0, due_on: day("2026-02-28") },
            ];
            let facts = PaceFacts {
                kind,
                source,
                objective,
                cycle: Period { starts_on: dated(starts_on), ends_on: dated(ends_on) },
                starts_on: dated(own),
                milestones: &milestones,
            };
            assert_eq!(expected_progress(&facts, at(now, 0.0)), expected, "{facts:?} {now}");
        }
    }

    #[test]
    fn gaps_and_what_they_mean() {
        let thresholds = HealthThresholds::default();
        for (expected, progress, health) in [
            (Some(0.5), Some(0.9), Some(Health::OnTrack)),
            (Some(0.5), Some(0.5), Some(Health::OnTrack)),
            // As floats the difference is 0.10000000000000009.
            (Some(0.8), Some(0.7), Some(Health::OnTrack)),
            (Some(0.8), Some(0.699_999_999), Some(Health::AtRisk)),
            (Some(0.95), Some(0.7), Some(Health::AtRisk)),
            (Some(0.95), Some(0.699_999_999), Some(Health::OffTrack)),
            (Some(1.0), Some(0.0), Some(Health::OffTrack)),
            (None, Some(0.5), None),
            (Some(0.5), None, None),
        ] {
            assert_eq!(pace_health(gap(expected, progress), thresholds), health, "{expected:?} {progress:?}");
        }
        let strict = HealthThresholds { on_track_gap: 0.0, at_risk_gap: 0.0 };
        assert_eq!(pace_health(Some(0.000_000_001), strict), Some(Health::OffTrack));
    }
}
