//! Publishing of objectives.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    error::UserError,
    mutation::{Outcome, run},
    objective::Objective,
};
use crate::domain::{objective::ObjectiveRow, objective_publish::PublishObjective};

/// Input of `objectivePublish`.
#[derive(InputObject, Debug)]
pub struct ObjectivePublishInput {
    /// The objective, a draft; one that was published or given up is published again.
    pub id: ID,
    /// The version that the decision was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Whether its draft key results are published with it.
    #[graphql(default = true)]
    pub with_key_results: bool,
}

/// Answer of `objectivePublish`.
#[derive(SimpleObject, Debug)]
pub struct ObjectivePublishPayload {
    /// The objective as it is now; null when nothing was written.
    pub objective: Option<Objective>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<ObjectiveRow>> for ObjectivePublishPayload {
    fn from(outcome: Outcome<ObjectiveRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { objective: row.map(|row| Objective(Arc::new(row))), user_errors }
    }
}

/// Publishing.
#[derive(Debug, Default)]
pub struct ObjectivePublishMutation;

#[Object]
impl ObjectivePublishMutation {
    /// Publishes an objective that was proposed, with its draft key results, all or nothing. For managers of
    /// its team, and leaders.
    async fn objective_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ObjectivePublishInput,
    ) -> Nullable<ObjectivePublishPayload> {
        run(ctx, |keys| {
            Ok(PublishObjective {
                id: keys.target(&input.id, SubjectKind::Objective)?,
                expected_version: input.expected_version.map(i64::from),
                with_key_results: input.with_key_results,
            })
        })
        .await
    }
}
