//! From signals to one score.
//!
//! Each reason says by itself how likely the goal is, 0–1, and how far it may be trusted at most:
//!
//! | signal | strength `s` | trust `t` |
//! |---|---|---|
//! | `TEXT` | how much of what the work says the goal says too (see [`super::similarity`]) | 0.7 |
//! | `TEAM` | 1 where both are of one team, 1 / (1 + steps) where one team lies above the other | 0.15 |
//! | `EPIC` | the strongest of: what the task is part of is linked itself, 1 / its links; its siblings, links to the goal / (all their links + 1); for what lies a level higher up × 0.7; its parts, likewise; its projects' other tasks, likewise × 0.5 | 0.8 |
//! | | how much of what the task is part of is called the goal says too, × 0.7 for each level; it counts where it is stronger than the links | 0.6 |
//! | `HISTORY` | of all work with one of its labels, links to the goal / (all of its links + 1): the strongest label | 0.4 |
//! | | the same of its assignee's other tasks; for projects, of its owner's others | 0.25 |
//! | | for projects, the same of those from its template | 0.4 |
//! | | for projects, the same of its team's others | 0.2 |
//!
//! Reasons are taken as independent: `score = 1 − ∏ (1 − t·s)`. So every reason raises the score, none is needed,
//! and 1 is never reached. A reason's share is its part of the logarithm of that product; shares add up to 1.
//! The `+ 1` keeps a single link from looking like a habit.

use super::linked::Group;

/// Trust in each signal.
const TEXT: f64 = 0.7;
const TEAM: f64 = 0.15;
const EPIC: f64 = 0.8;
const EPIC_WORDS: f64 = 0.6;
const LIKE_WORK: f64 = 0.4;
const PERSON: f64 = 0.25;
const TEAM_WORK: f64 = 0.2;
/// What a level further up counts beside the one below.
pub(super) const LEVEL: f64 = 0.7;
/// What a whole project counts beside the task that something is part of.
const PROJECT: f64 = 0.5;

/// What kind of sign a reason is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Both say the same words.
    Text,
    /// Their teams are one, or one lies above the other.
    Team,
    /// What stands around the work in its tool serves the goal.
    Epic,
    /// Similar work serves the goal.
    History,
}

/// What a reason rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The words of work and goal.
    Words,
    /// One team has both.
    SameTeam,
    /// The goal's team lies above the work's.
    TeamAbove,
    /// The goal's team lies below the work's.
    TeamBelow,
    /// What the task is part of.
    Parent,
    /// Other parts of the same.
    Siblings,
    /// The parts of the work.
    Parts,
    /// Other tasks of a project that the task stands in.
    Project,
    /// The words of what the task is part of.
    Around,
    /// Work with the same label.
    Label,
    /// Other tasks of the assignee.
    Assignee,
    /// Other projects of the owner.
    Owner,
    /// Other projects from the same template.
    Template,
    /// Other projects of the team.
    TeamProjects,
}

/// Why a goal is suggested.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// What kind of sign it is.
    pub signal: Signal,
    /// What it rests on.
    pub basis: Basis,
    /// How strong it is by itself, 0–1.
    pub strength: f64,
    /// Its part of the score, 0–1; those of a suggestion add up to 1.
    pub share: f64,
    /// The words that both say, the telling ones first; empty where the reason is another.
    pub words: Vec<String>,
    /// The label that similar work has; null for other reasons.
    pub label: Option<String>,
    /// Links of that other work to this goal; null where the reason is no count.
    pub count: Option<i64>,
    /// All links of that other work to goals that may be suggested; null where the reason is no count.
    pub of: Option<i64>,
}

impl Basis {
    /// The signal that it belongs to.
    #[must_use]
    pub fn signal(self) -> Signal {
        match self {
            Self::Words => Signal::Text,
            Self::SameTeam | Self::TeamAbove | Self::TeamBelow => Signal::Team,
            Self::Parent | Self::Siblings | Self::Parts | Self::Project | Self::Around => Signal::Epic,
            Self::Label | Self::Assignee | Self::Owner | Self::Template | Self::TeamProjects => {
                Signal::History
            }
        }
    }

    fn trust(self) -> f64 {
        match self {
            Self::Words => TEXT,
            Self::SameTeam | Self::TeamAbove | Self::TeamBelow => TEAM,
            Self::Parent | Self::Siblings | Self::Parts | Self::Project => EPIC,
            Self::Around => EPIC_WORDS,
            Self::Label | Self::Template => LIKE_WORK,
            Self::Assignee | Self::Owner => PERSON,
            Self::TeamProjects => TEAM_WORK,
        }
    }
}

impl Reason {
    fn new(basis: Basis, strength: f64) -> Self {
        Self {
            signal: basis.signal(),
            basis,
            strength,
            share: 0.0,
            words: Vec::new(),
            label: None,
            count: None,
            of: None,
        }
    }

    /// Both say the same words.
    pub(super) fn text(alike: f64) -> Self {
        Self::new(Basis::Words, alike)
    }

    /// What the task is part of says the same words.
    pub(super) fn around(alike: f64) -> Self {
        Self::new(Basis::Around, alike)
    }

    /// Their teams are so many steps apart, the goal's above or below the work's.
    pub(super) fn team(steps: i32, is_above: bool) -> Self {
        let basis = match (steps, is_above) {
            (0, _) => Basis::SameTeam,
            (_, true) => Basis::TeamAbove,
            (_, false) => Basis::TeamBelow,
        };
        Self::new(basis, 1.0 / (1.0 + f64::from(steps)))
    }

    /// A group of other work has `count` links to the goal, of `of`.
    pub(super) fn links(group: &Group, count: i64, of: i64) -> Self {
        let all = if group.basis == Basis::Parent { of } else { of + 1 };
        let share = count as f64 / all.max(1) as f64;
        let levels = LEVEL.powi(group.level - 1);
        let place = if group.basis == Basis::Project { PROJECT } else { 1.0 };
        Self {
            count: Some(count),
            of: Some(of),
            label: group.label.clone(),
            ..Self::new(group.basis, share * levels * place)
        }
    }

    /// What is left of doubt after it, in logarithms; below 0.
    fn doubt(&self) -> f64 {
        (1.0 - self.basis.trust() * self.strength.clamp(0.0, 1.0)).ln()
    }

    /// Reasons that would tell the same twice: only the strongest of these counts.
    fn is_rival(&self, other: &Self) -> bool {
        match self.signal {
            Signal::Text | Signal::Team | Signal::Epic => self.signal == other.signal,
            Signal::History => self.basis == other.basis,
        }
    }
}

/// Keeps the strongest of each kind of reason, in a stable order.
pub(super) fn settle(reasons: &mut Vec<Reason>) {
    reasons.retain(|reason| reason.strength > 0.0);
    reasons.sort_by(|one, other| {
        one.doubt()
            .total_cmp(&other.doubt())
            .then_with(|| (one.basis, &one.label).cmp(&(other.basis, &other.label)))
    });
    let mut kept: Vec<Reason> = Vec::with_capacity(reasons.len());
    for reason in reasons.drain(..) {
        if !kept.iter().any(|known| known.is_rival(&reason)) {
            kept.push(reason);
        }
    }
    *reasons = kept;
}

/// The score of settled reasons, 0–1, rounded so that equal ones are equal; gives each its share, and puts the
/// weightiest first.
pub(super) fn score(reasons: &mut [Reason]) -> f64 {
    let all: f64 = reasons.iter().map(Reason::doubt).sum();
    for reason in reasons.iter_mut() {
        reason.share = if all < 0.0 { reason.doubt() / all } else { 0.0 };
    }
    reasons.sort_by(|one, other| other.share.total_cmp(&one.share).then(one.basis.cmp(&other.basis)));
    ((1.0 - all.exp()) * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(basis: Basis, level: i32) -> Group {
        Group { basis, level, label: None, key: super::super::linked::Key::Row(uuid::Uuid::nil()) }
    }

    #[test]
    fn scores_worked_out_by_hand() {
        // One sibling of one: s = 1/2, t = 0.8 → 0.4. Text 0.5: 0.35. Together 1 − 0.6·0.65.
        let mut reasons = vec![Reason::text(0.5), Reason::links(&group(Basis::Siblings, 1), 1, 1)];
        settle(&mut reasons);
        assert_eq!(score(&mut reasons), 0.61);
        let shares: f64 = reasons.iter().map(|reason| reason.share).sum();
        assert!((shares - 1.0).abs() < 1e-12);
        assert_eq!(reasons[0].basis, Basis::Siblings);
        // The team alone: one step apart.
        let mut reasons = vec![Reason::team(1, true)];
        assert_eq!((score(&mut reasons), reasons[0].share), (0.075, 1.0));
        assert_eq!(reasons[0].basis, Basis::TeamAbove);
    }

    #[test]
    fn strengths_of_counts() {
        for (basis, level, count, of, strength) in [
            (Basis::Parent, 1, 1, 1, 1.0),
            (Basis::Parent, 1, 1, 2, 0.5),
            (Basis::Parent, 2, 1, 1, 0.7),
            (Basis::Siblings, 1, 3, 3, 0.75),
            (Basis::Siblings, 2, 1, 1, 0.35),
            (Basis::Parts, 1, 1, 3, 0.25),
            (Basis::Project, 1, 3, 3, 0.375),
            (Basis::Label, 1, 4, 7, 0.5),
        ] {
            let found = Reason::links(&group(basis, level), count, of).strength;
            assert!((found - strength).abs() < 1e-12, "{basis:?} {level} {count}/{of}: {found}");
        }
    }

    #[test]
    fn what_tells_the_same_counts_once() {
        let mut reasons = vec![
            Reason::links(&group(Basis::Project, 1), 3, 3),
            Reason::links(&group(Basis::Siblings, 1), 3, 3),
            Reason::links(&group(Basis::Label, 1), 1, 1),
            Reason::links(&group(Basis::Label, 1), 3, 3),
            Reason::links(&group(Basis::Assignee, 1), 1, 1),
            Reason::text(0.0),
        ];
        settle(&mut reasons);
        let kept: Vec<(Basis, Option<i64>)> =
            reasons.iter().map(|reason| (reason.basis, reason.count)).collect();
        assert_eq!(kept, [(Basis::Siblings, Some(3)), (Basis::Label, Some(3)), (Basis::Assignee, Some(1))]);
    }
}
