//! How a stream fares, told to whoever runs it; and their word that it may end.
//!
//! A stream that goes on from an earlier place reads alone what it missed. Once nothing lies behind it is like
//! all others that ask the same, so whoever runs it may read along with them and call this one off.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, watch};

use super::position::Position;

/// The course of one stream, shared by the stream and by whoever runs it.
#[derive(Debug, Default)]
pub struct Course {
    reached: Mutex<Position>,
    listens: watch::Sender<bool>,
    is_answering: AtomicBool,
    answering: Notify,
    caught_up: Notify,
    is_called_off: AtomicBool,
    called_off: Notify,
}

impl Course {
    /// Everything up to this place was given, or is not for this stream.
    pub(super) fn reach(&self, position: Position) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }

    /// How far the stream is.
    #[must_use]
    pub fn reached(&self) -> Position {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the stream misses nothing: what was delivered before stands in the table, what comes is heard.
    pub(super) fn listen(&self) {
        self.listens.send_replace(true);
    }

    /// Waits until the stream misses nothing.
    pub async fn listening(&self) {
        // It fails when there is no sender, and we are one.
        let mut listens = self.listens.subscribe();
        let _listens = listens.wait_for(|listens| *listens).await;
    }

    /// An event was taken, and is answered from now on.
    pub fn take(&self) {
        self.is_answering.store(true, Ordering::SeqCst);
        self.answering.notify_one();
    }

    /// The event that was taken is answered.
    pub fn answered(&self) {
        self.is_answering.store(false, Ordering::SeqCst);
    }

    /// Waits until an event is taken and not answered.
    pub async fn answering(&self) {
        loop {
            self.answering.notified().await;
            // The word for an event that was answered at once may still lie there.
            if self.is_answering.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    /// Nothing lies behind any more: the stream is about to wait for what comes.
    pub(super) fn catch_up(&self) {
        self.caught_up.notify_one();
    }

    /// Waits until nothing lies behind.
    pub async fn caught_up(&self) {
        self.caught_up.notified().await;
    }

    /// Lets the stream end as soon as it has given all that was delivered until now.
    pub fn call_off(&self) {
        self.is_called_off.store(true, Ordering::SeqCst);
        self.called_off.notify_one();
    }

    pub(super) fn is_called_off(&self) -> bool {
        self.is_called_off.load(Ordering::SeqCst)
    }

    pub(super) async fn called_off(&self) {
        self.called_off.notified().await;
    }
}
