//! How tasks are made.

use chrono::NaiveDate;
use entity::{EstimateUnit, EventKind, SubjectKind, TaskStatus, Visibility, WorkClass, task};
use sea_orm::ActiveValue::Set;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::Action,
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    project::ProjectRow,
    task::TaskRow,
    task_parts::{check_keys, check_labels},
    text::{self, Checks},
    work_references::may_refer,
    write::{Command, Write, digest_of, news_with_digest},
};

/// Makes a task.
#[derive(Clone, Debug)]
pub struct CreateTask {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// What is to be done.
    pub title: String,
    /// Longer text.
    pub description: Option<String>,
    /// Status.
    pub status: TaskStatus,
    /// The task it is part of.
    pub parent: Option<Uuid>,
    /// Projects that it stands in, the primary one first. Without any, a part of a task stands where that one
    /// stands.
    pub projects: Vec<Uuid>,
    /// People it is assigned to, the primary one first.
    pub assignees: Vec<Uuid>,
    /// Labels.
    pub labels: Vec<String>,
    /// When it is due.
    pub due_on: Option<NaiveDate>,
    /// Estimated effort, 0 or more, with its unit.
    pub estimate: Option<(f64, EstimateUnit)>,
    /// Whether it stays out of its projects' links.
    pub opted_out: bool,
    /// Kind of work that needs no goal.
    pub work_class: Option<WorkClass>,
}

impl Command for CreateTask {
    type Output = TaskRow;

    async fn run(&self, write: &mut Write) -> Result<TaskRow> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::Task, self.id, &digest).await? {
            return write.get(id).await?.ok_or(DomainError::NotFound);
        }
        let mut checks = Checks::default();
        let title = checks.take(text::title("title", &self.title));
        let description = checks.take(text::description("description", self.description.as_deref()));
        let labels = check_labels(&mut checks, &self.labels);
        let places = check_keys(&mut checks, "projectIds", &self.projects);
        let people = check_keys(&mut checks, "assigneeIds", &self.assignees);
        check_estimate(&mut checks, self.estimate);
        checks.end()?;
        write.check_people("assigneeIds", &people).await?;
        let (mut places, mut inherited) = (places, Vec::new());
        if let Some(parent) = self.parent {
            write.check_parent(parent).await?;
            if places.is_empty() {
                // The right on the parent is enough: its work stands there already.
                places = write.places_of(parent).await?;
                inherited.clone_from(&places);
            }
        }
        let projects = write.lock_places(&places, &inherited).await?;
        write.permit_places(&projects, &inherited).await?;
        let id = self.id.unwrap_or_else(|| write.new_id());
        let primary = projects.first();
        let team = primary.and_then(|project| project.team_id);
        let work = write.rights_on_task(team, &people, &projects).await?;
        write.viewer().permit_work::<TaskRow>(Action::Create, work, (id, 1))?;
        let row = task::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            title_folded: Set(title.to_lowercase()),
            title: Set(title),
            description: Set(description),
            status: Set(self.status),
            parent_id: Set(self.parent),
            project_id: Set(places.first().copied()),
            assignee_id: Set(people.first().copied()),
            team_id: Set(team),
            visibility: Set(primary.map_or(Visibility::Organization, |project| project.visibility)),
            due_on: Set(self.due_on),
            started_at: Set((self.status == TaskStatus::InProgress).then_some(write.now)),
            completed_at: Set((self.status == TaskStatus::Done).then_some(write.now)),
            estimate_value: Set(self.estimate.map(|(value, _)| value)),
            estimate_unit: Set(self.estimate.map(|(_, unit)| unit)),
            inherits_links: Set(!self.opted_out),
            opted_out: Set(self.opted_out),
            work_class: Set(self.work_class),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        let refers = may_refer([self.title.as_str(), self.description.as_deref().unwrap_or_default()])
            || may_refer(labels.iter().map(String::as_str));
        let mut news = news_with_digest(&row, &digest);
        note_keys(&mut news, "project_ids", &places);
        note_keys(&mut news, "assignee_ids", &people);
        news.insert("labels".to_owned(), labels.clone().into());
        write.insert::<task::Entity>(row).await?;
        write.set_places(id, &[], &places).await?;
        write.set_people(id, &[], &people).await?;
        write.set_labels(id, &[], &labels).await?;
        write.enter_status(id, self.status, write.now).await?;
        if let Some(parent) = self.parent {
            // The parent is a leaf no longer: its projects count it no more.
            write.recount_children(&[parent]).await?;
            let above = write.projects_of(&[parent]).await?;
            write.touched.projects.extend(above);
        }
        let row: TaskRow = write.reread(id).await?;
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Task, id),
            ancestors: row.ancestors(&places),
            sight: row.sight(people),
            previous: None,
            current: news,
        });
        write.touched.projects.extend(places);
        if refers && write.read_references(&[(SubjectKind::Task, id)], true).await?.any() {
            return write.reread(id).await;
        }
        Ok(row)
    }
}

impl TaskRow {
    /// The rows above it: its projects, and its team.
    pub(in crate::domain) fn ancestors(&self, projects: &[Uuid]) -> Vec<(SubjectKind, Uuid)> {
        let projects = projects.iter().map(|id| (SubjectKind::Project, *id));
        projects.chain(self.team_id.map(|id| (SubjectKind::Team, id))).collect()
    }
}

impl Write {
    /// The task that another shall be part of: seen, in use and within the viewer's rights, for it stops
    /// being a leaf of its own projects. It is locked first.
    pub(in crate::domain) async fn check_parent(&self, parent: Uuid) -> Result<()> {
        let row: TaskRow =
            self.lock_all(&[parent]).await?.pop().ok_or_else(|| {
                DomainError::user("parentId", UserErrorCode::NotFound, "no task with this id")
            })?;
        if row.archived_at.is_some() {
            return Err(DomainError::user("parentId", UserErrorCode::NotNow, "is archived"));
        }
        let work = self.rights_on(&row).await?;
        self.viewer().permit_work::<TaskRow>(Action::Update, work, (row.id, row.version)).map(|_| ())
    }

    /// The right on every project that a task is put into.
    pub(in crate::domain) async fn permit_places(
        &self,
        projects: &[ProjectRow],
        before: &[Uuid],
    ) -> Result<()> {
        for project in projects.iter().filter(|project| !before.contains(&project.id)) {
            let work = self.rights_on_project(project.team_id, project.owner_id).await?;
            let row = (project.id, project.version);
            self.viewer().permit_work::<ProjectRow>(Action::Update, work, row)?;
        }
        Ok(())
    }
}

pub(in crate::domain) fn check_estimate(checks: &mut Checks, estimate: Option<(f64, EstimateUnit)>) {
    if let Some((value, _)) = estimate {
        checks.take(text::within("estimate.value", value, 0.0, 1_000_000_000.0));
    }
}

/// Notes a list of keys in the news of an event.
pub(in crate::domain) fn note_keys(news: &mut Map<String, Json>, name: &str, keys: &[Uuid]) {
    let keys: Vec<String> = keys.iter().map(Uuid::to_string).collect();
    news.insert(name.to_owned(), keys.into());
}
