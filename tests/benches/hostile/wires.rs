//! Connections that hold the server up: silent, dripping, stalled, never introduced. Who is cut comes again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use super::ground::socket::Socket;

/// How a connection holds the server up, and how many do.
const KINDS: [(&str, usize); 4] =
    [("silent", 200), ("dripping headers", 100), ("stalled bodies", 100), ("sockets without init", 200)];

/// All of them, and how often the server cut one.
pub struct Wires {
    tasks: JoinSet<()>,
    cut: [Arc<AtomicU64>; 4],
}

impl Wires {
    /// Opens all of them.
    pub fn open(address: SocketAddr) -> Self {
        let cut: [Arc<AtomicU64>; 4] = Default::default();
        let mut tasks = JoinSet::new();
        for (kind, (_, count)) in KINDS.iter().enumerate() {
            for _ in 0..*count {
                let cut = Arc::clone(&cut[kind]);
                tasks.spawn(async move {
                    loop {
                        hold_up(kind, address).await;
                        cut.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                });
            }
        }
        Self { tasks, cut }
    }

    /// What became of them; closes them.
    pub fn close(mut self) -> String {
        self.tasks.abort_all();
        let told = KINDS
            .iter()
            .zip(&self.cut)
            .map(|((name, count), cut)| format!("{count} {name}: cut {} times", cut.load(Ordering::Relaxed)));
        told.collect::<Vec<_>>().join(", ")
    }
}

/// Holds up until it is cut.
async fn hold_up(kind: usize, address: SocketAddr) {
    if kind == 3 {
        if let Ok(mut socket) = Socket::open(address).await {
            while socket.hear().await.is_ok() {}
        }
        return;
    }
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let head: &[u8] = match kind {
        0 => b"",
        1 => b"POST /graphql HTTP/1.1\r\nhost: localhost\r\n",
        _ => {
            b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
              content-length: 1000\r\n\r\n{\"query\":"
        }
    };
    let mut rest = Vec::new();
    if stream.write_all(head).await.is_err() {
        return;
    }
    let (mut read, mut write) = stream.split();
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if kind == 1 && write.write_all(b"x-a: b\r\n").await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = read.read_to_end(&mut rest) => {}
        () = drip => {}
    }
}
