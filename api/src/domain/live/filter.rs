//! Which events a stream is about: the filter of a subscription, and where an event belongs.

use entity::{FindingKind, Severity, SubjectKind};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    event::LiveEvent,
    sees::{RowFacts, sees_goal},
};
use crate::domain::access::Viewer;

/// What a stream is about; everything that is given must fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFilter {
    /// The objective, with its key results and what hangs on them.
    pub objective: Option<Uuid>,
    /// Whether the objectives below it belong to it too.
    pub include_descendants: bool,
    /// The team of the subject.
    pub team: Option<Uuid>,
    /// The cycle of the subject's objective.
    pub cycle: Option<Uuid>,
    /// The owner, an assignee, or the author.
    pub person: Option<Uuid>,
    /// What a finding must be.
    pub finding: FindingFilter,
}

/// What a finding must be; everything that is given must fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// What was noticed.
    pub kind: Option<FindingKind>,
    /// How much it matters at least.
    pub severity: Option<Severity>,
    /// Who is to act.
    pub owner: Option<Uuid>,
    /// What it is about.
    pub subject: Option<(SubjectKind, Uuid)>,
}

impl FindingFilter {
    fn fits(&self, event: &LiveEvent) -> bool {
        fn value<T: DeserializeOwned>(event: &LiveEvent, name: &str) -> Option<T> {
            serde_json::from_value(event.written.current.get(name)?.clone()).ok()
        }
        self.kind.is_none_or(|kind| value(event, "kind") == Some(kind))
            && self
                .severity
                .is_none_or(|least| value::<Severity>(event, "severity").is_some_and(|is| is >= least))
            && self.owner.is_none_or(|owner| value(event, "owner_id") == Some(owner))
            && self.subject.is_none_or(|subject| event.written.ancestors.first() == Some(&subject))
    }
}

/// Where an event belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Place {
    /// The objectives that it hangs on: itself, its key result's, those its work is linked to.
    pub(in crate::domain) goals: Vec<Goal>,
    /// The cycles that it is about itself.
    pub(in crate::domain) cycles: Vec<Uuid>,
    /// The teams that it belongs to.
    pub(in crate::domain) teams: Vec<Uuid>,
    /// The people whose it is.
    pub(in crate::domain) people: Vec<Uuid>,
}

/// An objective that an event hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Goal {
    pub(in crate::domain) objective: Uuid,
    /// Who sees it; null where whoever sees the event does.
    pub(in crate::domain) row: Option<RowFacts>,
    pub(in crate::domain) cycle: Option<Uuid>,
    /// All objectives above it, the nearest first, with who sees them.
    pub(in crate::domain) above: Vec<(Uuid, RowFacts)>,
}

impl StreamFilter {
    /// Whether an event that a viewer sees belongs to their stream. What it hangs on counts as far up as they see
    /// it: else a stream about a goal would tell what hangs on a private one below.
    #[must_use]
    pub fn fits(&self, event: &LiveEvent, viewer: &Viewer) -> bool {
        let place = &event.place;
        let within = |wanted: Option<Uuid>, ids: &[Uuid]| wanted.is_none_or(|wanted| ids.contains(&wanted));
        let seen = || {
            let goals = place.goals.iter();
            goals.filter(|goal| goal.row.as_ref().is_none_or(|row| sees_goal(viewer, row)))
        };
        let of_objective = |wanted: Uuid| {
            seen().any(|goal| {
                let mut above = goal.above.iter().take_while(|(_, row)| sees_goal(viewer, row));
                goal.objective == wanted || (self.include_descendants && above.any(|(id, _)| *id == wanted))
            })
        };
        let of_cycle =
            |wanted: Uuid| place.cycles.contains(&wanted) || seen().any(|goal| goal.cycle == Some(wanted));
        self.objective.is_none_or(of_objective)
            && within(self.team, &place.teams)
            && self.cycle.is_none_or(of_cycle)
            && within(self.person, &place.people)
            && (self.finding == FindingFilter::default() || self.finding.fits(event))
    }
}
