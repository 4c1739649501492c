//! The protocol `graphql-transport-ws`, rule by rule, and what ends a socket.

use std::time::Duration;

use serde_json::json;
use support::{ServerOptions, TestDatabase, TestServer, World};
use tokio_tungstenite::tungstenite::Message;

use super::{
    connection::on_socket,
    metrics::{figure_of, soon},
    on_sqlite,
    raw::{self, Raw},
    socket::Socket,
};

const SNAPSHOT: &str =
    "subscription { progressChanged(snapshot: true) { cursor current keyResult { code } } }";

/// So much that the system's own buffers hold few of its answers.
/// An answer of 800 kB.
const WORDY: &str =
    "{ tasks(first: 20) { nodes { a: description b: description c: description d: description } } }";

async fn slow_writes(database: TestDatabase, seconds: &str) -> TestServer {
    let options = ServerOptions::default()
        .setting("server.write_timeout_seconds", seconds)
        .setting("server.compression", "false");
    TestServer::start_with(database, options).await
}

async fn wordy_tasks(server: &TestServer, world: &World) {
    let words = [("description", "x".repeat(10_000).into())];
    for at in 0..20 {
        world.a.task(server.database(), &format!("Weld {at}"), &words).await.expect("written");
    }
}

on_sqlite! {
    async fn messages_follow_the_protocol(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let objective = world.a.objective(server.database(), 1, "Grow", &[]).await.expect("written");
        world.a.key_result(server.database(), objective, 1, "Sign-ups", &[]).await.expect("written");

        let mut socket = Socket::enter(&server, token).await;
        socket.say(json!({ "type": "ping" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "pong" }));
        socket.ask("q", "{ objectives { totalCount } }").await;
        let payload = json!({ "data": { "objectives": { "totalCount": 1 } } });
        assert_eq!(socket.hear().await, json!({ "id": "q", "type": "next", "payload": payload }));
        assert_eq!(socket.hear().await, json!({ "id": "q", "type": "complete" }));

        socket.ask("bad", "{ nothing }").await;
        let error = socket.hear().await;
        assert_eq!((&error["id"], &error["type"]), (&json!("bad"), &json!("error")));
        assert_eq!(error["payload"][0]["extensions"]["code"], json!("GRAPHQL_VALIDATION_FAILED"));
        socket.ask("late", "subscription { progressChanged(after: \"nonsense\") { cursor } }").await;
        let error = socket.hear().await;
        assert_eq!(error["payload"][0]["extensions"]["code"], json!("CURSOR_INVALID"), "{error}");

        // Two events and no more; then its id is free.
        for _ in 0..2 {
            socket.ask("s", "subscription { progressChanged(snapshot: true, first: 2) { current } }").await;
            for _ in 0..2 {
                assert_eq!(socket.hear().await["type"], json!("next"));
            }
            assert_eq!(socket.hear().await, json!({ "id": "s", "type": "complete" }));
        }
        socket.ask("l", SNAPSHOT).await;
        assert_eq!(socket.hear().await["id"], json!("l"));
        socket.ask("l", SNAPSHOT).await;
        assert_eq!(socket.closed().await, 4409);
    }

    async fn whoever_breaks_the_protocol_is_closed(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        for (text, code) in [
            ("{nope", 4400),
            ("[]", 4400),
            ("{\"type\":\"start\"}", 4400),
            ("{\"type\":\"subscribe\",\"payload\":{\"query\":\"{a}\"}}", 4400),
            ("{\"type\":\"subscribe\",\"id\":\"1\"}", 4400),
            ("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{}}", 4400),
            ("{\"type\":\"connection_init\"}", 4429),
        ] {
            let mut socket = Socket::enter(&server, token).await;
            socket.send(Message::text(text)).await;
            assert_eq!(socket.closed().await, code, "{text}");
        }
        let mut socket = Socket::enter(&server, token).await;
        socket.send(Message::binary(vec![0_u8, 255])).await;
        assert_eq!(socket.closed().await, 4400);
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("big", &format!("{{ a(b: \"{}\") }}", "x".repeat(300_000))).await;
        assert_eq!(socket.closed().await, 1009);
        let mut socket = Socket::open(&server).await;
        socket.ask("early", "{ __typename }").await;
        assert_eq!(socket.closed().await, 4401);
        for payload in [json!(null), json!({ "authorization": "Bearer nonsense" })] {
            let mut socket = Socket::open(&server).await;
            socket.say(json!({ "type": "connection_init", "payload": payload })).await;
            assert_eq!(socket.closed().await, 4403);
        }
        let mut silent = Socket::open(&server).await;
        assert_eq!(silent.closed().await, 4408);
    }

    async fn whoever_breaks_the_frames_is_told(server: TestServer) {
        let text = |bytes: &[u8]| raw::frame(0x81, bytes);
        let ping = b"{\"type\":\"ping\"}";
        // As a client that goes on sending would be cut off, only the head of the large frame is sent.
        let mut large = vec![0x81, 0x80 | 127];
        large.extend(2_097_152_u64.to_be_bytes());
        large.extend([0; 4]);
        for (what, bytes, code) in [
            ("a reserved bit", raw::frame(0xC1, ping), 1002),
            ("an opcode that is reserved", raw::frame(0x83, ping), 1002),
            ("a reserved opcode of control", raw::frame(0x8B, ping), 1002),
            ("a ping in pieces", raw::frame(0x09, b"x"), 1002),
            ("a ping that is too long", raw::frame(0x89, &[b'x'; 126]), 1002),
            ("a piece of nothing", raw::frame(0x80, ping), 1002),
            ("a text within a text", [raw::frame(0x01, b"{"), text(ping)].concat(), 1002),
            ("what is no UTF-8", text(b"{\"type\":\"\xFF\xFE\"}"), 1007),
            ("a surrogate", text(b"\xED\xA0\x80"), 1007),
            ("no UTF-8 in pieces", [raw::frame(0x01, b"\xC3"), raw::frame(0x80, b"\x28")].concat(), 1007),
            ("a frame of 2 MB", large, 1009),
        ] {
            let closed = on_socket(&server, move |address| {
                let mut raw = Raw::open_socket(address);
                raw.send(bytes);
                raw.closed()
            }).await;
            assert_eq!(closed, code, "{what}");
        }
    }

    async fn other_upgrades_are_passed_over(server: TestServer) {
        for (connection, upgrade, status) in [
            ("Upgrade, HTTP2-Settings", "h2c", "200"),
            ("Upgrade", "TLS/1.0", "200"),
            ("Upgrade", "WebSocket", "101"),
            ("keep-alive, Upgrade", "h2c, websocket", "101"),
        ] {
            let answer = on_socket(&server, move |address| {
                let mut raw = Raw::open(address);
                raw.send(raw::socket_request(connection, upgrade));
                raw.answer()
            }).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{upgrade}: {answer}");
            assert_eq!(status == "200", answer.ends_with("{\"data\":{\"__typename\":\"Query\"}}"), "{upgrade}: {answer}");
        }
    }

    async fn a_socket_ends_with_its_rights_also_while_a_write_is_blocked(database: TestDatabase) {
        let server = slow_writes(database, "300").await;
        let world = World::of(&server).await;
        wordy_tasks(&server, &world).await;
        let mut stopped = Socket::enter_narrow(&server, &world.a.leader.token).await;
        for at in 0..20 {
            stopped.ask(&format!("q{at}"), WORDY).await;
        }
        soon("open", async || figure_of(&server, "throughline_websockets").await == 1.0).await;
        // Time for the first of them to get stuck: what was not yet blocked would end all the sooner.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let gone = format!("UPDATE person SET deactivated_at = 1 WHERE email = '{}'", world.a.leader.email);
        server.database().execute(&gone).await.expect("written");
        soon("ended", async || figure_of(&server, "throughline_websockets").await == 0.0).await;
        assert_eq!(figure_of(&server, "throughline_slow_readers_total").await, 0.0);
        drop(stopped);
        server.stop().await;
    }

    async fn followers_who_take_nothing_are_let_go_and_counted_once(database: TestDatabase) {
        let server = slow_writes(database, "1").await;
        let world = World::of(&server).await;
        wordy_tasks(&server, &world).await;
        let token = world.a.leader.token.as_str();
        let mut stopped = Socket::enter_narrow(&server, token).await;
        for at in 0..20 {
            stopped.ask(&format!("q{at}"), WORDY).await;
        }
        soon("counted", async || figure_of(&server, "throughline_slow_readers_total").await > 0.0).await;
        soon("ended", async || figure_of(&server, "throughline_websockets").await == 0.0).await;
        let body = json!({ "query": WORDY }).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let stream = Socket::narrow(&server).await;
        for _ in 0..20 {
            // One after the other on one connection, as long as they are taken.
            stream.writable().await.expect("a connection");
            let _ = stream.try_write(request.as_bytes());
        }
        soon("counted", async || figure_of(&server, "throughline_slow_readers_total").await > 1.0).await;
        soon("ended", async || figure_of(&server, "throughline_connections").await <= 2.0).await;
        assert_eq!(figure_of(&server, "throughline_slow_readers_total").await, 2.0, "each of them once");
        drop((stopped, stream));
        server.stop().await;
    }

    async fn an_answer_that_is_too_large_for_a_socket_ends_its_operation_alone(server: TestServer) {
        let world = World::of(&server).await;
        wordy_tasks(&server, &world).await;
        let mut socket = Socket::enter(&server, &world.a.leader.token).await;
        socket.ask("live", "subscription { taskChanged { task { title } } }").await;
        socket.ask("large", &WORDY.replace("a: ", "e: description f: description a: ")).await;
        let refused = socket.hear().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("large")), "{refused}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
        socket.ask("small", WORDY).await;
        assert_eq!(socket.hear().await["type"], "next", "the socket goes on");
    }

    async fn what_is_set_bounds_a_socket(database: TestDatabase) {
        let options = ServerOptions::default()
            .setting("graphql.max_socket_messages", "50")
            .setting("graphql.socket_init_seconds", "1");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let begun = std::time::Instant::now();
        assert_eq!(Socket::open(&server).await.closed().await, 4408);
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        let mut socket = Socket::enter(&server, &world.a.leader.token).await;
        for _ in 0..51 {
            socket.try_send(Message::text("{\"type\":\"pong\"}")).await;
        }
        assert_eq!(socket.closed().await, 1008);
        server.stop().await;
    }

    async fn strangers_are_refused_at_the_handshake(server: TestServer) {
        let own = format!("http://{}", server.address());
        for (protocol, origin, status) in [
            (None, None, 400),
            (Some("graphql-ws"), None, 400),
            (Some("mqtt"), None, 400),
            (Some("graphql-transport-ws"), Some("http://evil.test"), 403),
            (Some("graphql-transport-ws"), Some("null"), 403),
        ] {
            let refused = Socket::try_open(&server, protocol, origin).await.err();
            assert_eq!(refused, Some(status), "{protocol:?} {origin:?}");
        }
        assert!(Socket::try_open(&server, Some("graphql-ws, graphql-transport-ws"), Some(&own)).await.is_ok());
    }

    async fn a_socket_ends_with_the_rights_it_was_opened_with(server: TestServer) {
        let world = World::of(&server).await;
        let mut socket = Socket::enter(&server, &world.a.individual.token).await;
        socket.ask("l", "subscription { taskChanged { cursor } }").await;
        let demoted = format!("UPDATE person SET deactivated_at = 1 WHERE email = '{}'", world.a.individual.email);
        server.database().execute(&demoted).await.expect("written");
        // No event tells of it: it is seen by looking, within five seconds.
        assert_eq!(socket.closed().await, 4403);
    }

    async fn sockets_hear_that_the_server_stops(server: TestServer) {
        let world = World::of(&server).await;
        let mut sockets = Vec::new();
        for _ in 0..20 {
            let mut socket = Socket::enter(&server, &world.a.leader.token).await;
            socket.ask("l", "subscription { taskChanged { cursor } }").await;
            socket.ask("f", "subscription { taskChanged(first: 9) { cursor } }").await;
            sockets.push(socket);
        }
        let stopping = { let server = server.clone(); tokio::spawn(async move { server.stop().await }) };
        for socket in &mut sockets {
            // Not that a stream is complete: nobody would come back for the rest of it.
            let (heard, code) = socket.rest().await;
            assert_eq!((heard, code), (Vec::new(), 1001));
        }
        stopping.await.expect("it stops");
    }

    async fn operations_of_a_socket_are_limited(server: TestServer) {
        let world = World::of(&server).await;
        let mut socket = Socket::enter(&server, &world.a.leader.token).await;
        for at in 0..101 {
            socket.ask(&format!("s{at}"), "subscription { taskChanged { cursor } }").await;
        }
        let refused = socket.hear().await;
        assert_eq!((&refused["id"], &refused["type"]), (&json!("s100"), &json!("error")), "{refused}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], json!("RATE_LIMITED"));
    }

    async fn a_change_reaches_everybody_who_follows(server: TestServer) {
        let world = World::of(&server).await;
        let (company, token) = (&world.a, world.a.leader.token.as_str());
        let objective = company.objective(server.database(), 1, "Grow", &[]).await.expect("written");
        let measured = [("progress_source", "CHECK_IN".into())];
        company.key_result(server.database(), objective, 1, "Sign-ups", &measured).await.expect("written");
        let query = "subscription { progressChanged { current keyResult { code } } }";
        let mut sockets = Vec::new();
        for _ in 0..3 {
            let mut socket = Socket::enter(&server, token).await;
            socket.ask("same", query).await;
            sockets.push(socket);
        }
        let mut foreigner = Socket::enter(&server, &world.b.leader.token).await;
        foreigner.ask("same", query).await;
        let asked = server.graphql(Some(token), "{ keyResult(code: \"KR-1\") { id } }", json!({})).await;
        let id = asked.data()["keyResult"]["id"].clone();
        // Nothing tells when a subscription stands, so the value moves until everybody has heard of it.
        let moving = {
            let (server, token) = (server.clone(), token.to_owned());
            tokio::spawn(async move {
                for value in 1..100 {
                    let input = json!({ "keyResultId": id, "value": value.to_string() });
                    server.change(&token, "keyResultCheckIn", input, "keyResult { progress }").await;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            })
        };
        for socket in &mut sockets {
            let mut heard = socket.hear().await;
            while heard["payload"]["data"]["progressChanged"]["keyResult"].is_null() {
                heard = socket.hear().await;
            }
            let change = &heard["payload"]["data"]["progressChanged"];
            assert_eq!(change["keyResult"]["code"], json!("KR-1"), "{heard}");
            assert!(change["current"].is_number(), "{heard}");
        }
        moving.abort();
        foreigner.ask("end", "{ __typename }").await;
        assert_eq!(foreigner.hear().await["id"], json!("end"), "nothing crosses to another organization");
    }
}
