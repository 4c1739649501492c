//! Which events a stream is about: the filter of a subscription, and where an event belongs.

use entity::{FindingKind, Severity, SubjectKind};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::event::LiveEvent;

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
    pub(in crate::domain) objectives: Vec<Uuid>,
    /// All objectives above those.
    pub(in crate::domain) above: Vec<Uuid>,
    /// The cycles of the objectives that it hangs on.
    pub(in crate::domain) cycles: Vec<Uuid>,
    /// The teams that it belongs to.
    pub(in crate::domain) teams: Vec<Uuid>,
    /// The people whose it is.
    pub(in crate::domain) people: Vec<Uuid>,
}

impl StreamFilter {
    /// Whether an event belongs to the stream.
    #[must_use]
    pub fn fits(&self, event: &LiveEvent) -> bool {
        let place = &event.place;
        let within = |wanted: Option<Uuid>, ids: &[Uuid]| wanted.is_none_or(|wanted| ids.contains(&wanted));
        let objective = within(self.objective, &place.objectives)
            || (self.include_descendants && within(self.objective, &place.above));
        objective
            && within(self.team, &place.teams)
            && within(self.cycle, &place.cycles)
            && within(self.person, &place.people)
            && (self.finding == FindingFilter::default() || self.finding.fits(event))
    }
}
