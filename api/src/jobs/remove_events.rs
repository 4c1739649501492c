//! Removes events that are older than they are kept for, a few hundred a transaction with a pause after each,
//! so that whoever writes meanwhile does not wait for long. Every node does it: what one has removed, the others
//! do not find.

use std::time::Duration;

use tokio::sync::watch;

use crate::domain::{error::Result, installation::Installation, live::REMOVED_AT_ONCE};

/// Pause after each part.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes what is older, until nothing is left of it or it is stopped; gives how many.
pub(super) async fn run(
    installation: &Installation,
    keep: Duration,
    stopped: &mut watch::Receiver<bool>,
) -> Result<u64> {
    let seconds = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
    let before =
        entity::Instant(installation.clock().now().0.saturating_sub(seconds.saturating_mul(1_000_000)));
    let mut all = 0;
    while !*stopped.borrow() {
        let removed = installation.remove_events(before).await?;
        all += removed;
        if usize::try_from(removed).is_ok_and(|removed| removed < REMOVED_AT_ONCE) {
            break;
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    Ok(all)
}
