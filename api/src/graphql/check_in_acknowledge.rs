//! Acknowledging check-ins.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    check_in::CheckIn,
    context::Nullable,
    error::UserError,
    mutation::{Outcome, run},
};
use crate::domain::{check_in::MadeCheckIn, check_in_acknowledge::AcknowledgeCheckIn};

/// Input of `checkInAcknowledge`.
#[derive(InputObject, Debug)]
pub struct CheckInAcknowledgeInput {
    /// The check-in.
    pub check_in_id: ID,
    /// What the reviewer says to it, Markdown, at most 100,000 characters.
    pub note: Option<String>,
}

/// Answer of `checkInAcknowledge`.
#[derive(SimpleObject, Debug)]
pub struct CheckInAcknowledgePayload {
    /// The check-in as it is now; null when nothing was written.
    pub check_in: Option<CheckIn>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<MadeCheckIn>> for CheckInAcknowledgePayload {
    fn from(outcome: Outcome<MadeCheckIn>) -> Self {
        let (made, user_errors) = outcome.into_parts();
        Self { check_in: made.map(|made| CheckIn(Arc::new(made.check_in))), user_errors }
    }
}

/// Acknowledging check-ins.
#[derive(Debug, Default)]
pub struct CheckInAcknowledgeMutation;

#[Object]
impl CheckInAcknowledgeMutation {
    /// Says that a check-in was read. For the reviewer of its key result, managers of its team and leaders,
    /// and not for its author. It is done once: who acknowledges again is shown the first time.
    async fn check_in_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CheckInAcknowledgeInput,
    ) -> Nullable<CheckInAcknowledgePayload> {
        run(ctx, |keys| {
            Ok(AcknowledgeCheckIn {
                check_in: keys.target(&input.check_in_id, SubjectKind::CheckIn)?,
                note: input.note,
            })
        })
        .await
    }
}
