//! Which task is part of which: parents that arrive later, and rings that a tool should not have.

use std::collections::{HashMap, HashSet};

use sea_orm::Statement;
use uuid::Uuid;

use crate::domain::{bulk::Binds, error::Result, write::Write};

/// Takes one tie out of every ring that the wished parents would close; gives the children that go
/// without their wished parent.
///
/// `wished` is in the order of the input: of a ring's ties the earliest goes. `above` holds the parents
/// that are stored, of which none form a ring.
pub(super) fn break_rings(wished: &mut [(Uuid, Option<Uuid>)], above: &HashMap<Uuid, Uuid>) -> HashSet<Uuid> {
    let order: HashMap<Uuid, usize> =
        wished.iter().enumerate().map(|(index, (child, _))| (*child, index)).collect();
    let mut parent_of = above.clone();
    for (child, parent) in wished.iter() {
        match parent {
            Some(parent) => parent_of.insert(*child, *parent),
            None => parent_of.remove(child),
        };
    }
    let mut broken = HashSet::new();
    let mut done: HashSet<Uuid> = HashSet::new();
    for (start, _) in wished.iter() {
        let mut path = Vec::new();
        let mut place: HashMap<Uuid, usize> = HashMap::new();
        let mut at = Some(*start);
        while let Some(task) = at.filter(|task| !done.contains(task)) {
            if let Some(begin) = place.get(&task) {
                let ring = path.get(*begin..).unwrap_or_default();
                let earliest = ring
                    .iter()
                    .filter_map(|task| Some((order.get(task)?, *task)))
                    .min()
                    .map(|(_, task)| task);
                if let Some(child) = earliest {
                    parent_of.remove(&child);
                    broken.insert(child);
                }
                break;
            }
            place.insert(task, path.len());
            path.push(task);
            at = parent_of.get(&task).copied();
        }
        done.extend(path);
    }
    for (child, parent) in wished {
        if broken.contains(child) {
            *parent = None;
        }
    }
    broken
}

impl Write {
    /// The stored parents of tasks and of everything above them.
    pub(super) async fn parents_above(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
        if tasks.is_empty() {
            return Ok(HashMap::new());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let first = binds.push(self.viewer().organization_id);
        let ids = binds.ids(tasks);
        let second = binds.push(self.viewer().organization_id);
        let text = format!(
            "WITH RECURSIVE above (id, parent_id) AS ( \
             SELECT id, parent_id FROM task WHERE organization_id = {first} AND id IN {ids} \
             UNION SELECT task.id, task.parent_id FROM task JOIN above ON task.id = above.parent_id \
             WHERE task.organization_id = {second}) \
             SELECT id, parent_id FROM above WHERE parent_id IS NOT NULL"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let rows = self.tx.all_raw(statement).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn wish(pairs: &[(u128, u128)]) -> Vec<(Uuid, Option<Uuid>)> {
        pairs.iter().map(|(child, parent)| (id(*child), (*parent > 0).then(|| id(*parent)))).collect()
    }

    #[test]
    fn the_earliest_tie_of_a_ring_goes() {
        let mut wished = wish(&[(4, 1), (2, 3), (1, 2), (3, 1)]);
        let broken = break_rings(&mut wished, &HashMap::new());
        assert_eq!(broken, HashSet::from([id(2)]));
        assert_eq!(wished, wish(&[(4, 1), (2, 0), (1, 2), (3, 1)]));
    }

    #[test]
    fn a_task_is_no_part_of_itself() {
        let mut wished = wish(&[(1, 1), (2, 1)]);
        assert_eq!(break_rings(&mut wished, &HashMap::new()), HashSet::from([id(1)]));
    }

    #[test]
    fn stored_ties_count_and_are_never_cut() {
        let above = HashMap::from([(id(2), id(3)), (id(3), id(1))]);
        let mut wished = wish(&[(5, 2), (1, 2)]);
        assert_eq!(break_rings(&mut wished, &above), HashSet::from([id(1)]));
    }

    #[test]
    fn a_tie_that_goes_away_opens_its_ring() {
        let above = HashMap::from([(id(2), id(3))]);
        let mut wished = wish(&[(3, 2), (2, 0)]);
        assert!(break_rings(&mut wished, &above).is_empty());
    }
}
