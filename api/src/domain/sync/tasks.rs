//! Cards, issues and items of a tool.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, ExternalKind, SubjectKind, external_identity, task};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Value};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    arrivals::Names,
    external::{ExternalTask, SkippedItem},
    identity::Identified,
    links::Scanned,
    merge::Merging,
    parts::{Assigned, PartChanges, StoredParts, WishedParts},
    places::move_of,
    projects::kind_of_change,
    references::Texts,
    stored::{difference, values_of},
    task_row::{Stands, labels_of, spans_of},
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
pub(super) struct Item<'b> {
    pub(super) external: &'b ExternalTask,
    pub(super) id: Uuid,
    pub(super) stored: Option<external_identity::Model>,
    pub(super) hash: Vec<u8>,
    /// The parent that was found for it.
    pub(super) parent: Option<Uuid>,
    /// The parent that has not arrived.
    pub(super) awaited: Option<String>,
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

    pub(super) fn skip(&mut self, task: &ExternalTask, reason: String) {
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
        let standing = self.places(write, &items, &stored, &rows).await?;

        let mut parts = PartChanges::default();
        let (mut new, mut new_parents, mut updates) = (Vec::new(), Vec::new(), Vec::new());
        let mut identities = Vec::new();
        let mut parents: HashSet<Uuid> = HashSet::new();
        // Whether they are finished decides where their own links lead to goals that are over.
        let mut stepped = Vec::new();
        let mut moved = Vec::new();
        for item in items {
            let external = item.external;
            let old = rows.remove(&item.id);
            let labels = labels_of(external);
            let places = standing.of(item.id);
            let assignees = self.assignees_of(external, &stored, item.id);
            let people: Vec<Uuid> = assignees.iter().filter_map(|assigned| assigned.1).collect();
            let spans = spans_of(write, external, &stored.spans_of(item.id));
            let stands = Stands { places: &places, home: standing.home(item.id) };
            let row = self.planned_task(write, &item, old.as_ref(), &stands, &assignees);
            moved.extend(old.is_some().then(|| move_of(&stored, &row, &places)).flatten());
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
                is_placed: !external.projects.is_empty(),
                payload: &external.payload,
                texts: &external.texts,
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
            if (old.status, old.completed_at) != (row.status, row.completed_at) {
                stepped.push(row.id);
            }
            self.note_task(write, &row, people, kind, Some(previous), current);
            updates.push((row.id, values));
        }
        write.insert_all::<task::Entity>(new).await?;
        write.update_many("task", &["parent_id"], new_parents, false).await?;
        write.update_many("task", &COLUMNS.map(name_of), updates, true).await?;
        parts.write(write).await?;
        self.store_identities(write, ExternalKind::Task, identities).await?;
        let ties = self.tie_arrivals(write, &mut arrivals, &mut rows, &mut parents).await?;
        self.follow_parents(write, moved, &names.ids).await?;
        write.place_with_parents(&ties).await?;
        if !stepped.is_empty() {
            let linked = write.tasks_with_links(&stepped).await?;
            write.follow_inheritance(&linked).await?;
        }
        let parents: Vec<Uuid> = parents.into_iter().collect();
        write.recount_children(&parents).await?;
        if !parents.is_empty() {
            let projects = write.projects_of(&parents).await?;
            write.touched.projects.extend(projects);
        }
        Ok(())
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

    fn scan_task(&mut self, external: &ExternalTask, row: &task::Model, labels: &[String], is_new: bool) {
        let texts = Texts {
            title: &row.title,
            description: row.description.as_deref(),
            labels,
            others: &external.texts,
        };
        let (found, left_out) = texts.references(&self.rules);
        self.summary.references_left_out += left_out;
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
