//! The tailer: one task a process reads on in the stream and delivers what it finds.
//!
//! It is woken by commits of its own process, on PostgreSQL by other nodes' notifications, and looks by itself
//! every [`POLL`]. It moves on only when a batch was delivered: a failure is logged and tried again, and
//! nothing is skipped.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use entity::Instant;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    About, Live,
    event::{LiveEvent, Written},
    read::Span,
};
use crate::domain::error::Result;

/// How often it looks without being woken.
pub const POLL: Duration = Duration::from_secs(1);
/// How soon it looks again while a transaction that still runs holds events back.
const HELD: Duration = Duration::from_millis(10);
/// Longest time between looks while it is held back: a transaction may be left open for long.
const HELD_LONG: Duration = Duration::from_millis(200);
/// First and longest pause after a failure.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];
/// Events read at once, and bytes of their values.
const BATCH: i64 = 500;
const BYTES: usize = 8 * 1024 * 1024;

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A whole batch: more may follow.
    More,
    /// All there is.
    Done,
    /// Events are committed, but may not be read yet.
    Held,
}

/// Runs until it is stopped, then ends all streams.
pub(super) async fn run(live: Live, mut stopped: watch::Receiver<bool>) {
    let mut committed = live.inner.aside.db.events();
    let mut heard = live.inner.heard.subscribe();
    let mut failures = PAUSES[0];
    let mut held = HELD;
    while !*stopped.borrow() {
        // Seen before the look, so that what is committed during it wakes the next one.
        committed.borrow_and_update();
        heard.borrow_and_update();
        let looked = live.look().await;
        if looked.is_ok() {
            live.inner.figures.looked();
        }
        let pause = match looked {
            Ok(Look::More) => continue,
            Ok(Look::Done) => {
                (failures, held) = (PAUSES[0], HELD);
                POLL
            }
            Ok(Look::Held) => {
                failures = PAUSES[0];
                held = (held * 2).min(HELD_LONG);
                held
            }
            Err(error) => {
                tracing::error!(%error, "the stream of events cannot be read; it is tried again");
                let pause = failures;
                failures = (failures * 2).min(PAUSES[1]);
                // Not sooner for being woken: what fails should not be asked by every commit.
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => {}
                    () = tokio::time::sleep(pause) => {}
                }
                continue;
            }
        };
        tokio::select! {
            _ = committed.changed() => {}
            _ = heard.changed() => {}
            _ = stopped.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    live.inner.hub.close();
}

impl Live {
    /// Reads one batch and delivers it.
    pub(super) async fn look(&self) -> Result<Look> {
        let inner = &self.inner;
        let span = Span {
            after: inner.hub.reached(),
            until: None,
            organization: None,
            about: About::Everything,
            limit: BATCH,
            bytes: BYTES,
        };
        let batch = inner.aside.events_of(&span).await?;
        let last = batch.events.last().map(|event| event.at);
        if let Some(reached) = batch.reached {
            self.deliver(batch.events, reached).await?;
        }
        inner.figures.passed_over(batch.unreadable);
        if let Some(at) = last {
            inner.figures.delivered(self.since(at));
        }
        if batch.is_whole {
            return Ok(Look::More);
        }
        match inner.aside.held_back_since().await? {
            Some(since) => {
                inner.figures.delivered(self.since(since));
                Ok(Look::Held)
            }
            None => Ok(Look::Done),
        }
    }

    /// How long something has been written; nothing where clocks differ.
    fn since(&self, at: Instant) -> Duration {
        let micros = self.inner.aside.clock().now().0.saturating_sub(at.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }

    async fn deliver(&self, written: Vec<Written>, reached: super::Position) -> Result<()> {
        let hub = &self.inner.hub;
        let mut by_organization: HashMap<Uuid, Vec<Written>> = HashMap::new();
        for event in written {
            by_organization.entry(event.organization).or_default().push(event);
        }
        let organizations: HashSet<Uuid> = by_organization.keys().copied().collect();
        // Only what somebody listens to is made ready; who comes meanwhile is told of by the hub.
        let mut wanted = hub.heard(&organizations);
        let mut ready: HashMap<Uuid, Vec<Arc<LiveEvent>>> = HashMap::new();
        loop {
            for organization in wanted {
                let Some(events) = by_organization.remove(&organization) else { continue };
                let events = self.inner.aside.with_surroundings(organization, events).await?;
                ready.insert(organization, events.into_iter().map(Arc::new).collect());
            }
            match hub.deliver(&organizations, &ready, reached) {
                Ok(()) => return Ok(()),
                Err(missing) => wanted = missing,
            }
        }
    }
}
