//! Making a project from a template: the project, its tasks and its link to a goal, all or nothing, by the
//! rules that hold for each of them made by hand.

use chrono::{NaiveDate, TimeDelta};
use entity::{EventKind, SubjectKind, TaskStatus, Visibility, status_interval, task, task_project};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    access::Action,
    alignment_link::AlignmentLinkRow,
    clock::local_date,
    error::{DomainError, Result, UserErrorCode},
    events::{NewEvent, Sight},
    link_create::CreateLink,
    link_target::{LinkGoal, LinkSource},
    project::ProjectRow,
    project_change::CreateProject,
    project_template::{ProjectTemplateRow, ProjectTemplateTaskRow},
    relation::Table,
    task::TaskRow,
    task_create::note_keys,
    team::TeamRow,
    write::{Command, Write, digest_of, news_of},
};

/// Makes a project from a template.
#[derive(Clone, Debug)]
pub struct CreateFromTemplate {
    /// Client-made key of the project, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The template.
    pub template: Uuid,
    /// Display name of the project.
    pub title: String,
    /// The team that does it; the template's when left out.
    pub team: Option<Uuid>,
    /// Who answers for it; the viewer when left out.
    pub owner: Option<Uuid>,
    /// Who may see it and its tasks.
    pub visibility: Visibility,
    /// Planned first day; today when left out.
    pub starts_on: Option<NaiveDate>,
    /// The goal that it serves.
    pub goal: Option<LinkGoal>,
}

/// A project that was made from a template.
#[derive(Clone, Debug)]
pub struct MadeFromTemplate {
    /// The project.
    pub project: ProjectRow,
    /// Its link to the goal; null without one, and for a retry.
    pub link: Option<AlignmentLinkRow>,
}

impl Command for CreateFromTemplate {
    type Output = MadeFromTemplate;

    async fn run(&self, write: &mut Write) -> Result<MadeFromTemplate> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::Project, self.id, &digest).await? {
            let project = write.get(id).await?.ok_or(DomainError::NotFound)?;
            return Ok(MadeFromTemplate { project, link: None });
        }
        let template: ProjectTemplateRow = write.referred("templateId", self.template).await?;
        if template.archived_at.is_some() {
            return Err(DomainError::user("templateId", UserErrorCode::NotNow, "is archived"));
        }
        if template.requires_goal && self.goal.is_none() {
            let message = "this template wants a goal: give keyResultId or objectiveId";
            return Err(DomainError::user("keyResultId", UserErrorCode::Required, message));
        }
        let team = self.team.or(template.team_id);
        write.check_template_team(&template, team).await?;
        let starts_on = self.starts_on.unwrap_or_else(|| local_date(write.now, write.viewer().time_zone));
        let description = write.long_text(Table::ProjectTemplate, "description", template.id).await?;
        let made = CreateProject {
            id: self.id,
            title: self.title.clone(),
            description,
            team,
            owner: self.owner,
            state: template.begin_state,
            visibility: self.visibility,
            starts_on: Some(starts_on),
            ends_on: None,
            progress_basis: template.progress_basis,
            work_class: template.work_class,
        };
        let project = made.make(write, &digest, Some(template.id)).await?;
        let tasks = write.template_tasks(template.id).await?;
        write.insert_tasks_of(&project, &tasks, starts_on).await?;
        let link = match self.goal {
            Some(goal) => Some(write.tie_from(&template, &project, goal).await?),
            None => None,
        };
        // Last, for the link opens the gate.
        write.pass_gate(project.id, false, project.state).await?;
        Ok(MadeFromTemplate { project: write.rolled_up(project.id).await?, link })
    }
}

impl Write {
    /// A team's template is for projects of that team and of those below it.
    async fn check_template_team(&self, template: &ProjectTemplateRow, team: Option<Uuid>) -> Result<()> {
        let Some(wanted) = template.team_id else { return Ok(()) };
        let mut at = team;
        let mut passed = Vec::new();
        while let Some(id) = at.filter(|id| *id != wanted && !passed.contains(id)) {
            passed.push(id);
            at = self.everyones::<TeamRow>(&[id]).await?.pop().and_then(|team| team.parent_id);
        }
        if at == Some(wanted) {
            return Ok(());
        }
        let message = "is not the template's team nor one below it: leave it out, or take another template";
        Err(DomainError::user("teamId", UserErrorCode::Invalid, message))
    }

    /// Ties the new project to its goal as by hand. A weight of its own needs the right on the goal: without
    /// it the link weighs 1, and a warning tells.
    async fn tie_from(
        &mut self,
        template: &ProjectTemplateRow,
        project: &ProjectRow,
        goal: LinkGoal,
    ) -> Result<AlignmentLinkRow> {
        let source = LinkSource::Project(project.id);
        self.lock_ends(source, goal).await?;
        let facts = self.goal_facts(goal).await?;
        let is_plain = template.weight.total_cmp(&1.0).is_eq();
        let may_weigh = self.viewer().may_goal(Action::Confirm, facts.goal);
        if !is_plain && !may_weigh {
            self.warnings.push(format!(
                "the link weighs 1 and not {}, as the template has it: who answers for {} sets its weight",
                template.weight, facts.code
            ));
        }
        let wish = CreateLink {
            id: None,
            source,
            goal,
            significance: Some(template.significance),
            weight: (!is_plain && may_weigh).then_some(template.weight),
        };
        let digest = digest_of(&wish);
        let made = self.tie(&wish, &digest).await?;
        self.warnings.extend(made.warnings);
        Ok(made.link)
    }

    /// Makes the tasks of a new project, set by set.
    async fn insert_tasks_of(
        &mut self,
        project: &ProjectRow,
        tasks: &[ProjectTemplateTaskRow],
        starts_on: NaiveDate,
    ) -> Result<()> {
        if tasks.is_empty() {
            return Ok(());
        }
        let work = self.rights_on_task(project.team_id, &[], std::slice::from_ref(project)).await?;
        self.viewer().permit_work::<TaskRow>(Action::Create, work, (project.id, project.version))?;
        let status = TaskStatus::Todo;
        let organization = self.viewer().organization_id;
        let keys: Vec<Uuid> = tasks.iter().map(|_| self.new_id()).collect();
        let key_at = |position: i32| usize::try_from(position).ok().and_then(|at| keys.get(at).copied());
        let (mut rows, mut places, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for (task, id) in tasks.iter().zip(&keys) {
            let parts = tasks.iter().filter(|other| other.parent_position == Some(task.position)).count();
            let due_on = task.due_offset_days.map(|days| starts_on + TimeDelta::days(days.into()));
            let row = task::ActiveModel {
                id: Set(*id),
                organization_id: Set(organization),
                title_folded: Set(task.title.to_lowercase()),
                title: Set(task.title.clone()),
                description: Set(task.description.clone()),
                status: Set(status),
                parent_id: Set(task.parent_position.and_then(key_at)),
                child_count: Set(i32::try_from(parts).unwrap_or(i32::MAX)),
                project_id: Set(Some(project.id)),
                team_id: Set(project.team_id),
                visibility: Set(project.visibility),
                due_on: Set(due_on),
                estimate_value: Set(task.estimate_value),
                estimate_unit: Set(task.estimate_unit),
                inherits_links: Set(true),
                opted_out: Set(false),
                created_at: Set(self.now),
                updated_at: Set(self.now),
                ..Default::default()
            };
            let mut news = news_of(&row);
            note_keys(&mut news, "project_ids", &[project.id]);
            self.note(NewEvent {
                kind: EventKind::Created,
                subject: (SubjectKind::Task, *id),
                ancestors: std::iter::once((SubjectKind::Project, project.id))
                    .chain(project.ancestors())
                    .collect(),
                sight: Sight {
                    visibility: Some(project.visibility),
                    team: project.team_id,
                    owner: None,
                    people: Vec::new(),
                    also: None,
                },
                previous: None,
                current: news,
            });
            rows.push(row);
            places.push(task_project::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(organization),
                task_id: Set(*id),
                project_id: Set(project.id),
                is_primary: Set(true),
                created_at: Set(self.now),
            });
            spans.push(status_interval::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(organization),
                task_id: Set(*id),
                status: Set(status),
                provider_status: Set(None),
                from_at: Set(self.now),
                to_at: Set(None),
                created_at: Set(self.now),
            });
        }
        self.insert_all::<task::Entity>(rows).await?;
        self.insert_all::<task_project::Entity>(places).await?;
        self.insert_all::<status_interval::Entity>(spans).await
    }
}
