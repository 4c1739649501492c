//! Sockets of strangers, of chatterers and of those who never stop.

use std::time::Duration;

use api::domain::clock::Clock;
use entity::Instant;
use reqwest::Method;
use serde_json::json;
use support::{ServerOptions, StatusCode, TestDatabase, TestServer, World};
use tokio_tungstenite::tungstenite::Message;

use crate::http::{
    connection::on_socket,
    on_sqlite,
    raw::{self, Raw},
    socket::Socket,
    sse,
};

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
        // Its head alone tells that it is too large. Whoever goes on sending meets a closed door, and may read the
        // code or not; whoever stops there is told.
        let mut large = vec![0x81, 0x80 | 127];
        large.extend((2_u64 * 1024 * 1024).to_be_bytes());
        large.extend([0; 4]);
        let init = json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } }).to_string();
        for before in [Vec::new(), raw::frame(0x81, init.as_bytes())] {
            let bytes = [before, large.clone()].concat();
            let closed = on_socket(&server, |address| {
                let mut raw = Raw::open_socket(address);
                raw.send(bytes);
                raw.closed()
            }).await;
            assert_eq!(closed, 1009);
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

    async fn strangers_have_little_to_say(server: TestServer) {
        for message in [Message::text("{\"type\":\"ping\"}"), Message::text("{\"type\":\"pong\"}"), Message::Ping(Vec::new().into())] {
            let mut stranger = Socket::open(&server).await;
            for _ in 0..40 {
                if !stranger.try_send(message.clone()).await {
                    break;
                }
            }
            assert_eq!(stranger.closed().await, 1008, "{message:?}");
        }
        // Who says hello first, as clients do, is let in all the same.
        let world = World::of(&server).await;
        let mut polite = Socket::open(&server).await;
        for _ in 0..10 {
            polite.say(json!({ "type": "ping" })).await;
            assert_eq!(polite.hear().await["type"], json!("pong"));
        }
        polite.claim(&world.a.leader.token).await;
        assert_eq!(polite.hear().await["type"], json!("connection_ack"));
    }

    async fn a_thousand_sockets_of_one_person_are_not_let_in(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let (mut kept, mut refused) = (Vec::new(), 0);
        for at in 0..1_000 {
            let mut socket = Socket::open(&server).await;
            socket.claim(token).await;
            match socket.hear_or_code().await {
                Ok(heard) => {
                    assert_eq!(heard["type"], json!("connection_ack"), "{heard}");
                    kept.push(socket);
                }
                Err(code) => {
                    assert_eq!(code, 1013, "socket {at}");
                    refused += 1;
                }
            }
        }
        assert_eq!((kept.len(), refused), (200, 800), "as limits.streams_per_viewer says");
        kept[0].ask("1", "{ __typename }").await;
        assert_eq!(kept[0].hear().await["type"], json!("next"));
        Socket::enter(&server, &world.a.individual.token).await;
    }

    async fn a_cookie_says_nothing_of_who_asks(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let cookies = format!("token={token}; access_token={token}; authorization=Bearer {token}; session={token}");
        let who = "{ viewer { person { id } } }";
        let ask = |method: Method, path: &str| server.request(method, path).header("cookie", &cookies);
        let by_post = server.send(ask(Method::POST, "/graphql").json(&json!({ "query": who }))).await;
        let by_get = server.send(ask(Method::GET, "/graphql?query=%7Bviewer%7Bperson%7Bid%7D%7D%7D")).await;
        let nobody = server.graphql(None, who, json!({})).await;
        for answer in [by_post, by_get] {
            assert_eq!((answer.status, &answer.body["data"]), (nobody.status, &nobody.body["data"]), "{}", answer.text);
            assert!(!answer.text.contains("per_") && !answer.headers.contains_key("set-cookie"), "{}", answer.text);
        }
        let events = ask(Method::POST, "/graphql").header("accept", "text/event-stream").json(&json!({ "query": who }));
        assert_eq!(server.send(events).await.status, StatusCode::UNAUTHORIZED);
        let mut socket = Socket::open_with(&server, ("cookie", &cookies)).await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.closed().await, 4403);
        // The same token where it belongs.
        let known = server.graphql(Some(token), who, json!({})).await;
        assert!(known.text.contains("per_") && !known.headers.contains_key("set-cookie"), "{}", known.text);
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
