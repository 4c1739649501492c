//! Cycles.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    allocation::{AllocationConnection, AllocationFilter, AllocationSort},
    context::{Nullable, nullable},
    cycle_close::{self, CycleClosing},
    enums::CycleState,
    error::UserError,
    filter::{column, filter, key, sort, text},
    id::{NodeKind, id_of, key_of},
    input::{changed, number},
    mutation::{Outcome, run},
    node::by_key,
    objective::{ObjectiveConnection, ObjectiveFilter, ObjectiveSort, ObjectivesFilter},
    page::{Slice, connection, object, root},
    scalars::{Date, DateTime},
};
use crate::domain::{
    cycle::{ArchiveCycle, CreateCycle, CycleRow, UpdateCycle},
    relation,
};

object! {
    /// A period in which goals are set and scored; cycles nest, a year around its quarters.
    Cycle over CycleRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Cycle, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// When it was archived; null while it is not.
        async fn archived_at(&self) -> Option<DateTime> {
            self.0.archived_at.map(DateTime::from)
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Display name, `2026 Q1`.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// Where the cycle is in its life.
        async fn state(&self) -> CycleState {
            self.0.state.into()
        }

        /// First day, in the organization's time zone; null for a backlog.
        async fn starts_on(&self) -> Option<Date> {
            self.0.starts_on.map(Date::from)
        }

        /// Last day, included; null for a backlog.
        async fn ends_on(&self) -> Option<Date> {
            self.0.ends_on.map(Date::from)
        }

        /// Days between check-ins of the goals that set none; null takes the cycle's around it, else the
        /// organization's.
        async fn check_in_days(&self) -> Option<i32> {
            self.0.check_in_days
        }

        /// When it was closed; null while it is not.
        async fn closed_at(&self) -> Option<DateTime> {
            self.0.closed_at.map(DateTime::from)
        }

        /// What its close will do, and what that still waits for; null for who may not close it, and once it
        /// is closed.
        async fn closing(&self, ctx: &Context<'_>) -> Nullable<CycleClosing> {
            cycle_close::closing(ctx, self.0.id).await
        }
    }
    one {
        /// The cycle around this one.
        parent: Cycle = parent_id;
    }
    edges {
        /// Cycles within it.
        children: CycleConnection(CycleFilter, CycleSort) = relation::CYCLE_CHILDREN;
        /// Objectives set for it.
        objectives: ObjectiveConnection(ObjectiveFilter, ObjectiveSort) = relation::CYCLE_OBJECTIVES;
        /// Shares of teams' effort in it that may go to work without a goal.
        allocations: AllocationConnection(AllocationFilter, AllocationSort) = relation::CYCLE_ALLOCATIONS;
    }
}

connection!(CycleConnection, CycleEdge, Cycle, CycleRow, "cycles");

filter! {
    CycleFilter, CyclesFilter on Cycle, "cycles" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Cycle));
        /// By name.
        name: StringComparator = text("name", "name_folded");
        /// By state.
        state: CycleStateComparator = column("state");
        /// By first day.
        starts_on: DateComparator = column("starts_on");
        /// By last day.
        ends_on: DateComparator = column("ends_on");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By the cycle around it.
        parent: CycleFilter = "parent_id" => Cycle;
    }
    many {
        /// By the cycles within.
        children: CyclesFilter = relation::CYCLE_CHILDREN;
        /// By its objectives.
        objectives: ObjectivesFilter = relation::CYCLE_OBJECTIVES;
    }
}

sort! {
    CycleSort, CycleSortField on Cycle, "cycles" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By name, without case.
        Name = "name_folded" as Text;
        /// By first day.
        StartsOn = "starts_on" as Date;
    }
}

/// Look-ups and lists of cycles.
#[derive(Debug, Default)]
pub struct CycleQuery;

#[Object]
impl CycleQuery {
    /// One of the cycles; null when it does not exist or may not be seen.
    async fn cycle(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Cycle> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Cycle)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Cycles that the viewer sees.
    async fn cycles(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<CycleFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<CycleSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<CycleConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(CycleConnection::from)))
    }
}

/// Input of `cycleCreate`.
#[derive(InputObject, Debug)]
pub struct CycleCreateInput {
    /// Id made by the client (`cyc_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// Display name, `2026 Q1`: one line of at most 500 characters.
    pub name: String,
    /// The cycle around it, which contains its days.
    pub parent_id: Option<ID>,
    /// PLANNED or ACTIVE.
    #[graphql(default_with = "CycleState::Planned")]
    pub state: CycleState,
    /// First day, in the organization's time zone; left out, with the last day, for a backlog.
    pub starts_on: Option<Date>,
    /// Last day, included.
    pub ends_on: Option<Date>,
    /// Days between check-ins of the goals that set none, 1–366; the cycle's around it, else the
    /// organization's when left out.
    pub check_in_days: Option<i32>,
}

/// Input of `cycleUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct CycleUpdateInput {
    /// The cycle.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Display name: one line of at most 500 characters.
    pub name: Option<String>,
    /// The cycle around it, which contains its days; one that lies within it is refused.
    pub parent_id: MaybeUndefined<ID>,
    /// PLANNED or ACTIVE; CLOSED comes with `cycleClose`.
    pub state: Option<CycleState>,
    /// First day; null, with the last day, for a backlog.
    pub starts_on: MaybeUndefined<Date>,
    /// Last day, included.
    pub ends_on: MaybeUndefined<Date>,
    /// Days between check-ins of the goals that set none, 1–366; null takes the cycle's around it.
    pub check_in_days: MaybeUndefined<i32>,
}

/// Input of `cycleArchive`.
#[derive(InputObject, Debug)]
pub struct CycleArchiveInput {
    /// The cycle.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `cycleUnarchive`.
#[derive(InputObject, Debug)]
pub struct CycleUnarchiveInput {
    /// The cycle.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on cycles.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The cycle as it is now; null when nothing was written.
            pub cycle: Option<Cycle>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<CycleRow>> for $name {
            fn from(outcome: Outcome<CycleRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { cycle: row.map(|row| Cycle(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    CycleCreatePayload of "cycleCreate";
    CycleUpdatePayload of "cycleUpdate";
    CycleArchivePayload of "cycleArchive";
    CycleUnarchivePayload of "cycleUnarchive";
}

/// Changes of cycles.
#[derive(Debug, Default)]
pub struct CycleMutation;

#[Object]
impl CycleMutation {
    /// Makes a cycle. For leaders.
    async fn cycle_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new cycle.")] input: CycleCreateInput,
    ) -> Nullable<CycleCreatePayload> {
        run(ctx, |keys| {
            Ok(CreateCycle {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::Cycle))?,
                name: input.name,
                parent: keys.optional(input.parent_id.as_ref(), SubjectKind::Cycle, "parentId"),
                state: input.state.into(),
                starts_on: input.starts_on.map(|day| day.0),
                ends_on: input.ends_on.map(|day| day.0),
                check_in_days: input.check_in_days,
            })
        })
        .await
    }

    /// Changes a cycle. For leaders.
    async fn cycle_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: CycleUpdateInput,
    ) -> Nullable<CycleUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdateCycle {
                id: keys.target(&input.id, SubjectKind::Cycle)?,
                expected_version: input.expected_version.map(i64::from),
                name: input.name,
                parent: keys.changed(&input.parent_id, SubjectKind::Cycle, "parentId"),
                state: input.state.map(Into::into),
                starts_on: changed(input.starts_on).map(|day| day.map(|day| day.0)),
                ends_on: changed(input.ends_on).map(|day| day.map(|day| day.0)),
                check_in_days: changed(input.check_in_days),
            })
        })
        .await
    }

    /// Archives a cycle. For leaders.
    async fn cycle_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CycleArchiveInput,
    ) -> Nullable<CycleArchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveCycle {
                id: keys.target(&input.id, SubjectKind::Cycle)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes a cycle out of the archive. For leaders.
    async fn cycle_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CycleUnarchiveInput,
    ) -> Nullable<CycleUnarchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveCycle {
                id: keys.target(&input.id, SubjectKind::Cycle)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
