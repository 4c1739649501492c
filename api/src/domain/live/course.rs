//! How a stream fares, told to whoever runs it; and their word that it may end.
//!
//! A stream that goes on from an earlier place reads alone what it missed. Once nothing lies behind it is like
//! all others that ask the same, so whoever runs it may read along with them and call this one off.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, watch};

use super::position::Position;

/// The course of one stream, shared by the stream and by whoever runs it.
#[derive(Debug, Default)]
pub struct Course {
    reached: Mutex<Position>,
    listens: watch::Sender<bool>,
    is_answering: watch::Sender<bool>,
    is_called_off: watch::Sender<bool>,
    caught_up: Notify,
}

/// Waits until it is so.
async fn holds(what: &watch::Sender<bool>) {
    let mut told = what.subscribe();
    // It fails when there is no sender, and we have one.
    let _holds = told.wait_for(|holds| *holds).await;
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
        holds(&self.listens).await;
    }

    /// An event was taken, and is answered from now on.
    pub fn take(&self) {
        self.is_answering.send_replace(true);
    }

    /// The event that was taken is answered.
    pub fn answered(&self) {
        self.is_answering.send_replace(false);
    }

    /// Waits until an event is taken and not answered.
    pub async fn answering(&self) {
        holds(&self.is_answering).await;
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
        self.is_called_off.send_replace(true);
    }

    pub(super) fn is_called_off(&self) -> bool {
        *self.is_called_off.borrow()
    }

    pub(super) async fn called_off(&self) {
        holds(&self.is_called_off).await;
    }
}
