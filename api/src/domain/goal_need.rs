//! How much a goal needs that work on it goes on.
//!
//! `need = shortfall × time × goal share × link share`, between 0 and 1:
//!
//! - `shortfall`: how far progress is behind what is expected by now, 0 where it is not; a goal without a value
//!   yet has done nothing. Health that was reported worse than that counts as the least distance that pace would
//!   call so: `AT_RISK` as the greatest gap that is on track, `OFF_TRACK` as the greatest gap that is at risk
//!   (settings of the organization).
//! - `time`: ½ at the beginning of the goal's cycle, rising evenly to 1 at its end: what is missing late can be
//!   mended by less. ½ without dates.
//! - `goal share`: weight of the key result / the heaviest of the open key results of its objective; 1 for a
//!   link to an objective itself.
//! - `link share`: weight of the link / the heaviest of the links that contribute to the goal, of work that is
//!   neither archived nor cancelled, at most 1; half for a link that `SUPPORTS`, for such work is not counted.
//!
//! A goal that is not pursued (proposed, over, archived) needs nothing. A task's need is the greatest among its
//! links'.

mod goals;

use entity::Health;

use super::{pace::HealthThresholds, progress::round9};
pub use goals::Need;
pub(in crate::domain) use goals::{Tie, goal_at};

/// What the need that a link stands for depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeedFacts {
    /// Whether the goal is pursued.
    pub is_pursued: bool,
    /// Progress expected of the goal by now, 0–1; null when nothing can be expected.
    pub expected: Option<f64>,
    /// Its progress, 0–1, of an objective that of the parts of which something is expected; null when not known.
    pub progress: Option<f64>,
    /// Its health.
    pub health: Option<Health>,
    /// Share of its time that has passed, 0–1; null without dates.
    pub elapsed: Option<f64>,
    /// Weight of the key result / the heaviest beside it, 0–1.
    pub goal_share: f64,
    /// Weight of the link / the heaviest beside it, 0–1.
    pub link_share: f64,
    /// Whether the work counts for progress.
    pub contributes: bool,
}

impl NeedFacts {
    /// How far the goal is behind, 0–1.
    #[must_use]
    pub fn shortfall(&self, thresholds: HealthThresholds) -> f64 {
        if !self.is_pursued {
            return 0.0;
        }
        let behind = self.expected.map_or(0.0, |expected| expected - self.progress.unwrap_or(0.0));
        let least = match self.health {
            Some(Health::OffTrack) => thresholds.at_risk_gap,
            Some(Health::AtRisk) => thresholds.on_track_gap,
            Some(Health::OnTrack | Health::Outdated | Health::Pending | Health::Closed) | None => 0.0,
        };
        round9(behind.max(least).clamp(0.0, 1.0))
    }

    /// How pressing time is, ½–1.
    #[must_use]
    pub fn time(&self) -> f64 {
        0.5 + 0.5 * self.elapsed.unwrap_or(0.0).clamp(0.0, 1.0)
    }

    /// The need, 0–1.
    #[must_use]
    pub fn need(&self, thresholds: HealthThresholds) -> f64 {
        let counts = if self.contributes { 1.0 } else { 0.5 };
        let shares = self.goal_share.clamp(0.0, 1.0) * self.link_share.clamp(0.0, 1.0);
        round9(self.shortfall(thresholds) * self.time() * shares * counts)
    }
}

/// A weight beside the heaviest, 0–1.
#[must_use]
pub fn share(weight: f64, heaviest: f64) -> f64 {
    if heaviest > 0.0 { (weight / heaviest).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USUAL: NeedFacts = NeedFacts {
        is_pursued: true,
        expected: Some(0.5),
        progress: Some(0.1),
        health: None,
        elapsed: Some(0.5),
        goal_share: 1.0,
        link_share: 1.0,
        contributes: true,
    };

    #[test]
    fn needs_worked_out_by_hand() {
        let thresholds = HealthThresholds { on_track_gap: 0.1, at_risk_gap: 0.25 };
        for (facts, need) in [
            (USUAL, 0.3),                                      // 0.4 × 0.75
            (NeedFacts { progress: None, ..USUAL }, 0.375),    // 0.5 × 0.75
            (NeedFacts { progress: Some(0.9), ..USUAL }, 0.0), // ahead
            (NeedFacts { progress: Some(0.9), health: Some(Health::OffTrack), ..USUAL }, 0.1875),
            (NeedFacts { progress: Some(0.9), health: Some(Health::AtRisk), ..USUAL }, 0.075),
            (NeedFacts { health: Some(Health::AtRisk), ..USUAL }, 0.3), // the pace is worse
            (NeedFacts { elapsed: Some(1.0), ..USUAL }, 0.4),
            (NeedFacts { elapsed: None, ..USUAL }, 0.2),
            (NeedFacts { goal_share: 0.5, link_share: 0.5, ..USUAL }, 0.075),
            (NeedFacts { contributes: false, ..USUAL }, 0.15),
            (NeedFacts { is_pursued: false, ..USUAL }, 0.0),
            (NeedFacts { expected: None, ..USUAL }, 0.0),
        ] {
            assert_eq!(facts.need(thresholds), need, "{facts:?}");
        }
        assert_eq!((share(1.0, 4.0), share(0.0, 0.0), share(3.0, 3.0)), (0.25, 0.0, 1.0));
    }

    proptest! {
        #[test]
        fn a_need_lies_between_0_and_1_and_falls_with_progress(
            expected in prop::option::of(0.0..=1.0f64),
            progress in 0.0..=1.0f64,
            more in 0.0..=1.0f64,
            elapsed in prop::option::of(0.0..=1.0f64),
            goal_share in 0.0..=1.0f64,
            link_share in 0.0..=1.0f64,
        ) {
            let facts = NeedFacts { expected, progress: Some(progress), elapsed, goal_share, link_share, ..USUAL };
            let ahead = NeedFacts { progress: Some((progress + more).min(1.0)), ..facts };
            let (need, less) = (facts.need(HealthThresholds::default()), ahead.need(HealthThresholds::default()));
            prop_assert!((0.0..=1.0).contains(&need) && less <= need, "{need} {less}");
        }
    }
}
