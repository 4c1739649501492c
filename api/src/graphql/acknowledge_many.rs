//! Acknowledging and taking back in bulk: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    acknowledgement::{ACKNOWLEDGEMENT, Acknowledgement, AcknowledgementFilter},
    context::{Nullable, scope},
    enums::WorkClass,
    error::UserError,
    filter::{Filter, Moment},
    id::key_of,
    list::List,
    mutation::{Outcome, run},
    node::referred,
    page::FILTER_MAX,
    project::{Project, ProjectFilter},
    scalars::DateTime,
    task::{Task, TaskFilter},
};
use crate::domain::{
    acknowledge::Terms,
    acknowledge_many::{AcknowledgeMany, BulkOutcome, RevokeMany},
    acknowledgement::AcknowledgementRow,
    error::{DomainError, Result, UserErrorCode},
    predicate::Predicate,
};

/// Pieces of work that an answer names.
pub(super) const NAMED: usize = 50;

/// Input of `workAcknowledgeMany`: a filter of tasks, of projects, or of both.
#[derive(InputObject, Debug)]
pub struct WorkAcknowledgeManyInput {
    /// Which tasks; none when left out. Archived ones do not fit.
    pub tasks: Option<TaskFilter>,
    /// Which projects; none when left out. Archived ones do not fit.
    pub projects: Option<ProjectFilter>,
    /// Kind of work.
    pub work_class: WorkClass,
    /// Why it is done without a goal: one line of at most 500 characters.
    pub reason: String,
    /// When the acknowledgements end; never when left out. An EMERGENCY has an end, no further ahead than the
    /// setting `emergencyDays`.
    pub until: Option<DateTime>,
    /// Whether it is only told what would be done.
    #[graphql(default = false)]
    pub dry_run: bool,
}

/// Input of `acknowledgementRevokeMany`: ids, or a filter.
#[derive(InputObject, Debug)]
pub struct AcknowledgementRevokeManyInput {
    /// These acknowledgements, at most 10,000.
    pub ids: Option<Vec<ID>>,
    /// Those that fit, of those whose end was not noted.
    pub filter: Option<AcknowledgementFilter>,
    /// Whether it is only told what would be done.
    #[graphql(default = false)]
    pub dry_run: bool,
}

/// A piece of work that a call in bulk wrote, or would write.
#[derive(Clone, Debug)]
pub struct AcknowledgedWork {
    row: Arc<AcknowledgementRow>,
    is_dry: bool,
}

/// A piece of work that a call in bulk wrote, or would write.
#[Object]
impl AcknowledgedWork {
    /// The work, when a project; null when it is a task.
    async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
        referred(ctx, self.row.project_id).await
    }

    /// The work, when a task; null when it is a project.
    async fn task(&self, ctx: &Context<'_>) -> Nullable<Task> {
        referred(ctx, self.row.task_id).await
    }

    /// The acknowledgement as it is now; null when nothing was written.
    async fn acknowledgement(&self) -> Option<Acknowledgement> {
        (!self.is_dry).then(|| Acknowledgement(Arc::clone(&self.row)))
    }
}

/// Declares the payload of a mutation in bulk.
macro_rules! payload {
    ($($name:ident of $mutation:literal, $(#[doc = $doc:literal])+ $done:ident;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(Debug)]
        pub struct $name {
            outcome: BulkOutcome,
            user_errors: Vec<UserError>,
        }

        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[Object]
        impl $name {
            $(#[doc = $doc])+
            async fn $done(&self) -> i32 {
                number(self.outcome.done.len())
            }

            /// Rows that said so already.
            async fn unchanged(&self) -> i32 {
                number(self.outcome.unchanged)
            }

            /// Rows that the viewer sees and has no right on.
            async fn skipped(&self) -> i32 {
                number(self.outcome.skipped)
            }

            /// Whether more rows fit than the 10,000 that one call looks at: narrow the filter and call again.
            async fn has_more(&self) -> bool {
                self.outcome.has_more
            }

            /// Whether nothing was written.
            async fn dry_run(&self) -> bool {
                self.outcome.is_dry
            }

            /// What was written, or would be: the first 50, tasks before projects.
            async fn works(&self) -> List<AcknowledgedWork> {
                let is_dry = self.outcome.is_dry;
                let rows = self.outcome.done.iter().take(NAMED);
                List(rows.map(|row| AcknowledgedWork { row: Arc::new(row.clone()), is_dry }).collect())
            }

            /// What a person can mend in the input; empty when it was taken.
            async fn user_errors(&self) -> Vec<UserError> {
                self.user_errors.clone()
            }
        }

        impl From<Outcome<BulkOutcome>> for $name {
            fn from(outcome: Outcome<BulkOutcome>) -> Self {
                let (outcome, user_errors) = outcome.into_parts();
                Self { outcome: outcome.unwrap_or_default(), user_errors }
            }
        }
    )* };
}

payload! {
    WorkAcknowledgeManyPayload of "workAcknowledgeMany",
        /// Pieces of work that were acknowledged, or would be.
        acknowledged;
    AcknowledgementRevokeManyPayload of "acknowledgementRevokeMany",
        /// Acknowledgements that were taken back, or would be.
        revoked;
}

pub(super) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What a filter in an input means.
pub(super) fn meaning<F: Filter>(ctx: &Context<'_>, filter: Option<&F>) -> Result<Option<Predicate>> {
    let Some(filter) = filter else { return Ok(None) };
    let scope = scope(ctx)?;
    let clock = scope.clock();
    let moment = Moment { now: clock.now(), today: clock.today(scope.viewer().time_zone) };
    let predicate = filter.predicate(moment)?;
    if predicate.size() > FILTER_MAX {
        let message = format!("the filter has too many parts: at most {FILTER_MAX} comparisons");
        return Err(DomainError::BadInput(message));
    }
    Ok(Some(predicate))
}

/// Changes of acknowledgements in bulk.
#[derive(Debug, Default)]
pub struct AcknowledgeManyMutation;

#[Object]
impl AcknowledgeManyMutation {
    /// Acknowledges all work that fits, of what the viewer sees, in one transaction. What they have no right on
    /// is skipped and counted; at most 10,000 rows a call.
    async fn work_acknowledge_many(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which work, and what is said of it.")] input: WorkAcknowledgeManyInput,
    ) -> Nullable<WorkAcknowledgeManyPayload> {
        run(ctx, |_keys| {
            Ok(AcknowledgeMany {
                tasks: meaning(ctx, input.tasks.as_ref())?,
                projects: meaning(ctx, input.projects.as_ref())?,
                terms: Terms {
                    work_class: input.work_class.into(),
                    reason: input.reason,
                    until: input.until.map(|until| until.0),
                },
                dry_run: input.dry_run,
            })
        })
        .await
    }

    /// Takes back all acknowledgements that are named or fit, of what the viewer sees, in one transaction. What
    /// they have no right on is skipped and counted; at most 10,000 rows a call.
    async fn acknowledgement_revoke_many(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] input: AcknowledgementRevokeManyInput,
    ) -> Nullable<AcknowledgementRevokeManyPayload> {
        run(ctx, |_keys| {
            let key = |id: &ID| {
                key_of(id, ACKNOWLEDGEMENT).map_err(|_| {
                    let message = "name an acknowledgement that does not exist";
                    DomainError::user("ids", UserErrorCode::NotFound, message)
                })
            };
            Ok(RevokeMany {
                ids: input.ids.as_ref().map(|ids| ids.iter().map(key).collect()).transpose()?,
                filter: meaning(ctx, input.filter.as_ref())?,
                dry_run: input.dry_run,
            })
        })
        .await
    }
}
