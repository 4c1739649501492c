//! Changes of projects: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    enums::{ProgressBasis, ProjectState, Visibility, WorkClass},
    error::UserError,
    id::NodeKind,
    input::changed,
    mutation::{Outcome, run},
    project::Project,
    scalars::Date,
};
use crate::domain::{
    project::ProjectRow,
    project_change::{ArchiveProject, CreateProject, UpdateProject},
    warning::{Warned, WithWarnings},
};

/// Input of `projectCreate`.
#[derive(InputObject, Debug)]
pub struct ProjectCreateInput {
    /// Id made by the client (`prj_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// Display name: one line of at most 500 characters.
    pub title: String,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: Option<String>,
    /// The team that does it; none when left out.
    pub team_id: Option<ID>,
    /// Who answers for it; the viewer when left out.
    pub owner_id: Option<ID>,
    /// Where it is in its life. Where the organization's gate blocks, a new project is not IN_PROGRESS.
    #[graphql(default_with = "ProjectState::Planned")]
    pub state: ProjectState,
    /// Who may see it and its tasks.
    #[graphql(default_with = "Visibility::Organization")]
    pub visibility: Visibility,
    /// Planned first day.
    pub starts_on: Option<Date>,
    /// Planned last day; not before the first.
    pub ends_on: Option<Date>,
    /// Whether completion counts tasks or sums estimates.
    #[graphql(default_with = "ProgressBasis::Count")]
    pub progress_basis: ProgressBasis,
    /// Kind of work that needs no goal once acknowledged; left out for work that should have one.
    pub work_class: Option<WorkClass>,
}

/// Input of `projectUpdate`: what is left out stays, null takes away. What a tool owns of a synced project
/// (title, description, startsOn, endsOn) is refused with `OWNED_BY_TOOL`.
#[derive(InputObject, Debug)]
pub struct ProjectUpdateInput {
    /// The project.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Display name: one line of at most 500 characters.
    pub title: Option<String>,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: MaybeUndefined<String>,
    /// The team that does it; its tasks follow.
    pub team_id: MaybeUndefined<ID>,
    /// Who answers for it.
    pub owner_id: MaybeUndefined<ID>,
    /// Where it is in its life. Where the organization's gate blocks, IN_PROGRESS needs a link, an
    /// acknowledgement or a waiver: see `Project.gate`.
    pub state: Option<ProjectState>,
    /// Who may see it and its tasks.
    pub visibility: Option<Visibility>,
    /// Planned first day.
    pub starts_on: MaybeUndefined<Date>,
    /// Planned last day; not before the first.
    pub ends_on: MaybeUndefined<Date>,
    /// Whether completion counts tasks or sums estimates.
    pub progress_basis: Option<ProgressBasis>,
    /// Kind of work that needs no goal once acknowledged; null for work that should have one. While an acknowledgement of it holds,
    /// another class than that one's is refused.
    pub work_class: MaybeUndefined<WorkClass>,
}

/// Input of `projectArchive`.
#[derive(InputObject, Debug)]
pub struct ProjectArchiveInput {
    /// The project.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `projectUnarchive`.
#[derive(InputObject, Debug)]
pub struct ProjectUnarchiveInput {
    /// The project.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on projects.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The project as it is now; null when nothing was written.
            pub project: Option<Project>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<ProjectRow>> for $name {
            fn from(outcome: Outcome<ProjectRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { project: row.map(|row| Project(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    ProjectArchivePayload of "projectArchive";
    ProjectUnarchivePayload of "projectUnarchive";
}

/// Declares the payload of a mutation that may take a project through the gate.
macro_rules! warned_payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The project as it is now; null when nothing was written.
            pub project: Option<Project>,
            /// What was done all the same, or was not, by the rules of the organization: its gate, references in
            /// its texts that lead outside the connection model, or too many of them in one text.
            pub warnings: Vec<String>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<WithWarnings<ProjectRow>>> for $name {
            fn from(outcome: Outcome<WithWarnings<ProjectRow>>) -> Self {
                let (made, user_errors) = outcome.into_parts();
                let (row, warnings) = made.map(|made| (made.output, made.warnings)).unzip();
                let project = row.map(|row| Project(Arc::new(row)));
                Self { project, warnings: warnings.unwrap_or_default(), user_errors }
            }
        }
    )* };
}

warned_payload! {
    ProjectCreatePayload of "projectCreate";
    ProjectUpdatePayload of "projectUpdate";
}

/// Changes of projects.
#[derive(Debug, Default)]
pub struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Makes a project. Individuals make projects that they own, managers also those of their teams.
    async fn project_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new project.")] input: ProjectCreateInput,
    ) -> Nullable<ProjectCreatePayload> {
        run(ctx, |keys| {
            Ok(Warned(CreateProject {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::Project))?,
                title: input.title,
                description: input.description,
                team: keys.optional(input.team_id.as_ref(), SubjectKind::Team, "teamId"),
                owner: keys.optional(input.owner_id.as_ref(), SubjectKind::Person, "ownerId"),
                state: input.state.into(),
                visibility: input.visibility.into(),
                starts_on: input.starts_on.map(|day| day.0),
                ends_on: input.ends_on.map(|day| day.0),
                progress_basis: input.progress_basis.into(),
                work_class: input.work_class.map(Into::into),
            }))
        })
        .await
    }

    /// Changes a project.
    async fn project_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ProjectUpdateInput,
    ) -> Nullable<ProjectUpdatePayload> {
        run(ctx, |keys| {
            Ok(Warned(UpdateProject {
                id: keys.target(&input.id, SubjectKind::Project)?,
                expected_version: input.expected_version.map(i64::from),
                title: input.title,
                description: changed(input.description),
                team: keys.changed(&input.team_id, SubjectKind::Team, "teamId"),
                owner: keys.changed(&input.owner_id, SubjectKind::Person, "ownerId"),
                state: input.state.map(Into::into),
                visibility: input.visibility.map(Into::into),
                starts_on: changed(input.starts_on).map(|day| day.map(|day| day.0)),
                ends_on: changed(input.ends_on).map(|day| day.map(|day| day.0)),
                progress_basis: input.progress_basis.map(Into::into),
                work_class: changed(input.work_class).map(|class| class.map(Into::into)),
            }))
        })
        .await
    }

    /// Archives a project: it leaves every number; its tasks stay.
    async fn project_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ProjectArchiveInput,
    ) -> Nullable<ProjectArchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveProject {
                id: keys.target(&input.id, SubjectKind::Project)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes a project out of the archive, with the same rows as before.
    async fn project_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ProjectUnarchiveInput,
    ) -> Nullable<ProjectUnarchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveProject {
                id: keys.target(&input.id, SubjectKind::Project)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
