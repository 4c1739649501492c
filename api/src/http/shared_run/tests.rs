use futures_util::future::ready;
use tokio::sync::{mpsc, oneshot};

use super::*;

fn next(text: &str) -> Frame {
    Frame::Next { text: text.into(), at: None }
}

fn broken() -> Frame {
    Frame::Failed("broken".into())
}

fn read(reader: Reader) -> BoxStream<'static, Frame> {
    reader.read(broken)
}

/// A run whose frames are given by hand.
fn by_hand() -> (mpsc::UnboundedSender<Frame>, BoxStream<'static, Frame>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let frames = stream::unfold(receiver, |mut receiver: mpsc::UnboundedReceiver<Frame>| async move {
        receiver.recv().await.map(|frame| (frame, receiver))
    });
    (sender, frames.boxed())
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("in time")
}

#[tokio::test]
async fn an_end_is_told_as_such() {
    let frames = stream::iter([next("1"), next("2")]).boxed();
    let (_shared, reader) = SharedRun::start(frames, Arc::default());
    let all: Vec<Frame> = soon(read(reader).collect()).await;
    assert_eq!(all, [next("1"), next("2")]);
}

#[tokio::test]
async fn a_run_that_breaks_off_is_no_end() {
    let (go, gone) = oneshot::channel::<()>();
    let frames = stream::once(ready(next("1"))).chain(stream::once(async {
        let _ = gone.await;
        panic!("a resolver is broken")
    }));
    let (shared, first) = SharedRun::start(frames.boxed(), Arc::default());
    let mut first = read(first);
    assert_eq!(soon(first.next()).await, Some(next("1")));
    let second = read(Arc::clone(&shared).join().unwrap());
    go.send(()).unwrap();
    assert_eq!(soon(first.collect::<Vec<_>>()).await, [broken()]);
    assert_eq!(soon(second.collect::<Vec<_>>()).await, [broken()]);
    assert!(shared.join().is_none(), "whoever comes now starts anew");
}

#[tokio::test]
async fn nobody_joins_what_has_failed() {
    let (give, frames) = by_hand();
    let (shared, first) = SharedRun::start(frames, Arc::default());
    let mut first = read(first);
    let failed = Frame::Failed("no such goal".into());
    let with_it = read(Arc::clone(&shared).join().unwrap());
    give.send(failed.clone()).unwrap();
    assert_eq!(soon(first.next()).await, Some(failed.clone()));
    // The run itself goes on until its source is dropped: the failure was sent, and nothing follows it.
    assert!(Arc::clone(&shared).join().is_none());
    drop(give);
    assert_eq!(soon(with_it.collect::<Vec<_>>()).await, [failed]);
    assert!(shared.join().is_none());
}

#[tokio::test]
async fn a_reader_who_stopped_is_overrun_alone_in_every_burst() {
    let (give, frames) = by_hand();
    let (shared, stopped) = SharedRun::start(frames, Arc::default());
    let stopped = read(stopped);
    let mut awake = read(Arc::clone(&shared).join().unwrap());
    let bursts = 3;
    let burst = 3 * WAITING;
    for _ in 0..bursts {
        for number in 0..burst {
            give.send(next(&number.to_string())).unwrap();
        }
        // Slower than frames are made, but never still.
        for number in 0..burst {
            if number % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(soon(awake.next()).await, Some(next(&number.to_string())));
        }
    }
    assert_eq!(soon(stopped.collect::<Vec<_>>()).await, [Frame::Slow]);
    drop(give);
    assert_eq!(soon(awake.next()).await, None);
}

#[tokio::test]
async fn a_run_ends_with_its_last_reader() {
    let (give, frames) = by_hand();
    let (shared, reader) = SharedRun::start(frames, Arc::default());
    let other = Arc::clone(&shared).join().unwrap();
    drop(shared);
    drop(reader);
    tokio::task::yield_now().await;
    assert!(!give.is_closed());
    drop(other);
    soon(give.closed()).await;
}

#[test]
fn who_stays_behind_is_given_up_and_who_catches_up_is_not() {
    let crowd = Crowd::new();
    let pace = crowd.joined();
    crowd.sent.store(waiting(), Ordering::SeqCst);
    let too_long = u64::try_from(STAYING.as_millis()).unwrap();
    assert!(!pace.stays_behind(1));
    // It takes one now and then, and as many are sent.
    pace.took(waiting() + 1);
    assert!(!pace.stays_behind(too_long));
    pace.took(waiting() + 2);
    assert!(pace.stays_behind(1 + too_long));
    for _ in 0..waiting() / 2 {
        pace.took(waiting() + 2);
    }
    assert!(!pace.stays_behind(2 + too_long), "it had caught up in between");
}
