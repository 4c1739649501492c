//! How templates of projects are made, changed and archived.

use entity::{
    EstimateUnit, EventKind, ProgressBasis, ProjectState, Significance, SubjectKind, WorkClass,
    project_template, project_template_task,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::Permit,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    project_template::{ProjectTemplateRow, ProjectTemplateTaskRow},
    relation::Table,
    text::{self, Checks},
    write::{Changes, Command, Write},
};

/// Tasks of one template at most.
pub const TEMPLATE_TASKS_MAX: usize = 200;
/// Days between the first day of a project and the day that a task is due, at most, before or after.
const OFFSET_MAX: i32 = 3_660;

/// A task that every project made from a template begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateTask {
    /// What is to be done.
    pub title: String,
    /// Longer text.
    pub description: Option<String>,
    /// Estimated effort, 0 or more, with its unit.
    pub estimate: Option<(f64, EstimateUnit)>,
    /// Days from the project's first day to the day it is due; null for never due.
    pub due_offset_days: Option<i32>,
    /// Place, from 0, of the earlier task in the list that it is part of.
    pub parent: Option<i32>,
}

/// Makes a template.
#[derive(Clone, Debug)]
pub struct CreateTemplate {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// Display name.
    pub name: String,
    /// Longer text.
    pub description: Option<String>,
    /// The team whose projects it is for; null for everybody.
    pub team: Option<Uuid>,
    /// Whether no project is made from it without a goal.
    pub requires_goal: bool,
    /// Kind of work of new projects.
    pub work_class: Option<WorkClass>,
    /// Whether completion of new projects counts tasks or sums estimates.
    pub progress_basis: ProgressBasis,
    /// Whether new projects count for progress of their goal.
    pub significance: Significance,
    /// Share of new projects in their goal's work progress.
    pub weight: f64,
    /// State that new projects begin in.
    pub begin_state: ProjectState,
    /// The tasks, in their order.
    pub tasks: Vec<TemplateTask>,
}

impl Command for CreateTemplate {
    type Output = ProjectTemplateRow;

    async fn run(&self, write: &mut Write) -> Result<ProjectTemplateRow> {
        let mut checks = Checks::default();
        let name = checks.take(text::title("name", &self.name));
        let description = checks.take(text::description("description", self.description.as_deref()));
        checks.take(text::within("weight", self.weight, 0.0, 1_000_000.0));
        check_begin(&mut checks, self.begin_state);
        let tasks = check_tasks(&mut checks, &self.tasks);
        checks.end()?;
        if let Some(id) = self.id
            && let Some(before) = write.get::<ProjectTemplateRow>(id).await?
        {
            // It has no event of its own to hold the input's digest: the rows themselves tell.
            let held = write.long_text(Table::ProjectTemplate, "description", id).await?;
            let listed: Vec<TemplateTask> =
                write.template_tasks(id).await?.into_iter().map(TemplateTask::from).collect();
            let same = (before.name.as_str(), &held, before.team_id) == (&name, &description, self.team)
                && (before.requires_goal, before.work_class) == (self.requires_goal, self.work_class)
                && (before.progress_basis, before.significance) == (self.progress_basis, self.significance)
                && before.weight.total_cmp(&self.weight).is_eq()
                && before.begin_state == self.begin_state
                && listed == tasks;
            if same {
                return Ok(before);
            }
            let message = "this id was used before with other input: use a new one";
            return Err(DomainError::user("id", UserErrorCode::Conflict, message));
        }
        let id = self.id.unwrap_or_else(|| write.new_id());
        if let Some(team) = self.team {
            write.team_in_use("teamId", team).await?;
        }
        let _: Permit<ProjectTemplateRow> = write.viewer().permit_team_practice(self.team, (id, 1))?;
        write
            .insert::<project_template::Entity>(project_template::ActiveModel {
                id: Set(id),
                organization_id: Set(write.viewer().organization_id),
                name_folded: Set(name.to_lowercase()),
                name: Set(name),
                description: Set(description),
                team_id: Set(self.team),
                requires_goal: Set(self.requires_goal),
                work_class: Set(self.work_class),
                progress_basis: Set(self.progress_basis),
                significance: Set(self.significance),
                weight: Set(self.weight),
                begin_state: Set(self.begin_state),
                created_at: Set(write.now),
                updated_at: Set(write.now),
                ..Default::default()
            })
            .await?;
        write.insert_template_tasks(id, &tasks).await?;
        let row: ProjectTemplateRow = write.reread(id).await?;
        let news = json!({ "id": id, "name": row.name, "tasks": tasks.len() });
        write.note_template(&row, Json::Null, news);
        Ok(row)
    }
}

/// Changes a template; what is left out stays. Projects that were made from it stay as they are.
#[derive(Clone, Debug, Default)]
pub struct UpdateTemplate {
    /// The template.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Display name.
    pub name: Option<String>,
    /// Longer text; null takes it away.
    pub description: Option<Option<String>>,
    /// The team whose projects it is for; null for everybody.
    pub team: Option<Option<Uuid>>,
    /// Whether no project is made from it without a goal.
    pub requires_goal: Option<bool>,
    /// Kind of work of new projects; null for work that should have a goal.
    pub work_class: Option<Option<WorkClass>>,
    /// Whether completion of new projects counts tasks or sums estimates.
    pub progress_basis: Option<ProgressBasis>,
    /// Whether new projects count for progress of their goal.
    pub significance: Option<Significance>,
    /// Share of new projects in their goal's work progress.
    pub weight: Option<f64>,
    /// State that new projects begin in.
    pub begin_state: Option<ProjectState>,
    /// All tasks, in their order: they take the place of those that are there.
    pub tasks: Option<Vec<TemplateTask>>,
}

impl Command for UpdateTemplate {
    type Output = ProjectTemplateRow;

    async fn run(&self, write: &mut Write) -> Result<ProjectTemplateRow> {
        use project_template::Column;
        let row: ProjectTemplateRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_team_practice(row.team_id, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut checks = Checks::default();
        let name = self.name.as_deref().map(|name| checks.take(text::title("name", name)));
        let description = self
            .description
            .as_ref()
            .map(|text| checks.take(text::description("description", text.as_deref())));
        if let Some(weight) = self.weight {
            checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
        }
        if let Some(state) = self.begin_state {
            check_begin(&mut checks, state);
        }
        let tasks = self.tasks.as_ref().map(|tasks| check_tasks(&mut checks, tasks));
        checks.end()?;
        let team = self.team.unwrap_or(row.team_id);
        if let Some(team) = team.filter(|team| Some(*team) != row.team_id) {
            write.team_in_use("teamId", team).await?;
        }
        // The right must hold after the change too: nobody hands a template to a team they do not manage.
        let _: Permit<ProjectTemplateRow> =
            write.viewer().permit_team_practice(team, (row.id, row.version))?;
        let mut changes = Changes::<project_template::Entity>::new();
        if let Some(name) = name {
            changes.set(Column::Name, &row.name, name.clone());
            if changes.touches(Column::Name) {
                changes.set_quietly(Column::NameFolded, name.to_lowercase());
            }
        }
        if let Some(description) = description {
            let old = write.long_text(Table::ProjectTemplate, "description", row.id).await?;
            changes.set(Column::Description, &old, description);
        }
        changes.set(Column::TeamId, &row.team_id, team);
        changes.set(
            Column::RequiresGoal,
            &row.requires_goal,
            self.requires_goal.unwrap_or(row.requires_goal),
        );
        changes.set(Column::WorkClass, &row.work_class, self.work_class.unwrap_or(row.work_class));
        let basis = self.progress_basis.unwrap_or(row.progress_basis);
        changes.set(Column::ProgressBasis, &row.progress_basis, basis);
        changes.set(Column::Significance, &row.significance, self.significance.unwrap_or(row.significance));
        changes.set(Column::Weight, &row.weight, self.weight.unwrap_or(row.weight));
        changes.set(Column::BeginState, &row.begin_state, self.begin_state.unwrap_or(row.begin_state));
        let mut listed = None;
        if let Some(tasks) = tasks {
            let before: Vec<TemplateTask> =
                write.template_tasks(row.id).await?.into_iter().map(TemplateTask::from).collect();
            if before != tasks {
                let of = Expr::col((Alias::new("project_template_task"), Alias::new("template_id")));
                write.remove_parts("project_template_task", Condition::all().add(of.eq(row.id))).await?;
                write.insert_template_tasks(row.id, &tasks).await?;
                listed = Some((before.len(), tasks.len()));
                if changes.is_empty() {
                    // What hangs on a template is a part of it: its version counts the change.
                    changes.set_quietly(Column::NameFolded, row.name.to_lowercase());
                }
            }
        }
        write.update_template(&permit, row, changes, listed).await
    }
}

/// Archives a template, or takes it out of the archive.
#[derive(Clone, Debug)]
pub struct ArchiveTemplate {
    /// The template.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveTemplate {
    type Output = ProjectTemplateRow;

    async fn run(&self, write: &mut Write) -> Result<ProjectTemplateRow> {
        let row: ProjectTemplateRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_team_practice(row.team_id, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut changes = Changes::<project_template::Entity>::new();
        if row.archived_at.is_some() != self.archive {
            let at = self.archive.then_some(write.now);
            changes.set(project_template::Column::ArchivedAt, &row.archived_at, at);
        }
        write.update_template(&permit, row, changes, None).await
    }
}

impl From<ProjectTemplateTaskRow> for TemplateTask {
    fn from(row: ProjectTemplateTaskRow) -> Self {
        Self {
            title: row.title,
            description: row.description,
            estimate: row.estimate_value.zip(row.estimate_unit),
            due_offset_days: row.due_offset_days,
            parent: row.parent_position,
        }
    }
}

fn check_begin(checks: &mut Checks, state: ProjectState) {
    match state {
        ProjectState::Planned | ProjectState::InProgress => {}
        ProjectState::Paused | ProjectState::Done | ProjectState::Cancelled => {
            let what = "is PLANNED or IN_PROGRESS: nothing begins in another state";
            checks.refuse(UserError::at("beginState", UserErrorCode::Invalid, what));
        }
    }
}

/// The tasks with their texts tidied.
fn check_tasks(checks: &mut Checks, tasks: &[TemplateTask]) -> Vec<TemplateTask> {
    if tasks.len() > TEMPLATE_TASKS_MAX {
        let what = format!("are at most {TEMPLATE_TASKS_MAX}");
        checks.refuse(UserError::at("tasks", UserErrorCode::Invalid, what));
        return Vec::new();
    }
    let tidy = |(at, task): (usize, &TemplateTask)| {
        let field = |name: &str| format!("tasks.{at}.{name}");
        let title = checks.take(text::title(&field("title"), &task.title));
        let description = checks.take(text::description(&field("description"), task.description.as_deref()));
        if let Some((value, _)) = task.estimate {
            checks.take(text::within(&field("estimate.value"), value, 0.0, 1_000_000_000.0));
        }
        if task.due_offset_days.is_some_and(|days| days.abs() > OFFSET_MAX) {
            let what = format!("lies between -{OFFSET_MAX} and {OFFSET_MAX}");
            checks.refuse(UserError::at(&field("dueOffsetDays"), UserErrorCode::Invalid, what));
        }
        let is_earlier = |parent: i32| usize::try_from(parent).is_ok_and(|parent| parent < at);
        if task.parent.is_some_and(|parent| !is_earlier(parent)) {
            let what = "is the place, from 0, of an earlier task in the list";
            checks.refuse(UserError::at(&field("parent"), UserErrorCode::Invalid, what));
        }
        TemplateTask { title, description, ..task.clone() }
    };
    tasks.iter().enumerate().map(tidy).collect()
}

impl Write {
    async fn insert_template_tasks(&self, template: Uuid, tasks: &[TemplateTask]) -> Result<()> {
        let rows = tasks
            .iter()
            .zip(0_i32..)
            .map(|(task, position)| project_template_task::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                template_id: Set(template),
                position: Set(position),
                parent_position: Set(task.parent),
                title: Set(task.title.clone()),
                description: Set(task.description.clone()),
                estimate_value: Set(task.estimate.map(|(value, _)| value)),
                estimate_unit: Set(task.estimate.map(|(_, unit)| unit)),
                due_offset_days: Set(task.due_offset_days),
                created_at: Set(self.now),
            })
            .collect();
        self.insert_all::<project_template_task::Entity>(rows).await
    }

    async fn update_template(
        &mut self,
        permit: &Permit<ProjectTemplateRow>,
        row: ProjectTemplateRow,
        changes: Changes<project_template::Entity>,
        listed: Option<(usize, usize)>,
    ) -> Result<ProjectTemplateRow> {
        if !self.update(permit, &changes).await? {
            return Ok(row);
        }
        let (mut previous, mut current) = changes.into_news();
        if let Some((before, after)) = listed {
            previous.insert("tasks".to_owned(), json!(before));
            current.insert("tasks".to_owned(), json!(after));
        }
        for news in [&mut previous, &mut current] {
            news.insert("id".to_owned(), json!(row.id));
        }
        let after: ProjectTemplateRow = self.reread(row.id).await?;
        self.note_template(&after, Json::Object(previous), Json::Object(current));
        Ok(after)
    }

    /// Tells of a template in the stream of its team, or of the organization: it is a part of how they work.
    fn note_template(&mut self, row: &ProjectTemplateRow, previous: Json, current: Json) {
        let organization = (SubjectKind::Organization, self.viewer().organization_id);
        let news = |template| Map::from_iter([("project_template".to_owned(), template)]);
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: row.team_id.map_or(organization, |team| (SubjectKind::Team, team)),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: Some(news(previous)),
            current: news(current),
        });
    }
}
