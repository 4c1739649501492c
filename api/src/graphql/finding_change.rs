//! What people say about findings: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    error::UserError,
    finding::Finding,
    mutation::{Outcome, run},
    scalars::DateTime,
};
use crate::domain::{
    finding::FindingRow,
    findings::{AcknowledgeFinding, ResolveFinding, WaiveFinding},
};

/// Input of `findingAcknowledge`.
#[derive(InputObject, Debug)]
pub struct FindingAcknowledgeInput {
    /// The finding.
    pub id: ID,
    /// Until when it is put off: ahead, by the setting `waiverDays` at most. Then it is open again, where its
    /// cause still holds.
    pub until: DateTime,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `findingWaive`.
#[derive(InputObject, Debug)]
pub struct FindingWaiveInput {
    /// The finding.
    pub id: ID,
    /// Until when it is accepted: ahead, by the setting `waiverDays` at most. Then it is open again, where its
    /// cause still holds.
    pub until: DateTime,
    /// Why: one line of at most 500 characters.
    pub reason: String,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `findingResolve`.
#[derive(InputObject, Debug)]
pub struct FindingResolveInput {
    /// The finding.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on findings.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The finding as it is now; null when nothing was written.
            pub finding: Option<Finding>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<FindingRow>> for $name {
            fn from(outcome: Outcome<FindingRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { finding: row.map(|row| Finding(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    FindingAcknowledgePayload of "findingAcknowledge";
    FindingWaivePayload of "findingWaive";
    FindingResolvePayload of "findingResolve";
}

/// What people say about findings.
#[derive(Debug, Default)]
pub struct FindingMutation;

#[Object]
impl FindingMutation {
    /// Says that a finding was seen and is dealt with, and puts it off. For who is to act, managers of them or of
    /// the team of what it is about, and leaders; one that was waived, only for who may waive it.
    async fn finding_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and until when.")] input: FindingAcknowledgeInput,
    ) -> Nullable<FindingAcknowledgePayload> {
        run(ctx, |keys| {
            Ok(AcknowledgeFinding {
                id: keys.target(&input.id, SubjectKind::Finding)?,
                until: input.until.0,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }

    /// Accepts a finding for a time, with a reason. For managers of who is to act, or of the team of what it is
    /// about, and leaders.
    async fn finding_waive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, until when and why.")] input: FindingWaiveInput,
    ) -> Nullable<FindingWaivePayload> {
        run(ctx, |keys| {
            Ok(WaiveFinding {
                id: keys.target(&input.id, SubjectKind::Finding)?,
                until: input.until.0,
                reason: input.reason,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }

    /// Says that what was found is done. While its cause holds it is refused, and what holds is told; a review of
    /// a link is done by this word itself: what both ends are now is what later changes are held against. Where
    /// something else has changed than its evidence tells, it is refused with `CONFLICT`.
    async fn finding_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: FindingResolveInput,
    ) -> Nullable<FindingResolvePayload> {
        run(ctx, |keys| {
            Ok(ResolveFinding {
                id: keys.target(&input.id, SubjectKind::Finding)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}
