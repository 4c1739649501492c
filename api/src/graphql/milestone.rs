//! Milestones.

use async_graphql::{Context, ID};

use super::{
    context::Nullable,
    filter::{column, filter, sort},
    id::part_id,
    input::number,
    key_result::KeyResult,
    node::referred,
    page::{connection, object},
    scalars::{Date, DateTime},
};
use crate::domain::milestone::MilestoneRow;

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

        /// The key result.
        async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
            referred(ctx, Some(self.0.key_result_id)).await
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
