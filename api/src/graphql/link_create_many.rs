//! Linking much work to one goal: input, payload and mutation, and what all payloads of links in bulk hold.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use entity::SubjectKind;

use super::{
    acknowledge_many::{NAMED, meaning},
    alignment_link::AlignmentLink,
    context::Nullable,
    enums::Significance,
    id::any_key,
    key_result::KeyResult,
    link_change::goal_of,
    list::List,
    mutation::run,
    node::referred,
    objective::Objective,
    project::{Project, ProjectFilter},
    task::{Task, TaskFilter},
};
use crate::domain::{
    alignment_link::AlignmentLinkRow,
    error::{DomainError, Result, UserErrorCode},
    link_create_many::{CreateLinks, LinksOutcome},
    link_target::LinkSource,
};

/// Input of `alignmentLinkCreateMany`: ids, or a filter of tasks, of projects, or of both; and one of objectiveId and
/// keyResultId.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkCreateManyInput {
    /// Which tasks; none when left out. Archived ones do not fit.
    pub tasks: Option<TaskFilter>,
    /// Which projects; none when left out. Archived ones do not fit.
    pub projects: Option<ProjectFilter>,
    /// These tasks and projects, at most 10,000, none of them archived.
    pub ids: Option<Vec<ID>>,
    /// The goal, when an objective.
    pub objective_id: Option<ID>,
    /// The goal, when a key result.
    pub key_result_id: Option<ID>,
    /// Whether the work counts for progress. When left out, a new link has CONTRIBUTES and one that is there stays
    /// as it is.
    pub significance: Option<Significance>,
    /// Share of each in the goal's work progress, 0 or more. When left out, a new link has 1 and one that is there
    /// stays as it is; any other than 1 needs the right on the goal and is else refused with `FORBIDDEN`.
    pub weight: Option<f64>,
    /// Whether it is only told what would be done.
    #[graphql(default = false)]
    pub dry_run: bool,
}

/// A link that a call in bulk wrote, or would write, with its ends.
#[derive(Clone, Debug)]
pub struct ManyLinked {
    row: Arc<AlignmentLinkRow>,
    is_dry: bool,
}

/// A link that a call in bulk wrote, or would write, with its ends.
#[Object]
impl ManyLinked {
    /// The work, when a project; null when it is a task.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        referred(ctx, self.row.project_id).await
    }

    /// The work, when a task; null when it is a project.
    async fn task(&self, ctx: &Context<'_>) -> Nullable<Task> {
        referred(ctx, self.row.task_id).await
    }

    /// The goal, when an objective; null when it is a key result.
    async fn objective(&self, ctx: &Context<'_>) -> Nullable<Objective> {
        referred(ctx, self.row.objective_id).await
    }

    /// The goal, when a key result; null when it is an objective.
    async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
        referred(ctx, self.row.key_result_id).await
    }

    /// The link as it is now; null when nothing was written.
    async fn alignment_link(&self) -> Option<AlignmentLink> {
        (!self.is_dry).then(|| AlignmentLink(Arc::clone(&self.row)))
    }
}

/// The first links that a call in bulk wrote, or would write.
pub(super) fn first_linked(outcome: &LinksOutcome) -> List<ManyLinked> {
    let is_dry = outcome.is_dry;
    let rows = outcome.done.iter().take(NAMED);
    List(rows.map(|row| ManyLinked { row: Arc::new(row.clone()), is_dry }).collect())
}

/// Declares the payload of a mutation of links in bulk.
macro_rules! many_payload {
    ($($name:ident of $mutation:literal, $(#[doc = $doc:literal])+ $done:ident, $(#[doc = $refused:literal])+;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(Debug)]
        pub struct $name {
            outcome: $crate::domain::link_create_many::LinksOutcome,
            user_errors: Vec<$crate::graphql::error::UserError>,
        }

        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[async_graphql::Object]
        impl $name {
            $(#[doc = $doc])+
            async fn $done(&self) -> i32 {
                $crate::graphql::acknowledge_many::number(self.outcome.done.len())
            }

            /// Rows that were so already.
            async fn unchanged(&self) -> i32 {
                $crate::graphql::acknowledge_many::number(self.outcome.unchanged)
            }

            /// Rows that the viewer sees and has no right on.
            async fn skipped(&self) -> i32 {
                $crate::graphql::acknowledge_many::number(self.outcome.skipped)
            }

            $(#[doc = $refused])+
            async fn refused(&self) -> i32 {
                $crate::graphql::acknowledge_many::number(self.outcome.refused)
            }

            /// Whether more rows fit than the 10,000 that one call looks at: narrow the filter and call again.
            async fn has_more(&self) -> bool {
                self.outcome.has_more
            }

            /// Whether nothing was written.
            async fn dry_run(&self) -> bool {
                self.outcome.is_dry
            }

            /// What was done all the same and lies outside the rules of the organization, such as its connection
            /// model.
            async fn warnings(&self) -> &[String] {
                &self.outcome.warnings
            }

            /// What was written, or would be: the first 50.
            async fn links(
                &self,
            ) -> $crate::graphql::list::List<$crate::graphql::link_create_many::ManyLinked> {
                $crate::graphql::link_create_many::first_linked(&self.outcome)
            }

            /// What a person can mend in the input; empty when it was taken.
            async fn user_errors(&self) -> Vec<$crate::graphql::error::UserError> {
                self.user_errors.clone()
            }
        }

        impl From<$crate::graphql::mutation::Outcome<$crate::domain::link_create_many::LinksOutcome>> for $name {
            fn from(
                outcome: $crate::graphql::mutation::Outcome<$crate::domain::link_create_many::LinksOutcome>,
            ) -> Self {
                let (outcome, user_errors) = outcome.into_parts();
                Self { outcome: outcome.unwrap_or_default(), user_errors }
            }
        }
    )* };
}
pub(super) use many_payload;

many_payload! {
    AlignmentLinkCreateManyPayload of "alignmentLinkCreateMany",
        /// Links that were made, strengthened or revived, or would be.
        linked,
        /// Pieces of work whose link to this goal lies outside the connection model, which refuses it.
        ;
}

/// The tasks and projects that ids name.
fn works(ids: &[ID]) -> Result<Vec<LinkSource>> {
    let unknown = || DomainError::user("ids", UserErrorCode::NotFound, "name work that does not exist");
    ids.iter()
        .map(|id| match any_key(id) {
            Some((SubjectKind::Task, key)) => Ok(LinkSource::Task(key)),
            Some((SubjectKind::Project, key)) => Ok(LinkSource::Project(key)),
            Some((
                SubjectKind::Organization
                | SubjectKind::Person
                | SubjectKind::Team
                | SubjectKind::Cycle
                | SubjectKind::Objective
                | SubjectKind::KeyResult
                | SubjectKind::CheckIn
                | SubjectKind::AlignmentLink
                | SubjectKind::Integration
                | SubjectKind::Finding,
                _,
            ))
            | None => Err(unknown()),
        })
        .collect()
}

/// Making links in bulk.
#[derive(Debug, Default)]
pub struct LinkCreateManyMutation;

#[Object]
impl LinkCreateManyMutation {
    /// Ties all work that is named or fits to one goal, of what the viewer sees, in one transaction: as
    /// `alignmentLinkCreate` does it one by one. What they have no right on is skipped and counted; at most 10,000
    /// pieces of work a call.
    async fn alignment_link_create_many(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work, and which goal.")] input: AlignmentLinkCreateManyInput,
    ) -> Nullable<AlignmentLinkCreateManyPayload> {
        run(ctx, |keys| {
            Ok(CreateLinks {
                tasks: meaning(ctx, input.tasks.as_ref())?,
                projects: meaning(ctx, input.projects.as_ref())?,
                works: input.ids.as_deref().map(works).transpose()?,
                goal: goal_of(keys, input.objective_id.as_ref(), input.key_result_id.as_ref())?,
                significance: input.significance.map(Into::into),
                weight: input.weight,
                dry_run: input.dry_run,
            })
        })
        .await
    }
}
