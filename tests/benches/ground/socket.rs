//! A WebSocket by hand: as light as a client can be, so that the server's cost is what is seen.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// Bytes read at once.
const READ: usize = 2 * 1024;

/// A socket of one client.
pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What a frame was.
pub enum Frame {
    /// A text, with the bytes of its whole frame.
    Text(Vec<u8>, usize),
    /// A ping.
    Ping,
    /// A close with its code.
    Close(u16),
    /// Something else.
    Other,
}

impl Socket {
    /// Plain TCP: frames without a handshake.
    pub async fn plain(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ) })
    }

    /// A socket that speaks `graphql-transport-ws`; nothing was said yet.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        Self::plain(address).await?.shake_hands().await
    }

    /// The same of a client whose system takes little that it does not read.
    pub async fn open_narrow(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4 * 1024)?;
        let stream = socket.connect(address).await?;
        Self { stream, buffer: Vec::with_capacity(READ) }.shake_hands().await
    }

    async fn shake_hands(mut self) -> io::Result<Self> {
        let socket = &mut self;
        socket
            .write(
                b"GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                  sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                  sec-websocket-protocol: graphql-transport-ws\r\n\r\n",
            )
            .await?;
        loop {
            if let Some(end) = socket.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                assert!(
                    socket.buffer.starts_with(b"HTTP/1.1 101"),
                    "{}",
                    String::from_utf8_lossy(&socket.buffer)
                );
                socket.buffer.drain(..end + 4);
                return Ok(self);
            }
            socket.fill().await?;
        }
    }

    /// A socket whose client was let in.
    pub async fn enter(address: SocketAddr, token: &str) -> io::Result<Self> {
        Self::open(address).await?.introduce(token).await
    }

    /// Lets the client in.
    pub async fn introduce(self, token: &str) -> io::Result<Self> {
        let mut socket = self;
        let init =
            format!("{{\"type\":\"connection_init\",\"payload\":{{\"authorization\":\"Bearer {token}\"}}}}");
        socket.say(&init).await?;
        match socket.hear().await? {
            Frame::Text(text, _) if text.windows(14).any(|window| window == b"connection_ack") => Ok(socket),
            Frame::Text(..) | Frame::Ping | Frame::Close(_) | Frame::Other => {
                Err(io::Error::other("the client was not let in"))
            }
        }
    }

    /// Bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// A text frame. The mask is nothing but zeros, which masks nothing and costs nothing.
    pub async fn say(&mut self, text: &str) -> io::Result<()> {
        let frame = masked(0x81, text.as_bytes());
        self.write(&frame).await
    }

    /// Subscribes.
    pub async fn subscribe(&mut self, id: &str, query: &str) -> io::Result<()> {
        let payload = serde_json::json!({ "id": id, "type": "subscribe", "payload": { "query": query } });
        self.say(&payload.to_string()).await
    }

    /// The next frame; pings are answered.
    pub async fn hear(&mut self) -> io::Result<Frame> {
        loop {
            let Some((size, opcode, head)) = whole(&self.buffer) else {
                self.fill().await?;
                continue;
            };
            let payload = &self.buffer[head..size];
            let frame = match opcode {
                1 => Frame::Text(payload.to_vec(), size),
                8 => Frame::Close(match payload {
                    [high, low, ..] => u16::from_be_bytes([*high, *low]),
                    _ => 1005,
                }),
                9 => Frame::Ping,
                _ => Frame::Other,
            };
            self.buffer.drain(..size);
            if matches!(frame, Frame::Ping) {
                self.write(&masked(0x8a, b"")).await?;
            }
            return Ok(frame);
        }
    }

    /// Waits for a text and gives the bytes of its frame, without looking at it.
    pub async fn count(&mut self) -> io::Result<usize> {
        loop {
            let Some((size, opcode, _)) = whole(&self.buffer) else {
                self.fill().await?;
                continue;
            };
            if opcode == 1 {
                if self.buffer.len() == size {
                    self.buffer.clear();
                } else {
                    self.buffer.drain(..size);
                }
                return Ok(size);
            }
            if matches!(self.hear().await?, Frame::Close(_)) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(READ / 2);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Size of the first frame with its head, its opcode, and the size of its head; none while it is not whole.
fn whole(buffer: &[u8]) -> Option<(usize, u8, usize)> {
    let (opcode, short) = (buffer.first()? & 0x0f, usize::from(*buffer.get(1)? & 0x7f));
    let (head, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes([*buffer.get(2)?, *buffer.get(3)?]))),
        127 => {
            let bytes: [u8; 8] = buffer.get(2..10)?.try_into().ok()?;
            (10, usize::try_from(u64::from_be_bytes(bytes)).ok()?)
        }
        short => (2, short),
    };
    (buffer.len() >= head + length).then_some((head + length, opcode, head))
}

/// A frame of a server: a text of so many bytes, head included.
pub fn frame_of(size: usize) -> Vec<u8> {
    let mut frame = match size {
        0..=127 => vec![0x81, u8::try_from(size - 2).expect("short")],
        _ => {
            let length = u16::try_from(size - 4).expect("not long").to_be_bytes();
            vec![0x81, 126, length[0], length[1]]
        }
    };
    frame.resize(size, b'x');
    frame
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(first);
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | u8::try_from(length).expect("short")),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(length).expect("short").to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&u64::try_from(length).expect("a length").to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
