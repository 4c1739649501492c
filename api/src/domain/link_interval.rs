//! A span of time in which a link was in one state for one reason: from included, to not.

use entity::{Instant, LinkState, StaleReason};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A span of time in which a link was in one state for one reason: from included, to not.
    LinkIntervalRow of link_interval {
        /// Key.
        id: Uuid = Id,
        /// The link.
        alignment_link_id: Uuid = AlignmentLinkId,
        /// The state.
        state: LinkState = State,
        /// Why it was stale; null in another state, and for spans that were over before this was kept.
        stale_reason: Option<StaleReason> = StaleReason,
        /// Who brought it into the state; null for Throughline itself and for tools.
        person_id: Option<Uuid> = PersonId,
        /// When it began.
        from_at: Instant = FromAt,
        /// When it ended; null for the state it is in.
        to_at: Option<Instant> = ToAt,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for LinkIntervalRow {
    const TABLE: Table = Table::LinkInterval;
    const ARCHIVABLE: bool = false;
}
