//! What seldom happens is not asked for at each message.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// A future that is polled only when it has asked for it. A socket is woken for each message, and asking its
/// timers and watches each time whether they have ended costs more than the message.
pub(super) struct Seldom<F> {
    inner: Pin<Box<F>>,
    signal: Arc<Signal>,
    waker: Waker,
}

struct Signal {
    is_due: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F: Future> Seldom<F> {
    pub(super) fn new(inner: F) -> Self {
        let signal = Arc::new(Signal { is_due: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { inner: Box::pin(inner), waker: Waker::from(Arc::clone(&signal)), signal }
    }
}

impl<F: Future> Future for Seldom<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // First the waker, then the look: who is due in between wakes the task.
        self.signal.task.register(cx.waker());
        if !self.signal.is_due.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let Self { inner, waker, .. } = &mut *self;
        inner.as_mut().poll(&mut Context::from_waker(waker))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use futures_util::{future::poll_fn, poll};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_is_polled_when_it_asks_and_not_with_its_task() {
        let (sender, mut receiver) = oneshot::channel::<u8>();
        let polls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&polls);
        let mut seldom = Seldom::new(poll_fn(move |cx| {
            counted.fetch_add(1, Ordering::SeqCst);
            Pin::new(&mut receiver).poll(cx)
        }));
        for _ in 0..3 {
            assert_eq!(poll!(&mut seldom), Poll::Pending);
        }
        assert_eq!(polls.load(Ordering::SeqCst), 1);
        let woken = tokio::spawn(seldom);
        tokio::task::yield_now().await;
        sender.send(7).unwrap();
        assert_eq!(woken.await.unwrap(), Ok(7));
        assert_eq!(polls.load(Ordering::SeqCst), 2);
    }
}
