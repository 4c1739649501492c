//! The loop that takes connections.
//!
//! Ours, because axum's own has no time limits, takes headers of any size and cannot say how many
//! connections there are. HTTP/1.1 only: WebSockets need nothing newer, and a proxy in front speaks HTTP/2.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::extract::ConnectInfo;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

pub use super::connection::Patience;

use super::{
    address::is_proxy,
    connection::{Carried, Connections, Seat, Wire},
    naming::Entrance,
};

/// Bytes that are read ahead at most. A read may go beyond it, so the headers have a limit of their own.
const BUFFER: usize = 64 * 1024;
/// Bytes of a request's first line and headers at most; more is answered 431.
const HEAD: usize = 64 * 1024;
/// Headers of a request at most.
const HEADERS: usize = 100;
/// How long requests may go on once the server is to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// How long to wait when the system gives no connection, mostly for want of file descriptors.
const BREATH: Duration = Duration::from_millis(500);
/// What a connection beyond the limit is told.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What connections may do.
#[derive(Clone, Debug)]
pub struct ConnectionRules {
    /// How long a client may take for what.
    pub patience: Patience,
    /// Open connections at most.
    pub most: u32,
    /// Open connections of one network address at most; 0 is no limit.
    pub most_of_address: u32,
    /// Counts the open ones.
    pub open: Gauge,
    /// Counts those cut off in the middle of a stream of events, because nothing of it was taken.
    pub slow_readers: Counter,
    /// Proxies that bring the connections of many, so theirs are not counted by address.
    pub proxies: Vec<IpNet>,
}

/// Tells everything that serves a client when the server is to stop.
#[derive(Clone, Debug)]
pub struct Closing(watch::Receiver<bool>);

impl Closing {
    /// Follows a switch that is turned to true when the server is to stop.
    #[must_use]
    pub fn of(switch: &watch::Sender<bool>) -> Self {
        Self(switch.subscribe())
    }

    /// Waits until the server is to stop. A live stream then says so to its client and ends; the connection
    /// is cut 20 seconds later.
    pub async fn begun(&mut self) {
        // A switch that is gone will not be turned any more: whoever held it has stopped.
        let _ = self.0.wait_for(|closing| *closing).await;
    }

    /// Whether the server is to stop.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }
}

/// Serves connections until the server is to stop; then takes no further ones, lets requests and live
/// streams end, and cuts off those that last longer than 20 seconds.
pub async fn serve(listener: TcpListener, entrance: Entrance, rules: ConnectionRules, mut closing: Closing) {
    let entrance = Arc::new(entrance);
    let connections = Connections::new(rules.most, rules.most_of_address, rules.open);
    let mut tasks = JoinSet::new();
    let for_tasks = closing.clone();
    loop {
        let (stream, peer) = tokio::select! {
            () = closing.begun() => break,
            Some(_) = tasks.join_next() => continue,
            taken = listener.accept() => match taken {
                Ok(taken) => taken,
                Err(error) => {
                    refused_by_system(&error).await;
                    continue;
                }
            },
        };
        let counted = !is_proxy(peer.ip(), &rules.proxies);
        let Some(seat) = connections.admit(peer.ip(), counted) else {
            tracing::debug!(%peer, "a connection beyond the limit was refused");
            // One try without waiting: who comes too often is owed no more.
            let _ = stream.try_write(FULL);
            continue;
        };
        let wire = (stream, Carried::default(), seat, rules.slow_readers.clone());
        tasks.spawn(attend(wire, peer, rules.patience, Arc::clone(&entrance), for_tasks.clone()));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.all_gone()).await.is_err() {
        tracing::warn!("requests were still running after {} seconds and were cut off", DRAIN.as_secs());
    }
}

/// Serves one connection to its end.
async fn attend(
    (stream, carried, seat, slow_readers): (TcpStream, Carried, Seat, Counter),
    peer: SocketAddr,
    patience: Patience,
    entrance: Arc<Entrance>,
    mut closing: Closing,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection was gone at once");
        return;
    }
    let (wire, timer) = Wire::new(stream, patience, seat, carried.clone(), slow_readers);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(carried.clone());
        let entrance = Arc::clone(&entrance);
        async move { Ok::<_, Infallible>(entrance.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(timer)
        .header_read_timeout(patience.headers)
        .max_headers(HEADERS)
        .max_header_size(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// Errors of one client pass; those of the system last, and asking again at once would only burn time.
async fn refused_by_system(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken");
        tokio::time::sleep(BREATH).await;
    }
}
