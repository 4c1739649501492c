//! Carry-over of key results from a closed cycle into another.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    cycle::Cycle,
    enums::CarryOverDecision,
    error::{SharedError, UserError},
    id::NodeKind,
    key_result::KeyResult,
    loaders::Loaders,
    mutation::{Outcome, run},
    node::referred,
    objective::Objective,
    person::Person,
    scalars::{Date, DateTime, Decimal},
};
use crate::domain::carry_over::{self, CarriedOver, CarryOverRow};

/// What was decided on a goal, or made it a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionOn {
    /// On a key result.
    KeyResult(Uuid),
    /// That made a key result.
    SuccessorKeyResult(Uuid),
    /// That made an objective.
    SuccessorObjective(Uuid),
}

impl DecisionOn {
    const fn column(self) -> &'static str {
        match self {
            Self::KeyResult(_) => "key_result_id",
            Self::SuccessorKeyResult(_) => "successor_key_result_id",
            Self::SuccessorObjective(_) => "successor_objective_id",
        }
    }

    const fn key(self) -> Uuid {
        match self {
            Self::KeyResult(id) | Self::SuccessorKeyResult(id) | Self::SuccessorObjective(id) => id,
        }
    }
}

impl Loader<DecisionOn> for Loaders {
    type Value = Arc<CarryOverRow>;
    type Error = SharedError;

    async fn load(&self, keys: &[DecisionOn]) -> Result<HashMap<DecisionOn, Arc<CarryOverRow>>, SharedError> {
        let mut loaded = HashMap::new();
        let kinds = [DecisionOn::KeyResult, DecisionOn::SuccessorKeyResult, DecisionOn::SuccessorObjective];
        for kind in kinds {
            let column = kind(Uuid::nil()).column();
            let ids: Vec<Uuid> =
                keys.iter().filter(|key| key.column() == column).map(|key| key.key()).collect();
            for row in self.scope().carry_overs(column, &ids).await? {
                let key = match kind(Uuid::nil()) {
                    DecisionOn::KeyResult(_) => row.key_result_id,
                    DecisionOn::SuccessorKeyResult(_) => row.successor_key_result_id,
                    DecisionOn::SuccessorObjective(_) => row.successor_objective_id,
                };
                if let Some(key) = key {
                    loaded.insert(kind(key), row);
                }
            }
        }
        Ok(loaded)
    }
}

async fn decision(ctx: &Context<'_>, key: DecisionOn) -> Nullable<Arc<CarryOverRow>> {
    match loaders(ctx) {
        Ok(loaders) => nullable_shared(ctx, loaders.load_one(key).await),
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}

/// What was decided on a key result after its cycle.
pub async fn carry_over(ctx: &Context<'_>, key_result: Uuid) -> Nullable<CarryOver> {
    Some(decision(ctx, DecisionOn::KeyResult(key_result)).await?.map(|row| CarryOver {
        decision: row.decision.into(),
        note: row.note.clone(),
        at: row.created_at.into(),
        row,
    }))
}

/// The key result in whose place another one goes on.
pub async fn predecessor_of_key_result(ctx: &Context<'_>, id: Uuid) -> Nullable<KeyResult> {
    match decision(ctx, DecisionOn::SuccessorKeyResult(id)).await? {
        Ok(row) => referred(ctx, row.key_result_id).await,
        Err(error) => Some(Err(error)),
    }
}

/// The objective in whose place another one goes on.
pub async fn predecessor_of_objective(ctx: &Context<'_>, id: Uuid) -> Nullable<Objective> {
    match decision(ctx, DecisionOn::SuccessorObjective(id)).await? {
        Ok(row) => referred(ctx, row.objective_id).await,
        Err(error) => Some(Err(error)),
    }
}

/// What became of a key result after its cycle.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct CarryOver {
    /// What was decided.
    pub decision: CarryOverDecision,
    /// Why, Markdown; null when nothing was said.
    pub note: Option<String>,
    /// When.
    pub at: DateTime,
    #[graphql(skip)]
    /// The decision.
    pub row: Arc<CarryOverRow>,
}

#[ComplexObject]
impl CarryOver {
    /// The key result that goes on in its place; null when it was abandoned, or where the viewer may not see
    /// it.
    async fn successor(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
        referred(ctx, self.row.successor_key_result_id).await
    }

    /// The cycle in which it goes on; null when it was abandoned.
    async fn cycle(&self, ctx: &Context<'_>) -> Nullable<Cycle> {
        referred(ctx, self.row.cycle_id).await
    }

    /// Who decided; null for Throughline itself.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        referred(ctx, self.row.person_id).await
    }
}

/// Input of `keyResultCarryOver`.
#[derive(InputObject, Debug)]
pub struct KeyResultCarryOverInput {
    /// The key result, which its cycle's close has closed.
    pub key_result_id: ID,
    /// KEEP and MODIFY make a new key result with a code of its own, which starts at the value where the old
    /// one ended; ABANDON lets it go.
    pub decision: CarryOverDecision,
    /// The cycle in which it goes on, which is not closed; needed unless it is abandoned.
    pub cycle_id: Option<ID>,
    /// The objective under which it goes on, of that cycle; left out, the one that goes on in the place of its
    /// own, which is made of it when there is none.
    pub objective_id: Option<ID>,
    /// Id of the new key result, made by the client (`kr_` and a UUID version 7 in 32 hex digits), which makes
    /// a retry safe.
    pub id: Option<ID>,
    /// Why, Markdown, at most 100,000 characters.
    pub note: Option<String>,
    /// What is measured, for MODIFY: one line of at most 500 characters.
    pub title: Option<String>,
    /// Who answers for it, for MODIFY.
    pub owner_id: Option<ID>,
    /// Value at which progress is 1, for MODIFY.
    pub target: Option<Decimal>,
    /// The target as a signed change in percent of the value where the old one ended, for MODIFY; in place of
    /// target.
    pub target_percent: Option<Decimal>,
    /// The value that is promised, for MODIFY.
    pub commit: Option<Decimal>,
    /// The value hoped for, for MODIFY.
    pub stretch: Option<Decimal>,
    /// Lowest value inside the bounds, for MODIFY.
    pub lower_bound: Option<Decimal>,
    /// Highest value inside the bounds, for MODIFY.
    pub upper_bound: Option<Decimal>,
    /// Distance from a bound at which progress is 0, for MODIFY; above 0.
    pub tolerance: Option<Decimal>,
    /// Share in the objective's roll-up, for MODIFY, 0 or more.
    pub weight: Option<f64>,
    /// The steps still to be reached, for MODIFY of the kind MILESTONE: at most 100. Left out, those that were
    /// not reached go on.
    pub milestones: Option<Vec<KeyResultCarryOverMilestone>>,
}

/// A step of the key result that goes on.
#[derive(InputObject, Debug)]
pub struct KeyResultCarryOverMilestone {
    /// What is to be reached: one line of at most 500 characters.
    pub title: String,
    /// Share in the key result's progress, 0 or more.
    #[graphql(default = 1.0)]
    pub weight: f64,
    /// When it is due.
    pub due_on: Date,
}

/// Answer of `keyResultCarryOver`.
#[derive(SimpleObject, Debug)]
pub struct KeyResultCarryOverPayload {
    /// The key result that was closed; null when nothing was written.
    pub key_result: Option<KeyResult>,
    /// The key result that goes on; null when it was abandoned, and when nothing was written.
    pub successor: Option<KeyResult>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<CarriedOver>> for KeyResultCarryOverPayload {
    fn from(outcome: Outcome<CarriedOver>) -> Self {
        let (carried, user_errors) = outcome.into_parts();
        let (key_result, successor) = carried.map(|carried| (carried.key_result, carried.successor)).unzip();
        Self {
            key_result: key_result.map(|row| KeyResult(Arc::new(row))),
            successor: successor.flatten().map(|row| KeyResult(Arc::new(row))),
            user_errors,
        }
    }
}

/// Carry-over.
#[derive(Debug, Default)]
pub struct CarryOverMutation;

#[Object]
impl CarryOverMutation {
    /// Decides once what becomes of a closed key result. What goes on copies values and weights, never
    /// check-ins; the old code leads to it from then on, also in texts of work. For who answers for the key
    /// result and may make goals in its place, as drafts where they may not publish.
    async fn key_result_carry_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: KeyResultCarryOverInput,
    ) -> Nullable<KeyResultCarryOverPayload> {
        run(ctx, |keys| {
            Ok(carry_over::CarryOver {
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                decision: input.decision.into(),
                cycle: keys.optional(input.cycle_id.as_ref(), SubjectKind::Cycle, "cycleId"),
                objective: keys.optional(input.objective_id.as_ref(), SubjectKind::Objective, "objectiveId"),
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::KeyResult))?,
                note: input.note,
                title: input.title,
                owner: keys.optional(input.owner_id.as_ref(), SubjectKind::Person, "ownerId"),
                target: input.target.map(|value| value.0),
                target_percent: input.target_percent.map(|value| value.0),
                commit: input.commit.map(|value| value.0),
                stretch: input.stretch.map(|value| value.0),
                lower: input.lower_bound.map(|value| value.0),
                upper: input.upper_bound.map(|value| value.0),
                tolerance: input.tolerance.map(|value| value.0),
                weight: input.weight,
                milestones: input.milestones.map(|milestones| {
                    let next = |one: KeyResultCarryOverMilestone| carry_over::NextMilestone {
                        title: one.title,
                        weight: one.weight,
                        due_on: one.due_on.0,
                    };
                    milestones.into_iter().map(next).collect()
                }),
            })
        })
        .await
    }
}
