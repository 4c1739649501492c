//! Which events a stream is about: the filter of a subscription, and where an event belongs.

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
    }
}
