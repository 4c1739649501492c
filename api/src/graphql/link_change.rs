//! Changes of links: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use entity::SubjectKind;

use super::{
    alignment_link::AlignmentLink,
    context::Nullable,
    enums::Significance,
    error::UserError,
    id::NodeKind,
    input::InputKeys,
    key_result::KeyResult,
    mutation::{Outcome, run},
    node::referred,
    objective::Objective,
    project::Project,
    task::Task,
};
use crate::domain::{
    alignment_link::AlignmentLinkRow,
    error::{DomainError, Result, UserErrorCode},
    link_change::{ConfirmLink, RetireLink, UpdateLink},
    link_create::{CreateLink, LinkMade},
    link_target::{LinkGoal, LinkSource},
};

/// Input of `alignmentLinkCreate`: one of projectId and taskId, and one of objectiveId and keyResultId.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkCreateInput {
    /// Id made by the client (`lnk_` and a UUID version 7 in 32 hex digits), which makes a retry safe. A
    /// link that is there already keeps its own.
    pub id: Option<ID>,
    /// The work, when a project.
    pub project_id: Option<ID>,
    /// The work, when a task.
    pub task_id: Option<ID>,
    /// The goal, when an objective.
    pub objective_id: Option<ID>,
    /// The goal, when a key result.
    pub key_result_id: Option<ID>,
    /// Whether the work counts for progress. When left out, a new link has CONTRIBUTES and one that is
    /// there stays as it is.
    pub significance: Option<Significance>,
    /// Share in the goal's work progress, 0 or more. When left out, a new link has 1 and one that is there
    /// stays as it is; any other needs the right on the goal and is else refused with `FORBIDDEN`.
    pub weight: Option<f64>,
}

/// Input of `alignmentLinkUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkUpdateInput {
    /// The link.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Whether the work counts for progress; needs the right on the goal.
    pub significance: Option<Significance>,
    /// Share in the goal's work progress, 0 or more; needs the right on the goal.
    pub weight: Option<f64>,
    /// Who looks after it; needs the right on the work or on the goal.
    pub owner_id: MaybeUndefined<ID>,
}

/// Input of `alignmentLinkConfirm`.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkConfirmInput {
    /// The link.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `alignmentLinkRetire`.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkRetireInput {
    /// The link.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on links, with both ends of the link.
macro_rules! payload {
    ($($name:ident of $mutation:literal from $output:ty as $parts:expr;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(Debug)]
        pub struct $name {
            link: Option<Arc<AlignmentLinkRow>>,
            warnings: Vec<String>,
            user_errors: Vec<UserError>,
        }

        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[Object]
        impl $name {
            /// The link as it is now; null when nothing was written.
            async fn alignment_link(&self) -> Option<AlignmentLink> {
                self.link.clone().map(AlignmentLink::from)
            }

            /// The work, when a project; null when it is a task or nothing was written.
            async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
                referred(ctx, self.link.as_ref()?.project_id).await
            }

            /// The work, when a task; null when it is a project or nothing was written.
            async fn task(&self, ctx: &Context<'_>) -> Nullable<Task> {
                referred(ctx, self.link.as_ref()?.task_id).await
            }

            /// The goal, when an objective; null when it is a key result or nothing was written.
            async fn objective(&self, ctx: &Context<'_>) -> Nullable<Objective> {
                referred(ctx, self.link.as_ref()?.objective_id).await
            }

            /// The goal, when a key result; null when it is an objective or nothing was written.
            async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
                referred(ctx, self.link.as_ref()?.key_result_id).await
            }

            /// What was done all the same and lies outside the rules of the organization, such as its
            /// connection model.
            async fn warnings(&self) -> &[String] {
                &self.warnings
            }

            /// What a person can mend in the input; empty when it was written.
            async fn user_errors(&self) -> Vec<UserError> {
                self.user_errors.clone()
            }
        }

        impl From<Outcome<$output>> for $name {
            fn from(outcome: Outcome<$output>) -> Self {
                let (output, user_errors) = outcome.into_parts();
                let parts: fn($output) -> (AlignmentLinkRow, Vec<String>) = $parts;
                let (link, warnings) = output.map(parts).unzip();
                Self { link: link.map(Arc::new), warnings: warnings.unwrap_or_default(), user_errors }
            }
        }
    )* };
}

payload! {
    AlignmentLinkCreatePayload of "alignmentLinkCreate" from LinkMade as |made| (made.link, made.warnings);
    WorkLinkUrlPayload of "workLinkUrl" from LinkMade as |made| (made.link, made.warnings);
    AlignmentLinkUpdatePayload of "alignmentLinkUpdate" from AlignmentLinkRow as |link| (link, Vec::new());
    AlignmentLinkConfirmPayload of "alignmentLinkConfirm" from AlignmentLinkRow as |link| (link, Vec::new());
    AlignmentLinkRetirePayload of "alignmentLinkRetire" from AlignmentLinkRow as |link| (link, Vec::new());
}

/// The one of two ids of an input that is given.
pub(super) fn either(
    keys: &mut InputKeys,
    first: (Option<&ID>, SubjectKind, &str),
    second: (Option<&ID>, SubjectKind, &str),
) -> Result<(SubjectKind, uuid::Uuid)> {
    match (first.0, second.0) {
        (Some(id), None) => Ok((first.1, keys.required(id, first.1, first.2))),
        (None, Some(id)) => Ok((second.1, keys.required(id, second.1, second.2))),
        (None, None) => {
            let what = format!("give either {} or {}", first.2, second.2);
            Err(DomainError::user(first.2, UserErrorCode::Required, what))
        }
        (Some(_), Some(_)) => {
            let what = format!("give either {} or {}, not both", first.2, second.2);
            Err(DomainError::user(second.2, UserErrorCode::Invalid, what))
        }
    }
}

/// The work that an input names: one of a project and a task.
pub(super) fn work_of(keys: &mut InputKeys, project: Option<&ID>, task: Option<&ID>) -> Result<LinkSource> {
    let (kind, id) =
        either(keys, (project, SubjectKind::Project, "projectId"), (task, SubjectKind::Task, "taskId"))?;
    Ok(if kind == SubjectKind::Project { LinkSource::Project(id) } else { LinkSource::Task(id) })
}

/// The goal that an input names by one of two ids.
pub(super) fn goal_of(
    keys: &mut InputKeys,
    objective: Option<&ID>,
    key_result: Option<&ID>,
) -> Result<LinkGoal> {
    let (kind, id) = either(
        keys,
        (objective, SubjectKind::Objective, "objectiveId"),
        (key_result, SubjectKind::KeyResult, "keyResultId"),
    )?;
    Ok(if kind == SubjectKind::Objective { LinkGoal::Objective(id) } else { LinkGoal::KeyResult(id) })
}

/// Changes of links.
#[derive(Debug, Default)]
pub struct AlignmentLinkMutation;

#[Object]
impl AlignmentLinkMutation {
    /// Ties a piece of work to a goal, with the right on the work; the link is confirmed at once. Where
    /// there is one between them already it is strengthened by this person's word, and a retired one
    /// revived.
    async fn alignment_link_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new link.")] input: AlignmentLinkCreateInput,
    ) -> Nullable<AlignmentLinkCreatePayload> {
        run(ctx, |keys| {
            let source = work_of(keys, input.project_id.as_ref(), input.task_id.as_ref())?;
            let goal = goal_of(keys, input.objective_id.as_ref(), input.key_result_id.as_ref())?;
            Ok(CreateLink {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::AlignmentLink))?,
                source,
                goal,
                significance: input.significance.map(Into::into),
                weight: input.weight,
            })
        })
        .await
    }

    /// Changes a link's weight, significance or owner.
    async fn alignment_link_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: AlignmentLinkUpdateInput,
    ) -> Nullable<AlignmentLinkUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdateLink {
                id: keys.target(&input.id, SubjectKind::AlignmentLink)?,
                expected_version: input.expected_version.map(i64::from),
                significance: input.significance.map(Into::into),
                weight: input.weight,
                owner: keys.changed(&input.owner_id, SubjectKind::Person, "ownerId"),
            })
        })
        .await
    }

    /// Confirms a link, with the right on its goal. One that is stale because its work is quiet or long over is good
    /// again, and its days count from now.
    async fn alignment_link_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: AlignmentLinkConfirmInput,
    ) -> Nullable<AlignmentLinkConfirmPayload> {
        run(ctx, |keys| {
            Ok(ConfirmLink {
                id: keys.target(&input.id, SubjectKind::AlignmentLink)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }

    /// Retires a link, with the right on either of its ends: it counts no more, and no sync revives it.
    async fn alignment_link_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: AlignmentLinkRetireInput,
    ) -> Nullable<AlignmentLinkRetirePayload> {
        run(ctx, |keys| {
            Ok(RetireLink {
                id: keys.target(&input.id, SubjectKind::AlignmentLink)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_refused_mutation_never_empties_the_answer() {
        let sdl = crate::graphql::schema().sdl();
        for mutation in ["projectUpdate", "taskUpdate", "taskArchive", "alignmentLinkCreate"] {
            let start = sdl.find(&format!("\t{mutation}(")).unwrap();
            let field = sdl[start..].lines().find(|line| line.contains("): ")).unwrap();
            assert!(field.trim_end().ends_with("Payload"), "{field}");
        }
        assert!(sdl.contains("effectiveLinks: [EffectiveLink!]!"));
        assert!(sdl.contains("purpose: [TaskPurpose!]!"));
    }
}
