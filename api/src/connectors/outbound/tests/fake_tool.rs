//! A tool on loopback that says what it is told to say.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Reply, Request, ToolError, outbound};

/// Gives each connection the next of its answers, and the last again and again; remembers what was asked.
pub(super) struct FakeTool {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl FakeTool {
    pub(super) async fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            for number in 0.. {
                let (connection, _) = listener.accept().await.unwrap();
                let answer = answers[number.min(answers.len() - 1)].clone();
                tokio::spawn(converse(connection, answer, Arc::clone(&log)));
            }
        });
        Self { port, heard }
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Reply, ToolError> {
        outbound(&["127.0.0.1"]).send(&self.address(), request).await
    }
}

/// Reads one request and answers it; the connection stays open where the answer does not say that it is closed.
async fn converse(mut connection: TcpStream, answer: String, heard: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 1_024];
    while !is_whole(&request) {
        match connection.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend_from_slice(&buffer[..length]),
        }
    }
    heard.lock().unwrap().push(String::from_utf8(request).unwrap());
    // Whoever has heard enough hangs up.
    let _sent = connection.write_all(answer.as_bytes()).await;
    if !answer.contains("connection: close") {
        std::future::pending::<()>().await;
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() >= length.parse::<usize>().unwrap()
}

/// An answer that is whole; each line of the headers has its end.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}
