//! Points of progress.

use async_graphql::ID;

use super::{
    enums::PointSource,
    filter::{column, filter, sort},
    id::part_id,
    page::{connection, object},
    scalars::{DateTime, Decimal},
};
use crate::domain::progress_point::ProgressPointRow;

object! {
    /// A point in the history of a number.
    ProgressPoint over ProgressPointRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("pgp", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was recorded.
        async fn at(&self) -> DateTime {
            self.0.at.into()
        }

        /// Progress, 0–1; null when it became unknown.
        async fn value(&self) -> Option<f64> {
            self.0.value
        }

        /// Completion of contributing work at that time, for key results.
        async fn work_value(&self) -> Option<f64> {
            self.0.work_value
        }

        /// Latest known value at that time, for key results that are measured; null for others.
        async fn current(&self) -> Option<Decimal> {
            self.0.current_value.map(Decimal::from)
        }

        /// What made the number change.
        async fn source(&self) -> PointSource {
            self.0.source.into()
        }
    }
    edges {
    }
}

connection!(
    ProgressPointConnection,
    ProgressPointEdge,
    ProgressPoint,
    ProgressPointRow,
    "points of progress"
);

filter! {
    ProgressPointFilter, ProgressPointsFilter on ProgressPoint, "points of progress" {
        /// By time.
        at: DateTimeComparator = column("at");
        /// By progress, 0–1.
        value: NumberComparator = column("value");
        /// By what made it change.
        source: PointSourceComparator = column("source");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
    }
    many {
    }
}

sort! {
    ProgressPointSort, ProgressPointSortField on ProgressPoint, "points of progress" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time.
        At = "at" as Integer;
    }
}
