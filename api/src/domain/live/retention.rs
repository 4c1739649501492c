//! Removing events that are older than they are kept for.
//!
//! Nothing but the stream reads them: what goals and work are and were stands in their own tables, and so does
//! by which input they were created. They are removed in the order of the stream, so that what is left has no
//! gaps, and up to where is kept, so that whoever comes with a cursor before it is told so. The last event stays
//! however old it is: it marks where the stream is. On PostgreSQL only what is settled is removed, for what is
//! not has not been delivered.

use entity::Instant;
use sea_orm::Statement;

use super::{position::Position, read::place_of};
use crate::domain::{error::Result, installation::Installation};

/// Events that one transaction removes at most: on SQLite nobody else writes meanwhile.
pub const REMOVED_AT_ONCE: usize = 500;
/// The fact that tells the place of the last event that was removed.
pub(super) const REMOVED_TO: &str = "events_removed_to";

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
        if removed > 0 {
            tx.execute(self.removed_to_is(last)).await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    /// Notes up to where events were removed; another node may be further already.
    pub(super) fn removed_to_is(&self, place: Position) -> Statement {
        let mut binds = self.binds();
        let values = [binds.push(self.clock().new_id()), binds.push(REMOVED_TO), binds.push(written(place))]
            .join(", ");
        let text = format!(
            "INSERT INTO installation_fact (id, name, value) VALUES ({values}) ON CONFLICT (name) \
             DO UPDATE SET value = excluded.value WHERE installation_fact.value < excluded.value"
        );
        Statement::from_sql_and_values(self.db.backend(), text, binds.values)
    }

    /// Whether events after a place were removed.
    ///
    /// They are removed from the beginning of the stream, of all organizations alike.
    pub(super) async fn has_expired(&self, after: Position) -> Result<bool> {
        let mut binds = self.binds();
        let text = format!("SELECT value FROM installation_fact WHERE name = {}", binds.push(REMOVED_TO));
        let Some(row) = self.rows(&text, binds).await?.pop() else { return Ok(false) };
        let removed_to: String = row.try_get_by_index(0)?;
        Ok(written(after) < removed_to)
    }
}

/// A place as text that is ordered as places are.
fn written(place: Position) -> String {
    format!("{:020}.{:020}", place.xid, place.sequence)
}
