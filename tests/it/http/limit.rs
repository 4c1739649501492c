//! What one viewer or address may ask for in a minute, and whose address it is.

use api::domain::clock::Clock;
use entity::Instant;
use reqwest::Method;
use serde_json::json;
use support::{Answer, ServerOptions, StatusCode, TestDatabase, TestServer, World, header};

use super::on_sqlite;

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
