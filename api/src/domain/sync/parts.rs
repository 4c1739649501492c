//! Parts of tasks: places, labels, assignees, spans and time entries, of which only the difference is written.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use entity::{status_interval, task_assignee, task_label, task_project, time_entry};
use sea_orm::ActiveValue::Set;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{external::ExternalTask, history::Span, merge::Merging, stored::grouped, tidy};
use crate::domain::{error::Result, write::Write};

/// Someone on a task: the tool's account, the person, whether primary, and the place in the order.
pub(super) type Assigned = (Option<Uuid>, Option<Uuid>, bool, i32);

/// The stored parts of tasks, by task.
#[derive(Default)]
pub(super) struct StoredParts {
    pub(super) places: HashMap<Uuid, Vec<task_project::Model>>,
    pub(super) labels: HashMap<Uuid, Vec<task_label::Model>>,
    pub(super) assignees: HashMap<Uuid, Vec<task_assignee::Model>>,
    pub(super) spans: HashMap<Uuid, Vec<status_interval::Model>>,
    pub(super) entries: HashMap<Uuid, Vec<time_entry::Model>>,
}

/// The parts of a task as they shall be.
pub(super) struct WishedParts {
    /// Projects, and which is primary.
    pub(super) places: Vec<(Uuid, bool)>,
    pub(super) labels: Vec<String>,
    pub(super) assignees: Vec<Assigned>,
    pub(super) spans: Vec<Span>,
}

/// What is to be written of the parts of all tasks.
#[derive(Default)]
pub(super) struct PartChanges {
    gone: HashMap<&'static str, Vec<Uuid>>,
    places: Vec<task_project::ActiveModel>,
    labels: Vec<task_label::ActiveModel>,
    assignees: Vec<task_assignee::ActiveModel>,
    spans: Vec<status_interval::ActiveModel>,
    entries: Vec<time_entry::ActiveModel>,
    changed_entries: Vec<(Uuid, Vec<sea_orm::Value>)>,
}

impl StoredParts {
    /// Reads the parts of some tasks, one statement a kind.
    pub(super) async fn of(write: &Write, tasks: &[Uuid]) -> Result<Self> {
        Ok(Self {
            places: grouped(
                write.models::<task_project::Entity>("task_project", "task_id", tasks).await?,
                |row| row.task_id,
            ),
            labels: grouped(
                write.models::<task_label::Entity>("task_label", "task_id", tasks).await?,
                |row| row.task_id,
            ),
            assignees: grouped(
                write.models::<task_assignee::Entity>("task_assignee", "task_id", tasks).await?,
                |row| row.task_id,
            ),
            spans: grouped(
                write.models::<status_interval::Entity>("status_interval", "task_id", tasks).await?,
                |row| row.task_id,
            ),
            entries: grouped(
                write.models::<time_entry::Entity>("time_entry", "task_id", tasks).await?,
                |row| row.task_id,
            ),
        })
    }

    /// Spans of a task as they are stored.
    pub(super) fn spans_of(&self, task: Uuid) -> Vec<Span> {
        self.spans.get(&task).into_iter().flatten().map(span_of).collect()
    }
}

fn span_of(row: &status_interval::Model) -> Span {
    Span {
        status: row.status,
        provider_status: row.provider_status.clone(),
        from: row.from_at,
        to: row.to_at,
    }
}

fn assigned_of(row: &task_assignee::Model) -> Assigned {
    (row.external_person_id, row.person_id, row.is_primary, row.position)
}

/// Keys of the rows that are not wished, and the wishes that are not there.
fn split<M, K: Eq + Hash + Clone>(
    rows: &[M],
    key: impl Fn(&M) -> K,
    id: impl Fn(&M) -> Uuid,
    wished: &[K],
) -> (Vec<Uuid>, Vec<K>) {
    let keys: HashSet<K> = rows.iter().map(&key).collect();
    let mut left: HashSet<K> = wished.iter().cloned().collect();
    let gone = rows.iter().filter(|row| !left.remove(&key(row))).map(id).collect();
    let mut met = HashSet::new();
    let new = wished.iter().filter(|wish| !keys.contains(wish) && met.insert((*wish).clone())).cloned();
    (gone, new.collect())
}

fn rows_of<M>(parts: &HashMap<Uuid, Vec<M>>, task: Uuid) -> &[M] {
    parts.get(&task).map_or(&[], Vec::as_slice)
}

impl PartChanges {
    /// Compares the parts of one task with what they shall be; gives what changes, for its event.
    pub(super) fn compare(
        &mut self,
        write: &Write,
        stored: &StoredParts,
        task: Uuid,
        wished: WishedParts,
    ) -> (Map<String, Json>, Map<String, Json>, bool) {
        let organization = write.viewer().organization_id;
        let (mut previous, mut current) = (Map::new(), Map::new());
        let mut news = |name: &str, before: Json, after: Json| {
            previous.insert(name.to_owned(), before);
            current.insert(name.to_owned(), after);
        };
        let mut changed = false;

        let rows = rows_of(&stored.places, task);
        let (gone, new) = split(rows, |row| (row.project_id, row.is_primary), |row| row.id, &wished.places);
        if !(gone.is_empty() && new.is_empty()) {
            changed = true;
            let before: Vec<Uuid> = rows.iter().map(|row| row.project_id).collect();
            let after: Vec<Uuid> = wished.places.iter().map(|(project, _)| *project).collect();
            news("projects", json!(before), json!(after));
        }
        self.gone.entry("task_project").or_default().extend(gone);
        self.places.extend(new.into_iter().map(|(project, is_primary)| task_project::ActiveModel {
            id: Set(write.new_id()),
            organization_id: Set(organization),
            task_id: Set(task),
            project_id: Set(project),
            is_primary: Set(is_primary),
            created_at: Set(write.now),
        }));

        let rows = rows_of(&stored.labels, task);
        let (gone, new) = split(rows, |row| row.name.clone(), |row| row.id, &wished.labels);
        if !(gone.is_empty() && new.is_empty()) {
            changed = true;
            let before: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
            news("labels", json!(before), json!(wished.labels));
        }
        self.gone.entry("task_label").or_default().extend(gone);
        self.labels.extend(new.into_iter().map(|name| task_label::ActiveModel {
            id: Set(write.new_id()),
            organization_id: Set(organization),
            task_id: Set(task),
            name_folded: Set(name.to_lowercase()),
            name: Set(name),
            created_at: Set(write.now),
        }));

        let rows = rows_of(&stored.assignees, task);
        let (gone, new) = split(rows, assigned_of, |row| row.id, &wished.assignees);
        if !(gone.is_empty() && new.is_empty()) {
            changed = true;
            let before: Vec<Uuid> = rows.iter().filter_map(|row| row.person_id).collect();
            let after: Vec<Uuid> = wished.assignees.iter().filter_map(|row| row.1).collect();
            news("assignees", json!(before), json!(after));
        }
        self.gone.entry("task_assignee").or_default().extend(gone);
        self.assignees.extend(new.into_iter().map(|(external, person, is_primary, position)| {
            task_assignee::ActiveModel {
                id: Set(write.new_id()),
                organization_id: Set(organization),
                task_id: Set(task),
                person_id: Set(person),
                external_person_id: Set(external),
                is_primary: Set(is_primary),
                position: Set(position),
                created_at: Set(write.now),
            }
        }));

        let (gone, new) = split(rows_of(&stored.spans, task), span_of, |row| row.id, &wished.spans);
        changed |= !(gone.is_empty() && new.is_empty());
        self.gone.entry("status_interval").or_default().extend(gone);
        self.spans.extend(new.into_iter().map(|span| status_interval::ActiveModel {
            id: Set(write.new_id()),
            organization_id: Set(organization),
            task_id: Set(task),
            status: Set(span.status),
            provider_status: Set(span.provider_status),
            from_at: Set(span.from),
            to_at: Set(span.to),
            created_at: Set(write.now),
        }));
        (previous, current, changed)
    }

    /// Compares the time entries of one task; gives whether any changes.
    ///
    /// A tool often tells only the first few of an item's entries: one that is missing is taken out only
    /// where the told ones make up the whole time spent.
    pub(super) fn compare_entries(
        &mut self,
        write: &Write,
        merging: &Merging<'_>,
        stored: &StoredParts,
        task: Uuid,
        external: &ExternalTask,
    ) -> bool {
        let told: i64 = external.time_entries.iter().map(|entry| entry.seconds.max(0)).sum();
        let is_whole = external.logged_seconds.is_none_or(|logged| logged == told);
        let mut left: HashMap<&str, &time_entry::Model> = rows_of(&stored.entries, task)
            .iter()
            .filter(|row| row.provider == Some(merging.batch.provider))
            .filter_map(|row| Some((row.external_id.as_deref()?, row)))
            .collect();
        let mut changed = false;
        let mut met = HashSet::new();
        for entry in external.time_entries.iter().filter(|entry| entry.seconds > 0) {
            if !met.insert(entry.external_id.as_str()) {
                continue;
            }
            let known = entry.person.as_deref().and_then(|id| merging.people.get(id));
            let (external_person, person) =
                (known.map(|known| known.id), known.and_then(|known| known.person));
            let Some(row) = left.remove(entry.external_id.as_str()) else {
                changed = true;
                self.entries.push(time_entry::ActiveModel {
                    id: Set(write.new_id()),
                    organization_id: Set(write.viewer().organization_id),
                    task_id: Set(task),
                    person_id: Set(person),
                    external_person_id: Set(external_person),
                    day: Set(entry.day),
                    seconds: Set(entry.seconds),
                    provider: Set(Some(merging.batch.provider)),
                    external_id: Set(tidy::exact(Some(&entry.external_id))),
                    version: Set(1),
                    created_at: Set(write.now),
                    updated_at: Set(write.now),
                });
                continue;
            };
            let same = row.person_id == person
                && row.external_person_id == external_person
                && row.day == entry.day
                && row.seconds == entry.seconds;
            if !same {
                changed = true;
                let values =
                    vec![person.into(), external_person.into(), entry.day.into(), entry.seconds.into()];
                self.changed_entries.push((row.id, values));
            }
        }
        if is_whole && !external.time_entries.is_empty() {
            changed |= !left.is_empty();
            self.gone.entry("time_entry").or_default().extend(left.values().map(|row| row.id));
        }
        changed
    }

    /// Writes all of it: first what goes, for one place, assignee or span of a task must be the only one.
    pub(super) async fn write(self, write: &Write) -> Result<()> {
        for (table, ids) in self.gone {
            write.remove_by_ids(table, &ids).await?;
        }
        write.insert_all::<task_project::Entity>(self.places).await?;
        write.insert_all::<task_label::Entity>(self.labels).await?;
        write.insert_all::<task_assignee::Entity>(self.assignees).await?;
        write.insert_all::<status_interval::Entity>(self.spans).await?;
        write.insert_all::<time_entry::Entity>(self.entries).await?;
        let columns = ["person_id", "external_person_id", "day", "seconds"];
        write.update_many("time_entry", &columns, self.changed_entries, true).await
    }
}
