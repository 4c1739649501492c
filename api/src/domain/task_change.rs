//! How tasks are changed and archived.

use chrono::NaiveDate;
use entity::{EstimateUnit, EventKind, SubjectKind, TaskStatus, Visibility, WorkClass, task};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::{Action, Permit},
    error::{DomainError, Result},
    events::NewEvent,
    relation::Table,
    task::TaskRow,
    task_create::{check_estimate, note_keys},
    task_parts::{check_keys, check_labels},
    task_place::{Move, Mover, same_places},
    text::{self, Checks},
    work_rights::owned_by_tool,
    write::{Changes, Command, Write},
};

/// Changes a task; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateTask {
    /// The task.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// What is to be done.
    pub title: Option<String>,
    /// Longer text; null takes it away.
    pub description: Option<Option<String>>,
    /// Status.
    pub status: Option<TaskStatus>,
    /// The task it is part of; null for none.
    pub parent: Option<Option<Uuid>>,
    /// Projects that it stands in, the primary one first. Without any, a task that gets a parent stands where
    /// that one stands, also in place of the projects that it shared with an old parent; parts of it that stood
    /// where it stood move along.
    pub projects: Option<Vec<Uuid>>,
    /// People it is assigned to, the primary one first.
    pub assignees: Option<Vec<Uuid>>,
    /// Labels.
    pub labels: Option<Vec<String>>,
    /// When it is due; null for never.
    pub due_on: Option<Option<NaiveDate>>,
    /// Estimated effort, 0 or more, with its unit; null for none.
    pub estimate: Option<Option<(f64, EstimateUnit)>>,
    /// Whether it stays out of its projects' links.
    pub opted_out: Option<bool>,
    /// Kind of work that needs no goal; null for work that should have one.
    pub work_class: Option<Option<WorkClass>>,
}

/// The lists that hang on a task, before and after.
struct Parts {
    places: [Vec<Uuid>; 2],
    people: [Vec<Uuid>; 2],
    labels: [Vec<String>; 2],
}

impl Parts {
    /// Fields of the input whose list changes.
    fn changed(&self) -> Vec<&'static str> {
        [
            ("projectIds", self.places[0] != self.places[1]),
            ("assigneeIds", self.people[0] != self.people[1]),
            ("labels", self.labels[0] != self.labels[1]),
        ]
        .into_iter()
        .filter_map(|(field, changed)| changed.then_some(field))
        .collect()
    }

    fn news(&self, at: usize, news: &mut Map<String, Json>) {
        for field in self.changed() {
            match field {
                "projectIds" => note_keys(news, "project_ids", &self.places[at]),
                "assigneeIds" => note_keys(news, "assignee_ids", &self.people[at]),
                _ => {
                    news.insert("labels".to_owned(), self.labels[at].clone().into());
                }
            }
        }
    }
}

impl Command for UpdateTask {
    type Output = TaskRow;

    async fn run(&self, write: &mut Write) -> Result<TaskRow> {
        use task::Column;
        let mut checks = Checks::default();
        let title = self.title.as_deref().map(|title| checks.take(text::title("title", title)));
        let description = self
            .description
            .as_ref()
            .map(|text| checks.take(text::description("description", text.as_deref())));
        let labels = self.labels.as_ref().map(|labels| check_labels(&mut checks, labels));
        let places = self.projects.as_ref().map(|keys| check_keys(&mut checks, "projectIds", keys));
        let people = self.assignees.as_ref().map(|keys| check_keys(&mut checks, "assigneeIds", keys));
        check_estimate(&mut checks, self.estimate.flatten());
        let row = write.lock_with_parents(self.id, self.parent, self.projects.is_some()).await?;
        let work = write.rights_on(&row).await?;
        let permit = write.viewer().permit_work(Action::Update, work, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        checks.end()?;
        let parent = self.parent.unwrap_or(row.parent_id);
        let moved = parent != row.parent_id;
        if let Some(parent) = parent.filter(|_| moved) {
            // First whether the viewer sees the parent: what is below a task must not tell of one they do not.
            write.check_parent(parent).await?;
            write.refuse_ring((Table::Task, "title"), "parentId", row.id, parent).await?;
        }
        let mut parts = write.parts_after(&row, places, people, labels).await?;
        let mut known = parts.places[0].clone();
        if let Some(parent) = parent.filter(|_| moved) {
            // What stood where its old parent stands came along with that one, and goes along with the new one.
            let above = write.places_of(parent).await?;
            let followed = match row.parent_id.filter(|_| self.projects.is_none() && !above.is_empty()) {
                Some(old) => same_places(&parts.places[0], &write.places_of(old).await?),
                None => false,
            };
            if parts.places[1].is_empty() || (followed && !same_places(&parts.places[0], &above)) {
                // The right on the parent is enough: its work stands there already.
                known.extend(&above);
                parts.places[1] = above;
            }
        }
        let [before, wanted] = &parts.places;
        let (mut team, mut visibility) = (row.team_id, row.visibility);
        let added: Vec<Uuid> =
            parts.people[1].iter().filter(|id| !parts.people[0].contains(id)).copied().collect();
        write.check_people("assigneeIds", &added).await?;
        if before != wanted || parts.people[0] != parts.people[1] {
            let projects = write.lock_places(wanted, &known).await?;
            write.permit_places(&projects, &known).await?;
            if before != wanted {
                let primary = projects.first();
                team = primary.and_then(|project| project.team_id);
                visibility = primary.map_or(Visibility::Organization, |project| project.visibility);
            }
            // The right must hold after the change too: nobody pushes work to where they may not write.
            let after = write.rights_on_task(team, &parts.people[1], &projects).await?;
            write.viewer().permit_work::<TaskRow>(Action::Update, after, (row.id, row.version))?;
        }

        let mut changes = Changes::<task::Entity>::new();
        if let Some(title) = title {
            changes.set(Column::Title, &row.title, title.clone());
            if changes.touches(Column::Title) {
                changes.set_quietly(Column::TitleFolded, title.to_lowercase());
            }
        }
        if let Some(description) = description {
            let old = write.long_text(Table::Task, "description", row.id).await?;
            changes.set(Column::Description, &old, description);
        }
        let at = write.now;
        let status = self.status.unwrap_or(row.status);
        changes.set(Column::Status, &row.status, status);
        if status != row.status {
            let started = (status == TaskStatus::InProgress).then_some(at);
            changes.set(Column::StartedAt, &row.started_at, row.started_at.or(started));
            changes.set(Column::CompletedAt, &row.completed_at, (status == TaskStatus::Done).then_some(at));
        }
        changes.set(Column::ParentId, &row.parent_id, parent);
        changes.set(Column::DueOn, &row.due_on, self.due_on.unwrap_or(row.due_on));
        if let Some(estimate) = self.estimate {
            changes.set(Column::EstimateValue, &row.estimate_value, estimate.map(|(value, _)| value));
            changes.set(Column::EstimateUnit, &row.estimate_unit, estimate.map(|(_, unit)| unit));
        }
        if before != wanted {
            changes.set(Column::ProjectId, &row.project_id, wanted.first().copied());
            changes.set(Column::TeamId, &row.team_id, team);
            changes.set(Column::Visibility, &row.visibility, visibility);
        }
        if parts.people[0] != parts.people[1] {
            changes.set(Column::AssigneeId, &row.assignee_id, parts.people[1].first().copied());
        }
        changes.set(Column::OptedOut, &row.opted_out, self.opted_out.unwrap_or(row.opted_out));
        changes.set(Column::WorkClass, &row.work_class, self.work_class.unwrap_or(row.work_class));
        row.refuse_what_the_tool_owns(&changes, &parts)?;
        if changes.touches(Column::WorkClass) {
            let piece = write.pieces_of_work(std::slice::from_ref(&row), &[]).await?.pop();
            let piece = piece.ok_or(DomainError::NotFound)?;
            write.refuse_other_class(&piece, self.work_class.flatten()).await?;
        }
        if changes.is_empty() && !parts.changed().is_empty() {
            // What hangs on a task is a part of it: its version counts the change.
            changes.set_quietly(Column::TitleFolded, row.title.to_lowercase());
        }

        let counts = moved
            || before != wanted
            || [Column::Status, Column::EstimateValue, Column::EstimateUnit, Column::OptedOut]
                .into_iter()
                .any(|column| changes.touches(column));
        let reworded = [Column::Title, Column::Description].into_iter().any(|column| changes.touches(column))
            || parts.changed().contains(&"labels");
        let (opted, stepped) = (changes.touches(Column::OptedOut), changes.touches(Column::Status));
        let row_after = write.update_task(&permit, &row, changes, EventKind::Updated, &parts).await?;
        if stepped {
            write.enter_status(row.id, status, at).await?;
        }
        if opted || stepped {
            // Whether it is finished decides where its own links lead to goals that are over.
            write.follow_inheritance(&[row.id]).await?;
        }
        if moved {
            let parents: Vec<Uuid> = [row.parent_id, parent].into_iter().flatten().collect();
            write.recount_children(&parents).await?;
            // Whether they are leaves may have changed, and with it what their projects count.
            let above = write.projects_of(&parents).await?;
            write.touched.projects.extend(above);
        }
        if before != wanted {
            let (before, after) = (before.clone(), wanted.clone());
            let moved = Move { task: row.id, before, after, team, visibility };
            write.move_parts(vec![moved], Mover::Person).await?;
        }
        if counts {
            write.touched.projects.extend(parts.places.iter().flatten());
            write.touched.tasks.insert(row.id);
        }
        if reworded && write.read_references(&[(SubjectKind::Task, row.id)], false).await?.any() {
            return write.reread(row.id).await;
        }
        Ok(row_after)
    }
}

/// Archives a task, or takes it out of the archive.
#[derive(Clone, Debug)]
pub struct ArchiveTask {
    /// The task.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveTask {
    type Output = TaskRow;

    async fn run(&self, write: &mut Write) -> Result<TaskRow> {
        let row: TaskRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        let mut ids = vec![row.id];
        ids.extend(row.parent_id);
        write.lock_in_order::<TaskRow>(&ids).await?;
        let row: TaskRow = write.lock(self.id).await?;
        let work = write.rights_on(&row).await?;
        let permit = write.viewer().permit_work(Action::Archive, work, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        if row.integration_id.is_some() {
            return Err(DomainError::User(vec![owned_by_tool("id", row.external_url.as_deref())]));
        }
        if row.archived_at.is_some() == self.archive {
            return Ok(row);
        }
        let mut changes = Changes::<task::Entity>::new();
        changes.set(task::Column::ArchivedAt, &row.archived_at, self.archive.then_some(write.now));
        let kind = if self.archive { EventKind::Archived } else { EventKind::Unarchived };
        let parts = write.parts_after(&row, None, None, None).await?;
        let after = write.update_task(&permit, &row, changes, kind, &parts).await?;
        if let Some(parent) = row.parent_id {
            write.recount_children(&[parent]).await?;
            let above = write.projects_of(&[parent]).await?;
            write.touched.projects.extend(above);
        }
        write.touched.projects.extend(parts.places.iter().flatten());
        write.touched.tasks.insert(row.id);
        Ok(after)
    }
}

impl TaskRow {
    /// Tools own what they tell of a task; whether it inherits links and what class of work it is are ours.
    fn refuse_what_the_tool_owns(&self, changes: &Changes<task::Entity>, parts: &Parts) -> Result<()> {
        use task::Column;
        if self.integration_id.is_none() {
            return Ok(());
        }
        let owned = [
            (Column::Title, "title"),
            (Column::Description, "description"),
            (Column::Status, "status"),
            (Column::ParentId, "parentId"),
            (Column::DueOn, "dueOn"),
            (Column::EstimateValue, "estimate"),
        ];
        let columns =
            owned.into_iter().filter(|(column, _)| changes.touches(*column)).map(|(_, field)| field);
        let errors = columns
            .chain(parts.changed())
            .map(|field| owned_by_tool(field, self.external_url.as_deref()))
            .collect();
        DomainError::unless_empty(errors)
    }
}

impl Write {
    /// Reads and locks a task: with its old and its new parent where it gets another, and with what is below
    /// it where it may come to stand elsewhere.
    ///
    /// Moves happen one after the other in an organization, so that the old parent read before the lock is
    /// the one that is locked, and two moves cannot close a ring together.
    async fn lock_with_parents(
        &self,
        id: Uuid,
        parent: Option<Option<Uuid>>,
        names_places: bool,
    ) -> Result<TaskRow> {
        let mut parents = Vec::new();
        if let Some(parent) = parent {
            let row: TaskRow = self.get(id).await?.ok_or(DomainError::NotFound)?;
            if row.parent_id != parent {
                self.lock_organization().await?;
                let row: TaskRow = self.get(id).await?.ok_or(DomainError::NotFound)?;
                parents.extend([row.parent_id, parent].into_iter().flatten());
            }
        }
        if names_places || !parents.is_empty() {
            // Seen before it is locked, with others that the viewer may not see.
            self.get::<TaskRow>(id).await?.ok_or(DomainError::NotFound)?;
            self.lock_with_parts(id, &parents).await?;
        }
        self.lock(id).await
    }

    /// What hangs on a task before and after a change; a list that is left out stays.
    async fn parts_after(
        &self,
        row: &TaskRow,
        places: Option<Vec<Uuid>>,
        people: Option<Vec<Uuid>>,
        labels: Option<Vec<String>>,
    ) -> Result<Parts> {
        let old_places = self.places_of(row.id).await?;
        let old_people = self.people_of(row.id).await?;
        let (old_labels, labels) = match labels {
            Some(mut labels) => {
                labels.sort_unstable();
                (self.labels_on(row.id).await?, labels)
            }
            None => (Vec::new(), Vec::new()),
        };
        Ok(Parts {
            places: [old_places.clone(), places.unwrap_or(old_places)],
            people: [old_people.clone(), people.unwrap_or(old_people)],
            labels: [old_labels, labels],
        })
    }

    async fn update_task(
        &mut self,
        permit: &Permit<TaskRow>,
        row: &TaskRow,
        changes: Changes<task::Entity>,
        kind: EventKind,
        parts: &Parts,
    ) -> Result<TaskRow> {
        if !self.update(permit, &changes).await? {
            return Ok(row.clone());
        }
        // After the row itself: its row filter reads them.
        let [before, after] = &parts.places;
        if before != after {
            self.set_places(row.id, before, after).await?;
        }
        let [before, after] = &parts.people;
        if before != after {
            self.set_people(row.id, before, after).await?;
        }
        let [before, after] = &parts.labels;
        if before != after {
            self.set_labels(row.id, before, after).await?;
        }
        let (mut previous, mut current) = changes.into_news();
        parts.news(0, &mut previous);
        parts.news(1, &mut current);
        // Read whoever asks: the change may have taken the row out of the viewer's own sight.
        let after: TaskRow = self.reread(row.id).await?;
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::Task, row.id),
            ancestors: after.ancestors(&parts.places[1]),
            sight: after.sight(parts.people[1].clone()),
            previous: Some(previous),
            current,
        });
        Ok(after)
    }
}
