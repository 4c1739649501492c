//! What operators are told of the stream: how far it is behind, and what it could not read.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use prometheus_client::{metrics::counter::Counter, registry::Registry};

use super::tail::POLL;

/// How long the tailer may take from one look to the next before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(2 * POLL.as_secs() + 1);

/// Counted as it happens.
pub(super) struct Figures {
    /// Microseconds from the last delivered event to its delivery.
    lag: AtomicU64,
    /// When the stream was last read to the end of a batch, by a clock that nobody sets.
    looked: Mutex<Instant>,
    unreadable: Counter,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self { lag: AtomicU64::new(0), looked: Mutex::new(Instant::now()), unreadable: Counter::default() }
    }

    /// Adds them to what is told.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "events_unreadable",
            "Events that this node could not read and passed over: a newer node may have written them",
            self.unreadable.clone(),
        );
    }

    /// An event was delivered, or waits, so long after it was written.
    pub(super) fn delivered(&self, lag: Duration) {
        self.lag.store(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The stream was looked at, and nothing failed.
    pub(super) fn looked(&self) {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// So many events could not be read.
    pub(super) fn passed_over(&self, events: u64) {
        self.unreadable.inc_by(events);
    }

    /// How far the stream is behind. Nobody knows what waits while it cannot be read: it may be so old as the
    /// last look that worked.
    pub(super) fn lag(&self) -> Duration {
        let known = Duration::from_micros(self.lag.load(Ordering::Relaxed));
        let unseen = self.looked.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if unseen > PATIENCE { known.max(unseen) } else { known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_grows_while_nothing_can_be_read() {
        let figures = Figures::new();
        figures.delivered(Duration::from_millis(3));
        assert_eq!(figures.lag(), Duration::from_millis(3));
        let long_ago = Duration::from_secs(60);
        let Some(then) = Instant::now().checked_sub(long_ago) else { return };
        *figures.looked.lock().unwrap() = then;
        assert!(figures.lag() >= long_ago, "{:?}", figures.lag());
        figures.looked();
        assert_eq!(figures.lag(), Duration::from_millis(3));
    }
}
