//! Allocations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable},
    cycle::{Cycle, CycleFilter},
    enums::WorkClass,
    error::UserError,
    filter::{column, filter, key, sort},
    id::{NodeKind, key_of, part_id},
    input::number,
    mutation::{Outcome, run},
    page::{Slice, connection, object, root},
    person::Person,
    scalars::DateTime,
    team::{Team, TeamFilter},
};
use crate::domain::{
    allocation::{AllocationRow, RemoveAllocation, SetAllocation},
    error::DomainError,
};

const ALLOCATION: NodeKind = NodeKind::Part("alc");

object! {
    /// The share of a team's effort in a cycle that may go to a class of work without a goal.
    Allocation over AllocationRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("alc", self.0.id)
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

        /// Kind of work: TECHNICAL_DEBT or MAINTENANCE.
        async fn work_class(&self) -> WorkClass {
            self.0.work_class.into()
        }

        /// Share of the team's effort, 0–1.
        async fn share(&self) -> f64 {
            self.0.share
        }
    }
    one {
        /// The team.
        team: Team = team_id;
        /// The cycle.
        cycle: Cycle = cycle_id;
        /// Who set it last.
        person: Person = person_id;
    }
    edges {
    }
}

connection!(AllocationConnection, AllocationEdge, Allocation, AllocationRow, "allocations");

filter! {
    AllocationFilter, AllocationsFilter on Allocation, "allocations" {
        /// By global id.
        id: IdComparator = key("id", ALLOCATION);
        /// By class.
        work_class: WorkClassComparator = column("work_class");
        /// By share, 0–1.
        share: NumberComparator = column("share");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By team.
        team: TeamFilter = "team_id" => Team;
        /// By cycle.
        cycle: CycleFilter = "cycle_id" => Cycle;
    }
    many {
    }
}

sort! {
    AllocationSort, AllocationSortField on Allocation, "allocations" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By share.
        Share = "share" as Float;
    }
}

/// Lists of allocations.
#[derive(Debug, Default)]
pub struct AllocationQuery;

#[Object]
impl AllocationQuery {
    /// Allocations that the viewer sees.
    async fn allocations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<AllocationFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<AllocationSort>,
        >,
    ) -> Nullable<AllocationConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, false);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(AllocationConnection::from)))
    }
}

/// Input of `allocationSet`: of a team, a cycle and a class there is one allocation.
#[derive(InputObject, Debug)]
pub struct AllocationSetInput {
    /// Id made by the client (`alc_` and a UUID version 7 in 32 hex digits) for a new one; one that is there
    /// keeps its own. A retry sets the same again.
    pub id: Option<ID>,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// The team.
    pub team_id: ID,
    /// The cycle, which is not closed.
    pub cycle_id: ID,
    /// Kind of work: TECHNICAL_DEBT or MAINTENANCE.
    pub work_class: WorkClass,
    /// Share of the team's effort, 0–1; with the team's other allocation in the cycle at most 1.
    pub share: f64,
}

/// Input of `allocationRemove`.
#[derive(InputObject, Debug)]
pub struct AllocationRemoveInput {
    /// The allocation.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on allocations.
macro_rules! payload {
    ($($name:ident of $mutation:literal, $doc:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            #[doc = $doc]
            pub allocation: Option<Allocation>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<AllocationRow>> for $name {
            fn from(outcome: Outcome<AllocationRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { allocation: row.map(|row| Allocation(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    AllocationSetPayload of "allocationSet", "The allocation as it is now; null when nothing was written.";
    AllocationRemovePayload of "allocationRemove", "The allocation as it was; null when nothing was written.";
}

/// Changes of allocations.
#[derive(Debug, Default)]
pub struct AllocationMutation;

#[Object]
impl AllocationMutation {
    /// Sets the share of a team's effort in a cycle that may go to a class of work. For managers of the team,
    /// and leaders.
    async fn allocation_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The allocation.")] input: AllocationSetInput,
    ) -> Nullable<AllocationSetPayload> {
        run(ctx, |keys| {
            Ok(SetAllocation {
                id: keys.own(input.id.as_ref(), ALLOCATION)?,
                expected_version: input.expected_version.map(i64::from),
                team: keys.required(&input.team_id, SubjectKind::Team, "teamId"),
                cycle: keys.required(&input.cycle_id, SubjectKind::Cycle, "cycleId"),
                work_class: input.work_class.into(),
                share: input.share,
            })
        })
        .await
    }

    /// Removes an allocation. For managers of its team, and leaders.
    async fn allocation_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: AllocationRemoveInput,
    ) -> Nullable<AllocationRemovePayload> {
        run(ctx, |_keys| {
            Ok(RemoveAllocation {
                id: key_of(&input.id, ALLOCATION).map_err(|_| DomainError::NotFound)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}
