//! Health: how a goal stands, by the first of these that has something to say.
//!
//! 1. `CLOSED`: the goal has ended.
//! 2. `OUTDATED`: nobody, or no tool, has told anything for too long, so nothing below can be trusted.
//! 3. what the last check-in reported: a person knows more than a formula.
//! 4. `PENDING`: a key result that goes by check-ins, and never had one.
//! 5. pace.
//!
//! Pace is shown beside health. Where the two are two steps apart, that is a finding.

use chrono::NaiveDate;
use entity::{GoalState, Health, ProgressSource};

/// The gaps at which pace changes its verdict; settings of the organization.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthThresholds {
    /// Greatest gap that is on track, as a share of 1.
    pub on_track_gap: f64,
    /// Greatest gap that is at risk, as a share of 1.
    pub at_risk_gap: f64,
}

impl From<&crate::domain::settings::Settings> for HealthThresholds {
    fn from(settings: &crate::domain::settings::Settings) -> Self {
        Self { on_track_gap: settings.on_track_gap, at_risk_gap: settings.at_risk_gap }
    }
}

impl Default for HealthThresholds {
    fn default() -> Self {
        Self::from(&crate::domain::settings::Settings::default())
    }
}

/// When check-ins on a key result are due. Days are the organization's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInClock {
    /// Day of the latest check-in; null when there was none.
    pub last_on: Option<NaiveDate>,
    /// Day from which the first check-in is awaited: the latest of the cycle's start, the key result's own
    /// start, and the day on which it was made. Null awaits none, as in a dateless cycle.
    pub awaited_from: Option<NaiveDate>,
    /// Days between check-ins; the key result's, else its objective's, else the organization's.
    pub every_days: i32,
    /// Days that one may be overdue.
    pub grace_days: i32,
}

impl CheckInClock {
    /// The day on which the next check-in is due; null when none is awaited.
    #[must_use]
    pub fn due_on(&self) -> Option<NaiveDate> {
        let days = u64::try_from(self.every_days).unwrap_or(0);
        self.last_on.or(self.awaited_from)?.checked_add_days(chrono::Days::new(days))
    }

    /// Whether the next check-in is overdue by more than the grace.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.due_on().is_some_and(|due| {
            today.signed_duration_since(due).num_days() > i64::from(self.grace_days.max(0))
        })
    }
}

/// What the health of a key result depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthFacts {
    /// Where it is in its life.
    pub state: GoalState,
    /// Where its progress comes from.
    pub source: ProgressSource,
    /// When check-ins are due.
    pub check_ins: CheckInClock,
    /// Health said by the last check-in.
    pub reported: Option<Health>,
    /// Hours since the last good sync of the tools that its numbers come from; null when none does, as
    /// with work that was entered here. Of several tools the one that is longest ago.
    pub hours_since_sync: Option<f64>,
    /// Hours since the last good sync at which its numbers are too old.
    pub external_stale_hours: i32,
    /// Health by pace.
    pub pace: Option<Health>,
}

/// Whether a check-in may report this health: the others follow from facts and are not opinions.
#[must_use]
pub fn reportable(health: Health) -> bool {
    match health {
        Health::OnTrack | Health::AtRisk | Health::OffTrack => true,
        Health::Outdated | Health::Pending | Health::Closed => false,
    }
}

/// Health of a key result; null when nothing can be said, as of a draft.
///
/// A cancelled one has ended, so it is `CLOSED` too.
#[must_use]
pub fn key_result_health(facts: &HealthFacts, today: NaiveDate) -> Option<Health> {
    match facts.state {
        GoalState::Draft => return None,
        GoalState::Closed | GoalState::Cancelled => return Some(Health::Closed),
        GoalState::Active => {}
    }
    let (outdated, pending) = match facts.source {
        ProgressSource::CheckIn => (facts.check_ins.is_overdue(today), facts.check_ins.last_on.is_none()),
        ProgressSource::Work | ProgressSource::External => {
            let limit = f64::from(facts.external_stale_hours);
            (facts.hours_since_sync.is_some_and(|hours| hours > limit), false)
        }
    };
    if outdated {
        return Some(Health::Outdated);
    }
    if let Some(reported) = facts.reported.filter(|reported| reportable(*reported)) {
        return Some(reported);
    }
    if pending { Some(Health::Pending) } else { facts.pace }
}

/// Whether the reported health and the pace are two steps apart: one says on track and the other off
/// track.
#[must_use]
pub fn contradicts_pace(reported: Option<Health>, pace: Option<Health>) -> bool {
    matches!(
        (reported, pace),
        (Some(Health::OnTrack), Some(Health::OffTrack)) | (Some(Health::OffTrack), Some(Health::OnTrack))
    )
}

/// Health of an objective: the worst of its open key results (active, not archived), in the order off
/// track, at risk, outdated, pending, on track; null when nothing can be said.
///
/// `pace` is the objective's own, for one without key results that goes by its work; it is used when no
/// key result says anything.
#[must_use]
pub fn objective_health(
    state: GoalState,
    open_key_results: impl IntoIterator<Item = Option<Health>>,
    pace: Option<Health>,
) -> Option<Health> {
    match state {
        GoalState::Draft => None,
        GoalState::Closed | GoalState::Cancelled => Some(Health::Closed),
        GoalState::Active => {
            let told = open_key_results.into_iter().flatten().filter(|health| *health != Health::Closed);
            told.min_by_key(|health| rank(*health)).or(pace)
        }
    }
}

/// Place in the order of concern, worst first.
fn rank(health: Health) -> u8 {
    match health {
        Health::OffTrack => 0,
        Health::AtRisk => 1,
        Health::Outdated => 2,
        Health::Pending => 3,
        Health::OnTrack => 4,
        Health::Closed => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn precedence() {
        use GoalState::{Active, Cancelled, Closed, Draft};
        use Health::{AtRisk, OffTrack, OnTrack, Outdated, Pending};
        use ProgressSource::{CheckIn, External, Work};
        // Today is 30 January; check-ins each 7 days, 3 of grace; syncs each 24 hours; pace is at risk.
        // state, source, last check-in, awaited from, reported, hours since sync → health
        for (state, source, last, awaited, reported, hours, health) in [
            (Draft, CheckIn, "", "2026-01-01", None, None, None),
            (Draft, CheckIn, "2026-01-29", "", Some(OnTrack), None, None),
            (Closed, CheckIn, "2026-01-01", "", Some(OnTrack), None, Some(Health::Closed)),
            (Cancelled, CheckIn, "2026-01-29", "", Some(OnTrack), None, Some(Health::Closed)),
            (Active, CheckIn, "2026-01-29", "", Some(OnTrack), None, Some(OnTrack)),
            (Active, CheckIn, "2026-01-29", "", Some(OffTrack), None, Some(OffTrack)),
            (Active, CheckIn, "2026-01-29", "", None, None, Some(AtRisk)),
            (Active, CheckIn, "2026-01-29", "", Some(Outdated), None, Some(AtRisk)),
            // Due on 27 January, in grace to the 30th.
            (Active, CheckIn, "2026-01-20", "", Some(OnTrack), None, Some(OnTrack)),
            (Active, CheckIn, "2026-01-19", "", Some(OnTrack), None, Some(Outdated)),
            (Active, CheckIn, "", "2026-01-20", None, None, Some(Pending)),
            (Active, CheckIn, "", "2026-01-19", None, None, Some(Outdated)),
            (Active, CheckIn, "", "2026-04-01", None, None, Some(Pending)),
            (Active, CheckIn, "", "", None, None, Some(Pending)),
            // A fresh check-in counts from its own day, not from the start.
            (Active, CheckIn, "2026-01-29", "2025-01-01", None, None, Some(AtRisk)),
            // How old a sync is does not matter to what people check in.
            (Active, CheckIn, "2026-01-29", "", None, Some(999.0), Some(AtRisk)),
            (Active, Work, "", "2026-01-01", None, None, Some(AtRisk)),
            (Active, Work, "", "", None, Some(24.0), Some(AtRisk)),
            (Active, Work, "", "", None, Some(24.01), Some(Outdated)),
            (Active, Work, "2026-01-01", "", Some(OnTrack), Some(1.0), Some(OnTrack)),
            (Active, External, "", "", None, Some(25.0), Some(Outdated)),
            (Active, External, "", "", Some(OffTrack), Some(25.0), Some(Outdated)),
            (Active, External, "", "", None, Some(2.0), Some(AtRisk)),
        ] {
            let facts = HealthFacts {
                state,
                source,
                check_ins: CheckInClock {
                    last_on: dated(last),
                    awaited_from: dated(awaited),
                    every_days: 7,
                    grace_days: 3,
                },
                reported,
                hours_since_sync: hours,
                external_stale_hours: 24,
                pace: Some(AtRisk),
            };
            assert_eq!(key_result_health(&facts, dated("2026-01-30").unwrap()), health, "{facts:?}");
        }
    }

    #[test]
    fn the_worst_of_an_objective() {
        use Health::{AtRisk, Closed, OffTrack, OnTrack, Outdated, Pending};
        for (key_results, pace, health) in [
            (vec![], None, None),
            (vec![], Some(AtRisk), Some(AtRisk)),
            (vec![None], Some(OnTrack), Some(OnTrack)),
            (vec![Some(OnTrack)], Some(OffTrack), Some(OnTrack)),
            (vec![Some(OnTrack), Some(Pending)], None, Some(Pending)),
            (vec![Some(Pending), Some(Outdated), Some(OnTrack)], None, Some(Outdated)),
            (vec![Some(Outdated), Some(AtRisk), Some(Pending)], None, Some(AtRisk)),
            (vec![Some(AtRisk), Some(OffTrack), None], None, Some(OffTrack)),
            (vec![Some(Closed), Some(OnTrack)], None, Some(OnTrack)),
            (vec![Some(Closed)], None, None),
        ] {
            assert_eq!(
                objective_health(GoalState::Active, key_results.clone(), pace),
                health,
                "{key_results:?}"
            );
        }
        let off = || [Some(OffTrack)];
        assert_eq!(objective_health(GoalState::Draft, off(), None), None);
        assert_eq!(objective_health(GoalState::Closed, off(), None), Some(Closed));
        assert_eq!(objective_health(GoalState::Cancelled, off(), None), Some(Closed));
    }

    #[test]
    fn contradictions() {
        use Health::{AtRisk, OffTrack, OnTrack};
        for (reported, pace, contradicts) in [
            (Some(OnTrack), Some(OffTrack), true),
            (Some(OffTrack), Some(OnTrack), true),
            (Some(OnTrack), Some(AtRisk), false),
            (Some(AtRisk), Some(OffTrack), false),
            (None, Some(OffTrack), false),
            (Some(OnTrack), None, false),
        ] {
            assert_eq!(contradicts_pace(reported, pace), contradicts, "{reported:?} {pace:?}");
        }
    }
}
