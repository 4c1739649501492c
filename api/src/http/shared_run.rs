//! One run that several read: ten thousand watchers of a goal cost one.
//!
//! Each reader has a bounded queue. Writing to ten thousand takes longer than making a frame, so a burst of
//! events would overrun them all: whoever is behind by a whole queue is waited for, as long as it goes on
//! reading. Who has stopped holds the others up once and shortly, and is overrun from then on; so is who goes on,
//! but so slowly that it stays behind.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{
    future::AbortHandle,
    stream::{self, BoxStream, StreamExt},
};
use tokio::sync::broadcast::{self, error::RecvError};

use super::follow::Frame;
use crate::domain::live::Course;

/// Frames that wait for one reader at most.
pub(super) const WAITING: usize = 64;
/// How long a reader that is so far behind may take nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a reader may stay behind, although it takes something now and then: until then all read at its pace.
const STAYING: Duration = Duration::from_secs(10);
/// How often it is looked whether they have caught up.
const PAUSE: Duration = Duration::from_millis(2);

/// A run and those who read it. It ends with its last reader.
#[derive(Debug)]
pub(super) struct SharedRun {
    course: Arc<Course>,
    frames: broadcast::WeakSender<Frame>,
    crowd: Arc<Crowd>,
    run: AbortHandle,
}

impl Drop for SharedRun {
    fn drop(&mut self) {
        self.run.abort();
    }
}

impl SharedRun {
    /// Starts a run of such a course, with its first reader.
    pub(super) fn start(mut frames: BoxStream<'static, Frame>, course: Arc<Course>) -> (Arc<Self>, Reader) {
        let (sender, receiver) = broadcast::channel(WAITING);
        let weak = sender.downgrade();
        let crowd = Arc::new(Crowd::new());
        let pace = crowd.joined();
        let readers = Arc::clone(&crowd);
        let (running, handle) = futures_util::future::abortable(async move {
            while let Some(frame) = frames.next().await {
                readers.caught_up(&sender).await;
                if !matches!(frame, Frame::Next { .. }) {
                    readers.is_over.store(true, Ordering::SeqCst);
                }
                // It fails when nobody reads: the run is about to be ended.
                let _ = sender.send(frame);
                readers.sent.fetch_add(1, Ordering::SeqCst);
            }
            readers.is_over.store(true, Ordering::SeqCst);
        });
        tokio::spawn(running);
        let shared = Arc::new(Self { course, frames: weak, crowd, run: handle });
        let reader = Reader { shared: Arc::clone(&shared), frames: receiver, pace };
        (shared, reader)
    }

    /// Joins the run, unless it is over or broke off: whoever comes then starts one of their own.
    pub(super) fn join(self: Arc<Self>) -> Option<Reader> {
        let sender = self.frames.upgrade()?;
        // The pace before the place, so that it is never ahead of what was taken.
        let pace = self.crowd.joined();
        let frames = sender.subscribe();
        // Looked at last: what ends after this look is heard by this reader too.
        if self.crowd.is_over.load(Ordering::SeqCst) {
            return None;
        }
        Some(Reader { shared: self, frames, pace })
    }
}

fn waiting() -> u64 {
    u64::try_from(WAITING).unwrap_or(u64::MAX)
}

/// How far one reader is.
#[derive(Debug)]
struct Pace {
    /// Frames that it took or never had to, counted as [`Crowd::sent`] is.
    taken: AtomicU64,
    /// Whether it is not waited for any more.
    is_given_up: AtomicBool,
    /// Since when it is behind, in milliseconds after [`Crowd::begun`] and one; 0 while it is not. It is until it
    /// has caught up by half a queue.
    behind_since: AtomicU64,
}

impl Pace {
    /// It has taken a frame, of so many that were sent.
    fn took(&self, sent: u64) {
        let taken = self.taken.fetch_add(1, Ordering::SeqCst) + 1;
        if taken.saturating_add(waiting() / 2) >= sent {
            self.behind_since.store(0, Ordering::SeqCst);
        }
    }

    /// Whether it has been behind for too long, now that it is once more.
    fn stays_behind(&self, now: u64) -> bool {
        let since = match self.behind_since.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => now,
            Err(since) => since,
        };
        u128::from(now.saturating_sub(since)) >= STAYING.as_millis()
    }
}

/// Those who read along.
#[derive(Debug)]
struct Crowd {
    begun: Instant,
    /// Frames that were sent.
    sent: AtomicU64,
    /// Whether the run has come to its end: where it breaks off, this is not said.
    is_over: AtomicBool,
    readers: Mutex<Vec<Weak<Pace>>>,
}

impl Crowd {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            sent: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            readers: Mutex::default(),
        }
    }

    fn joined(&self) -> Arc<Pace> {
        let pace = Arc::new(Pace {
            taken: AtomicU64::new(self.sent.load(Ordering::SeqCst)),
            is_given_up: AtomicBool::new(false),
            behind_since: AtomicU64::new(0),
        });
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() == readers.capacity() {
            readers.retain(|reader| reader.strong_count() > 0);
        }
        readers.push(Arc::downgrade(&pace));
        pace
    }

    /// Waits for those who are behind by a whole queue and go on reading.
    async fn caught_up(&self, frames: &broadcast::Sender<Frame>) {
        if frames.len() < WAITING {
            return;
        }
        let until = Instant::now() + PATIENCE;
        // Full also for the sake of those who were given up, so the readers are asked one by one.
        while frames.len() >= WAITING {
            let Some(slowest) = self.slowest() else { return };
            if Instant::now() >= until {
                self.give_up(slowest);
                continue;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How far those are who are furthest behind, where that is a whole queue and not for too long.
    fn slowest(&self) -> Option<u64> {
        let sent = self.sent.load(Ordering::SeqCst);
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut slowest = None;
        readers.retain(|reader| {
            let Some(pace) = reader.upgrade() else { return false };
            if pace.is_given_up.load(Ordering::SeqCst) {
                return false;
            }
            let taken = pace.taken.load(Ordering::SeqCst);
            if taken.saturating_add(waiting()) > sent {
                return true;
            }
            if pace.stays_behind(now) {
                pace.is_given_up.store(true, Ordering::SeqCst);
                return false;
            }
            slowest = Some(slowest.map_or(taken, |other: u64| other.min(taken)));
            true
        });
        slowest
    }

    fn give_up(&self, taken: u64) {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        for pace in readers.iter().filter_map(Weak::upgrade) {
            if pace.taken.load(Ordering::SeqCst) <= taken {
                pace.is_given_up.store(true, Ordering::SeqCst);
            }
        }
    }
}

/// One that reads along; the run lasts as long as somebody does.
pub(super) struct Reader {
    shared: Arc<SharedRun>,
    frames: broadcast::Receiver<Frame>,
    pace: Arc<Pace>,
}

impl Reader {
    /// The course of the run.
    pub(super) fn course(&self) -> Arc<Course> {
        Arc::clone(&self.shared.course)
    }

    /// What it reads. `broken` is told where the run breaks off without its end.
    pub(super) fn read(self, broken: impl FnOnce() -> Frame + Send + 'static) -> BoxStream<'static, Frame> {
        let frames = stream::unfold(Some((self, broken)), |reading| async move {
            let (mut reader, broken) = reading?;
            match reader.frames.recv().await {
                Ok(frame @ Frame::Next { .. }) => {
                    reader.pace.took(reader.shared.crowd.sent.load(Ordering::SeqCst));
                    Some((frame, Some((reader, broken))))
                }
                Ok(last) => Some((last, None)),
                Err(RecvError::Lagged(_)) => Some((Frame::Slow, None)),
                Err(RecvError::Closed) if reader.shared.crowd.is_over.load(Ordering::SeqCst) => None,
                Err(RecvError::Closed) => Some((broken(), None)),
            }
        });
        frames.boxed()
    }
}

#[cfg(test)]
mod tests;
