//! HTTP/1.1 by hand, over one connection that is kept.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One kept connection of a viewer.
pub struct Client {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Asks with a body as it is, JSON or not.
    pub async fn post(&mut self, body: &str) -> std::io::Result<Answer> {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        // An answer may come before all was sent: what is too large is refused unread.
        let sent = self.stream.write_all(request.as_bytes()).await;
        let answer = self.answer().await;
        if answer.is_err() {
            sent?;
        }
        answer
    }

    async fn answer(&mut self) -> std::io::Result<Answer> {
        let Self { stream, buffer, .. } = self;
        buffer.clear();
        let mut seen = None;
        loop {
            if stream.read_buf(buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if seen.is_none()
                && let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n")
            {
                let head = std::str::from_utf8(&buffer[..at]).expect("a head");
                let status: u16 = head[9..12].parse().expect("a status");
                let length = head.lines().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:").map(|v| v.trim().to_owned())
                });
                let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
                seen = Some((status, at + 4, at + 4 + length));
            }
            if let Some((status, start, end)) = seen
                && buffer.len() >= end
            {
                return Ok(Answer { status, body: buffer[start..end].to_vec() });
            }
        }
    }

    /// The data of an operation that must succeed.
    pub async fn ask(&mut self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.post(&body).await.expect("an answer");
        let text = String::from_utf8_lossy(&answer.body);
        let mut answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(answer.get("errors").is_none(), "{text}");
        answer["data"].take()
    }

    /// The payload of a mutation that must succeed: its field, its input and what is wanted of it.
    pub async fn change(&mut self, field: &str, input: Value, wanted: &str) -> Value {
        let (first, rest) = field.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ {wanted} userErrors {{ message }} }} }}",
            first.to_uppercase()
        );
        let mut data = self.ask(&query, json!({ "input": input })).await;
        assert_eq!(data[field]["userErrors"], json!([]), "{field} was refused");
        data[field].take()
    }
}
