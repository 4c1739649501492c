//! Boards and projects of a tool.

use std::collections::{HashMap, HashSet};

use entity::{
    EventKind, ExternalKind, Instant, ProgressBasis, ProjectState, SubjectKind, Visibility, project,
};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    external::ExternalProject,
    identity::Identified,
    links::Scanned,
    merge::Merging,
    references::Texts,
    stored::{difference, values_of},
    summary::MergedProject,
    tidy,
};
use crate::domain::{
    error::Result,
    events::{NewEvent, Sight},
    row::name_of,
    write::{Write, news_of},
};

/// What the tool says of a project; the rest of the row is ours.
const COLUMNS: [project::Column; 7] = [
    project::Column::Title,
    project::Column::TitleFolded,
    project::Column::Description,
    project::Column::IntegrationId,
    project::Column::ExternalId,
    project::Column::ExternalUrl,
    project::Column::ArchivedAt,
];

/// What a task takes from the project that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container {
    pub(super) id: Uuid,
    pub(super) team: Option<Uuid>,
    pub(super) visibility: Visibility,
}

/// When an item was archived or changed its state: as the tool says, else now.
pub(super) fn archived_at(archived: bool, before: Option<Instant>, changed_at: Instant) -> Option<Instant> {
    archived.then(|| before.unwrap_or(changed_at))
}

/// What an archive stamp before and after makes of a change.
pub(super) fn kind_of_change(before: Option<Instant>, after: Option<Instant>) -> EventKind {
    match (before, after) {
        (None, Some(_)) => EventKind::Archived,
        (Some(_), None) => EventKind::Unarchived,
        (None, None) | (Some(_), Some(_)) => EventKind::Updated,
    }
}

impl Merging<'_> {
    /// Takes the projects in, and finds those that tasks name without the batch describing them.
    pub(super) async fn merge_projects(&mut self, write: &mut Write) -> Result<()> {
        let batch = self.batch;
        let mut place: HashMap<&str, usize> = HashMap::new();
        let mut projects: Vec<&ExternalProject> = Vec::new();
        for project in &batch.projects {
            let at = *place.entry(&project.external_id).or_insert_with(|| {
                projects.push(project);
                projects.len() - 1
            });
            if let Some(known) = projects.get_mut(at) {
                *known = project;
            }
        }
        let named = batch.tasks.iter().flat_map(|task| &task.projects);
        let ids: HashSet<String> =
            projects.iter().map(|project| &project.external_id).chain(named).cloned().collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let mut known = self.known(write, ExternalKind::Project, &ids).await?;
        let rows: Vec<Uuid> = known.values().filter_map(|identity| identity.project_id).collect();
        let rows = write.locked_models::<project::Entity>("project", &rows).await?;
        let mut rows: HashMap<Uuid, project::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
        for identity in known.values() {
            let row = identity.project_id.and_then(|id| rows.get(&id));
            self.projects.extend(row.map(|row| (identity.external_id.clone(), container(row))));
        }
        let (mut new, mut updates, mut identities) = (Vec::new(), Vec::new(), Vec::new());
        for external in projects {
            let hash = self.print.of_project(external);
            let stored = known.remove(&external.external_id);
            let old = stored.as_ref().and_then(|identity| rows.remove(&identity.project_id?));
            let same = stored.as_ref().is_some_and(|identity| {
                identity.content_hash == hash && identity.integration_id == Some(self.integration)
            });
            if let Some(row) = old.as_ref().filter(|_| same) {
                self.summary.project_counts.unchanged += 1;
                self.summary.projects.push(MergedProject { id: row.id, title: row.title.clone() });
                continue;
            }
            let row = self.planned_project(write, external, old.as_ref());
            identities.push(Identified {
                stored,
                row: row.id,
                external_id: &external.external_id,
                external_key: external.external_key.as_deref(),
                hash,
                updated_at: external.updated_at,
                awaited_parent: None,
                is_placed: false,
                payload: &external.payload,
                texts: &external.texts,
            });
            self.projects.insert(external.external_id.clone(), container(&row));
            self.summary.projects.push(MergedProject { id: row.id, title: row.title.clone() });
            self.scan_project(external, &row, old.is_none());
            let active = row.clone().into_active_model();
            let Some(old) = old else {
                let active = active.reset_all();
                self.summary.project_counts.created += 1;
                self.summary.project_counts.archived += usize::from(row.archived_at.is_some());
                write.touched.projects.insert(row.id);
                self.note_project(write, &row, EventKind::Created, None, news_of(&active));
                new.push(active);
                continue;
            };
            let values = values_of(&active, &COLUMNS);
            let before = values_of(&old.clone().into_active_model(), &COLUMNS);
            let Some((previous, current)) = difference(&COLUMNS, &before, &values) else {
                self.summary.project_counts.unchanged += 1;
                continue;
            };
            updates.push((row.id, values));
            self.summary.project_counts.updated += 1;
            let kind = kind_of_change(old.archived_at, row.archived_at);
            self.summary.project_counts.archived += usize::from(kind == EventKind::Archived);
            self.summary.project_counts.unarchived += usize::from(kind == EventKind::Unarchived);
            write.touched.projects.insert(row.id);
            self.note_project(write, &row, kind, Some(previous), current);
        }
        write.insert_all::<project::Entity>(new).await?;
        write.update_many("project", &COLUMNS.map(name_of), updates, true).await?;
        self.store_identities(write, ExternalKind::Project, identities).await
    }

    fn planned_project(
        &self,
        write: &Write,
        external: &ExternalProject,
        old: Option<&project::Model>,
    ) -> project::Model {
        let mut row = old.cloned().unwrap_or_else(|| project::Model {
            id: write.new_id(),
            organization_id: write.viewer().organization_id,
            title: String::new(),
            title_folded: String::new(),
            description: None,
            team_id: self.options.team,
            owner_id: None,
            // Tools do not say more of a board than whether it is closed.
            state: ProjectState::InProgress,
            visibility: self.visibility,
            starts_on: None,
            ends_on: None,
            started_at: None,
            ended_at: None,
            progress_basis: ProgressBasis::Count,
            progress: None,
            inherited_progress: None,
            counted_leaves: 0,
            done_leaves: 0,
            in_progress_leaves: 0,
            progress_at: None,
            work_class: None,
            template_id: None,
            integration_id: None,
            external_id: None,
            external_url: None,
            archived_at: None,
            version: 1,
            created_at: write.now,
            updated_at: write.now,
        });
        let key = external.external_key.as_deref().unwrap_or_default();
        row.title = tidy::title(&[&external.title, key, &external.external_id]);
        row.title_folded = row.title.to_lowercase();
        row.description = tidy::long(external.description.as_deref());
        row.integration_id = Some(self.integration);
        row.external_id = Some(external.external_id.clone());
        row.external_url = tidy::exact(external.url.as_deref());
        let changed_at = external.updated_at.unwrap_or(write.now);
        row.archived_at = archived_at(external.archived, row.archived_at, changed_at);
        row
    }

    fn scan_project(&mut self, external: &ExternalProject, row: &project::Model, is_new: bool) {
        let texts = Texts {
            title: &row.title,
            description: row.description.as_deref(),
            labels: &[],
            others: &external.texts,
        };
        let (found, left_out) = texts.references(&self.rules);
        self.summary.references_left_out += left_out;
        let source = (SubjectKind::Project, row.id);
        self.scanned.push(Scanned { source, owner: row.owner_id, found, is_new, is_whole: true });
    }

    fn note_project(
        &self,
        write: &mut Write,
        row: &project::Model,
        kind: EventKind,
        previous: Option<Map<String, Json>>,
        current: Map<String, Json>,
    ) {
        let mut ancestors = vec![(SubjectKind::Integration, self.integration)];
        ancestors.extend(row.team_id.map(|team| (SubjectKind::Team, team)));
        let sight = Sight {
            visibility: Some(row.visibility),
            team: row.team_id,
            owner: row.owner_id,
            ..Sight::default()
        };
        let subject = (SubjectKind::Project, row.id);
        self.note(write, NewEvent { kind, subject, ancestors, sight, previous, current });
    }
}

fn container(row: &project::Model) -> Container {
    Container { id: row.id, team: row.team_id, visibility: row.visibility }
}
