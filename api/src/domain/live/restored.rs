//! A database that was restored into another PostgreSQL cluster.
//!
//! There transactions are counted anew, so the events that came along would lie beyond the end of the stream: held
//! back until the count has come as far, and told as news then. Whoever opens the stream finds that out, and puts
//! them at its beginning.

use sea_orm::Statement;

use super::{position::Position, read::END, retention::REMOVED_TO};
use crate::domain::{error::Result, installation::Installation};

/// Whether an event lies beyond the end of the stream. The end is asked for once, and the index answers.
const BEYOND: &str = "SELECT 1 FROM organization WHERE EXISTS (SELECT 1 FROM event \
    WHERE event.organization_id = organization.id AND event.xid >= (SELECT pg_current_xact_id())) LIMIT 1";

impl Installation {
    /// Puts events of another cluster before all that is written here.
    ///
    /// A transaction of this cluster that wrote an event has a lower number than one that begins now, so nothing
    /// of this cluster is ever taken for one of another.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn take_over_events(&self) -> Result<()> {
        if !self.db.is_postgres() {
            return Ok(());
        }
        if self.rows(BEYOND, self.binds()).await?.is_empty() {
            return Ok(());
        }
        let tx = self.db.begin().await?;
        let run = |text: &str| Statement::from_string(self.db.backend(), text);
        // All events are written anew, and another node may be at it: that takes as long as it takes.
        tx.execute(run("SET LOCAL statement_timeout = 0")).await?;
        // Of several nodes that come up together one does it, and nobody writes meanwhile.
        tx.execute(run("LOCK TABLE event IN EXCLUSIVE MODE")).await?;
        if tx.all_raw(run(BEYOND)).await?.is_empty() {
            return Ok(());
        }
        // All of them: those with lower numbers came along too.
        let moved = tx.execute(run("UPDATE event SET xid = CAST('0' AS xid8)")).await?;
        let mut binds = self.binds();
        let text = format!("DELETE FROM installation_fact WHERE name = {}", binds.push(REMOVED_TO));
        tx.execute(Statement::from_sql_and_values(self.db.backend(), text, binds.values)).await?;
        // Cursors of the other cluster say nothing here. Those below the present end expire, so whoever comes with one
        // begins anew; those above it are refused until this cluster has come as far.
        let end = tx.all_raw(run(&format!("SELECT {END}"))).await?.pop();
        let before: i64 = end.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        tx.execute(self.removed_to_is(Position { xid: before, sequence: i64::MAX })).await?;
        tx.commit().await?;
        tracing::warn!(events = moved, "events of another cluster were put at the beginning of the stream");
        Ok(())
    }
}
