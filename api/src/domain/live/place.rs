//! Who sees an event, and where it belongs, from the event and what lies around its subject.

use entity::SubjectKind;
use uuid::Uuid;

use super::{
    event::Written,
    filter::{Goal, Place},
    sees::{Audience, RowFacts, TaskFacts},
    surroundings::Surroundings,
};
use crate::domain::{access::viewer::Actor, events::Sight};

/// Whether a subject is work, which hangs on goals that may be seen by fewer than it is.
const fn is_of_work(kind: SubjectKind) -> bool {
    match kind {
        SubjectKind::Project | SubjectKind::Task => true,
        SubjectKind::Organization
        | SubjectKind::Person
        | SubjectKind::Team
        | SubjectKind::Cycle
        | SubjectKind::Objective
        | SubjectKind::KeyResult
        | SubjectKind::CheckIn
        | SubjectKind::AlignmentLink
        | SubjectKind::Integration
        | SubjectKind::Finding => false,
    }
}

impl Surroundings {
    fn row(&self, sight: &Sight) -> RowFacts {
        let mut people = sight.people.clone();
        people.extend(sight.owner);
        RowFacts {
            visibility: sight.visibility,
            team: sight.team,
            people,
            home: sight.owner.and_then(|owner| self.homes.get(&owner).copied()),
            task: None,
        }
    }

    /// What the row filter of a subject asks for; `sight` belongs to that subject.
    fn row_of(&self, (kind, id): (SubjectKind, Uuid), sight: &Sight) -> RowFacts {
        let mut row = self.row(sight);
        if kind == SubjectKind::Task {
            let project = self.projects.get(&id).map(|project| Box::new(self.row(project)));
            row.task = Some(TaskFacts { project });
        }
        row
    }

    pub(super) fn audience(&self, event: &Written) -> Audience {
        let Some(sight) = &event.sight else { return Audience::Leaders };
        match event.subject.0 {
            SubjectKind::Objective
            | SubjectKind::KeyResult
            | SubjectKind::CheckIn
            | SubjectKind::Project
            | SubjectKind::Task => Audience::Row(self.row_of(event.subject, sight)),
            // The ancestors of a link are its two ends, the work first.
            SubjectKind::AlignmentLink => match (event.ancestors.as_slice(), &sight.also) {
                ([source, target, ..], Some(also)) => {
                    Audience::Both(Box::new([self.row_of(*source, sight), self.row_of(*target, also)]))
                }
                _ => Audience::Leaders,
            },
            SubjectKind::Person => sight.owner.map_or(Audience::Everyone, Audience::Only),
            SubjectKind::Organization | SubjectKind::Team | SubjectKind::Cycle => Audience::Everyone,
            SubjectKind::Integration => Audience::Admins,
            SubjectKind::Finding => self.audience_of_finding(event, sight),
        }
    }

    /// Who sees what a finding is about, which is the first of its ancestors; a link's two ends come after it.
    fn audience_of_finding(&self, event: &Written, sight: &Sight) -> Audience {
        let (subject, rest) = match event.ancestors.split_first() {
            Some((subject, rest)) => (*subject, rest),
            None => return Audience::Leaders,
        };
        match subject.0 {
            SubjectKind::AlignmentLink => match (rest, &sight.also) {
                ([source, target, ..], Some(also)) => {
                    Audience::Both(Box::new([self.row_of(*source, sight), self.row_of(*target, also)]))
                }
                _ => Audience::Leaders,
            },
            SubjectKind::Objective
            | SubjectKind::KeyResult
            | SubjectKind::Project
            | SubjectKind::Task
            | SubjectKind::Team => Audience::Row(self.row_of(subject, sight)),
            SubjectKind::Integration => Audience::Admins,
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::Finding => Audience::Leaders,
        }
    }

    pub(super) fn place(&self, event: &Written) -> Place {
        let mut place = Place::default();
        for objective in self.objectives_of(event) {
            if place.goals.iter().any(|goal| goal.objective == objective) {
                continue;
            }
            let facts = self.objectives.get(&objective);
            // Whether a goal or a link is seen is decided by the audience, as it stood when it was told of.
            let row = facts.filter(|_| is_of_work(event.subject.0)).map(|facts| self.row(&facts.sight));
            let mut above: Vec<(Uuid, RowFacts)> = Vec::new();
            let mut next = facts.and_then(|facts| facts.parent);
            // Every objective once: a ring, which the rules refuse, could not hold us here.
            while let Some(id) = next.filter(|id| above.iter().all(|(met, _)| met != id)) {
                let facts = self.objectives.get(&id);
                above.push((id, facts.map(|facts| self.row(&facts.sight)).unwrap_or_default()));
                next = facts.and_then(|facts| facts.parent);
            }
            place.goals.push(Goal { objective, row, cycle: facts.and_then(|facts| facts.cycle), above });
        }
        if event.subject.0 == SubjectKind::Cycle {
            place.cycles.push(event.subject.1);
        }
        let sights = event.sight.iter().flat_map(|sight| [Some(sight), sight.also.as_deref()]).flatten();
        for sight in sights {
            place.teams.extend(sight.team);
            place.people.extend(sight.people.iter().copied().chain(sight.owner));
        }
        self.answerable(event, &mut place);
        place
    }

    /// Whose a key result and its check-ins are: its own owner's, or the objective's where it has none.
    fn answerable(&self, event: &Written, place: &mut Place) {
        let key_result = match event.subject {
            (SubjectKind::KeyResult, id) => Some(id),
            (SubjectKind::CheckIn, _) => event.nearest(SubjectKind::KeyResult),
            (
                SubjectKind::Organization
                | SubjectKind::Person
                | SubjectKind::Team
                | SubjectKind::Cycle
                | SubjectKind::Objective
                | SubjectKind::Project
                | SubjectKind::Task
                | SubjectKind::AlignmentLink
                | SubjectKind::Integration
                | SubjectKind::Finding,
                _,
            ) => None,
        };
        let Some((objective, owner)) = key_result.and_then(|id| self.key_results.get(&id)) else { return };
        if let Some(owner) = owner {
            place.people = vec![*owner];
        } else if let Some(facts) = self.objectives.get(objective) {
            place.people = facts.sight.owner.into_iter().collect();
        }
        if let (SubjectKind::CheckIn, Actor::Person(author)) = (event.subject.0, event.actor) {
            place.people.push(author);
        }
    }

    /// The objectives that an event hangs on, not those above them.
    fn objectives_of(&self, event: &Written) -> Vec<Uuid> {
        let of_goal = |(kind, id): (SubjectKind, Uuid)| match kind {
            SubjectKind::Objective => Some(id),
            SubjectKind::KeyResult => self.key_results.get(&id).map(|(objective, _)| *objective),
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::Project
            | SubjectKind::Task
            | SubjectKind::AlignmentLink
            | SubjectKind::Integration
            | SubjectKind::Finding => None,
        };
        let of_work = |id: &Uuid| self.links.get(id).into_iter().flatten().copied().filter_map(of_goal);
        match event.subject.0 {
            SubjectKind::Objective | SubjectKind::KeyResult => of_goal(event.subject).into_iter().collect(),
            SubjectKind::CheckIn => event
                .nearest(SubjectKind::KeyResult)
                .and_then(|id| of_goal((SubjectKind::KeyResult, id)))
                .into_iter()
                .collect(),
            SubjectKind::Project => of_work(&event.subject.1).collect(),
            SubjectKind::Task => {
                let own: Vec<Uuid> = of_work(&event.subject.1).collect();
                // A task with links of its own does not take its projects'.
                if !own.is_empty() {
                    return own;
                }
                let projects = event.ancestors.iter().filter(|(kind, _)| *kind == SubjectKind::Project);
                projects.flat_map(|(_, id)| of_work(id)).collect()
            }
            SubjectKind::AlignmentLink => event.ancestors.iter().copied().filter_map(of_goal).collect(),
            // On the goal that it is about, or that the work which it is about is linked to.
            SubjectKind::Finding => {
                let about = event.ancestors.iter().copied();
                let of_about = about.flat_map(|(kind, id)| {
                    of_goal((kind, id)).into_iter().chain(of_work(&id).collect::<Vec<_>>())
                });
                of_about.collect()
            }
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::Integration => Vec::new(),
        }
    }
}
