//! What one viewer or address may ask for in a minute, and whose address it is.

use std::time::Duration;

use api::domain::clock::Clock;
use entity::Instant;
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use support::{Answer, ServerOptions, StatusCode, TestDatabase, TestServer, World, header};

use super::{GRAPHQL, on_sqlite, socket::Socket, sse};

/// 2026-03-01T10:00:00Z.
const START: Instant = Instant(1_772_359_200_000_000);

async fn ask_from(server: &TestServer, forwarded: Option<&str>) -> Answer {
    let mut request = server.request(Method::POST, "/graphql").json(&json!({ "query": "{ __typename }" }));
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    server.send(request).await
}

#[track_caller]
fn number(answer: &Answer, name: &str) -> u64 {
    answer.headers[name].to_str().expect("text").parse().expect("a number")
}

on_sqlite! {
    async fn requests_of_a_minute_are_limited(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let options = ServerOptions::default()
            .clock(clock)
            .setting("limits.requests_per_minute", "3")
            .setting("limits.points_per_minute", "0");
        let server = TestServer::start_with(database, options).await;
        for left in [2, 1, 0] {
            let answer = ask_from(&server, None).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!((number(&answer, "ratelimit-limit"), number(&answer, "ratelimit-remaining")), (3, left));
            assert_eq!(number(&answer, "ratelimit-reset"), 60);
        }
        time.advance_seconds(20);
        // Nobody escapes by a header, nor by a token that is nobody's, nor by a batch.
        let batch = server.request(Method::POST, "/graphql").json(&json!([{ "query": "{ __typename }" }]));
        let nobody = server.request(Method::POST, "/graphql").bearer_auth("x").json(&json!({ "query": "{ __typename }" }));
        for answer in [
            ask_from(&server, None).await,
            ask_from(&server, Some("203.0.113.9")).await,
            server.send(batch).await,
            server.send(nobody).await,
        ] {
            assert_eq!((answer.status, answer.error_code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
            assert_eq!(number(&answer, "retry-after"), 40);
            assert_eq!(number(&answer, "ratelimit-remaining"), 0);
            assert!(answer.body.get("data").is_none());
        }
        assert_eq!(server.send(server.request(Method::GET, "/healthz")).await.status, StatusCode::OK);
        time.advance_seconds(40);
        assert_eq!(ask_from(&server, None).await.status, StatusCode::OK);
        server.stop().await;
    }

    async fn every_answer_tells_what_is_left(database: TestDatabase) {
        let (clock, _) = Clock::simulated(START, 1);
        let options = ServerOptions::default()
            .clock(clock)
            .setting("graphql.max_complexity", "100")
            .setting("limits.requests_per_minute", "100")
            .setting("limits.points_per_minute", "1000")
            .setting("limits.streams_per_viewer", "1");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let post = |body: Value| server.request(Method::POST, "/graphql").json(&body);
        let query = |text: &str| post(json!({ "query": text }));
        let stream = |text: &str| query(text).bearer_auth(token).header(header::ACCEPT, "text/event-stream");
        let open = stream("subscription { taskChanged { cursor } }").send().await.expect("an answer");
        assert_eq!(open.status(), StatusCode::OK);
        assert_eq!(open.headers()["ratelimit-limit"], "1000", "{:?}", open.headers());
        let dear = json!({ "query": "{ objectives(first: 40) { nodes { id } } }" });
        for (what, request, status) in [
            ("a query", query("{ __typename }"), 200),
            ("a document that is refused", query("{ nothing }").header(header::ACCEPT, GRAPHQL), 400),
            ("an event stream that is refused", stream("{ nothing }"), 400),
            ("an event stream of nobody", query("{ __typename }").header(header::ACCEPT, "text/event-stream"), 401),
            ("an event stream too many", stream("subscription { taskChanged { cursor } }"), 429),
            ("a batch for an event stream", post(json!([{ "query": "{ __typename }" }])).header(header::ACCEPT, "text/event-stream"), 400),
            ("a token of nobody", query("{ __typename }").bearer_auth("x"), 401),
            ("a batch that is too dear", post(json!([dear, dear])).bearer_auth(token), 400),
            ("a subscription by request", query("subscription { taskChanged { cursor } }"), 400),
            ("a mutation by GET", server.request(Method::GET, "/graphql?query=mutation%7B__typename%7D"), 405),
        ] {
            let answer = server.send(request).await;
            assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
            assert_eq!(number(&answer, "ratelimit-limit"), 1_000, "{what}");
            assert!(number(&answer, "ratelimit-remaining") <= 1_000 && number(&answer, "ratelimit-reset") == 60, "{what}");
            assert_eq!(answer.headers.get("retry-after").is_some(), status == 429, "{what}");
        }
        drop(open);
        server.stop().await;
    }

    async fn live_connections_behind_a_proxy_are_bounded_by_address(database: TestDatabase) {
        let options = ServerOptions::default()
            .setting("server.trusted_proxies", "127.0.0.0/8")
            .setting("server.max_connections_per_address", "3");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let stream = async |from: &str| {
            let query = "subscription { taskChanged { cursor } }";
            let asked = sse::request(&server, Some(token), query).header("x-forwarded-for", from);
            asked.send().await.expect("an answer")
        };
        // Two sockets, of which nobody has said who it is yet, and one stream.
        let mut kept = Vec::new();
        for _ in 0..2 {
            kept.push(Socket::open_from(&server, "203.0.113.1").await.expect("a socket"));
        }
        let third = stream("203.0.113.1").await;
        assert_eq!(third.status(), StatusCode::OK);
        assert_eq!(Socket::open_from(&server, "198.51.100.7, 203.0.113.1").await.err(), Some(429));
        let refused = stream("203.0.113.1").await;
        assert_eq!((refused.status(), &refused.headers()["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &HeaderValue::from_static("5")));
        // Requests go on, and so do other addresses; a place that is given up can be taken.
        assert_eq!(ask_from(&server, Some("203.0.113.1")).await.status, StatusCode::OK);
        assert_eq!(stream("203.0.113.2").await.status(), StatusCode::OK);
        drop(kept);
        for attempt in 0.. {
            if Socket::open_from(&server, "203.0.113.1").await.is_ok() {
                break;
            }
            assert!(attempt < 100, "the place of a socket that ended is free");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(third);
        server.stop().await;
    }

    async fn points_are_told_and_limited_by_viewer(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let options = ServerOptions::default()
            .clock(clock)
            .setting("limits.requests_per_minute", "0")
            .setting("graphql.max_complexity", "1000")
            .setting("limits.points_per_minute", "1000");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let query = "{ rateLimit { limit remaining resetAt cost } }";
        let answer = server.graphql(token, query, json!({})).await;
        let cost = answer.at("rateLimit.cost").as_u64().expect("a number");
        assert!((1..100).contains(&cost), "{}", answer.text);
        assert_eq!(
            answer.data(),
            &json!({ "rateLimit": {
                "limit": 1_000, "remaining": 1_000 - cost, "resetAt": "2026-03-01T10:01:00Z", "cost": cost
            } })
        );
        assert_eq!(number(&answer, "ratelimit-remaining"), 1_000 - cost);
        let dear = "{ objectives(first: 100) { nodes { id title code state } } }";
        let mut last = server.graphql(token, dear, json!({})).await;
        while last.status == StatusCode::OK {
            last = server.graphql(token, dear, json!({})).await;
        }
        assert_eq!((last.status, last.error_code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
        assert!(last.text.contains("points"), "{}", last.text);
        // What is cheap still runs, and others are not held up.
        assert_eq!(server.graphql(token, "{ __typename }", json!({})).await.status, StatusCode::OK);
        let other = server.graphql(Some(&world.b.leader.token), query, json!({})).await;
        assert_eq!(other.at("rateLimit.remaining"), &json!(1_000 - cost));
        time.advance_seconds(60);
        assert_eq!(server.graphql(token, dear, json!({})).await.status, StatusCode::OK);
        server.stop().await;
    }

    async fn without_limits_nothing_is_told(database: TestDatabase) {
        let options = ServerOptions::default()
            .setting("limits.requests_per_minute", "0")
            .setting("limits.points_per_minute", "0");
        let server = TestServer::start_with(database, options).await;
        let answer = server.graphql(None, "{ rateLimit { limit } }", json!({})).await;
        assert_eq!(answer.data(), &json!({ "rateLimit": null }));
        assert!(answer.headers.get("ratelimit-limit").is_none());
        server.stop().await;
    }

    async fn a_trusted_proxy_tells_addresses_apart(database: TestDatabase) {
        let (clock, _) = Clock::simulated(START, 1);
        let options = ServerOptions::default()
            .clock(clock)
            .setting("server.trusted_proxies", "127.0.0.0/8, 10.0.0.0/8")
            .setting("limits.requests_per_minute", "1")
            .setting("limits.points_per_minute", "0");
        let server = TestServer::start_with(database, options).await;
        for (forwarded, status) in [
            ("203.0.113.1", StatusCode::OK),
            ("203.0.113.1", StatusCode::TOO_MANY_REQUESTS),
            // What stands further left the client made up; our own proxies are passed over.
            ("198.51.100.7, 203.0.113.1", StatusCode::TOO_MANY_REQUESTS),
            ("198.51.100.7, 203.0.113.1, 10.0.0.9", StatusCode::TOO_MANY_REQUESTS),
            ("203.0.113.2", StatusCode::OK),
            ("2001:db8::1", StatusCode::OK),
            ("2001:db8::2", StatusCode::TOO_MANY_REQUESTS),
            ("nonsense", StatusCode::OK),
        ] {
            let answer = ask_from(&server, Some(forwarded)).await;
            assert_eq!(answer.status, status, "{forwarded}");
            assert!(answer.headers.get(header::SET_COOKIE).is_none());
        }
        server.stop().await;
    }
}
