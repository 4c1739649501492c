//! Sockets of strangers, of chatterers and of those who never stop.

use std::time::Duration;

use api::domain::clock::Clock;
use entity::Instant;
use reqwest::Method;
use serde_json::json;
use support::{ServerOptions, StatusCode, TestDatabase, TestServer, World};
use tokio_tungstenite::tungstenite::Message;

use crate::http::{on_sqlite, socket::Socket, sse};

/// 2026-03-01T10:00:00Z.
const START: Instant = Instant(1_772_359_200_000_000);

on_sqlite! {
    async fn a_token_in_the_address_is_not_looked_at(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        for name in ["access_token", "token", "authorization"] {
            let mut socket = Socket::open_at(&server, &format!("/graphql?{name}={token}")).await;
            socket.say(json!({ "type": "connection_init" })).await;
            assert_eq!(socket.closed().await, 4403, "{name}");
            let path = format!("/graphql?{name}={token}&query=%7Borganizations%7Bid%7D%7D");
            let asked = server.request(Method::GET, &path).header("accept", "text/event-stream");
            assert_eq!(server.send(asked).await.status, StatusCode::UNAUTHORIZED, "{name}");
            let path = format!("/graphql?{name}={token}&query=%7Bviewer%7Bperson%7Bid%7D%7D%7D");
            let answer = server.send(server.request(Method::GET, &path)).await;
            assert!(!answer.text.contains("per_"), "{name}: {}", answer.text);
        }
    }

    async fn great_frames_and_many_frames_end_a_socket(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let mut socket = Socket::enter(&server, token).await;
        // The rest of so large a frame may meet a closed door.
        let sent = socket.try_send(Message::text("x".repeat(2 * 1024 * 1024))).await;
        if sent {
            assert_eq!(socket.closed().await, 1009);
        }
        // Before anybody is let in as well.
        let mut stranger = Socket::open(&server).await;
        stranger.try_send(Message::text("x".repeat(300_000))).await;
        assert_eq!(stranger.closed().await, 1009);
        for kind in ["ping", "pong", "complete"] {
            let mut socket = Socket::enter(&server, token).await;
            let message = json!({ "type": kind, "id": "1" }).to_string();
            let mut taken = 0;
            while taken < 3_010 && socket.try_send(Message::text(message.clone())).await {
                taken += 1;
                if kind == "ping" {
                    assert!(taken > 3_000 || socket.hear().await == json!({ "type": "pong" }));
                }
            }
            assert!(taken >= 3_000, "{kind}: {taken}");
            assert_eq!(socket.closed().await, 1008, "{kind}");
        }
        let mut fresh = Socket::enter(&server, token).await;
        fresh.ask("1", "{ __typename }").await;
        assert_eq!(fresh.hear().await["type"], json!("next"), "others are served");
    }

    async fn frames_of_the_protocol_below_count_too(server: TestServer) {
        let world = World::of(&server).await;
        let mut socket = Socket::enter(&server, &world.a.leader.token).await;
        for _ in 0..3_010 {
            if !socket.try_send(Message::Ping(Vec::new().into())).await {
                break;
            }
        }
        assert_eq!(socket.closed().await, 1008);
    }

    async fn sockets_of_one_address_are_bounded(database: TestDatabase) {
        let options = ServerOptions::default().setting("server.max_connections_per_address", "40");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let mut kept = Vec::new();
        for _ in 0..40 {
            kept.push(Socket::enter(&server, token).await);
        }
        for _ in 0..10 {
            let refused = Socket::try_open(&server, Some("graphql-transport-ws"), None).await;
            assert_eq!(refused.err(), Some(503));
        }
        // Those that stand go on, and a seat that is given up can be taken.
        let mut last = kept.pop().expect("forty");
        last.ask("1", "{ __typename }").await;
        assert_eq!(last.hear().await["type"], json!("next"));
        last.try_send(Message::Close(None)).await;
        drop(last);
        for attempt in 0.. {
            if Socket::try_open(&server, Some("graphql-transport-ws"), None).await.is_ok() {
                break;
            }
            assert!(attempt < 100, "the seat of a socket that ended is free");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.stop().await;
    }

    async fn live_connections_of_one_person_are_bounded(database: TestDatabase) {
        let options = ServerOptions::default().setting("limits.streams_per_viewer", "5");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let mut kept = Vec::new();
        for _ in 0..4 {
            kept.push(Socket::enter(&server, token).await);
        }
        let follow = "subscription { progressChanged { cursor } }";
        let event_stream = async || sse::open(&server, token, follow).await;
        let fifth = event_stream().await;
        assert_eq!(fifth.status(), StatusCode::OK);
        let refused = event_stream().await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.text().await.expect("a text").contains("at most 5 live connections"));
        let mut sixth = Socket::open(&server).await;
        sixth.claim(token).await;
        assert_eq!(sixth.closed().await, 1013);
        // Another person is let in, and a place that is given up can be taken.
        kept.push(Socket::enter(&server, &world.a.individual.token).await);
        drop(fifth);
        for attempt in 0.. {
            if event_stream().await.status() == StatusCode::OK {
                break;
            }
            assert!(attempt < 100, "the place of a stream that ended is free");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.stop().await;
    }

    async fn refused_operations_of_streams_cost_a_request(database: TestDatabase) {
        let (clock, _) = Clock::simulated(START, 1);
        let options = ServerOptions::default()
            .clock(clock)
            .setting("limits.requests_per_minute", "6")
            .setting("limits.points_per_minute", "0");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        // Three over a socket, three as events: neither was valid, all were counted for the viewer.
        let mut socket = Socket::enter(&server, &world.a.leader.token).await;
        for _ in 0..3 {
            socket.ask("1", "{ nothing }").await;
            assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], json!("GRAPHQL_VALIDATION_FAILED"));
        }
        for _ in 0..3 {
            assert_eq!(sse::open(&server, &world.a.leader.token, "{").await.status(), 400);
        }
        socket.ask("1", "{ nothing }").await;
        assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], json!("RATE_LIMITED"));
        let spent = sse::open(&server, &world.a.leader.token, "{").await;
        assert_eq!(spent.status(), 429);
        assert_eq!(spent.headers()["retry-after"], "60");
        // Tokens that speak for nobody are counted for their address, whichever way they come.
        for _ in 0..3 {
            let mut stranger = Socket::open(&server).await;
            stranger.claim("nonsense").await;
            assert_eq!(stranger.closed().await, 4403);
            assert_eq!(sse::open(&server, "nonsense", "{ __typename }").await.status(), 401);
        }
        let mut stranger = Socket::open(&server).await;
        stranger.claim("nonsense").await;
        assert_eq!(stranger.closed().await, 1013);
        assert_eq!(sse::open(&server, "nonsense", "{ __typename }").await.status(), 429);
        assert_eq!(sse::open(&server, &world.b.leader.token, "{ __typename }").await.status(), 200, "others are not held up");
        server.stop().await;
    }
}
