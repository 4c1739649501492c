//! Making, changing and archiving key results.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    enums::{GoalState, KeyResultKind, ProgressSource},
    error::UserError,
    id::NodeKind,
    input::changed,
    key_result::KeyResult,
    mutation::{Outcome, run},
    scalars::{Date, Decimal},
};
use crate::domain::{
    key_result::KeyResultRow,
    key_result_baseline::SetBaseline,
    key_result_change::{ArchiveKeyResult, CreateKeyResult, UpdateKeyResult},
    origin::{Origin, OriginChange},
};

/// Input of `keyResultCreate`. Which measured values it takes depends on its kind; with the progress
/// source WORK they may all be left out.
#[derive(InputObject, Debug)]
pub struct KeyResultCreateInput {
    /// Id made by the client (`kr_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// The objective it belongs to.
    pub objective_id: ID,
    /// What is measured: one line of at most 500 characters.
    pub title: String,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: Option<String>,
    /// Who answers for it; the viewer when left out.
    pub owner_id: Option<ID>,
    /// DRAFT or ACTIVE; when left out, ACTIVE where the viewer may publish, else DRAFT.
    pub state: Option<GoalState>,
    /// How the value becomes progress; when left out, DECREASE where the target lies below the start,
    /// else INCREASE.
    pub kind: Option<KeyResultKind>,
    /// Unit of the measured values, `%` or `ms`, at most 40 characters.
    pub unit: Option<String>,
    /// Value at the start, and the current one until the first check-in.
    pub start: Option<Decimal>,
    /// Value at which progress is 1, for INCREASE and DECREASE.
    pub target: Option<Decimal>,
    /// The target as a signed change of the start in percent, in place of `target`: 20 is a fifth of the
    /// start's size above it, -20 below it. Without a start it waits until `keyResultSetBaseline`.
    pub target_percent: Option<Decimal>,
    /// The value that is promised: after the start, not beyond the target.
    pub commit: Option<Decimal>,
    /// The value hoped for: the target or beyond it.
    pub stretch: Option<Decimal>,
    /// Lowest value inside the bounds, for MAINTAIN_ABOVE and MAINTAIN_WITHIN.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds, for MAINTAIN_BELOW and MAINTAIN_WITHIN.
    pub upper_bound: Option<Decimal>,
    /// Distance from a bound at which progress is 0, above 0, for the maintaining kinds.
    pub tolerance: Option<Decimal>,
    /// Where the progress comes from.
    #[graphql(default_with = "ProgressSource::CheckIn")]
    pub progress_source: ProgressSource,
    /// Share in the objective's roll-up, 0 or more.
    #[graphql(default = 1.0)]
    pub weight: f64,
    /// First day of the work on it; the cycle's when left out.
    pub starts_on: Option<Date>,
    /// Days between check-ins, 1–366; the objective's when left out.
    pub check_in_days: Option<i32>,
    /// Who checks in, beside who may anyway; the objective's, else the owner, when left out.
    pub check_in_owner_id: Option<ID>,
    /// Who acknowledges check-ins; the objective's when left out.
    pub check_in_reviewer_id: Option<ID>,
}

/// Input of `keyResultUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct KeyResultUpdateInput {
    /// The key result.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// The objective that it moves to, for who may change both.
    pub objective_id: Option<ID>,
    /// What is measured: one line of at most 500 characters.
    pub title: Option<String>,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: MaybeUndefined<String>,
    /// Who answers for it.
    pub owner_id: MaybeUndefined<ID>,
    /// DRAFT, ACTIVE or CANCELLED; CLOSED comes with the close of the cycle.
    pub state: Option<GoalState>,
    /// How the value becomes progress; a BASELINE becomes another kind once it is measured.
    pub kind: Option<KeyResultKind>,
    /// Unit of the measured values, at most 40 characters; null for a bare number.
    pub unit: MaybeUndefined<String>,
    /// Value at the start; the current one moves with it until the first check-in.
    pub start: MaybeUndefined<Decimal>,
    /// Value at which progress is 1; it takes a target in percent away.
    pub target: MaybeUndefined<Decimal>,
    /// The target as a signed change of the start in percent; it follows a start that changes. A `target`
    /// takes it away; null leaves the value that it led to.
    pub target_percent: MaybeUndefined<Decimal>,
    /// The value that is promised: after the start, not beyond the target.
    pub commit: MaybeUndefined<Decimal>,
    /// The value hoped for: the target or beyond it.
    pub stretch: MaybeUndefined<Decimal>,
    /// Lowest value inside the bounds.
    pub lower_bound: MaybeUndefined<Decimal>,
    /// Highest value inside the bounds.
    pub upper_bound: MaybeUndefined<Decimal>,
    /// Distance from a bound at which progress is 0, above 0.
    pub tolerance: MaybeUndefined<Decimal>,
    /// Where the progress comes from.
    pub progress_source: Option<ProgressSource>,
    /// Share in the objective's roll-up, 0 or more.
    pub weight: Option<f64>,
    /// First day of the work on it; null takes the cycle's.
    pub starts_on: MaybeUndefined<Date>,
    /// Days between check-ins, 1–366; null takes the objective's.
    pub check_in_days: MaybeUndefined<i32>,
    /// Who checks in, beside who may anyway; null takes the objective's, else the owner.
    pub check_in_owner_id: MaybeUndefined<ID>,
    /// Who acknowledges check-ins; null takes the objective's.
    pub check_in_reviewer_id: MaybeUndefined<ID>,
}

/// Input of `keyResultArchive`.
#[derive(InputObject, Debug)]
pub struct KeyResultArchiveInput {
    /// The key result.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `keyResultUnarchive`.
#[derive(InputObject, Debug)]
pub struct KeyResultUnarchiveInput {
    /// The key result.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on key results.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The key result as it is now; null when nothing was written.
            pub key_result: Option<KeyResult>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<KeyResultRow>> for $name {
            fn from(outcome: Outcome<KeyResultRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { key_result: row.map(|row| KeyResult(Arc::new(row))), user_errors }
            }
        }
    )* };
}
pub(super) use payload;

payload! {
    KeyResultCreatePayload of "keyResultCreate";
    KeyResultUpdatePayload of "keyResultUpdate";
    KeyResultArchivePayload of "keyResultArchive";
    KeyResultUnarchivePayload of "keyResultUnarchive";
    KeyResultSetBaselinePayload of "keyResultSetBaseline";
}

/// Input of `keyResultSetBaseline`: what was measured for the first time, and what is aimed at from there.
#[derive(InputObject, Debug)]
pub struct KeyResultSetBaselineInput {
    /// The key result: of kind BASELINE, or with a target in percent that waits for its start.
    pub key_result_id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// The baseline, which becomes the start; the latest value that was told when left out.
    pub value: Option<Decimal>,
    /// The kind that a BASELINE becomes: any with a measured value. When left out, a way down where the target
    /// lies below the baseline, else a way up.
    pub kind: Option<KeyResultKind>,
    /// Value at which progress is 1.
    pub target: Option<Decimal>,
    /// The target as a signed change of the baseline in percent, in place of `target`.
    pub target_percent: Option<Decimal>,
    /// The value that is promised.
    pub commit: Option<Decimal>,
    /// The value hoped for.
    pub stretch: Option<Decimal>,
    /// Lowest value inside the bounds, for MAINTAIN_ABOVE and MAINTAIN_WITHIN.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds, for MAINTAIN_BELOW and MAINTAIN_WITHIN.
    pub upper_bound: Option<Decimal>,
    /// Distance from a bound at which progress is 0, above 0, for the maintaining kinds.
    pub tolerance: Option<Decimal>,
}

/// Changes of key results.
#[derive(Debug, Default)]
pub struct KeyResultMutation;

fn amount(value: MaybeUndefined<Decimal>) -> Option<Option<entity::Decimal>> {
    changed(value).map(|value| value.map(|value| value.0))
}

#[Object]
impl KeyResultMutation {
    /// Makes a key result. Individuals propose drafts; leaders, and managers for their teams, publish.
    async fn key_result_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new key result.")] input: KeyResultCreateInput,
    ) -> Nullable<KeyResultCreatePayload> {
        run(ctx, |keys| {
            let amount = |value: Option<Decimal>| value.map(|value| value.0);
            Ok(CreateKeyResult {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::KeyResult))?,
                objective: keys.required(&input.objective_id, SubjectKind::Objective, "objectiveId"),
                title: input.title,
                description: input.description,
                owner: keys.optional(input.owner_id.as_ref(), SubjectKind::Person, "ownerId"),
                state: input.state.map(Into::into),
                kind: input.kind.map(Into::into),
                unit: input.unit,
                start: amount(input.start),
                target: amount(input.target),
                target_percent: amount(input.target_percent),
                commit: amount(input.commit),
                stretch: amount(input.stretch),
                lower: amount(input.lower_bound),
                upper: amount(input.upper_bound),
                tolerance: amount(input.tolerance),
                progress_source: input.progress_source.into(),
                weight: input.weight,
                starts_on: input.starts_on.map(|day| day.0),
                check_in_days: input.check_in_days,
                check_in_owner: keys.optional(
                    input.check_in_owner_id.as_ref(),
                    SubjectKind::Person,
                    "checkInOwnerId",
                ),
                check_in_reviewer: keys.optional(
                    input.check_in_reviewer_id.as_ref(),
                    SubjectKind::Person,
                    "checkInReviewerId",
                ),
                origin: Origin::default(),
            })
        })
        .await
    }

    /// Changes a key result; its numbers and its objective's follow at once.
    async fn key_result_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: KeyResultUpdateInput,
    ) -> Nullable<KeyResultUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdateKeyResult {
                id: keys.target(&input.id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
                objective: keys.optional(input.objective_id.as_ref(), SubjectKind::Objective, "objectiveId"),
                title: input.title,
                description: changed(input.description),
                owner: keys.changed(&input.owner_id, SubjectKind::Person, "ownerId"),
                state: input.state.map(Into::into),
                kind: input.kind.map(Into::into),
                unit: changed(input.unit),
                start: amount(input.start),
                target: amount(input.target),
                target_percent: amount(input.target_percent),
                commit: amount(input.commit),
                stretch: amount(input.stretch),
                lower: amount(input.lower_bound),
                upper: amount(input.upper_bound),
                tolerance: amount(input.tolerance),
                progress_source: input.progress_source.map(Into::into),
                weight: input.weight,
                starts_on: changed(input.starts_on).map(|day| day.map(|day| day.0)),
                check_in_days: changed(input.check_in_days),
                check_in_owner: keys.changed(&input.check_in_owner_id, SubjectKind::Person, "checkInOwnerId"),
                check_in_reviewer: keys.changed(
                    &input.check_in_reviewer_id,
                    SubjectKind::Person,
                    "checkInReviewerId",
                ),
                origin: OriginChange::default(),
            })
        })
        .await
    }

    /// Tells what was measured for the first time: a BASELINE becomes a named kind, a target in percent
    /// becomes a value. What is aimed at is for who may change the key result; where that is settled
    /// already, who checks in may tell the baseline.
    async fn key_result_set_baseline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The baseline and what is aimed at.")] input: KeyResultSetBaselineInput,
    ) -> Nullable<KeyResultSetBaselinePayload> {
        run(ctx, |keys| {
            let amount = |value: Option<Decimal>| value.map(|value| value.0);
            Ok(SetBaseline {
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
                value: amount(input.value),
                kind: input.kind.map(Into::into),
                target: amount(input.target),
                target_percent: amount(input.target_percent),
                commit: amount(input.commit),
                stretch: amount(input.stretch),
                lower: amount(input.lower_bound),
                upper: amount(input.upper_bound),
                tolerance: amount(input.tolerance),
            })
        })
        .await
    }

    /// Archives a key result: it leaves its objective's roll-up, links to it go stale.
    async fn key_result_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: KeyResultArchiveInput,
    ) -> Nullable<KeyResultArchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveKeyResult {
                id: keys.target(&input.id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes a key result out of the archive, with the same rows as before.
    async fn key_result_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: KeyResultUnarchiveInput,
    ) -> Nullable<KeyResultUnarchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveKeyResult {
                id: keys.target(&input.id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
