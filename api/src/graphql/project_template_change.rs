//! Changes of templates of projects: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::Nullable,
    enums::{ProgressBasis, ProjectState, Significance, WorkClass},
    error::UserError,
    id::key_of,
    input::changed,
    mutation::{Outcome, run},
    project_template::{PROJECT_TEMPLATE, ProjectTemplate},
    task_change::EstimateInput,
};
use crate::domain::{
    error::{DomainError, Result},
    project_template::ProjectTemplateRow,
    project_template_change::{ArchiveTemplate, CreateTemplate, TemplateTask, UpdateTemplate},
};

/// A task that every project made from a template begins with.
#[derive(InputObject, Debug)]
pub struct ProjectTemplateTaskInput {
    /// What is to be done: one line of at most 500 characters.
    pub title: String,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: Option<String>,
    /// Estimated effort.
    pub estimate: Option<EstimateInput>,
    /// Days from the project's first day to the day it is due, -3660 to 3660; never due when left out.
    pub due_offset_days: Option<i32>,
    /// Place in this list, from 0, of the earlier task that it is part of.
    pub parent: Option<i32>,
}

impl From<ProjectTemplateTaskInput> for TemplateTask {
    fn from(input: ProjectTemplateTaskInput) -> Self {
        Self {
            title: input.title,
            description: input.description,
            estimate: input.estimate.map(EstimateInput::read),
            due_offset_days: input.due_offset_days,
            parent: input.parent,
        }
    }
}

/// Input of `projectTemplateCreate`.
#[derive(InputObject, Debug)]
pub struct ProjectTemplateCreateInput {
    /// Id made by the client (`tpl_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// Display name: one line of at most 500 characters.
    pub name: String,
    /// Longer text, Markdown, at most 100,000 characters, which new projects get.
    pub description: Option<String>,
    /// The team whose projects it is for, and the teams below it; everybody when left out.
    pub team_id: Option<ID>,
    /// Whether no project is made from it without a goal.
    #[graphql(default = false)]
    pub requires_goal: bool,
    /// Kind of work of new projects; left out for work that should have a goal.
    pub work_class: Option<WorkClass>,
    /// Whether completion of new projects counts tasks or sums estimates.
    #[graphql(default_with = "ProgressBasis::Count")]
    pub progress_basis: ProgressBasis,
    /// Whether new projects count for progress of their goal.
    #[graphql(default_with = "Significance::Contributes")]
    pub significance: Significance,
    /// Share of new projects in their goal's work progress, 0 or more. Any but 1 holds where who makes the
    /// project has the right on the goal; else the link weighs 1, with a warning.
    #[graphql(default = 1.0)]
    pub weight: f64,
    /// State that new projects begin in: PLANNED or IN_PROGRESS.
    #[graphql(default_with = "ProjectState::Planned")]
    pub begin_state: ProjectState,
    /// The tasks that new projects begin with, in their order; at most 200.
    #[graphql(default)]
    pub tasks: Vec<ProjectTemplateTaskInput>,
}

/// Input of `projectTemplateUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct ProjectTemplateUpdateInput {
    /// The template.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Display name: one line of at most 500 characters.
    pub name: Option<String>,
    /// Longer text, Markdown, at most 100,000 characters, which new projects get.
    pub description: MaybeUndefined<String>,
    /// The team whose projects it is for, and the teams below it; null for everybody.
    pub team_id: MaybeUndefined<ID>,
    /// Whether no project is made from it without a goal.
    pub requires_goal: Option<bool>,
    /// Kind of work of new projects; null for work that should have a goal.
    pub work_class: MaybeUndefined<WorkClass>,
    /// Whether completion of new projects counts tasks or sums estimates.
    pub progress_basis: Option<ProgressBasis>,
    /// Whether new projects count for progress of their goal.
    pub significance: Option<Significance>,
    /// Share of new projects in their goal's work progress, 0 or more.
    pub weight: Option<f64>,
    /// State that new projects begin in: PLANNED or IN_PROGRESS.
    pub begin_state: Option<ProjectState>,
    /// All tasks, in their order, at most 200: they take the place of those that are there.
    pub tasks: Option<Vec<ProjectTemplateTaskInput>>,
}

/// Input of `projectTemplateArchive`.
#[derive(InputObject, Debug)]
pub struct ProjectTemplateArchiveInput {
    /// The template.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `projectTemplateUnarchive`.
#[derive(InputObject, Debug)]
pub struct ProjectTemplateUnarchiveInput {
    /// The template.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on templates.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The template as it is now; null when nothing was written.
            pub project_template: Option<ProjectTemplate>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<ProjectTemplateRow>> for $name {
            fn from(outcome: Outcome<ProjectTemplateRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { project_template: row.map(|row| ProjectTemplate(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    ProjectTemplateCreatePayload of "projectTemplateCreate";
    ProjectTemplateUpdatePayload of "projectTemplateUpdate";
    ProjectTemplateArchivePayload of "projectTemplateArchive";
    ProjectTemplateUnarchivePayload of "projectTemplateUnarchive";
}

fn target(id: &ID) -> Result<Uuid> {
    key_of(id, PROJECT_TEMPLATE).map_err(|_| DomainError::NotFound)
}

/// Changes of templates.
#[derive(Debug, Default)]
pub struct ProjectTemplateMutation;

#[Object]
impl ProjectTemplateMutation {
    /// Makes a template of projects. For managers of its team, and leaders; one for everybody is for leaders.
    async fn project_template_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new template.")] input: ProjectTemplateCreateInput,
    ) -> Nullable<ProjectTemplateCreatePayload> {
        run(ctx, |keys| {
            Ok(CreateTemplate {
                id: keys.own(input.id.as_ref(), PROJECT_TEMPLATE)?,
                name: input.name,
                description: input.description,
                team: keys.optional(input.team_id.as_ref(), SubjectKind::Team, "teamId"),
                requires_goal: input.requires_goal,
                work_class: input.work_class.map(Into::into),
                progress_basis: input.progress_basis.into(),
                significance: input.significance.into(),
                weight: input.weight,
                begin_state: input.begin_state.into(),
                tasks: input.tasks.into_iter().map(Into::into).collect(),
            })
        })
        .await
    }

    /// Changes a template. Projects that were made from it stay as they are. For managers of its team, and
    /// leaders.
    async fn project_template_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ProjectTemplateUpdateInput,
    ) -> Nullable<ProjectTemplateUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdateTemplate {
                id: target(&input.id)?,
                expected_version: input.expected_version.map(i64::from),
                name: input.name,
                description: changed(input.description),
                team: keys.changed(&input.team_id, SubjectKind::Team, "teamId"),
                requires_goal: input.requires_goal,
                work_class: changed(input.work_class).map(|class| class.map(Into::into)),
                progress_basis: input.progress_basis.map(Into::into),
                significance: input.significance.map(Into::into),
                weight: input.weight,
                begin_state: input.begin_state.map(Into::into),
                tasks: input.tasks.map(|tasks| tasks.into_iter().map(Into::into).collect()),
            })
        })
        .await
    }

    /// Archives a template: no project is made from it any more. For managers of its team, and leaders.
    async fn project_template_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ProjectTemplateArchiveInput,
    ) -> Nullable<ProjectTemplateArchivePayload> {
        run(ctx, |_keys| {
            Ok(ArchiveTemplate {
                id: target(&input.id)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes a template out of the archive. For managers of its team, and leaders.
    async fn project_template_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ProjectTemplateUnarchiveInput,
    ) -> Nullable<ProjectTemplateUnarchivePayload> {
        run(ctx, |_keys| {
            Ok(ArchiveTemplate {
                id: target(&input.id)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
