//! Making a project from a template: the project, its tasks and its link to a goal, all or nothing, by the
//! rules that hold for each of them made by hand.

use chrono::{Datelike, NaiveDate, TimeDelta};
use entity::{EventKind, SubjectKind, TaskStatus, Visibility, status_interval, task, task_project};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    access::Action,
    alignment_link::AlignmentLinkRow,
    clock::local_date,
    error::{DomainError, Result, UserErrorCode},
    events::{NewEvent, Sight},
    goal_lock::Reach,
    link_create::CreateLink,
    link_target::{LinkGoal, LinkSource},
    project::ProjectRow,
    project_change::CreateProject,
    project_template::{ProjectTemplateRow, ProjectTemplateTaskRow},
    relation::Table,
    task::TaskRow,
    task_create::note_keys,
    team::TeamRow,
    work_references::may_refer,
    write::{Command, Write, digest_of, news_of},
};

/// The years in which days lie that are written as ISO 8601 does.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

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
        let tasks = write.insert_tasks_of(&project, &tasks, starts_on).await?;
        let mut refer: Vec<_> = tasks.into_iter().map(|id| (SubjectKind::Task, id)).collect();
        refer.extend(made.may_refer().then_some((SubjectKind::Project, project.id)));
        // Not as new work: by the time at which it is linked, a link made by hand may hang on the project.
        let named = write.scan_texts(&refer, false).await?;
        let mut link = None;
        if let Some(goal) = self.goal {
            // All goals at once: none of a lower level is locked after one of a higher.
            let mut reach = Reach::default();
            reach.projects.insert(project.id);
            match goal {
                LinkGoal::KeyResult(id) => reach.key_results.insert(id),
                LinkGoal::Objective(id) => reach.objectives.insert(id),
            };
            write.lock_named(&named, reach).await?;
            // Before the texts make links: what the template says of the link holds where they name the goal too.
            link = Some(write.tie_from(&template, &project, goal).await?);
        }
        write.link_references(named, false).await?;
        // Last, for the links open the gate.
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

    /// Ties the new project to its locked goal as by hand. A weight of its own needs the right on the goal:
    /// without it the link weighs 1, and a warning tells.
    async fn tie_from(
        &mut self,
        template: &ProjectTemplateRow,
        project: &ProjectRow,
        goal: LinkGoal,
    ) -> Result<AlignmentLinkRow> {
        let source = LinkSource::Project(project.id);
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

    /// Makes the tasks of a new project, set by set; gives those whose texts may name goals.
    async fn insert_tasks_of(
        &mut self,
        project: &ProjectRow,
        tasks: &[ProjectTemplateTaskRow],
        starts_on: NaiveDate,
    ) -> Result<Vec<Uuid>> {
        if tasks.is_empty() {
            return Ok(Vec::new());
        }
        let work = self.rights_on_task(project.team_id, &[], std::slice::from_ref(project)).await?;
        self.viewer().permit_work::<TaskRow>(Action::Create, work, (project.id, project.version))?;
        let status = TaskStatus::Todo;
        let organization = self.viewer().organization_id;
        let keys: Vec<Uuid> = tasks.iter().map(|_| self.new_id()).collect();
        let key_at = |position: i32| usize::try_from(position).ok().and_then(|at| keys.get(at).copied());
        let (mut rows, mut places, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        let mut refer = Vec::new();
        for (task, id) in tasks.iter().zip(&keys) {
            let parts = tasks.iter().filter(|other| other.parent_position == Some(task.position)).count();
            let due_on = task.due_offset_days.map(|days| due_day(starts_on, days)).transpose()?;
            if may_refer([task.title.as_str(), task.description.as_deref().unwrap_or_default()]) {
                refer.push(*id);
            }
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
        self.insert_all::<status_interval::Entity>(spans).await?;
        Ok(refer)
    }
}

/// The day that lies so many days after, or before, the first day of a project.
fn due_day(starts_on: NaiveDate, days: i32) -> Result<NaiveDate> {
    let day = starts_on.checked_add_signed(TimeDelta::days(days.into()));
    day.filter(|day| YEARS.contains(&day.year())).ok_or_else(|| {
        let message = "is so near the end of the calendar that a task would be due outside of the years 1 to \
             9999: choose another first day";
        DomainError::user("startsOn", UserErrorCode::Invalid, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_task_is_due_where_the_calendar_has_no_days() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let due = |from: &str, days| due_day(day(from), days).ok();
        assert_eq!(due("2026-04-01", 14), Some(day("2026-04-15")));
        assert_eq!(due("2026-04-01", -1), Some(day("2026-03-31")));
        assert_eq!(due("9999-12-30", 1), Some(day("9999-12-31")));
        assert_eq!(due("9999-12-30", 2), None);
        assert_eq!(due("0001-01-02", -1), Some(day("0001-01-01")));
        assert_eq!(due("0001-01-02", -2), None);
        assert_eq!(due_day(NaiveDate::MAX, 1).ok(), None, "also where the day itself cannot be counted");
    }
}
