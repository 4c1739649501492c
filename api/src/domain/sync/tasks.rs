//! Cards, issues and items of a tool.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, ExternalKind, Instant, SubjectKind, TaskStatus, external_identity, task};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Value};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    external::{ExternalTask, ParentRef, SkippedItem},
    fingerprint::awaited,
    history::{self, Present, Span},
    identity::Identified,
    links::Scanned,
    merge::Merging,
    parents::break_rings,
    parts::{Assigned, PartChanges, StoredParts, WishedParts},
    projects::{archived_at, kind_of_change},
    references::Texts,
    stored::{difference, values_of},
    tidy,
};
use crate::domain::{
    error::Result,
    events::{NewEvent, Sight},
    row::name_of,
    write::{Write, news_of},
};

/// What the tool says of a task, with what follows from it; the rest of the row is ours.
const COLUMNS: [task::Column; 21] = [
    task::Column::Title,
    task::Column::TitleFolded,
    task::Column::Description,
    task::Column::Status,
    task::Column::ProviderStatus,
    task::Column::ParentId,
    task::Column::ProjectId,
    task::Column::AssigneeId,
    task::Column::TeamId,
    task::Column::Visibility,
    task::Column::DueOn,
    task::Column::StartedAt,
    task::Column::CompletedAt,
    task::Column::EstimateValue,
    task::Column::EstimateUnit,
    task::Column::LoggedSeconds,
    task::Column::IntegrationId,
    task::Column::ExternalId,
    task::Column::ExternalUrl,
    task::Column::ArchivedAt,
    task::Column::SourceDeletedAt,
];

/// Hours are shown to few, so they are no part of news that many read.
const NOT_FOR_ALL: &str = "logged_seconds";

/// A task that is new or came with other content.
struct Item<'b> {
    external: &'b ExternalTask,
    id: Uuid,
    stored: Option<external_identity::Model>,
    hash: Vec<u8>,
    parent: Option<Uuid>,
    awaited: Option<String>,
}

/// Tasks of the batch by what the tool calls them.
#[derive(Default)]
struct Names {
    ids: HashMap<String, Uuid>,
    keys: HashMap<String, Uuid>,
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
    /// Takes the tasks in.
    pub(super) async fn merge_tasks(&mut self, write: &mut Write) -> Result<()> {
        let tasks = self.each_once();
        let ids: Vec<String> = tasks.iter().map(|task| task.external_id.clone()).collect();
        let mut known = self.known(write, ExternalKind::Task, &ids).await?;
        let mut names = Names::default();
        let mut items = Vec::new();
        for external in tasks {
            let is_placed = external.projects.iter().all(|project| self.projects.contains_key(project));
            // What cannot be placed yet is looked at again the next time.
            let hash = if is_placed { self.print.of_task(external) } else { Vec::new() };
            let stored = known.remove(&external.external_id);
            let row = stored.as_ref().and_then(|identity| identity.task_id);
            let id = row.unwrap_or_else(|| write.new_id());
            names.ids.insert(external.external_id.clone(), id);
            names.keys.extend(external.external_key.clone().map(|key| (key, id)));
            let same = stored.as_ref().is_some_and(|identity| {
                is_placed
                    && identity.content_hash == hash
                    && identity.integration_id == Some(self.integration)
            });
            if same {
                self.summary.task_counts.unchanged += 1;
                self.unchanged.insert(external.external_id.clone());
            } else {
                if !is_placed {
                    self.skip(external, "stands in a project that is not in the input".to_owned());
                }
                items.push(Item { external, id, stored, hash, parent: None, awaited: None });
            }
        }
        if !items.is_empty() {
            self.merge_changed(write, items, names).await?;
        }
        Ok(())
    }

    /// The tasks of the batch; of one that stands twice in it the later.
    fn each_once(&mut self) -> Vec<&'m ExternalTask> {
        let batch = self.batch;
        let mut place: HashMap<&str, usize> = HashMap::new();
        let mut tasks: Vec<&ExternalTask> = Vec::with_capacity(batch.tasks.len());
        for task in &batch.tasks {
            match place.get(task.external_id.as_str()).and_then(|at| tasks.get_mut(*at)) {
                Some(known) => *known = task,
                None => {
                    place.insert(&task.external_id, tasks.len());
                    tasks.push(task);
                }
            }
        }
        tasks
    }

    fn skip(&mut self, task: &ExternalTask, reason: String) {
        let external_id = task.external_key.clone().unwrap_or_else(|| task.external_id.clone());
        self.summary.skipped.push(SkippedItem { external_id, reason });
    }

    async fn merge_changed(
        &mut self,
        write: &mut Write,
        mut items: Vec<Item<'m>>,
        mut names: Names,
    ) -> Result<()> {
        self.find_parents(write, &mut items, &mut names).await?;
        let arrivals = self.arrivals(write, &items).await?;
        let mut ids: Vec<Uuid> =
            items.iter().filter(|item| item.stored.is_some()).map(|item| item.id).collect();
        let stored = StoredParts::of(write, &ids).await?;
        ids.extend(arrivals.iter().filter_map(|(identity, _)| identity.task_id));
        let rows = write.locked_models::<task::Entity>("task", &ids).await?;
        let mut rows: HashMap<Uuid, task::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut arrivals = self.refuse_rings(write, &mut items, arrivals).await?;
        let own_places = self.own_places(write, &stored).await?;

        let mut parts = PartChanges::default();
        let (mut new, mut new_parents, mut updates) = (Vec::new(), Vec::new(), Vec::new());
        let mut identities = Vec::new();
        let mut parents: HashSet<Uuid> = HashSet::new();
        for item in items {
            let external = item.external;
            let old = rows.remove(&item.id);
            let labels = labels_of(external);
            let places = self.places_of(external, &stored, &own_places, item.id);
            let assignees = self.assignees_of(external, &stored, item.id);
            let people: Vec<Uuid> = assignees.iter().filter_map(|assigned| assigned.1).collect();
            let spans = spans_of(write, external, &stored.spans_of(item.id));
            let row = self.planned_task(write, &item, old.as_ref(), &places, &assignees);
            self.scan_task(external, &row, &labels, old.is_none());
            let touched: Vec<Uuid> = places.iter().map(|(project, _)| *project).collect();
            let wished = WishedParts { places, labels, assignees, spans };
            let (mut previous, mut current, parts_changed) = parts.compare(write, &stored, item.id, wished);
            let entries_changed = parts.compare_entries(write, self, &stored, item.id, external);
            identities.push(Identified {
                stored: item.stored,
                row: item.id,
                external_id: &external.external_id,
                external_key: external.external_key.as_deref(),
                hash: item.hash,
                updated_at: external.updated_at,
                awaited_parent: item.awaited,
                payload: &external.payload,
            });
            let active = row.clone().into_active_model();
            let Some(old) = old else {
                write.touched.projects.extend(touched);
                self.summary.task_counts.created += 1;
                self.summary.task_counts.archived += usize::from(row.archived_at.is_some());
                let mut active = active.reset_all();
                current.extend(news_of(&active));
                current.remove(NOT_FOR_ALL);
                self.note_task(write, &row, people, EventKind::Created, None, current);
                // A parent may come later in the same statements.
                if let Some(parent) = row.parent_id {
                    active.parent_id = sea_orm::ActiveValue::Set(None);
                    new_parents.push((row.id, vec![Value::from(parent)]));
                    parents.insert(parent);
                }
                new.push(active);
                continue;
            };
            let values = values_of(&active, &COLUMNS);
            let before = values_of(&old.clone().into_active_model(), &COLUMNS);
            let changes = difference(&COLUMNS, &before, &values);
            if changes.is_none() && !parts_changed && !entries_changed {
                self.summary.task_counts.unchanged += 1;
                continue;
            }
            let (old_values, new_values) = changes.unwrap_or_default();
            previous.extend(old_values);
            current.extend(new_values);
            previous.remove(NOT_FOR_ALL);
            current.remove(NOT_FOR_ALL);
            let kind = kind_of_change(old.archived_at, row.archived_at);
            self.summary.task_counts.updated += 1;
            self.summary.task_counts.archived += usize::from(kind == EventKind::Archived);
            self.summary.task_counts.unarchived += usize::from(kind == EventKind::Unarchived);
            if kind != EventKind::Updated || old.parent_id != row.parent_id {
                parents.extend(old.parent_id);
                parents.extend(row.parent_id);
            }
            let left = stored.places.get(&row.id).into_iter().flatten().map(|place| place.project_id);
            write.touched.projects.extend(left.chain(touched));
            write.touched.tasks.insert(row.id);
            self.note_task(write, &row, people, kind, Some(previous), current);
            updates.push((row.id, values));
        }
        write.insert_all::<task::Entity>(new).await?;
        write.update_many("task", &["parent_id"], new_parents, false).await?;
        write.update_many("task", &COLUMNS.map(name_of), updates, true).await?;
        parts.write(write).await?;
        self.store_identities(write, ExternalKind::Task, identities).await?;
        self.tie_arrivals(write, &mut arrivals, &mut rows, &mut parents).await?;
        let parents: Vec<Uuid> = parents.into_iter().collect();
        write.recount_children(&parents).await?;
        if !parents.is_empty() {
            let projects = write.projects_of(&parents).await?;
            write.touched.projects.extend(projects);
        }
        Ok(())
    }

    /// Finds the parents of items: in the batch, else among what is stored; else they are awaited.
    async fn find_parents(&self, write: &Write, items: &mut [Item<'_>], names: &mut Names) -> Result<()> {
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
    async fn arrivals(
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
    async fn refuse_rings(
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

    /// Ties tasks of earlier batches to the parents that came with this one.
    async fn tie_arrivals(
        &mut self,
        write: &mut Write,
        arrivals: &mut Vec<(external_identity::Model, Option<Uuid>)>,
        rows: &mut HashMap<Uuid, task::Model>,
        parents: &mut HashSet<Uuid>,
    ) -> Result<()> {
        if arrivals.is_empty() {
            return Ok(());
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
            self.summary.task_counts.updated += 1;
            if self.unchanged.remove(&identity.external_id) {
                self.summary.task_counts.unchanged -= 1;
            }
            let assigned = people.remove(&row.id).unwrap_or_default();
            self.note_task(write, &row, assigned, EventKind::Updated, Some(previous), current);
        }
        write.update_many("task", &["parent_id"], ties, true).await?;
        write.update_many("external_identity", &["awaited_parent"], waits, true).await
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

    /// Where a task stands: where the tool says, the primary one first, and in projects of our own.
    fn places_of(
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

    /// Whom a task is assigned to: whom the tool says, the primary one first, and whom we added.
    fn assignees_of(&self, external: &ExternalTask, stored: &StoredParts, task: Uuid) -> Vec<Assigned> {
        let mut assigned: Vec<Assigned> = Vec::new();
        for known in external.assignees.iter().filter_map(|id| self.people.get(id)) {
            if assigned.iter().any(|other| other.0 == Some(known.id)) {
                continue;
            }
            let person = known.person.filter(|person| assigned.iter().all(|other| other.1 != Some(*person)));
            let position = i32::try_from(assigned.len()).unwrap_or(i32::MAX);
            assigned.push((Some(known.id), person, position == 0, position));
        }
        let told = !assigned.is_empty();
        for own in stored.assignees.get(&task).into_iter().flatten() {
            if own.external_person_id.is_none() && assigned.iter().all(|other| other.1 != own.person_id) {
                assigned.push((None, own.person_id, own.is_primary && !told, own.position));
            }
        }
        assigned
    }

    fn planned_task(
        &self,
        write: &Write,
        item: &Item<'_>,
        old: Option<&task::Model>,
        places: &[(Uuid, bool)],
        assignees: &[Assigned],
    ) -> task::Model {
        let external = item.external;
        let changed_at = external.updated_at.unwrap_or(write.now);
        let mut row = old.cloned().unwrap_or_else(|| self.blank_task(write, item.id));
        let key = external.external_key.as_deref().unwrap_or_default();
        row.title = tidy::title(&[&external.title, key, &external.external_id]);
        row.title_folded = row.title.to_lowercase();
        row.description = tidy::long(external.description.as_deref());
        row.started_at = started_at(external, old, changed_at);
        row.completed_at = completed_at(external, old, changed_at);
        row.status = external.status;
        row.provider_status = tidy::optional_line(external.provider_status.as_deref());
        row.parent_id = item.parent;
        row.project_id = places.iter().find(|place| place.1).map(|place| place.0);
        row.assignee_id = assignees.iter().find(|assigned| assigned.2).and_then(|assigned| assigned.1);
        // The first that the tool names is the primary one.
        if let Some(container) = external.projects.iter().find_map(|project| self.projects.get(project)) {
            row.team_id = container.team;
            row.visibility = container.visibility;
        }
        row.due_on = external.due_on;
        let estimate = external.estimate.filter(|(value, _)| value.is_finite() && *value >= 0.0);
        row.estimate_value = estimate.map(|(value, _)| value);
        row.estimate_unit = estimate.map(|(_, unit)| unit);
        row.logged_seconds = external.logged_seconds.filter(|seconds| *seconds >= 0);
        row.integration_id = Some(self.integration);
        row.external_id = Some(external.external_id.clone());
        row.external_url = tidy::exact(external.url.as_deref());
        row.archived_at = archived_at(external.archived, row.archived_at, changed_at);
        // It is there, so it is not deleted.
        row.source_deleted_at = None;
        row
    }

    fn blank_task(&self, write: &Write, id: Uuid) -> task::Model {
        task::Model {
            id,
            organization_id: write.viewer().organization_id,
            title: String::new(),
            title_folded: String::new(),
            description: None,
            status: TaskStatus::Backlog,
            provider_status: None,
            parent_id: None,
            child_count: 0,
            project_id: None,
            assignee_id: None,
            team_id: self.options.team,
            visibility: self.visibility,
            due_on: None,
            started_at: None,
            completed_at: None,
            estimate_value: None,
            estimate_unit: None,
            logged_seconds: None,
            inherits_links: true,
            opted_out: false,
            work_class: None,
            integration_id: None,
            external_id: None,
            external_url: None,
            archived_at: None,
            source_deleted_at: None,
            version: 1,
            created_at: write.now,
            updated_at: write.now,
        }
    }

    fn scan_task(&mut self, external: &ExternalTask, row: &task::Model, labels: &[String], is_new: bool) {
        let texts = Texts {
            title: &row.title,
            description: row.description.as_deref(),
            labels,
            others: &external.texts,
        };
        let found = texts.references(&self.rules);
        let source = (SubjectKind::Task, row.id);
        self.scanned.push(Scanned { source, owner: row.assignee_id, found, is_new, is_whole: true });
    }

    /// Notes an event of a task.
    pub(super) fn note_task(
        &self,
        write: &mut Write,
        row: &task::Model,
        people: Vec<Uuid>,
        kind: EventKind,
        previous: Option<Map<String, Json>>,
        current: Map<String, Json>,
    ) {
        let ancestors = [
            row.project_id.map(|project| (SubjectKind::Project, project)),
            row.team_id.map(|team| (SubjectKind::Team, team)),
        ];
        let sight = Sight {
            visibility: Some(row.visibility),
            team: row.team_id,
            owner: row.assignee_id,
            people,
            also: None,
        };
        let ancestors = ancestors.into_iter().flatten().collect();
        let subject = (SubjectKind::Task, row.id);
        self.note(write, NewEvent { kind, subject, ancestors, sight, previous, current });
    }
}

fn labels_of(external: &ExternalTask) -> Vec<String> {
    let mut met = HashSet::new();
    let labels = external.labels.iter().map(|label| tidy::line(label)).filter(|label| !label.is_empty());
    labels.filter(|label| met.insert(label.clone())).collect()
}

fn spans_of(write: &Write, external: &ExternalTask, known: &[Span]) -> Vec<Span> {
    let changed_at = external.updated_at.unwrap_or(write.now);
    // A task without history was in its state since it came there as far as the tool tells, and one that
    // waits since it was made.
    let since = match external.status {
        TaskStatus::Done | TaskStatus::Cancelled => external.completed_at.unwrap_or(changed_at),
        TaskStatus::InProgress => external.started_at.unwrap_or(changed_at),
        TaskStatus::Backlog | TaskStatus::Todo => external.created_at.unwrap_or(changed_at),
    };
    let present = Present {
        status: external.status,
        provider_status: tidy::optional_line(external.provider_status.as_deref()),
        since,
        changed_at,
    };
    history::after(known, &external.status_intervals, &present)
}

/// When it first went in progress: as the tool says, as known, or as just seen.
fn started_at(external: &ExternalTask, old: Option<&task::Model>, changed_at: Instant) -> Option<Instant> {
    let seen =
        old.filter(|old| external.status == TaskStatus::InProgress && old.status != TaskStatus::InProgress);
    external.started_at.or(old.and_then(|old| old.started_at)).or(seen.map(|_| changed_at))
}

/// When it was done, for a task that is: as the tool says, as known, or as just seen.
fn completed_at(external: &ExternalTask, old: Option<&task::Model>, changed_at: Instant) -> Option<Instant> {
    if external.status != TaskStatus::Done {
        return None;
    }
    external.completed_at.or_else(|| {
        let old = old?;
        if old.status == TaskStatus::Done { old.completed_at } else { Some(changed_at) }
    })
}
