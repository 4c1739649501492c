//! The operations that run on one socket.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{
    future::BoxFuture,
    stream::{BoxStream, StreamExt as _},
};

use crate::http::follow::Frame;

/// An operation: before it has begun, and then what it gives.
enum Stage {
    Begins(BoxFuture<'static, BoxStream<'static, Frame>>),
    GoesOn(BoxStream<'static, Frame>),
}

/// A plain list: a socket has few operations, mostly one, and ten thousand sockets wait for the same event.
#[derive(Default)]
pub(super) struct Running {
    all: Vec<(Arc<str>, Stage)>,
    /// Who is asked first, so that none waits for ever behind another.
    first: usize,
}

impl Running {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn holds(&self, id: &str) -> bool {
        self.all.iter().any(|(of, _)| &**of == id)
    }

    pub(super) fn begin(&mut self, id: Arc<str>, operation: BoxFuture<'static, BoxStream<'static, Frame>>) {
        // Mostly it stays the only one, and room is made for no more.
        self.all.reserve_exact(1);
        self.all.push((id, Stage::Begins(operation)));
    }

    pub(super) fn end(&mut self, id: &str) {
        self.all.retain(|(of, _)| &**of != id);
    }

    /// The next part of any of them, none at its end. Nothing comes after the end or a failure.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<(Arc<str>, Option<Frame>)> {
        let count = self.all.len();
        for step in 0..count {
            let at = (self.first + step) % count;
            let (id, stage) = &mut self.all[at];
            let Poll::Ready(frame) = stage.poll_next(cx) else { continue };
            let id = Arc::clone(id);
            self.first = at + 1;
            if !matches!(frame, Some(Frame::Next { .. })) {
                self.all.swap_remove(at);
            }
            return Poll::Ready((id, frame));
        }
        Poll::Pending
    }
}

impl Stage {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        loop {
            match self {
                Self::GoesOn(frames) => return frames.poll_next_unpin(cx),
                Self::Begins(operation) => match operation.as_mut().poll(cx) {
                    Poll::Ready(frames) => *self = Self::GoesOn(frames),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}
