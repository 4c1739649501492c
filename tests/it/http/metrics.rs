//! Figures for operators: what they count, who may read them, and what they never tell.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use support::{ServerOptions, StatusCode, TestDatabase, TestServer, World, both_databases, header};

use super::on_sqlite;

const TOKEN: &str = "a-token-for-the-collector-of-figures";

/// What `/metrics` tells.
async fn told(server: &TestServer) -> String {
    let answer = server.send(server.request(Method::GET, "/metrics")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let format = answer.headers[header::CONTENT_TYPE].to_str().expect("text");
    assert!(format.starts_with("application/openmetrics-text; version=1.0.0"), "{format}");
    assert!(answer.text.ends_with("# EOF\n"));
    answer.text
}

/// The figure of a line; 0 where it is not told yet.
fn figure(told: &str, line: &str) -> f64 {
    let found = told.lines().find_map(|told| told.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0.0, |number| number.parse().expect("a number"))
}

/// A figure as it is now.
pub(super) async fn figure_of(server: &TestServer, line: &str) -> f64 {
    figure(&told(server).await, line)
}

/// Waits until it is so, longer than anything should take and shorter than what it must not wait for.
pub(super) async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: not in time");
}

both_databases! {
    async fn figures_count_what_happens(server: TestServer) {
        let world = World::of(&server).await;
        let leader = Some(world.a.leader.token.as_str());
        let before = told(&server).await;

        let ok = server.graphql(leader, "query Canary { objectives { nodes { title } } }", json!({})).await;
        assert!(ok.errors().is_empty(), "{}", ok.text);
        server.graphql(leader, "{ nothing }", json!({})).await;
        server.graphql(leader, "{ objectives(after: \"bad\") { nodes { id } } }", json!({})).await;
        let input = json!({ "title": "Grow", "teamId": null });
        server.mutate(leader, "objectiveCreate", input, "objective { id }").await;
        server.send(server.request(Method::PUT, "/no/such/place")).await;

        let after = told(&server).await;
        let grown = |line: &str| figure(&after, line) - figure(&before, line);
        let posts = "throughline_http_requests_total{route=\"/graphql\",method=\"POST\",status=\"200\"}";
        assert!(grown(posts) >= 3.0, "{after}");
        assert_eq!(grown("throughline_graphql_operations_total{kind=\"query\",outcome=\"ok\"}"), 1.0, "{after}");
        assert_eq!(grown("throughline_graphql_operations_total{kind=\"query\",outcome=\"error\"}"), 1.0);
        assert_eq!(grown("throughline_graphql_operation_seconds_count{kind=\"query\"}"), 2.0);
        assert_eq!(grown("throughline_graphql_refusals_total{code=\"GRAPHQL_VALIDATION_FAILED\"}"), 1.0);
        let lost = "throughline_http_requests_total{route=\"other\",method=\"other\",status=\"404\"}";
        assert_eq!(grown(lost), 1.0, "{after}");
        assert!(grown("throughline_statement_seconds_count{place=\"read\"}") >= 1.0);
        assert_eq!(figure(&after, "throughline_database_up"), 1.0);
        assert!(figure(&after, "throughline_connections") >= 1.0);
        assert_eq!(figure(&after, "throughline_streams"), 0.0);
        for name in ["throughline_event_lag_seconds", "throughline_jobs{state=\"dead\"}"] {
            assert!(after.lines().any(|line| line.starts_with(name)), "{name} is missing:\n{after}");
        }
        for secret in ["Canary", "no/such", &world.a.leader.email, &world.a.leader.id.to_string()] {
            assert!(!after.contains(secret), "{secret} is told:\n{after}");
        }
    }
}

on_sqlite! {
    async fn figures_are_for_those_with_the_token(database: TestDatabase) {
        let options = ServerOptions::default().setting("telemetry.metrics_token", TOKEN);
        let server = TestServer::start_with(database, options).await;
        let ask = || server.request(Method::GET, "/metrics");
        for refused in [ask(), ask().bearer_auth("another-token-of-the-same-length--"), ask().header("authorization", TOKEN)] {
            let answer = server.send(refused).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
            assert!(!answer.text.contains("throughline_"), "{}", answer.text);
        }
        assert_eq!(server.send(ask().bearer_auth(TOKEN)).await.status, StatusCode::OK);
    }

    async fn figures_can_be_switched_off(database: TestDatabase) {
        let server =
            TestServer::start_with(database, ServerOptions::default().setting("telemetry.metrics", "false")).await;
        let answer = server.send(server.request(Method::GET, "/metrics")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}
