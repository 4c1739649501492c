//! Bytes on a socket, for requests that no HTTP client would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection that is spoken to byte by byte.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(15))).expect("a time limit");
        stream.set_write_timeout(Some(Duration::from_secs(15))).expect("a time limit");
        Self(stream)
    }

    /// Sends bytes; whether the other side still took them.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// What comes until a whole head and the told length are there, or the end.
    pub(crate) fn answer(&mut self) -> String {
        let mut text = Vec::new();
        let mut buffer = [0; 16_384];
        loop {
            let shown = String::from_utf8_lossy(&text).into_owned();
            if let Some((head, body)) = shown.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if length
                    .and_then(|length| length.parse().ok())
                    .is_none_or(|length: usize| body.len() >= length)
                {
                    return shown;
                }
            }
            match self.0.read(&mut buffer) {
                Ok(0) => return shown,
                Ok(count) => text.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return shown,
                Err(error) => panic!("no answer and no end: {error}, {shown:?}"),
            }
        }
    }

    /// Whether something has come, or the end.
    pub(crate) fn is_answered(&self) -> bool {
        self.0.set_nonblocking(true).expect("it can be changed");
        let came = !matches!(self.0.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        self.0.set_nonblocking(false).expect("it can be changed");
        came
    }

    /// How long the server keeps the connection while nothing is sent; what it still sends is not looked at.
    pub(crate) fn lasts(&mut self) -> Duration {
        let begun = Instant::now();
        self.drain();
        begun.elapsed()
    }

    /// All that comes until the end of the connection.
    pub(crate) fn everything(&mut self) -> String {
        let mut all = Vec::new();
        match self.0.read_to_end(&mut all) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection was kept: {error}"),
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Reads to the end of the connection; how many bytes there were.
    pub(crate) fn drain(&mut self) -> usize {
        let mut all = 0;
        let mut buffer = [0; 65_536];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => return all,
                Ok(count) => all += count,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
                Err(error) => panic!("the connection was kept: {error}"),
            }
        }
    }
}

/// Bytes from the beginning of a close frame, as servers send it: its code.
fn close_code(bytes: &[u8]) -> Option<u16> {
    let at = bytes.windows(2).position(|pair| pair[0] == 0x88 && (2..126).contains(&pair[1]))?;
    Some(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]))
}

impl Raw {
    /// A WebSocket that is open, byte by byte.
    pub(crate) fn open_socket(address: SocketAddr) -> Self {
        let mut raw = Self::open(address);
        raw.send(socket_request("Upgrade", "websocket"));
        let answer = raw.answer();
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        raw
    }

    /// The code with which the server closes a WebSocket.
    pub(crate) fn closed(&mut self) -> u16 {
        let mut all = Vec::new();
        let mut buffer = [0; 1_024];
        loop {
            if let Some(code) = close_code(&all) {
                return code;
            }
            match self.0.read(&mut buffer) {
                Ok(0) => panic!("it ended without a word: {all:?}"),
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) => panic!("no close: {error}, {all:?}"),
            }
        }
    }
}

/// A frame of a client: its first byte, and what it holds, under a mask that changes nothing.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u8::try_from(payload.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        Ok(_) | Err(_) => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(payload.len()).expect("a short frame").to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// The handshake of a WebSocket, or of what calls itself so.
pub(crate) fn socket_request(connection: &str, upgrade: &str) -> String {
    format!(
        "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\nupgrade: {upgrade}\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
}

/// A request that is fine.
pub(crate) fn good_request() -> String {
    let body = r#"{"query":"{ __typename }"}"#;
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
