//! Acknowledging work: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use entity::SubjectKind;

use super::{
    acknowledgement::{ACKNOWLEDGEMENT, Acknowledgement},
    context::Nullable,
    enums::{EvaluationVerdict, WorkClass},
    error::UserError,
    id::key_of,
    input::changed,
    link_change::work_of,
    mutation::{Outcome, run},
    node::referred,
    project::Project,
    scalars::DateTime,
    task::Task,
};
use crate::domain::{
    acknowledge::{AcknowledgeWork, Terms},
    acknowledgement::AcknowledgementRow,
    acknowledgement_change::{EvaluateAcknowledgement, RevokeAcknowledgement, UpdateAcknowledgement},
    error::{DomainError, Result},
};

/// Input of `workAcknowledge`: one of projectId and taskId.
#[derive(InputObject, Debug)]
pub struct WorkAcknowledgeInput {
    /// Id made by the client (`ack_` and a UUID version 7 in 32 hex digits), which makes a retry safe. Work of
    /// which the very same is said already keeps the acknowledgement that it has.
    pub id: Option<ID>,
    /// The work, when a project.
    pub project_id: Option<ID>,
    /// The work, when a task.
    pub task_id: Option<ID>,
    /// Kind of work; the work bears it from now on.
    pub work_class: WorkClass,
    /// Why it is done without a goal: one line of at most 500 characters.
    pub reason: String,
    /// When the acknowledgement ends; never when left out. An EMERGENCY has an end, no further ahead than the
    /// setting `emergencyDays`.
    pub until: Option<DateTime>,
}

/// Input of `acknowledgementUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct AcknowledgementUpdateInput {
    /// The acknowledgement, which must hold.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Why the work is done without a goal: one line of at most 500 characters.
    pub reason: Option<String>,
    /// When it ends; null for never, which no EMERGENCY does.
    pub until: MaybeUndefined<DateTime>,
}

/// Input of `acknowledgementEvaluate`.
#[derive(InputObject, Debug)]
pub struct AcknowledgementEvaluateInput {
    /// The acknowledgement, of class OPPORTUNITY.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// What was decided.
    pub verdict: EvaluationVerdict,
    /// The goal that the opportunity serves: wanted with ALIGN, refused with the others.
    pub objective_id: Option<ID>,
    /// Why: at most 5,000 characters.
    pub note: Option<String>,
}

/// Input of `acknowledgementRevoke`.
#[derive(InputObject, Debug)]
pub struct AcknowledgementRevokeInput {
    /// The acknowledgement.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on acknowledgements.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(Debug)]
        pub struct $name {
            row: Option<Arc<AcknowledgementRow>>,
            user_errors: Vec<UserError>,
        }

        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[Object]
        impl $name {
            /// The acknowledgement as it is now; null when nothing was written.
            async fn acknowledgement(&self) -> Option<Acknowledgement> {
                self.row.clone().map(Acknowledgement::from)
            }

            /// The work, when a project; null when it is a task or nothing was written.
            async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
                referred(ctx, self.row.as_ref()?.project_id).await
            }

            /// The work, when a task; null when it is a project or nothing was written.
            async fn task(&self, ctx: &Context<'_>) -> Nullable<Task> {
                referred(ctx, self.row.as_ref()?.task_id).await
            }

            /// What a person can mend in the input; empty when it was written.
            async fn user_errors(&self) -> Vec<UserError> {
                self.user_errors.clone()
            }
        }

        impl From<Outcome<AcknowledgementRow>> for $name {
            fn from(outcome: Outcome<AcknowledgementRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { row: row.map(Arc::new), user_errors }
            }
        }
    )* };
}

payload! {
    WorkAcknowledgePayload of "workAcknowledge";
    AcknowledgementUpdatePayload of "acknowledgementUpdate";
    AcknowledgementEvaluatePayload of "acknowledgementEvaluate";
    AcknowledgementRevokePayload of "acknowledgementRevoke";
}

fn target(id: &ID) -> Result<uuid::Uuid> {
    key_of(id, ACKNOWLEDGEMENT).map_err(|_| DomainError::NotFound)
}

/// Changes of acknowledgements.
#[derive(Debug, Default)]
pub struct AcknowledgementMutation;

#[Object]
impl AcknowledgementMutation {
    /// Acknowledges that a project or task rightly serves no goal, with the right on it. A project's tasks
    /// inherit it, unless they have an acknowledgement or a link of their own. What was said before is replaced
    /// and stays as history.
    async fn work_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new acknowledgement.")] input: WorkAcknowledgeInput,
    ) -> Nullable<WorkAcknowledgePayload> {
        run(ctx, |keys| {
            Ok(AcknowledgeWork {
                id: keys.own(input.id.as_ref(), ACKNOWLEDGEMENT)?,
                work: work_of(keys, input.project_id.as_ref(), input.task_id.as_ref())?,
                terms: Terms {
                    work_class: input.work_class.into(),
                    reason: input.reason,
                    until: input.until.map(|until| until.0),
                },
            })
        })
        .await
    }

    /// Changes the reason or the end of an acknowledgement that holds. Another class is another
    /// acknowledgement: see `workAcknowledge`.
    async fn acknowledgement_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: AcknowledgementUpdateInput,
    ) -> Nullable<AcknowledgementUpdatePayload> {
        run(ctx, |_keys| {
            Ok(UpdateAcknowledgement {
                id: target(&input.id)?,
                expected_version: input.expected_version.map(i64::from),
                reason: input.reason,
                until: changed(input.until).map(|until| until.map(|until| until.0)),
            })
        })
        .await
    }

    /// Says what became of an acknowledged opportunity. It may be said again, and also once its time is over.
    async fn acknowledgement_evaluate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evaluation.")] input: AcknowledgementEvaluateInput,
    ) -> Nullable<AcknowledgementEvaluatePayload> {
        run(ctx, |keys| {
            Ok(EvaluateAcknowledgement {
                id: target(&input.id)?,
                expected_version: input.expected_version.map(i64::from),
                verdict: input.verdict.into(),
                objective: keys.optional(input.objective_id.as_ref(), SubjectKind::Objective, "objectiveId"),
                note: input.note,
            })
        })
        .await
    }

    /// Takes an acknowledgement back: the work should serve a goal again. One that has ended stays as it is.
    async fn acknowledgement_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: AcknowledgementRevokeInput,
    ) -> Nullable<AcknowledgementRevokePayload> {
        run(ctx, |_keys| {
            Ok(RevokeAcknowledgement {
                id: target(&input.id)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}
