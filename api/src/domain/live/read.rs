//! The statements of the stream: its end, what follows a place, what is still held back, its oldest events.
//!
//! A named gate: the tailer reads for all organizations at once and keeps them apart right after; a replay
//! reads one.

use entity::Instant;
use sea_orm::QueryResult;
use uuid::Uuid;

use super::{
    about::About,
    event::{COLUMNS, Written, position_of},
    position::Position,
};
use crate::domain::{error::Result, installation::Installation};

/// Below the oldest transaction that still runs; asked once a statement.
const SETTLED: &str = "xid < (SELECT pg_snapshot_xmin(pg_current_snapshot()))";

/// The last transaction before that one: the end of the stream, as a number.
pub(super) const END: &str = "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) - 1";

/// What a span holds.
pub(super) struct Batch {
    /// Its events, in their order, but for those that this node cannot read.
    pub(super) events: Vec<Written>,
    /// Up to where it was read; null when it is empty.
    pub(super) reached: Option<Position>,
    /// Whether it holds as many, or as much, as was asked for, so that more may follow.
    pub(super) is_whole: bool,
    /// How many events were passed over.
    pub(super) unreadable: u64,
}

/// Part of the stream: after one place, up to another, of one organization or of all.
pub(super) struct Span {
    pub(super) after: Position,
    pub(super) until: Option<Position>,
    pub(super) organization: Option<Uuid>,
    /// Of these events, and of those that concern rights.
    pub(super) about: About,
    pub(super) limit: i64,
    /// Bytes of old and new values after which no further event is taken; the first always is.
    pub(super) bytes: usize,
}

impl Installation {
    /// The present end of the stream: all that is finished lies before it, all that follows after it.
    pub(super) async fn end_of_stream(&self) -> Result<Position> {
        let text = if self.db.is_postgres() {
            &format!("SELECT {END}, 9223372036854775807")
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
    ///
    /// An event that cannot be read is passed over: while nodes are replaced one by one, a newer one may write
    /// of what this one does not know, and that must not end the stream for everybody here.
    pub(super) async fn events_of(&self, span: &Span) -> Result<Batch> {
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
        if let Some(condition) = span.about.condition(&mut binds) {
            text.push_str(&format!(" AND {condition}"));
        }
        // The columns, and not what is made of them above, which no index knows.
        let order = if postgres { "event.xid, event.sequence" } else { "sequence" };
        text.push_str(&format!(" ORDER BY {order} LIMIT {}", binds.push(span.limit)));
        let rows = self.rows(&text, binds).await?;
        let mut batch = Batch {
            events: Vec::with_capacity(rows.len()),
            reached: None,
            is_whole: i64::try_from(rows.len()).is_ok_and(|read| read >= span.limit),
            unreadable: 0,
        };
        let mut bytes = 0;
        for row in &rows {
            if bytes > span.bytes {
                batch.is_whole = true;
                break;
            }
            let position = position_of(row)?;
            batch.reached = Some(position);
            match Written::read(row) {
                Ok((event, size)) => {
                    bytes += size;
                    batch.events.push(event);
                }
                Err(error) => {
                    let sequence = position.sequence;
                    tracing::warn!(sequence, %error, "an event cannot be read here and is passed over");
                    batch.unreadable += 1;
                }
            }
        }
        Ok(batch)
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

    /// Place and time of every event that is settled, the oldest first; a limit is to follow.
    pub(super) fn places_in_order(&self) -> String {
        if self.db.is_postgres() {
            format!(
                "SELECT CAST(CAST(xid AS text) AS bigint), sequence, at FROM event WHERE {SETTLED} \
                 ORDER BY event.xid, event.sequence"
            )
        } else {
            "SELECT xid, sequence, at FROM event ORDER BY sequence".to_owned()
        }
    }
}

/// The place in a row of [`Installation::places_in_order`].
pub(super) fn place_of(row: &QueryResult) -> Result<Position> {
    Ok(Position { xid: row.try_get_by_index(0)?, sequence: row.try_get_by_index(1)? })
}
