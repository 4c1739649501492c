//! A person's word on the progress of a key result.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    error::UserError,
    key_result::KeyResult,
    key_result_change::payload,
    mutation::{Outcome, run},
};
use crate::domain::{
    key_result::KeyResultRow,
    key_result_override::{OverrideProgress, ResumeProgress},
};

/// Input of `keyResultOverride`.
#[derive(InputObject, Debug)]
pub struct KeyResultOverrideInput {
    /// The key result.
    pub key_result_id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// The progress, 0–1.
    pub value: f64,
    /// Whether it stays until it is resumed; else it ends when the value next changes.
    #[graphql(default)]
    pub sticky: bool,
    /// Why: one line of at most 500 characters.
    pub reason: String,
}

/// Input of `keyResultResume`.
#[derive(InputObject, Debug)]
pub struct KeyResultResumeInput {
    /// The key result.
    pub key_result_id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

payload! {
    KeyResultOverridePayload of "keyResultOverride";
    KeyResultResumePayload of "keyResultResume";
}

/// Overriding progress.
#[derive(Debug, Default)]
pub struct KeyResultOverrideMutation;

#[Object]
impl KeyResultOverrideMutation {
    /// Sets the progress of a key result by hand, with who, when and why. For its owner, managers of its
    /// team, and leaders.
    async fn key_result_override(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The progress, and why.")] input: KeyResultOverrideInput,
    ) -> Nullable<KeyResultOverridePayload> {
        run(ctx, |keys| {
            Ok(OverrideProgress {
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
                value: input.value,
                sticky: input.sticky,
                reason: input.reason,
            })
        })
        .await
    }

    /// Lets the progress of a key result come from its source again.
    async fn key_result_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: KeyResultResumeInput,
    ) -> Nullable<KeyResultResumePayload> {
        run(ctx, |keys| {
            Ok(ResumeProgress {
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}
