//! Cycles.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable},
    enums::CycleState,
    filter::{column, filter, key, sort, text},
    id::{NodeKind, id_of, key_of},
    input::number,
    node::{by_key, referred},
    objective::{ObjectiveConnection, ObjectiveFilter, ObjectiveSort, ObjectivesFilter},
    page::{Slice, connection, object, root},
    scalars::{Date, DateTime},
};
use crate::domain::{cycle::CycleRow, relation};

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

        /// The cycle around this one.
        async fn parent(&self, ctx: &Context<'_>) -> Nullable<Cycle> {
            referred(ctx, self.0.parent_id).await
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
    }
    edges {
        /// Cycles within it.
        children: CycleConnection(CycleFilter, CycleSort) = relation::CYCLE_CHILDREN;
        /// Objectives set for it.
        objectives: ObjectiveConnection(ObjectiveFilter, ObjectiveSort) = relation::CYCLE_OBJECTIVES;
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
        #[graphql(desc = "Rows from the start: 0–200, 50 when neither first nor last is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 0–200.")] last: Option<i32>,
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
