//! What never ends by itself, and holds nothing that the database could end: cut off after its time, and
//! cancelled with the client that leaves, whichever way it came.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{ServerOptions, StatusCode, Stumbling, TestDatabase, TestServer, World};
use tokio_tungstenite::tungstenite::Message;

use crate::http::{connection::on_socket, on_sqlite, raw::Raw, socket::Socket, sse};

const HANGS: &str = "query Hangs { ... { __typename } }";

async fn server(database: TestDatabase, seconds: &str) -> (TestServer, World, Stumbling) {
    let stumbling = Stumbling::default();
    let options =
        ServerOptions::default().stumbling(&stumbling).setting("server.request_timeout_seconds", seconds);
    let server = TestServer::start_with(database, options).await;
    let world = World::of(&server).await;
    (server, world, stumbling)
}

async fn until(stumbling: &Stumbling, hanging: usize, what: &str) {
    for _ in 0..200 {
        if stumbling.hanging() == hanging {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {} hang, not {hanging}", stumbling.hanging());
}

on_sqlite! {
    async fn it_is_cut_off_after_its_time(database: TestDatabase) {
        let (server, world, stumbling) = server(database, "2").await;
        let token = world.a.leader.token.as_str();
        let answer = server.graphql(Some(token), HANGS, json!({})).await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::OK, "TIMEOUT"), "{}", answer.text);
        let events = sse::whole(sse::open(&server, token, HANGS).await).await;
        assert!(events.contains("TIMEOUT"), "{events}");
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("h", HANGS).await;
        let heard = socket.hear().await;
        assert_eq!(heard["payload"]["errors"][0]["extensions"]["code"], json!("TIMEOUT"), "{heard}");
        until(&stumbling, 0, "all are cancelled").await;

        // A batch has the time of one request, and not one for each operation.
        let batch = json!([{ "query": "{ __typename }" }, { "query": HANGS }, { "query": HANGS }, { "query": HANGS }]);
        let begun = Instant::now();
        let answer = server.send(server.request(reqwest::Method::POST, "/graphql").bearer_auth(token).json(&batch)).await;
        let took = begun.elapsed();
        let told = answer.body.as_array().expect("a list").clone();
        assert_eq!(told[0]["data"]["__typename"], json!("Query"), "{}", answer.text);
        assert!(told[1..].iter().all(|one| one["errors"][0]["extensions"]["code"] == json!("TIMEOUT")), "{}", answer.text);
        assert!(took >= Duration::from_millis(1_900) && took < Duration::from_millis(3_900), "{took:?}");
        server.stop().await;
    }

    async fn it_is_cancelled_with_whoever_leaves(database: TestDatabase) {
        let (server, world, stumbling) = server(database, "300").await;
        let token = world.a.leader.token.as_str();
        for accept in ["application/json", "text/event-stream"] {
            let body = json!({ "query": HANGS }).to_string();
            let text = format!(
                "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let gone = on_socket(&server, move |address| {
                let mut raw = Raw::open(address);
                raw.send(text);
                raw
            }).await;
            until(&stumbling, 1, accept).await;
            drop(gone);
            until(&stumbling, 0, accept).await;
        }
        // Over a socket: by its id, with the socket, and with a connection that is simply gone.
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("h", HANGS).await;
        until(&stumbling, 1, "asked").await;
        socket.say(json!({ "id": "h", "type": "complete" })).await;
        until(&stumbling, 0, "complete").await;
        for at in 0..3 {
            socket.ask(&format!("h{at}"), HANGS).await;
        }
        until(&stumbling, 3, "asked again").await;
        socket.send(Message::Close(None)).await;
        until(&stumbling, 0, "closed").await;
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("h", HANGS).await;
        until(&stumbling, 1, "asked anew").await;
        drop(socket);
        until(&stumbling, 0, "gone").await;
        assert_eq!(server.graphql(Some(token), "{ __typename }", json!({})).await.status, StatusCode::OK);
        server.stop().await;
    }
}
