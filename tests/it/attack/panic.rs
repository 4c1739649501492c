//! A panic is one request's or one socket's, told as ours and without what it said; the process goes on.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{PANIC_WORDS, ServerOptions, StatusCode, Stumbling, TestDatabase, TestServer, World};

use crate::http::{on_sqlite, socket::Socket, sse};

/// Whose scripts may read answers.
const PAGE: &str = "https://goals.example.com";

/// A server with operations that panic.
async fn server(database: TestDatabase) -> (TestServer, World) {
    let options =
        ServerOptions::default().stumbling(&Stumbling::default()).setting("server.cors_origins", PAGE);
    let server = TestServer::start_with(database, options).await;
    let world = World::of(&server).await;
    (server, world)
}

async fn lives(server: &TestServer, token: &str) {
    let answer = server.graphql(Some(token), "{ viewer { person { id } } }", json!({})).await;
    assert!(answer.errors().is_empty() && answer.text.contains("per_"), "{}", answer.text);
}

on_sqlite! {
    async fn a_request_that_panics_is_ours(database: TestDatabase) {
        let (server, world) = server(database).await;
        let token = world.a.leader.token.as_str();
        let post = |body: Value| server.request(Method::POST, "/graphql").bearer_auth(token).json(&body);
        let panics = json!({ "query": "query Panics { ... { __typename } }" });
        for request in [
            post(panics.clone()),
            post(json!([{ "query": "{ __typename }" }, panics])),
            post(json!({ "query": "mutation Panics { ... { __typename } }" })),
            server.request(Method::GET, "/graphql?query=query%20Panics%7B...%7B__typename%7D%7D").bearer_auth(token),
            sse::request(&server, Some(token), "query Panics { ... { __typename } }"),
        ] {
            let answer = server.send(request.header(header::ORIGIN, PAGE)).await;
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], PAGE, "its page may read that it panicked");
            assert_eq!((answer.status, answer.error_code()), (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"), "{}", answer.text);
            assert!(!answer.text.contains(PANIC_WORDS), "{}", answer.text);
            assert_eq!(answer.headers["x-request-id"].len(), 32, "it can be asked for");
            lives(&server, token).await;
        }
        server.stop().await;
    }

    async fn a_socket_that_panics_says_so_and_ends_alone(database: TestDatabase) {
        let (server, world) = server(database).await;
        let token = world.a.leader.token.as_str();
        let mut other = Socket::enter(&server, token).await;
        other.ask("s", "subscription { taskChanged { task { title } } }").await;
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("q", "query Panics { ... { __typename } }").await;
        assert_eq!(socket.closed().await, 1011);
        // At an event of a stream that is the socket's own.
        let mut follower = Socket::enter(&server, token).await;
        follower.ask("s", "subscription Panics { taskChanged(first: 5) { task { title } } }").await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        server.change(token, "taskCreate", json!({ "title": "Weld" }), "task { id }").await;
        assert_eq!(follower.closed().await, 1011);
        let heard = other.hear().await;
        assert_eq!(heard["payload"]["data"]["taskChanged"]["task"]["title"], json!("Weld"), "{heard}");
        lives(&server, token).await;
        server.stop().await;
    }
}
