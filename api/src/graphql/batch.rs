//! When a batch is loaded: as soon as every field of the request waits for one.
//!
//! async-graphql's `DataLoader` waits a millisecond for a batch to fill and loads it on a task of its
//! own. Here the loads run in the very task of the request, and only when executing it can go no
//! further without them. So nothing waits for a timer, no batch is ever split by a race, and a
//! client's hang-up drops everything at once.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use async_graphql::runtime::Timer;
use futures_util::{
    future::{BoxFuture, FutureExt, poll_fn, ready},
    stream::{FuturesUnordered, Stream},
    task::{FutureObj, Spawn, SpawnError},
};

/// Loads that wait for their request to stand still.
#[derive(Clone, Default)]
pub struct BatchQueue {
    waiting: Arc<Mutex<Vec<FutureObj<'static, ()>>>>,
}

impl Spawn for BatchQueue {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(future);
        Ok(())
    }
}

/// A timer that does not wait: the queue decides when a batch is full.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDelay;

impl Timer for NoDelay {
    fn delay(&self, _duration: Duration) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }
}

struct SelfWake {
    outer: Waker,
    woken: AtomicBool,
}

impl Wake for SelfWake {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}

impl BatchQueue {
    /// Runs `execution` to its end, loading batches whenever it stands still.
    pub async fn run<T>(&self, execution: impl Future<Output = T>) -> T {
        let mut execution = pin!(execution);
        let mut loading = FuturesUnordered::new();
        poll_fn(move |cx| self.step(cx, execution.as_mut(), &mut loading)).await
    }

    fn step<T>(
        &self,
        cx: &mut Context<'_>,
        mut execution: Pin<&mut impl Future<Output = T>>,
        loading: &mut FuturesUnordered<FutureObj<'static, ()>>,
    ) -> Poll<T> {
        let signal = Arc::new(SelfWake { outer: cx.waker().clone(), woken: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&signal));
        loop {
            // Go on until it neither ends nor wakes itself: then it stands still.
            loop {
                signal.woken.store(false, Ordering::Release);
                if let Poll::Ready(output) = execution.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(output);
                }
                if !signal.woken.load(Ordering::Acquire) {
                    break;
                }
            }
            loading.extend(self.waiting.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
            let mut progressed = false;
            while let Poll::Ready(Some(())) = Pin::new(&mut *loading).poll_next(cx) {
                progressed = true;
            }
            if !progressed {
                return Poll::Pending;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, convert::Infallible};

    use async_graphql::dataloader::{DataLoader, Loader};

    use super::*;

    struct Double(Arc<Mutex<Vec<usize>>>);

    impl Loader<u32> for Double {
        type Value = u32;
        type Error = Infallible;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, Infallible> {
            self.0.lock().unwrap().push(keys.len());
            tokio::task::yield_now().await;
            Ok(keys.iter().map(|key| (*key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn each_level_is_one_batch() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let queue = BatchQueue::default();
        let loader = DataLoader::new(Double(Arc::clone(&sizes)), queue.clone(), NoDelay);
        let loader = &loader;
        let all = futures_util::future::join_all((0..100).map(|key| async move {
            let once = loader.load_one(key).await.unwrap().unwrap();
            loader.load_one(1000 + once).await.unwrap().unwrap()
        }));
        let answers = queue.run(all).await;
        assert_eq!(answers[7], 2 * (1000 + 14));
        assert_eq!(*sizes.lock().unwrap(), vec![100, 100]);
    }
}
