//! Removing events that are older than they are kept for.
//!
//! Nothing but the stream reads them: what goals and work are and were stands in their own tables. They are
//! removed in the order of the stream, so that what is left has no gaps, and whoever comes with a cursor before
//! it is told so. The last event stays however old it is: it marks where the stream is.

use entity::Instant;
use sea_orm::Statement;

use super::read::place_of;
use crate::domain::{error::Result, installation::Installation};

/// Events that one transaction removes at most: on SQLite nobody else writes meanwhile.
pub const REMOVED_AT_ONCE: usize = 500;

impl Installation {
    /// Removes some of the events that were written before a time, the oldest first; gives how many. More may
    /// follow where these are [`REMOVED_AT_ONCE`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_events(&self, before: Instant) -> Result<u64> {
        let mut binds = self.binds();
        // One more than is removed: the last one that is looked at stays.
        let limit = binds.push(i64::try_from(REMOVED_AT_ONCE + 1).unwrap_or(i64::MAX));
        let rows = self.rows(&format!("{} LIMIT {limit}", self.places_in_order()), binds).await?;
        let mut last = None;
        for row in rows.iter().take(rows.len().saturating_sub(1)) {
            let at: Instant = row.try_get_by_index(2)?;
            if at >= before {
                break;
            }
            last = Some(place_of(row)?);
        }
        let Some(last) = last else { return Ok(0) };
        let mut binds = self.binds();
        let text = if self.db.is_postgres() {
            let xid = binds.push(last.xid.to_string());
            let sequence = binds.push(last.sequence);
            format!(
                "DELETE FROM event WHERE (xid, sequence) <= (CAST(CAST({xid} AS text) AS xid8), {sequence})"
            )
        } else {
            format!("DELETE FROM event WHERE sequence <= {}", binds.push(last.sequence))
        };
        let tx = self.db.begin().await?;
        let removed =
            tx.execute(Statement::from_sql_and_values(self.db.backend(), text, binds.values)).await?;
        tx.commit().await?;
        Ok(removed)
    }
}
