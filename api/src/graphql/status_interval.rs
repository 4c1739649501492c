//! Status intervals.

use async_graphql::ID;

use super::{
    enums::TaskStatus,
    filter::{column, filter, sort},
    id::part_id,
    page::{connection, object},
    scalars::DateTime,
    task::Task,
};
use crate::domain::status_interval::StatusIntervalRow;

object! {
    /// A span of time that a task spent in one status: from included, to not.
    StatusInterval over StatusIntervalRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("stv", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// Status in our words.
        async fn status(&self) -> TaskStatus {
            self.0.status.into()
        }

        /// Status in the tool's words.
        async fn provider_status(&self) -> Option<&str> {
            self.0.provider_status.as_deref()
        }

        /// When it entered the status.
        async fn from_at(&self) -> DateTime {
            self.0.from_at.into()
        }

        /// When it left; null for the status it is in.
        async fn to_at(&self) -> Option<DateTime> {
            self.0.to_at.map(DateTime::from)
        }
    }
    one {
        /// The task.
        task: Task = task_id;
    }
    edges {
    }
}

connection!(
    StatusIntervalConnection,
    StatusIntervalEdge,
    StatusInterval,
    StatusIntervalRow,
    "status intervals"
);

filter! {
    StatusIntervalFilter, StatusIntervalsFilter on StatusInterval, "status intervals" {
        /// By status.
        status: TaskStatusComparator = column("status");
        /// By begin.
        from_at: DateTimeComparator = column("from_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
    }
    many {
    }
}

sort! {
    StatusIntervalSort, StatusIntervalSortField on StatusInterval, "status intervals" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By begin.
        FromAt = "from_at" as Integer;
    }
}
