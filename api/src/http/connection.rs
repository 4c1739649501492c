//! One connection: bytes in and out, watched by time, and its place among all connections.
//!
//! The engine knows one time limit, for the headers of a request; it would hold for an idle connection too.
//! What a client sends tells the two apart: nothing yet is idle, a beginning without an end is slow.

use std::{
    future::Future,
    io::{self, IoSlice},
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    address,
    metrics::Open,
    tally::{Place, Tally},
};

/// How long a client may take for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the headers of a request, from their first byte; for the first request from the connection on.
    pub headers: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// Without taking anything of what is sent to it.
    pub write: Duration,
}

/// All connections of the process, and how many each place has.
#[derive(Debug)]
pub(super) struct Connections {
    most: u32,
    free: Arc<Semaphore>,
    of_place: Tally<IpAddr>,
    open: Gauge,
}

impl Connections {
    pub(super) fn new(most: u32, most_of_place: u32, open: Gauge) -> Self {
        let free = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { most, free, of_place: Tally::new(most_of_place), open }
    }

    /// A seat for one more connection; none when all are taken. `counted` is whether the address is one
    /// client's, and not a proxy that brings many.
    pub(super) fn admit(&self, address: IpAddr, counted: bool) -> Option<Seat> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let place = match counted {
            true => Some(self.of_place.take(address::place(address))?),
            false => None,
        };
        Some(Seat { _permit: permit, _place: place, _open: Open::one_of(&self.open) })
    }

    /// Waits until no connection is left, also of those that became a WebSocket.
    pub(super) async fn all_gone(&self) {
        // An error would mean that the semaphore is closed, which nobody does.
        let _all = self.free.acquire_many(self.most).await;
    }
}

/// The place of one connection among all; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
    _place: Option<Place<IpAddr>>,
    _open: Open,
}

const ANSWERS: u8 = 0;
const EVENTS: u8 = 1;
const SOCKET: u8 = 2;

/// What a connection carries: answers, a stream of events, or a WebSocket. The wire is the first to see that
/// nothing is taken any more, and only this tells it whether a follower is lost with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried(Arc<AtomicU8>);

impl Carried {
    /// A stream of events begins; it is carried until what is given is dropped.
    pub(super) fn events(self) -> CarriesEvents {
        self.0.store(EVENTS, Ordering::Relaxed);
        CarriesEvents(self)
    }

    /// A WebSocket from here on. It has its own clock for what is written, and a last word to say.
    pub(super) fn socket(&self) {
        self.0.store(SOCKET, Ordering::Relaxed);
    }
}

/// A stream of events that is carried.
#[derive(Debug)]
pub(super) struct CarriesEvents(Carried);

impl Drop for CarriesEvents {
    fn drop(&mut self) {
        self.0.0.store(ANSWERS, Ordering::Relaxed);
    }
}

/// A TCP connection that notes when something arrives and gives up when nothing can be sent. It keeps its
/// seat as long as it lives, also as a WebSocket.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    heard: Arc<AtomicBool>,
    patience: Duration,
    stalled: Option<Pin<Box<tokio::time::Sleep>>>,
    carried: Carried,
    slow_readers: Counter,
    _seat: Seat,
}

impl Wire {
    /// The wire, and the timer for the engine that serves it.
    pub(super) fn new(
        stream: TcpStream,
        patience: Patience,
        seat: Seat,
        carried: Carried,
        slow_readers: Counter,
    ) -> (Self, HeadTimer) {
        let heard = Arc::new(AtomicBool::new(false));
        let timer = HeadTimer {
            patience,
            heard: Arc::clone(&heard),
            served: AtomicBool::new(false),
            spare: Spare::default(),
        };
        let wire = Self {
            stream,
            heard,
            patience: patience.write,
            stalled: None,
            carried,
            slow_readers,
            _seat: seat,
        };
        (wire, timer)
    }

    /// Cuts a write off that has waited too long.
    fn patiently<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() || self.carried.0.load(Ordering::Relaxed) == SOCKET {
            self.stalled = None;
            return written;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        // Counted once, however often the engine tries again.
        if self.carried.0.swap(ANSWERS, Ordering::Relaxed) == EVENTS {
            self.slow_readers.inc();
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patiently(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.patiently(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The engine's timer of one connection. The engine asks it for one thing only: to be woken when it has
/// waited too long for the headers of a request, from the moment that it begins to wait.
#[derive(Debug)]
pub(super) struct HeadTimer {
    patience: Patience,
    heard: Arc<AtomicBool>,
    served: AtomicBool,
    spare: Spare,
}

/// The timer of the last request, for the next: one that is put off costs nothing, one that is made and taken out
/// costs the lock of all timers twice.
type Spare = Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>;

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.heard.store(false, Ordering::Relaxed);
        let is_first = !self.served.swap(true, Ordering::Relaxed);
        let idle_until = if is_first { deadline } else { Instant::now() + self.patience.idle };
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sleep = match spare {
            Some(mut spare) => {
                spare.as_mut().reset(idle_until.into());
                spare
            }
            None => Box::pin(tokio::time::sleep_until(idle_until.into())),
        };
        Box::pin(HeadSleep {
            sleep: Some(sleep),
            spare: Arc::clone(&self.spare),
            heard: Arc::clone(&self.heard),
            // For a first request the time runs from the connection on, heard or not.
            headers: (!is_first).then_some(self.patience.headers),
        })
    }
}

/// Waits for the headers of a request: long for their first byte, then shortly for their last.
struct HeadSleep {
    /// There until it is dropped.
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    spare: Spare,
    heard: Arc<AtomicBool>,
    headers: Option<Duration>,
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { sleep, heard, headers, .. } = &mut *self;
        let Some(sleep) = sleep else { return Poll::Ready(()) };
        if heard.load(Ordering::Relaxed)
            && let Some(headers) = headers.take()
        {
            let until = tokio::time::Instant::now() + headers;
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().poll(cx)
    }
}

impl Drop for HeadSleep {
    fn drop(&mut self) {
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = self.sleep.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_bounded_and_given_back() {
        let open = Gauge::default();
        let all = Connections::new(3, 2, open.clone());
        let (ada, bob) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = all.admit(ada, true).unwrap();
        let _second = all.admit(ada, true).unwrap();
        assert!(all.admit(ada, true).is_none(), "two of one place");
        let third = all.admit(ada, false).unwrap();
        assert!(all.admit(bob, true).is_none(), "three of all");
        drop(first);
        assert!(all.admit(bob, true).is_some());
        drop(third);
        assert_eq!(open.get(), 1);
    }
}
