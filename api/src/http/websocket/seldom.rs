//! What seldom happens is not asked for at each message.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Asks for something only when that has said that it may be ready. A socket is woken for each message, and
/// asking its timers, its watches and its own wire each time costs more than the message.
pub(super) struct Seldom {
    signal: Arc<Signal>,
    waker: Waker,
    /// Whom the signal wakes: a task keeps its waker, so it is told to the signal once.
    task: Waker,
}

struct Signal {
    is_due: AtomicBool,
    task: Mutex<Waker>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        self.task.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
    }
}

impl Seldom {
    pub(super) fn new() -> Self {
        let task = Waker::noop().clone();
        let signal = Arc::new(Signal { is_due: AtomicBool::new(true), task: Mutex::new(task.clone()) });
        Self { waker: Waker::from(Arc::clone(&signal)), signal, task }
    }

    /// Asks at the next poll whatever was said: somebody else has asked in between, and was promised the call.
    pub(super) fn ask_again(&self) {
        self.signal.is_due.store(true, Ordering::Release);
    }

    /// Polls, unless it was pending and has not woken since.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        ask: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // First the waker, then the look: who is due in between wakes the task.
        if !self.task.will_wake(cx.waker()) {
            self.task = cx.waker().clone();
            *self.signal.task.lock().unwrap_or_else(PoisonError::into_inner) = self.task.clone();
        }
        if !self.signal.is_due.load(Ordering::Acquire) || !self.signal.is_due.swap(false, Ordering::AcqRel) {
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
        let mut seldom = Seldom::new();
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
