//! The statements of the stream: its end, what follows a place, what is still held back, its oldest event.
//!
//! A named gate: the tailer reads for all organizations at once and keeps them apart right after; a replay
//! reads one.

use entity::Instant;
use uuid::Uuid;

use super::{
    event::{COLUMNS, Written},
    position::Position,
};
use crate::domain::{error::Result, installation::Installation};

/// Below the oldest transaction that still runs; asked once a statement.
const SETTLED: &str = "xid < (SELECT pg_snapshot_xmin(pg_current_snapshot()))";

/// Part of the stream: after one place, up to another, of one organization or of all.
pub(super) struct Span {
    pub(super) after: Position,
    pub(super) until: Option<Position>,
    pub(super) organization: Option<Uuid>,
    pub(super) limit: i64,
}

impl Installation {
    /// The present end of the stream: all that is finished lies before it, all that follows after it.
    pub(super) async fn end_of_stream(&self) -> Result<Position> {
        let text = if self.db.is_postgres() {
            "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) - 1, \
             9223372036854775807"
        } else {
            "SELECT 0, COALESCE(MAX(sequence), 0) FROM event"
        };
        let row = self.rows(text, self.binds()).await?.pop();
        Ok(match row {
            Some(row) => Position { xid: row.try_get_by_index(0)?, sequence: row.try_get_by_index(1)? },
            None => Position::default(),
        })
    }

    /// The events of a span, in their order.
    pub(super) async fn events_of(&self, span: &Span) -> Result<Vec<Written>> {
        let mut binds = self.binds();
        let postgres = self.db.is_postgres();
        let mut text = if postgres {
            let xid = binds.push(span.after.xid.to_string());
            let sequence = binds.push(span.after.sequence);
            format!(
                "SELECT {COLUMNS}, CAST(CAST(xid AS text) AS bigint) FROM event \
                 WHERE (xid, sequence) > (CAST(CAST({xid} AS text) AS xid8), {sequence}) AND {SETTLED}"
            )
        } else {
            let sequence = binds.push(span.after.sequence);
            format!("SELECT {COLUMNS}, xid FROM event WHERE sequence > {sequence}")
        };
        if let Some(until) = span.until {
            if postgres {
                let xid = binds.push(until.xid.to_string());
                let sequence = binds.push(until.sequence);
                text.push_str(&format!(
                    " AND (xid, sequence) <= (CAST(CAST({xid} AS text) AS xid8), {sequence})"
                ));
            } else {
                text.push_str(&format!(" AND sequence <= {}", binds.push(until.sequence)));
            }
        }
        if let Some(organization) = span.organization {
            text.push_str(&format!(" AND organization_id = {}", binds.push(organization)));
        }
        let order = if postgres { "xid, sequence" } else { "sequence" };
        text.push_str(&format!(" ORDER BY {order} LIMIT {}", binds.push(span.limit)));
        self.rows(&text, binds).await?.iter().map(Written::read).collect()
    }

    /// When the oldest event was written that is committed, but held back by a transaction that still runs;
    /// null when none is.
    pub(super) async fn held_back_since(&self) -> Result<Option<Instant>> {
        if !self.db.is_postgres() {
            return Ok(None);
        }
        let text = "SELECT MIN(at) FROM event WHERE xid >= (SELECT pg_snapshot_xmin(pg_current_snapshot()))";
        match self.rows(text, self.binds()).await?.pop() {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Ok(None),
        }
    }

    /// Whether events after a place may have been removed from an organization's stream.
    ///
    /// Numbers begin at 1, so while the first is kept, nothing was removed. After that an organization's
    /// stream begins with its own making, which lies before every cursor that it ever gave: a cursor before
    /// the oldest event that is kept is older than what was removed.
    pub(super) async fn has_expired(&self, after: Position, organization: Uuid) -> Result<bool> {
        let oldest = self.rows("SELECT MIN(sequence) FROM event", self.binds()).await?.pop();
        let oldest: Option<i64> = oldest.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        match oldest {
            None => return Ok(after != Position::default()),
            Some(..=1) => return Ok(false),
            Some(_) => {}
        }
        let mut binds = self.binds();
        let organization = binds.push(organization);
        let (number, order) = if self.db.is_postgres() {
            ("CAST(CAST(xid AS text) AS bigint)", "xid, sequence")
        } else {
            ("xid", "sequence")
        };
        let text = format!(
            "SELECT {number}, sequence FROM event WHERE organization_id = {organization} \
             ORDER BY {order} LIMIT 1"
        );
        match self.rows(&text, binds).await?.pop() {
            Some(row) => {
                let first = Position { xid: row.try_get_by_index(0)?, sequence: row.try_get_by_index(1)? };
                Ok(after < first)
            }
            // All of it was removed: nobody can tell what lay behind the cursor.
            None => Ok(true),
        }
    }
}
