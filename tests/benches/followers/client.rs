//! The process of those who follow: sockets, and the moments at which each has heard.

use std::{
    io::BufRead as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::sync::{Notify, Semaphore};

use super::ground::{
    address, argument,
    http::Client,
    number,
    process::{at_share, tell},
    socket::Socket,
};

/// Sockets that are opened at once.
const AT_ONCE: usize = 100;
/// Longest wait for all to hear.
const PATIENCE: Duration = Duration::from_secs(60);

/// When everybody heard.
struct Board {
    epoch: Instant,
    /// Microseconds from the epoch on, by follower.
    heard: Vec<AtomicU64>,
    count: AtomicUsize,
    /// Frames after which all have heard all.
    wanted: AtomicUsize,
    size: AtomicUsize,
    all: Notify,
}

impl Board {
    fn note(&self, at: usize, size: usize) {
        let elapsed = u64::try_from(self.epoch.elapsed().as_micros()).expect("not long");
        self.heard[at].store(elapsed, Ordering::Relaxed);
        self.size.store(size, Ordering::Relaxed);
        if self.count.fetch_add(1, Ordering::AcqRel) + 1 == self.wanted.load(Ordering::Acquire) {
            self.all.notify_one();
        }
    }

    /// Waits until each has heard of so many changes that are set off meanwhile, and no one of more.
    async fn all_heard(&self, changes: usize, set_off: impl Future<Output = ()>) {
        self.wanted.store(self.heard.len() * changes, Ordering::Release);
        self.count.store(0, Ordering::Release);
        set_off.await;
        let heard = || self.count.load(Ordering::Acquire);
        tokio::time::timeout(PATIENCE, self.all.notified()).await.unwrap_or_else(|_| {
            std::panic::panic_any(format!("{} of {} frames came", heard(), self.heard.len() * changes))
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(heard(), self.heard.len() * changes, "each hears once");
    }
}

/// What sets a round off.
enum Trigger {
    Task { client: Box<Client>, id: String, is_done: bool },
    Byte(Socket),
}

/// Changes of one burst, and how many of them a request holds.
const BURST: usize = 100;
const IN_A_REQUEST: usize = 20;

impl Trigger {
    /// Many changes as fast as they can be written.
    async fn burst(&mut self) {
        let Self::Task { client, id, is_done } = self else { return };
        for _ in 0..BURST / IN_A_REQUEST {
            let changes: String = (0..IN_A_REQUEST)
                .map(|at| {
                    *is_done = !*is_done;
                    let status = if *is_done { "DONE" } else { "TODO" };
                    format!(
                        "a{at}: taskUpdate(input: {{ id: \"{id}\", status: {status} }}) {{ userErrors {{ message }} }} "
                    )
                })
                .collect();
            client.ask(&format!("mutation {{ {changes} }}"), json!({})).await;
        }
    }

    async fn pull(&mut self) {
        match self {
            Self::Byte(socket) => socket.write(b"g").await.expect("sent"),
            Self::Task { client, id, is_done } => {
                *is_done = !*is_done;
                let status = if *is_done { "DONE" } else { "TODO" };
                client.change("taskUpdate", json!({ "id": id, "status": status }), "task { id }").await;
            }
        }
    }
}

/// Opens all sockets, tells the bytes of a frame, then makes a round for each line that it is told.
pub async fn follow(kind: &str) {
    let (address, count) = (address(), number("--count", 10_000));
    let board = Arc::new(Board {
        epoch: Instant::now(),
        heard: (0..count).map(|_| AtomicU64::new(0)).collect(),
        count: AtomicUsize::new(0),
        wanted: AtomicUsize::new(0),
        size: AtomicUsize::new(0),
        all: Notify::new(),
    });
    let tokens = argument("--tokens").map(|file| std::fs::read_to_string(file).expect("tokens"));
    let tokens: Vec<Arc<str>> = tokens.unwrap_or_default().lines().map(Into::into).collect();
    let is_distinct = argument("--operations").as_deref() == Some("distinct");
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = Vec::with_capacity(count);
    for at in 0..count {
        let (board, gate) = (Arc::clone(&board), Arc::clone(&gate));
        let token = (kind == "throughline").then(|| Arc::clone(&tokens[at % tokens.len()]));
        let (opened, is_open) = tokio::sync::oneshot::channel();
        opening.push(is_open);
        tokio::spawn(async move {
            let permit = gate.acquire_owned().await.expect("a gate");
            let mut socket = open(address, token.as_deref(), at, is_distinct).await;
            drop(permit);
            opened.send(()).expect("somebody waits");
            loop {
                let size = socket.count().await.expect("an open socket");
                board.note(at, size);
            }
        });
    }
    for is_open in opening {
        is_open.await.expect("a socket");
    }
    let mut trigger = match argument("--task") {
        Some(id) => {
            let client = Client::connect(address, &tokens[0]).await.expect("connected");
            Trigger::Task { client: Box::new(client), id, is_done: false }
        }
        None => Trigger::Byte(Socket::plain(address).await.expect("connected")),
    };
    // A subscription is not acknowledged: whoever heard of the first changes follows.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for _ in 0..2 {
        round(&board, &mut trigger).await;
    }
    tell(&board.size.load(Ordering::Relaxed).to_string());
    let (lines, mut heard) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = heard.recv().await {
        if line == "burst" {
            let start = Instant::now();
            board.all_heard(BURST, trigger.burst()).await;
            tell(&format!("{BURST} {}", start.elapsed().as_millis()));
            continue;
        }
        let times = round(&board, &mut trigger).await;
        tell(&times.map(|time| time.to_string()).join(" "));
    }
}

async fn open(address: SocketAddr, token: Option<&str>, at: usize, is_distinct: bool) -> Socket {
    let Some(token) = token else {
        let mut socket = Socket::plain(address).await.expect("a connection");
        socket.write(b"f").await.expect("sent");
        return socket;
    };
    let mut socket = Socket::enter(address, token).await.expect("a socket");
    let name = if is_distinct { at } else { 0 };
    let query = format!(
        "subscription S{name:05} {{ progressChanged {{ cursor at cause previous current project {{ id title progress }} }} }}"
    );
    // Ids as common clients make them: none like another.
    let id = format!("{at:08}-7c1e-4a50-9d3b-{at:012}");
    socket.subscribe(&id, &query).await.expect("sent");
    socket
}

/// One change: microseconds until the first, half, 99 of 100 and all have heard of it.
async fn round(board: &Board, trigger: &mut Trigger) -> [u64; 4] {
    let start = u64::try_from(board.epoch.elapsed().as_micros()).expect("not long");
    board.all_heard(1, trigger.pull()).await;
    let mut waits: Vec<u64> = board.heard.iter().map(|at| at.load(Ordering::Relaxed) - start).collect();
    [0.0, 0.5, 0.99, 1.0].map(|share| at_share(&mut waits, share))
}
