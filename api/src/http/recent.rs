//! An answer that is shared for a moment: however many ask, the database is asked once.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// How long an answer is shared.
const SHARED: Duration = Duration::from_secs(1);

/// The last answer to a question, and when it was given.
#[derive(Debug)]
pub(super) struct Recent<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Recent<T> {
    /// The answer of the last second, else a new one. Who asks meanwhile waits for that; where the one who
    /// asks goes away, the next asks in their place.
    pub(super) async fn or_ask(&self, ask: impl Future<Output = T>) -> T {
        let mut last = self.0.lock().await;
        if let Some((given, answer)) = &*last
            && given.elapsed() < SHARED
        {
            return answer.clone();
        }
        let answer = ask.await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn many_ask_once_in_a_second() {
        let (recent, asked) = (Arc::new(Recent::default()), Arc::new(AtomicU32::new(0)));
        let ask = || {
            let (recent, asked) = (Arc::clone(&recent), Arc::clone(&asked));
            async move {
                let question = async {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    asked.fetch_add(1, Ordering::SeqCst) + 1
                };
                recent.or_ask(question).await
            }
        };
        let all: Vec<_> = (0..100).map(|_| tokio::spawn(ask())).collect();
        for one in all {
            assert_eq!(one.await.unwrap(), 1);
        }
        tokio::time::sleep(SHARED).await;
        assert_eq!(ask().await, 2);
        // Who goes away leaves the question to the next.
        tokio::time::sleep(SHARED).await;
        assert!(tokio::time::timeout(Duration::from_millis(10), ask()).await.is_err());
        assert_eq!(ask().await, 3);
    }
}
