//! Values that tools record.

use async_graphql::{Context, ID, InputObject, Object};
use entity::SubjectKind;

use super::{
    check_in::CheckIn,
    context::Nullable,
    error::UserError,
    id::NodeKind,
    key_result::KeyResult,
    mutation::{Outcome, run},
    node::by_key,
    scalars::{DateTime, Decimal},
};
use crate::domain::recorded_value::{RecordValue, Recorded};

/// Input of `keyResultRecordValue`.
#[derive(InputObject, Debug)]
pub struct KeyResultRecordValueInput {
    /// Id made by the client (`chk_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// The key result.
    pub key_result_id: ID,
    /// The value; not for the kind MILESTONE.
    pub value: Decimal,
    /// The time that the value holds for: now when left out, never in the future, and within the cycle when it
    /// is dated back. The current value is that of the latest time.
    pub at: Option<DateTime>,
    /// Where it comes from, for readers; Markdown, at most 100,000 characters.
    pub note: Option<String>,
}

/// Answer of `keyResultRecordValue`.
#[derive(Debug)]
pub struct KeyResultRecordValuePayload {
    recorded: Option<Recorded>,
    user_errors: Vec<UserError>,
}

impl From<Outcome<Recorded>> for KeyResultRecordValuePayload {
    fn from(outcome: Outcome<Recorded>) -> Self {
        let (recorded, user_errors) = outcome.into_parts();
        Self { recorded, user_errors }
    }
}

/// Answer of `keyResultRecordValue`.
#[Object]
impl KeyResultRecordValuePayload {
    /// The latest known value of the key result, which a value dated back does not move; null when nothing was
    /// written.
    async fn current(&self) -> Option<Decimal> {
        self.recorded.as_ref()?.current.map(Decimal::from)
    }

    /// Its progress, 0–1; null when nothing was written, or when it is not known.
    async fn progress(&self) -> Option<f64> {
        self.recorded.as_ref()?.progress
    }

    /// What was recorded; null when nothing was written, and for a token that may not read it.
    async fn check_in(&self, ctx: &Context<'_>) -> Nullable<CheckIn> {
        by_key(ctx, self.recorded.as_ref()?.check_in).await
    }

    /// The key result as it is now; null when nothing was written, and for a token that may not read it.
    async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
        by_key(ctx, self.recorded.as_ref()?.key_result).await
    }

    /// What a person can mend in the input; empty when it was written.
    async fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }
}

/// Values that tools record.
#[derive(Debug, Default)]
pub struct RecordedValueMutation;

#[Object]
impl RecordedValueMutation {
    /// Records a value on a key result: for tools with the scope RECORD_VALUES, and for people who may check
    /// in, whose word it then is. It moves `current`; progress follows where it comes from a tool or from
    /// check-ins, and on a key result that goes by work it does not.
    async fn key_result_record_value(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The value.")] input: KeyResultRecordValueInput,
    ) -> Nullable<KeyResultRecordValuePayload> {
        run(ctx, |keys| {
            Ok(RecordValue {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::CheckIn))?,
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                at: input.at.map(|at| at.0),
                value: input.value.0,
                note: input.note,
            })
        })
        .await
    }
}
