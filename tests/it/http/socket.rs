//! A client of `graphql-transport-ws`.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use support::TestServer;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that a narrow socket takes in ahead of its reader.
const NARROW: u32 = 4 * 1024;

pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// A socket at a server elsewhere, whose client was let in.
    pub(crate) async fn enter_at(address: SocketAddr, token: &str) -> Self {
        let mut request = format!("ws://{address}/graphql").into_client_request().expect("a request");
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let mut socket = Self(client_async(request, stream).await.expect("a socket").0);
        socket.init(token).await;
        socket
    }

    /// A socket, or the status with which the handshake was refused.
    pub(crate) async fn try_open(
        server: &TestServer,
        protocol: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Self, u16> {
        let stream = TcpStream::connect(server.address()).await.expect("the server listens");
        Self::shake_hands(server, stream, "/graphql", protocol, origin).await
    }

    /// A socket whose address says more than it should.
    pub(crate) async fn open_at(server: &TestServer, path: &str) -> Self {
        let stream = TcpStream::connect(server.address()).await.expect("the server listens");
        let opened = Self::shake_hands(server, stream, path, Some("graphql-transport-ws"), None).await;
        opened.expect("a socket")
    }

    pub(crate) async fn open(server: &TestServer) -> Self {
        Self::open_at(server, "/graphql").await
    }

    /// A socket that a proxy opens for an address, or the status with which the handshake was refused.
    pub(crate) async fn open_from(server: &TestServer, forwarded: &str) -> Result<Self, u16> {
        let stream = TcpStream::connect(server.address()).await.expect("the server listens");
        let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("x-forwarded-for", forwarded)];
        Self::shake_hands_with(server, stream, "/graphql", headers).await
    }

    /// A socket whose handshake has one header more.
    pub(crate) async fn open_with(server: &TestServer, header: (&'static str, &str)) -> Self {
        let stream = TcpStream::connect(server.address()).await.expect("the server listens");
        let headers = [("sec-websocket-protocol", "graphql-transport-ws"), header];
        Self::shake_hands_with(server, stream, "/graphql", headers).await.expect("a socket")
    }

    async fn shake_hands(
        server: &TestServer,
        stream: TcpStream,
        path: &str,
        protocol: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Self, u16> {
        let headers = [("sec-websocket-protocol", protocol), ("origin", origin)];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Self::shake_hands_with(server, stream, path, headers).await
    }

    async fn shake_hands_with(
        server: &TestServer,
        stream: TcpStream,
        path: &str,
        headers: impl IntoIterator<Item = (&'static str, &str)>,
    ) -> Result<Self, u16> {
        let address = format!("ws://{}{path}", server.address());
        let mut request = address.into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header"));
        }
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no socket: {error}"),
        }
    }

    /// A socket whose client was let in.
    pub(crate) async fn enter(server: &TestServer, token: &str) -> Self {
        let mut socket = Self::open(server).await;
        socket.init(token).await;
        socket
    }

    /// A connection that takes in next to nothing unless it is read.
    pub(crate) async fn narrow(server: &TestServer) -> TcpStream {
        let narrow = TcpSocket::new_v4().expect("a socket");
        narrow.set_recv_buffer_size(NARROW).expect("a small buffer");
        narrow.connect(server.address()).await.expect("the server listens")
    }

    /// The same, of a client that takes in next to nothing unless it reads.
    pub(crate) async fn enter_narrow(server: &TestServer, token: &str) -> Self {
        let stream = Self::narrow(server).await;
        let opened = Self::shake_hands(server, stream, "/graphql", Some("graphql-transport-ws"), None).await;
        let mut socket = opened.expect("a socket");
        socket.init(token).await;
        socket
    }

    async fn init(&mut self, token: &str) {
        self.claim(token).await;
        assert_eq!(self.hear().await, json!({ "type": "connection_ack" }));
    }

    /// Says who it is, and does not wait for what that gives.
    pub(crate) async fn claim(&mut self, token: &str) {
        let payload = json!({ "authorization": format!("Bearer {token}") });
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends a frame as it is.
    pub(crate) async fn send(&mut self, message: Message) {
        self.0.send(message).await.expect("sent");
    }

    /// Sends a frame that the other side may no longer want; whether it was taken.
    pub(crate) async fn try_send(&mut self, message: Message) -> bool {
        self.0.send(message).await.is_ok()
    }

    pub(crate) async fn ask(&mut self, id: &str, query: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    async fn next(&mut self) -> Message {
        loop {
            let received = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something in time");
            let message = received.expect("an open socket").expect("a message");
            if !message.is_ping() && !message.is_pong() {
                return message;
            }
        }
    }

    pub(crate) async fn hear(&mut self) -> Value {
        let message = self.next().await;
        assert!(message.is_text(), "no text: {message:?}");
        serde_json::from_str(message.to_text().expect("a text")).expect("JSON")
    }

    /// The next message, or the code with which it is closed instead.
    pub(crate) async fn hear_or_code(&mut self) -> Result<Value, u16> {
        let message = self.next().await;
        if let Message::Close(frame) = message {
            return Err(frame.expect("a code").code.into());
        }
        Ok(serde_json::from_str(message.to_text().expect("a text")).expect("JSON"))
    }

    /// The next message, unless nothing comes for a while.
    pub(crate) async fn hear_within(&mut self, patience: Duration) -> Option<Value> {
        tokio::time::timeout(patience, self.hear()).await.ok()
    }

    /// The code with which it is closed; whatever comes before is passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        self.rest().await.1
    }

    /// The messages before it ends, and the code where it was closed with one and not cut off.
    pub(crate) async fn rest_or_cut(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut heard = Vec::new();
        loop {
            let received = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something in time");
            match received {
                None | Some(Err(_)) => return (heard, None),
                Some(Ok(Message::Close(frame))) => return (heard, frame.map(|frame| frame.code.into())),
                Some(Ok(Message::Text(text))) => {
                    heard.push(serde_json::from_str(text.as_str()).expect("JSON"))
                }
                Some(Ok(_)) => {}
            }
        }
    }

    /// The messages before it is closed, and the code of that.
    pub(crate) async fn rest(&mut self) -> (Vec<Value>, u16) {
        let mut heard = Vec::new();
        loop {
            let message = self.next().await;
            if let Message::Close(frame) = message {
                return (heard, frame.expect("a code").code.into());
            }
            heard.push(serde_json::from_str(message.to_text().expect("a text")).expect("JSON"));
        }
    }
}
