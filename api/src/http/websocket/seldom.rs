//! What seldom happens is not asked for at each message.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// Asks for something only when that has said that it may be ready. A socket is woken for each message, and
/// asking its timers, its watches and its own wire each time costs more than the message.
pub(super) struct Seldom {
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

impl Seldom {
    pub(super) fn new() -> Self {
        let signal = Arc::new(Signal { is_due: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { waker: Waker::from(Arc::clone(&signal)), signal }
    }

    /// Polls, unless it was pending and has not woken since.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        ask: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // First the waker, then the look: who is due in between wakes the task.
        self.signal.task.register(cx.waker());
        if !self.signal.is_due.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let answer = ask(&mut Context::from_waker(&self.waker));
        if answer.is_ready() {
            // There may be more, and nothing will wake for it.
            self.signal.is_due.store(true, Ordering::Release);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{future::poll_fn, task::noop_waker_ref};
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn it_is_asked_when_it_wakes_and_not_with_its_task() {
        let (sender, mut receiver) = mpsc::unbounded_channel::<u8>();
        let seldom = Seldom::new();
        let mut asked = 0;
        let mut take = |cx: &mut Context<'_>| {
            seldom.poll(cx, |cx| {
                asked += 1;
                receiver.poll_recv(cx)
            })
        };
        for _ in 0..3 {
            assert_eq!(take(&mut Context::from_waker(noop_waker_ref())), Poll::Pending);
        }
        sender.send(7).unwrap();
        sender.send(8).unwrap();
        assert_eq!(poll_fn(&mut take).await, Some(7));
        assert_eq!(poll_fn(&mut take).await, Some(8), "what is there already wakes nobody");
        let later = tokio::spawn(async move { sender.send(9).unwrap() });
        assert_eq!(poll_fn(&mut take).await, Some(9));
        later.await.unwrap();
        assert_eq!(asked, 5, "once in vain, once for each, once in vain before the last");
    }
}
