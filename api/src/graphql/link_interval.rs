//! Link intervals.

use async_graphql::ID;

use super::{
    alignment_link::AlignmentLink,
    enums::{LinkState, StaleReason},
    filter::{column, filter, sort},
    id::part_id,
    page::{connection, object},
    person::Person,
    scalars::DateTime,
};
use crate::domain::link_interval::LinkIntervalRow;

object! {
    /// A span of time in which a link was in one state for one reason: from included, to not. Another reason for the
    /// same state begins another span.
    LinkInterval over LinkIntervalRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("liv", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// The state.
        async fn state(&self) -> LinkState {
            self.0.state.into()
        }

        /// Why it was stale; null in another state, and for spans that were over before this was kept.
        async fn stale_reason(&self) -> Option<StaleReason> {
            self.0.stale_reason.map(Into::into)
        }

        /// When it began.
        async fn from_at(&self) -> DateTime {
            self.0.from_at.into()
        }

        /// When it ended; null for the state it is in.
        async fn to_at(&self) -> Option<DateTime> {
            self.0.to_at.map(DateTime::from)
        }
    }
    one {
        /// The link.
        alignment_link: AlignmentLink = alignment_link_id;
        /// Who brought the link into the state; null for Throughline itself and for tools.
        person: Person = person_id;
    }
    edges {
    }
}

connection!(LinkIntervalConnection, LinkIntervalEdge, LinkInterval, LinkIntervalRow, "link intervals");

filter! {
    LinkIntervalFilter, LinkIntervalsFilter on LinkInterval, "link intervals" {
        /// By state.
        state: LinkStateComparator = column("state");
        /// By why it was stale.
        stale_reason: StaleReasonComparator = column("stale_reason");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
    }
    many {
    }
}

sort! {
    LinkIntervalSort, LinkIntervalSortField on LinkInterval, "link intervals" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By begin.
        FromAt = "from_at" as Integer;
    }
}
