//! Waking the tailers of other nodes, on PostgreSQL: one notification a node for all its commits of a moment,
//! heard on a connection of its own.
//!
//! A notification inside each transaction would put all commits of the cluster in one queue, for PostgreSQL
//! takes a lock on the database for it. This one comes after the commits, beside the pool, and carries nothing:
//! who hears it looks. What is lost, the poll makes good.

use std::time::Duration;

use tokio::sync::watch;

use super::Live;
use crate::domain::error::Result;

const CHANNEL: &str = "throughline_events";
/// At most one notification in this time.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// Pause before a lost connection is made anew.
const RECONNECT: Duration = Duration::from_secs(1);

/// Tells the other nodes of this node's commits.
pub(super) async fn notify(live: Live, mut stopped: watch::Receiver<bool>) {
    let mut committed = live.inner.aside.db.events();
    loop {
        tokio::select! {
            _ = committed.changed() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = notify_once(&live).await {
            tracing::warn!(%error, "other nodes were not told of new events; they find them by looking");
        }
        tokio::time::sleep(DEBOUNCE).await;
    }
}

async fn notify_once(live: &Live) -> Result<()> {
    let installation = &live.inner.aside;
    let mut binds = installation.binds();
    let channel = binds.push(CHANNEL);
    installation.rows(&format!("SELECT CAST(pg_notify({channel}, '') AS text)"), binds).await.map(|_| ())
}

/// Hears the other nodes, until it is stopped.
pub(super) async fn listen(live: Live, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            ended = listen_once(&live) => match ended {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(%error, "notifications of new events are not heard; the stream is polled");
                }
            },
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(RECONNECT) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// Ends well where there is nothing to hear.
async fn listen_once(live: &Live) -> Result<(), sqlx::Error> {
    let Some(mut listener) = live.inner.installation.db.listener().await? else { return Ok(()) };
    listener.listen(CHANNEL).await?;
    loop {
        // Also when the connection was lost and made anew meanwhile: something may have been missed.
        listener.try_recv().await?;
        live.inner.heard.send_modify(|heard| *heard = heard.wrapping_add(1));
    }
}
