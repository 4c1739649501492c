//! A span of time in which a link was in one state: from included, to not.

use entity::{Instant, LinkState};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A span of time in which a link was in one state: from included, to not.
    LinkIntervalRow of link_interval {
        /// Key.
        id: Uuid = Id,
        /// The link.
        alignment_link_id: Uuid = AlignmentLinkId,
        /// The state.
        state: LinkState = State,
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
