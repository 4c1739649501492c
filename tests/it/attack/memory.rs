//! Bodies over the limit cost no memory: they are refused before they are held. On a server in a program of
//! its own, whose memory is nobody else's.

use std::time::Duration;

use support::TestServer;

use crate::{
    http::{JSON, on_sqlite, raw::Raw},
    program::ServerProgram,
};

/// Clients at once, and bytes that each would send.
const CLIENTS: usize = 40;
const BODY: usize = 32 * 1024 * 1024;
/// Bytes that the process may grow by meanwhile: all limits together, and as much again. All bodies are a gigabyte.
const GROWTH: u64 = 128 * 1024 * 1024;

on_sqlite! {
    async fn large_bodies_cost_no_memory(server: TestServer) {
        server.stop().await;
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = ServerProgram::start(folder.path(), &[("DATABASE__URL", server.database_url())]).await;
        let Some(before) = elsewhere.program.memory() else {
            return; // This system does not tell.
        };
        let address = elsewhere.address;
        let clients: Vec<_> = (0..CLIENTS).map(|at| tokio::task::spawn_blocking(move || {
            let mut raw = Raw::open(address);
            let head = if at % 2 == 0 { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {BODY}") };
            raw.send(format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n{head}\r\n\r\n"));
            let piece = "x".repeat(0x1_0000);
            let piece = if at % 2 == 0 { format!("10000\r\n{piece}\r\n") } else { piece };
            let mut sent = 0;
            while sent < BODY && raw.send(&piece) {
                sent += piece.len();
            }
            sent
        })).collect();
        let mut most = before;
        while !clients.iter().all(tokio::task::JoinHandle::is_finished) {
            most = most.max(elsewhere.program.memory().expect("it runs"));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for client in clients {
            assert!(client.await.expect("it ends") < BODY, "it was cut off before its end");
        }
        let grown = most.saturating_sub(before);
        assert!(grown < GROWTH, "{grown} bytes more");
    }
}
