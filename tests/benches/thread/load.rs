//! Closed-loop load over kept-alive HTTP/1.1 connections, with as little of its own as possible.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What a run saw.
pub struct Seen {
    /// Answers a second over all connections.
    pub per_second: f64,
    /// Median time of an answer.
    pub median: Duration,
}

fn request(path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// How long the body is that follows. It reads as little as it can: what it costs is taken from whoever answers, and
/// more from who answers with more headers.
fn length_in(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let head = std::str::from_utf8(head).expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let line = head
        .split('\n')
        .find(|line| line.as_bytes().get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)));
    line.expect("a length")[NAME.len()..].trim().parse().expect("a length")
}

/// Sends one request and reads its answer to the end; gives where the body begins.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> usize {
    stream.write_all(request).await.expect("sent");
    buffer.clear();
    let mut end = None;
    loop {
        let read = stream.read_buf(buffer).await.expect("read");
        assert!(read > 0, "the server hung up");
        if end.is_none()
            && let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n")
        {
            end = Some((at + 4, at + 4 + length_in(&buffer[..at])));
        }
        if let Some((start, end)) = end
            && buffer.len() >= end
        {
            return start;
        }
    }
}

/// One answer's body.
pub async fn ask(address: SocketAddr, path: &str, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let mut buffer = Vec::new();
    let start = exchange(&mut stream, &request(path, token, body), &mut buffer).await;
    String::from_utf8(buffer[start..].to_vec()).expect("UTF-8")
}

/// Asks the same again and again on some connections for a time.
pub async fn run(
    address: SocketAddr,
    path: &str,
    token: &str,
    body: &str,
    connections: usize,
    time: Duration,
) -> Seen {
    let request = std::sync::Arc::new(request(path, token, body));
    let start = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let request = std::sync::Arc::clone(&request);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("connected");
                stream.set_nodelay(true).expect("set");
                let mut buffer = Vec::with_capacity(512 * 1024);
                let mut times = Vec::new();
                while start.elapsed() < time {
                    let asked = Instant::now();
                    exchange(&mut stream, &request, &mut buffer).await;
                    times.push(asked.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client"));
    }
    let elapsed = start.elapsed().as_secs_f64();
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let per_second = times.len() as f64 / elapsed;
    Seen { per_second, median: times.get(times.len() / 2).copied().unwrap_or_default() }
}
