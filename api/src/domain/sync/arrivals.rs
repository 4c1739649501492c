//! Parents of tasks, which may come before, with or after their children.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, ExternalKind, external_identity, task};
use sea_orm::Value;
use serde_json::{Map, json};
use uuid::Uuid;

use super::{external::ParentRef, fingerprint::awaited, merge::Merging, parents::break_rings, tasks::Item};
use crate::domain::{error::Result, write::Write};

/// Tasks of the batch by what the tool calls them.
#[derive(Default)]
pub(super) struct Names {
    pub(super) ids: HashMap<String, Uuid>,
    pub(super) keys: HashMap<String, Uuid>,
}

impl Names {
    fn find(&self, parent: &ParentRef) -> Option<Uuid> {
        match parent {
            ParentRef::Id(id) => self.ids.get(id),
            ParentRef::Key(key) => self.keys.get(key),
        }
        .copied()
    }
}

impl<'m> Merging<'m> {
    /// Finds the parents of items: in the batch, else among what is stored; else they are awaited.
    pub(super) async fn find_parents(
        &self,
        write: &Write,
        items: &mut [Item<'_>],
        names: &mut Names,
    ) -> Result<()> {
        let (mut ids, mut keys) = (Vec::new(), Vec::new());
        for parent in items.iter().filter_map(|item| item.external.parent.as_ref()) {
            if names.find(parent).is_none() {
                match parent {
                    ParentRef::Id(id) => ids.push(id.clone()),
                    ParentRef::Key(key) => keys.push(key.clone()),
                }
            }
        }
        let known = self.known(write, ExternalKind::Task, &ids).await?;
        names.ids.extend(known.into_iter().filter_map(|(id, identity)| Some((id, identity.task_id?))));
        names.keys.extend(self.tasks_by_key(write, &keys).await?);
        for item in items {
            if let Some(parent) = &item.external.parent {
                item.parent = names.find(parent);
                item.awaited = item.parent.is_none().then(|| awaited(parent));
            }
        }
        Ok(())
    }

    /// Stored tasks outside the changed ones that waited for one of these, with it.
    pub(super) async fn arrivals(
        &self,
        write: &Write,
        items: &[Item<'_>],
    ) -> Result<Vec<(external_identity::Model, Uuid)>> {
        let mut arrived: HashMap<String, Uuid> = HashMap::new();
        for item in items {
            arrived.insert(awaited(&ParentRef::Id(item.external.external_id.clone())), item.id);
            let key = item.external.external_key.clone();
            arrived.extend(key.map(|key| (awaited(&ParentRef::Key(key)), item.id)));
        }
        let names: Vec<String> = arrived.keys().cloned().collect();
        let changed: HashSet<Uuid> = items.iter().map(|item| item.id).collect();
        let waiting = self.awaiting(write, &names).await?;
        Ok(waiting
            .into_iter()
            .filter(|identity| identity.task_id.is_some_and(|task| !changed.contains(&task)))
            .filter_map(|identity| {
                let parent = *arrived.get(identity.awaited_parent.as_ref()?)?;
                Some((identity, parent))
            })
            .collect())
    }

    /// Cuts rings of parents; gives the arrivals with what is left to them.
    pub(super) async fn refuse_rings(
        &mut self,
        write: &Write,
        items: &mut [Item<'m>],
        arrivals: Vec<(external_identity::Model, Uuid)>,
    ) -> Result<Vec<(external_identity::Model, Option<Uuid>)>> {
        let mut wished: Vec<(Uuid, Option<Uuid>)> = items.iter().map(|item| (item.id, item.parent)).collect();
        wished.extend(
            arrivals.iter().filter_map(|(identity, parent)| Some((identity.task_id?, Some(*parent)))),
        );
        let tied: Vec<Uuid> = wished.iter().filter_map(|(_, parent)| *parent).collect();
        let above = write.parents_above(&tied).await?;
        let broken = break_rings(&mut wished, &above);
        for item in items.iter_mut().filter(|item| broken.contains(&item.id)) {
            item.parent = None;
            self.skip(
                item.external,
                "its parent lies below it in the tool: it is kept without one".to_owned(),
            );
        }
        Ok(arrivals
            .into_iter()
            .map(|(identity, parent)| {
                let cut = identity.task_id.is_some_and(|task| broken.contains(&task));
                (identity, (!cut).then_some(parent))
            })
            .collect())
    }

    /// Ties tasks of earlier batches to the parents that came with this one; gives the new ties.
    pub(super) async fn tie_arrivals(
        &mut self,
        write: &mut Write,
        arrivals: &mut Vec<(external_identity::Model, Option<Uuid>)>,
        rows: &mut HashMap<Uuid, task::Model>,
        parents: &mut HashSet<Uuid>,
    ) -> Result<Vec<(Uuid, Uuid)>> {
        let mut tied = Vec::new();
        if arrivals.is_empty() {
            return Ok(tied);
        }
        let (mut ties, mut waits) = (Vec::new(), Vec::new());
        let children: Vec<Uuid> = arrivals.iter().filter_map(|(identity, _)| identity.task_id).collect();
        let mut people = write.assignees_of(&children).await?;
        for (identity, parent) in arrivals.drain(..) {
            waits.push((identity.id, vec![Value::from(None::<String>)]));
            let Some(mut row) = identity.task_id.and_then(|task| rows.remove(&task)) else { continue };
            if row.parent_id == parent {
                continue;
            }
            let previous = Map::from_iter([("parent_id".to_owned(), json!(row.parent_id))]);
            let current = Map::from_iter([("parent_id".to_owned(), json!(parent))]);
            parents.extend(row.parent_id);
            parents.extend(parent);
            row.parent_id = parent;
            ties.push((row.id, vec![parent.into()]));
            tied.extend(parent.map(|parent| (row.id, parent)));
            self.summary.task_counts.updated += 1;
            if self.unchanged.remove(&identity.external_id) {
                self.summary.task_counts.unchanged -= 1;
            }
            let assigned = people.remove(&row.id).unwrap_or_default();
            self.note_task(write, &row, assigned, EventKind::Updated, Some(previous), current);
        }
        write.update_many("task", &["parent_id"], ties, true).await?;
        write.update_many("external_identity", &["awaited_parent"], waits, true).await?;
        Ok(tied)
    }
}
