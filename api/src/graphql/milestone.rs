//! Milestones.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    error::UserError,
    filter::{column, filter, sort},
    id::{NodeKind, key_of, part_id},
    input::number,
    key_result::KeyResult,
    mutation::{Outcome, run},
    page::{connection, object},
    scalars::{Date, DateTime},
};
use crate::domain::{
    error::DomainError,
    milestone::{ChangedMilestone, CreateMilestone, MilestoneRow, RemoveMilestone, UpdateMilestone},
};

const MILESTONE: NodeKind = NodeKind::Part("mil");

object! {
    /// A step of a key result of kind `MILESTONE`.
    Milestone over MilestoneRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("mil", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// What is to be reached.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Share in the key result's progress; 0 or more.
        async fn weight(&self) -> f64 {
            self.0.weight
        }

        /// When it is due.
        async fn due_on(&self) -> Date {
            self.0.due_on.into()
        }

        /// When it was reached; null while open.
        async fn done_at(&self) -> Option<DateTime> {
            self.0.done_at.map(DateTime::from)
        }
    }
    one {
        /// The key result.
        key_result: KeyResult = key_result_id;
    }
    edges {
    }
}

connection!(MilestoneConnection, MilestoneEdge, Milestone, MilestoneRow, "milestones");

filter! {
    MilestoneFilter, MilestonesFilter on Milestone, "milestones" {
        /// By title.
        title: KeyComparator = column("title");
        /// By due day.
        due_on: DateComparator = column("due_on");
        /// By whether it is done.
        done: PresenceComparator = column("done_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
    }
    many {
    }
}

sort! {
    MilestoneSort, MilestoneSortField on Milestone, "milestones" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By due day.
        DueOn = "due_on" as Date;
    }
}

/// Input of `milestoneCreate`.
#[derive(InputObject, Debug)]
pub struct MilestoneCreateInput {
    /// Id made by the client (`mil_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// The key result, of kind MILESTONE.
    pub key_result_id: ID,
    /// What is to be reached: one line of at most 500 characters.
    pub title: String,
    /// Share in the key result's progress, 0 or more.
    #[graphql(default = 1.0)]
    pub weight: f64,
    /// When it is due.
    pub due_on: Date,
}

/// Input of `milestoneUpdate`: what is left out stays.
#[derive(InputObject, Debug)]
pub struct MilestoneUpdateInput {
    /// The milestone.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// What is to be reached: one line of at most 500 characters.
    pub title: Option<String>,
    /// Share in the key result's progress, 0 or more.
    pub weight: Option<f64>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// Whether it is reached: true reaches it now, false opens it again.
    pub done: Option<bool>,
}

/// Input of `milestoneRemove`.
#[derive(InputObject, Debug)]
pub struct MilestoneRemoveInput {
    /// The milestone, which must be open.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on milestones.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The milestone as it is now; null when nothing was written, or when it was removed.
            pub milestone: Option<Milestone>,
            /// The key result as it is now; null when nothing was written.
            pub key_result: Option<KeyResult>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<ChangedMilestone>> for $name {
            fn from(outcome: Outcome<ChangedMilestone>) -> Self {
                let (changed, user_errors) = outcome.into_parts();
                let (milestone, key_result) =
                    changed.map(|changed| (changed.milestone, changed.key_result)).unzip();
                Self {
                    milestone: milestone.flatten().map(|row| Milestone(Arc::new(row))),
                    key_result: key_result.map(|row| KeyResult(Arc::new(row))),
                    user_errors,
                }
            }
        }
    )* };
}

payload! {
    MilestoneCreatePayload of "milestoneCreate";
    MilestoneUpdatePayload of "milestoneUpdate";
    MilestoneRemovePayload of "milestoneRemove";
}

/// Changes of milestones.
#[derive(Debug, Default)]
pub struct MilestoneMutation;

#[Object]
impl MilestoneMutation {
    /// Makes a milestone of a key result, for who may change the key result.
    async fn milestone_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new milestone.")] input: MilestoneCreateInput,
    ) -> Nullable<MilestoneCreatePayload> {
        run(ctx, |keys| {
            Ok(CreateMilestone {
                id: keys.own(input.id.as_ref(), MILESTONE)?,
                key_result: keys.required(&input.key_result_id, SubjectKind::KeyResult, "keyResultId"),
                title: input.title,
                weight: input.weight,
                due_on: input.due_on.0,
            })
        })
        .await
    }

    /// Changes a milestone. Who may check in sets it done; the rest is for who may change the key result.
    async fn milestone_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: MilestoneUpdateInput,
    ) -> Nullable<MilestoneUpdatePayload> {
        run(ctx, |_keys| {
            Ok(UpdateMilestone {
                id: key_of(&input.id, MILESTONE).map_err(|_| DomainError::NotFound)?,
                expected_version: input.expected_version.map(i64::from),
                title: input.title,
                weight: input.weight,
                due_on: input.due_on.map(|day| day.0),
                done: input.done,
            })
        })
        .await
    }

    /// Removes a milestone that is still open: it is a part of its key result. One that was reached is
    /// history and stays.
    async fn milestone_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: MilestoneRemoveInput,
    ) -> Nullable<MilestoneRemovePayload> {
        run(ctx, |_keys| {
            Ok(RemoveMilestone {
                id: key_of(&input.id, MILESTONE).map_err(|_| DomainError::NotFound)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}
