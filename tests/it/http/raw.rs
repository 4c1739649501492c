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

/// A request that is fine.
pub(crate) fn good_request() -> String {
    let body = r#"{"query":"{ __typename }"}"#;
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
