//! Making projects from templates.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    alignment_link::AlignmentLink,
    context::Nullable,
    enums::Visibility,
    error::UserError,
    id::{NodeKind, key_of},
    link_change::goal_of,
    mutation::{Outcome, run},
    project::Project,
    project_template::PROJECT_TEMPLATE,
    scalars::Date,
};
use crate::domain::{
    error::{DomainError, UserErrorCode},
    project_from_template::{CreateFromTemplate, MadeFromTemplate},
    warning::{Warned, WithWarnings},
};

/// Input of `projectCreateFromTemplate`: at most one of keyResultId and objectiveId.
#[derive(InputObject, Debug)]
pub struct ProjectCreateFromTemplateInput {
    /// Id of the project made by the client (`prj_` and a UUID version 7 in 32 hex digits), which makes a retry
    /// safe.
    pub id: Option<ID>,
    /// The template.
    pub template_id: ID,
    /// Display name of the project: one line of at most 500 characters.
    pub title: String,
    /// The team that does it: the template's, or one below it; the template's when left out.
    pub team_id: Option<ID>,
    /// Who answers for it; the viewer when left out.
    pub owner_id: Option<ID>,
    /// Who may see it and its tasks.
    #[graphql(default_with = "Visibility::Organization")]
    pub visibility: Visibility,
    /// Planned first day, which the days that tasks are due are counted from; today when left out.
    pub starts_on: Option<Date>,
    /// The goal that it serves, when a key result.
    pub key_result_id: Option<ID>,
    /// The goal that it serves, when an objective.
    pub objective_id: Option<ID>,
}

/// Answer of `projectCreateFromTemplate`.
#[derive(SimpleObject, Debug)]
pub struct ProjectCreateFromTemplatePayload {
    /// The project as it is now; null when nothing was written.
    pub project: Option<Project>,
    /// Its link to the goal; null without one, for a retry, and when nothing was written.
    pub alignment_link: Option<AlignmentLink>,
    /// What was done all the same and lies outside the rules of the organization, such as its gate.
    pub warnings: Vec<String>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<WithWarnings<MadeFromTemplate>>> for ProjectCreateFromTemplatePayload {
    fn from(outcome: Outcome<WithWarnings<MadeFromTemplate>>) -> Self {
        let (made, user_errors) = outcome.into_parts();
        let (made, warnings) = made.map(|made| (made.output, made.warnings)).unzip();
        let (project, link) = made.map(|made| (made.project, made.link)).unzip();
        Self {
            project: project.map(|row| Project(Arc::new(row))),
            alignment_link: link.flatten().map(|row| AlignmentLink(Arc::new(row))),
            warnings: warnings.unwrap_or_default(),
            user_errors,
        }
    }
}

/// Making projects from templates.
#[derive(Debug, Default)]
pub struct ProjectFromTemplateMutation;

#[Object]
impl ProjectFromTemplateMutation {
    /// Makes a project with the tasks of a template and its link to a goal, all or nothing, by the rules that
    /// hold for each of them made by hand.
    async fn project_create_from_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new project.")] input: ProjectCreateFromTemplateInput,
    ) -> Nullable<ProjectCreateFromTemplatePayload> {
        run(ctx, |keys| {
            let has_goal = input.objective_id.is_some() || input.key_result_id.is_some();
            let goal = has_goal
                .then(|| goal_of(keys, input.objective_id.as_ref(), input.key_result_id.as_ref()))
                .transpose()?;
            let template = key_of(&input.template_id, PROJECT_TEMPLATE).map_err(|_| {
                let message = "no project template with this id";
                DomainError::user("templateId", UserErrorCode::NotFound, message)
            })?;
            Ok(Warned(CreateFromTemplate {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::Project))?,
                template,
                title: input.title,
                team: keys.optional(input.team_id.as_ref(), SubjectKind::Team, "teamId"),
                owner: keys.optional(input.owner_id.as_ref(), SubjectKind::Person, "ownerId"),
                visibility: input.visibility.into(),
                starts_on: input.starts_on.map(|day| day.0),
                goal,
            }))
        })
        .await
    }
}
