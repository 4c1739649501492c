//! Events out: one stream behind everything live.
//!
//! Every change has written its events in its own transaction. Here a tailer reads them in the order in which
//! they were committed (`position`, `read`, `tail`), adds what decides who sees them and where they belong
//! (`surroundings`, `place`), and hands them to those who listen (`hub`, `following`), who are asked for each
//! event whether they see it (`sees`) and want it (`filter`). Whoever listens is told when its rights have
//! ended (`rights`, `lookout`).

mod about;
mod cause;
mod course;
mod event;
mod figures;
mod filter;
mod following;
mod hub;
mod lookout;
mod place;
mod position;
mod read;
mod restored;
mod retention;
mod rights;
mod sees;
mod snapshot;
mod surroundings;
mod tail;
#[cfg(test)]
mod tests;
mod wake;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use prometheus_client::registry::Registry;
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
};

pub use self::{
    about::About,
    cause::LiveCause,
    course::Course,
    event::{LiveEvent, Written},
    filter::{FindingFilter, StreamFilter},
    following::Following,
    hub::WAITING,
    lookout::LOOK,
    position::{Position, Resumed},
    retention::REMOVED_AT_ONCE,
    rights::{RightsWatch, WhyEnded},
    snapshot::SNAPSHOT_MAX,
    tail::POLL,
};
use self::{figures::Figures, hub::Hub, lookout::Lookouts};
use super::{error::Result, installation::Installation};

/// The live side of an installation. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    installation: Installation,
    /// The same for what all streams hang on, the tail of the stream and the looks at rights: beside the pool, so
    /// that no crowd of requests holds it up.
    aside: Installation,
    /// How many organizations are looked at at once: connections are left for the tail.
    turns: Semaphore,
    hub: Hub,
    /// Counts the notifications of other nodes.
    heard: watch::Sender<u64>,
    lookouts: Lookouts,
    figures: Figures,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("reached", &self.inner.hub.reached()).finish_non_exhaustive()
    }
}

/// Looks at rights at once, of the connections beside the pool.
const LOOKS: usize = 2;
/// How long a part of the stream that broke down rests before it begins anew.
const REST: Duration = Duration::from_secs(1);

/// Runs a part to its end, anew whenever it breaks down: else all streams would stay open and silent for ever.
async fn kept_up<F: Future<Output = ()>>(part: impl Fn() -> F) {
    while AssertUnwindSafe(part()).catch_unwind().await.is_err() {
        tracing::error!("a part of the stream of events broke down and begins anew");
        tokio::time::sleep(REST).await;
    }
}

impl Live {
    /// Finds the present end of the stream, from which on everything is delivered once it [runs](Self::spawn).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(installation: Installation) -> Result<Self> {
        Self::with_waiting(installation, WAITING).await
    }

    /// The same, with so many events that may wait for a slow listener.
    pub(in crate::domain) async fn with_waiting(installation: Installation, waiting: usize) -> Result<Self> {
        installation.take_over_events().await?;
        let end = installation.end_of_stream().await?;
        let inner = Inner {
            hub: Hub::new(end, waiting),
            aside: installation.aside(),
            turns: Semaphore::new(LOOKS),
            installation,
            heard: watch::Sender::new(0),
            lookouts: Lookouts::default(),
            figures: Figures::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Delivers until `shutdown` completes, then ends all streams.
    pub fn spawn(&self, shutdown: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let live = self.clone();
        tokio::spawn(async move {
            let (stop, stopped) = watch::channel(false);
            let mut tasks = JoinSet::new();
            let part = || (live.clone(), stopped.clone());
            let (tailing, notifying, listening) = (part(), part(), part());
            tasks.spawn(kept_up(move || tail::run(tailing.0.clone(), tailing.1.clone())));
            if live.inner.installation.db.is_postgres() {
                tasks.spawn(kept_up(move || wake::notify(notifying.0.clone(), notifying.1.clone())));
                tasks.spawn(kept_up(move || wake::listen(listening.0.clone(), listening.1.clone())));
            }
            shutdown.await;
            stop.send_replace(true);
            while let Some(ended) = tasks.join_next().await {
                if let Err(error) = ended {
                    tracing::error!(%error, "a part of the stream of events ended early");
                }
            }
        })
    }

    /// The present end of the stream: what is read after this is answered holds all that lies before it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn now(&self) -> Result<Position> {
        self.inner.installation.end_of_stream().await
    }

    /// How long the last event took from its change to its delivery; while an open transaction holds events
    /// back, how long the oldest of them has waited; while the stream cannot be read, for how long it could not.
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.inner.figures.lag()
    }

    /// Adds what is counted to the figures that are told to operators.
    pub fn register(&self, registry: &mut Registry) {
        self.inner.figures.register(registry);
    }
}
