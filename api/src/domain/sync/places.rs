//! Where the tasks of a batch stand: where the tool says, in projects of our own that they were put into, and
//! without a word of the tool where their parent stands.

use std::collections::{HashMap, HashSet};

use entity::{Visibility, external_identity, task};
use uuid::Uuid;

use super::{external::ExternalTask, merge::Merging, parts::StoredParts, tasks::Item};
use crate::domain::{
    error::Result,
    project::ProjectRow,
    task_place::{Move, Mover, same_places},
    write::Write,
};

/// Where the changed tasks of a batch stand.
#[derive(Default)]
pub(super) struct Places {
    /// Projects of each, and which is primary.
    of: HashMap<Uuid, Vec<(Uuid, bool)>>,
    /// Team and visibility of those that stand where their parent stands, by the primary project.
    homes: HashMap<Uuid, (Option<Uuid>, Visibility)>,
}

impl Places {
    pub(super) fn of(&self, task: Uuid) -> Vec<(Uuid, bool)> {
        self.of.get(&task).cloned().unwrap_or_default()
    }

    /// Team and visibility of a task of whose projects the tool says nothing; null where none decides.
    pub(super) fn home(&self, task: Uuid) -> Option<(Option<Uuid>, Visibility)> {
        let primary = self.of.get(&task)?.iter().find(|place| place.1)?;
        self.homes.get(&primary.0).copied()
    }
}

/// Projects with the primary one first.
fn primary_first(places: impl Iterator<Item = (Uuid, bool)>) -> Vec<Uuid> {
    let mut keys = Vec::new();
    for (project, is_primary) in places {
        keys.insert(if is_primary { 0 } else { keys.len() }, project);
    }
    keys
}

/// Whether a task stands where its parent does, for the tool tells no project of it.
fn follows_parent(item: &Item<'_>) -> Option<Uuid> {
    item.parent.filter(|_| item.external.projects.is_empty())
}

/// Gives each task that follows its parent the places of that parent, from the top down. `known` holds the
/// places of all others, of parents outside the batch too; `own` what a task keeps beside them, those of
/// `led_anew` only where their new parent stands nowhere.
fn follow(
    following: &HashMap<Uuid, Uuid>,
    known: &mut HashMap<Uuid, Vec<(Uuid, bool)>>,
    own: &HashMap<Uuid, Vec<(Uuid, bool)>>,
    led_anew: &HashSet<Uuid>,
) {
    for start in following.keys() {
        let mut path = Vec::new();
        let mut at = *start;
        // Rings were cut before: each step leads up.
        while let Some(parent) = following.get(&at).filter(|_| !known.contains_key(&at)) {
            path.push(at);
            at = *parent;
        }
        let mut places = known.get(&at).cloned().unwrap_or_default();
        for task in path.into_iter().rev() {
            let is_led = !places.is_empty();
            let kept = own.get(&task).filter(|_| !is_led || !led_anew.contains(&task));
            for (project, is_primary) in kept.into_iter().flatten() {
                if places.iter().all(|(known, _)| known != project) {
                    places.push((*project, *is_primary && !is_led));
                }
            }
            known.insert(task, places.clone());
        }
    }
}

impl Merging<'_> {
    /// Where each of the changed tasks stands.
    pub(super) async fn places(
        &self,
        write: &Write,
        items: &[Item<'_>],
        stored: &StoredParts,
        rows: &HashMap<Uuid, task::Model>,
    ) -> Result<Places> {
        let own = self.own_places(write, stored).await?;
        let (mut of, mut kept, mut following) = (HashMap::new(), HashMap::new(), HashMap::new());
        for item in items {
            let told = self.places_told(item.external, stored, &own, item.id);
            match follows_parent(item) {
                Some(parent) => {
                    following.insert(item.id, parent);
                    kept.insert(item.id, told);
                }
                None => {
                    of.insert(item.id, told);
                }
            }
        }
        if following.is_empty() {
            return Ok(Places { of, homes: HashMap::new() });
        }
        let is_outside = |parent: &&Uuid| !of.contains_key(*parent) && !following.contains_key(*parent);
        let outside: HashSet<Uuid> = following.values().filter(is_outside).copied().collect();
        let outside: Vec<Uuid> = outside.into_iter().collect();
        for (parent, places) in write.places_of_all(&outside).await? {
            let places = places.into_iter().enumerate().map(|(at, project)| (project, at == 0));
            of.insert(parent, places.collect());
        }
        let led_anew = led_anew(write, &following, stored, rows).await?;
        follow(&following, &mut of, &kept, &led_anew);
        let primaries = following.keys().filter_map(|task| of.get(task)?.iter().find(|place| place.1));
        let primaries: HashSet<Uuid> = primaries.map(|place| place.0).collect();
        let mut homes: HashMap<Uuid, (Option<Uuid>, Visibility)> = HashMap::new();
        let containers = self.projects.values().filter(|container| primaries.contains(&container.id));
        homes.extend(containers.map(|container| (container.id, (container.team, container.visibility))));
        let others: Vec<Uuid> = primaries.into_iter().filter(|id| !homes.contains_key(id)).collect();
        let others = write.everyones::<ProjectRow>(&others).await?;
        homes.extend(others.into_iter().map(|row| (row.id, (row.team_id, row.visibility))));
        Ok(Places { of, homes })
    }

    /// Lets what is stored below the changed tasks follow those that stand elsewhere now. The tool's word of where
    /// something stands holds; what was put where its parent stood may have to go on with that parent, whose own move
    /// shows only here when the tool told nothing new of it.
    pub(super) async fn follow_parents(
        &self,
        write: &mut Write,
        moved: Vec<Move>,
        ids: &HashMap<String, Uuid>,
    ) -> Result<()> {
        let told = self.batch.tasks.iter().filter(|task| !task.projects.is_empty());
        let told = told.filter_map(|task| ids.get(&task.external_id)).copied().collect();
        write.move_parts(moved, Mover::Tool { told: &told }).await
    }

    /// Projects that tasks stand in without the tool having put them there.
    async fn own_places(&self, write: &Write, stored: &StoredParts) -> Result<HashSet<Uuid>> {
        let from_tool: HashSet<Uuid> = self.projects.values().map(|project| project.id).collect();
        let others: HashSet<Uuid> = stored
            .places
            .values()
            .flatten()
            .map(|place| place.project_id)
            .filter(|project| !from_tool.contains(project))
            .collect();
        let ids: Vec<Uuid> = others.iter().copied().collect();
        let identities =
            write.models::<external_identity::Entity>("external_identity", "project_id", &ids).await?;
        let of_tool: HashSet<Uuid> = identities
            .into_iter()
            .filter(|identity| identity.provider == self.batch.provider && identity.site == self.site)
            .filter_map(|identity| identity.project_id)
            .collect();
        Ok(others.difference(&of_tool).copied().collect())
    }

    /// Where a task stands by itself: where the tool says, the primary one first, and in projects of our own.
    fn places_told(
        &self,
        external: &ExternalTask,
        stored: &StoredParts,
        own: &HashSet<Uuid>,
        task: Uuid,
    ) -> Vec<(Uuid, bool)> {
        let mut places: Vec<(Uuid, bool)> = Vec::new();
        for project in external.projects.iter().filter_map(|project| self.projects.get(project)) {
            if places.iter().all(|(known, _)| *known != project.id) {
                places.push((project.id, places.is_empty()));
            }
        }
        let told = !places.is_empty();
        let kept = stored.places.get(&task).into_iter().flatten();
        places.extend(
            kept.filter(|place| own.contains(&place.project_id))
                .map(|place| (place.project_id, place.is_primary && !told)),
        );
        places
    }
}

/// Those of the tasks that follow another parent than before and stood where the old one stands: they came along
/// with that one, and nobody put them there.
async fn led_anew(
    write: &Write,
    following: &HashMap<Uuid, Uuid>,
    stored: &StoredParts,
    rows: &HashMap<Uuid, task::Model>,
) -> Result<HashSet<Uuid>> {
    let changed = following.iter().filter_map(|(task, parent)| {
        let old = rows.get(task)?.parent_id.filter(|old| old != parent)?;
        Some((*task, old))
    });
    let changed: HashMap<Uuid, Uuid> = changed.collect();
    let old_parents: Vec<Uuid> = changed.values().copied().collect::<HashSet<_>>().into_iter().collect();
    let places = write.places_of_all(&old_parents).await?;
    let came_along = changed.into_iter().filter(|(task, old)| {
        let stood = stored.places.get(task).into_iter().flatten();
        let stood = primary_first(stood.map(|place| (place.project_id, place.is_primary)));
        places.get(old).is_some_and(|above| same_places(&stood, above))
    });
    Ok(came_along.map(|(task, _)| task).collect())
}

/// The move of a stored task, where it stands elsewhere now.
pub(super) fn move_of(stored: &StoredParts, row: &task::Model, places: &[(Uuid, bool)]) -> Option<Move> {
    let before = stored.places.get(&row.id).into_iter().flatten();
    let before = primary_first(before.map(|place| (place.project_id, place.is_primary)));
    let after = primary_first(places.iter().copied());
    (!same_places(&before, &after)).then_some(Move {
        task: row.id,
        before,
        after,
        team: row.team_id,
        visibility: row.visibility,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn parts_stand_where_the_nearest_one_above_with_places_stands() {
        // 4 is part of 3, that of 2, that of 1; 6 of 5, which stands nowhere.
        let following = HashMap::from([(id(2), id(1)), (id(3), id(2)), (id(4), id(3)), (id(6), id(5))]);
        let mut known = HashMap::from([(id(1), vec![(id(11), true), (id(12), false)])]);
        let own = HashMap::from([
            (id(3), vec![(id(12), true), (id(13), true)]),
            (id(6), vec![(id(14), true), (id(15), false)]),
        ]);
        // 6 came along with an old parent, and would give up what it keeps for a new one's.
        let led_anew = HashSet::from([id(6)]);
        follow(&following, &mut known, &own, &led_anew);
        assert_eq!(known[&id(2)], [(id(11), true), (id(12), false)]);
        let with_own = [(id(11), true), (id(12), false), (id(13), false)];
        assert_eq!((&known[&id(3)][..], &known[&id(4)][..]), (&with_own[..], &with_own[..]));
        assert_eq!(known[&id(6)], [(id(14), true), (id(15), false)], "its new parent stands nowhere");
    }

    #[test]
    fn what_came_along_with_an_old_parent_is_given_up_for_the_new_one() {
        let following = HashMap::from([(id(2), id(1)), (id(3), id(1))]);
        let mut known = HashMap::from([(id(1), vec![(id(11), true)])]);
        let own = HashMap::from([(id(2), vec![(id(12), true)]), (id(3), vec![(id(12), true)])]);
        follow(&following, &mut known, &own, &HashSet::from([id(2)]));
        assert_eq!(known[&id(2)], [(id(11), true)]);
        assert_eq!(known[&id(3)], [(id(11), true), (id(12), false)]);
    }
}
