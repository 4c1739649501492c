//! Spans reach a collector, and neither they nor the log tell a secret: on a server in a program of its own,
//! for a process has one log.

use std::time::Duration;

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use serde_json::json;
use support::{HS256_SECRET, TestServer, World};
use tokio::sync::mpsc;

use crate::{http::on_sqlite, program::ServerProgram};

const LONGEST: Duration = Duration::from_secs(60);
const COLLECTOR_KEY: &str = "canary-of-the-collector";
const VARIABLE: &str = "canary-in-a-variable";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const QUERY: &str = "query WhoAmI($title: String!) {
  objectives(filter: { title: { eq: $title } }) { nodes { id } } viewer { person { id } } }";

type Posted = (HeaderMap, Bytes);

/// A collector on loopback, and what is posted to it.
async fn collector() -> (String, mpsc::UnboundedReceiver<Posted>) {
    let (sender, posted) = mpsc::unbounded_channel();
    let take =
        async |State(sender): State<mpsc::UnboundedSender<Posted>>, headers: HeaderMap, body: Bytes| {
            sender.send((headers, body)).expect("the test listens");
        };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/traces", post(take)).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, posted)
}

on_sqlite! {
    async fn a_request_is_a_span_at_the_collector(server: TestServer) {
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        // Its database is the other program's from here on.
        server.stop().await;
        let (collector, mut posted) = collector().await;
        let folder = tempfile::tempdir().expect("a folder");
        let settings = [
            ("DATABASE__URL", server.database_url()),
            ("LOG__LEVEL", "trace"),
            ("LOG__FORMAT", "json"),
            ("TELEMETRY__OTLP_ENDPOINT", &collector),
            ("TELEMETRY__OTLP_HEADERS", &format!("x-collector-key={COLLECTOR_KEY}")),
        ];
        let elsewhere = ServerProgram::start(folder.path(), &settings).await;
        let request = support::client()
            .post(format!("http://{}/graphql", elsewhere.address))
            .bearer_auth(&leader.token)
            .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
            .json(&json!({ "query": QUERY, "variables": { "title": VARIABLE } }));
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success());
        let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();

        let has = |body: &[u8], text: &[u8]| body.windows(text.len()).any(|part| part == text);
        let found = async {
            loop {
                let (headers, body) = posted.recv().await.expect("something is posted");
                assert_eq!(headers["x-collector-key"], COLLECTOR_KEY);
                assert_eq!(headers["content-type"], "application/x-protobuf");
                for secret in [leader.token.as_str(), VARIABLE, HS256_SECRET, COLLECTOR_KEY, "objectives("] {
                    assert!(!has(&body, secret.as_bytes()), "{secret} is told to the collector");
                }
                if has(&body, id.as_bytes()) {
                    break body;
                }
            }
        };
        let span = tokio::time::timeout(LONGEST, found).await.expect("the span arrives");
        for told in ["query WhoAmI", "throughline", "http.route", "/graphql", &leader.id.to_string()] {
            assert!(has(&span, told.as_bytes()), "the span does not tell {told}");
        }
        let trace = u128::from_str_radix(TRACE, 16).expect("hex").to_be_bytes();
        assert!(has(&span, &trace), "the span belongs to the trace that the request names");

        // A batch is one request, and all that it asks for is told.
        let batch = json!([{ "query": "query First { __typename }" }, { "query": "query Second { __typename }" }, { "query": "{ nothing }" }]);
        let request = support::client().post(format!("http://{}/graphql", elsewhere.address)).json(&batch);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success());
        let of_batch = answer.headers()["x-request-id"].to_str().expect("text").to_owned();

        let log = elsewhere.program.text();
        let named = |line: &str| line.contains(&id) && line.contains("query WhoAmI");
        assert!(log.lines().any(named), "the log names the request");
        let both = |line: &str| {
            line.contains(&of_batch) && line.contains("query First, query Second") && line.contains("\"operations\":2")
        };
        assert!(log.lines().any(both), "the log names what the batch asks for");
        for secret in [leader.token.as_str(), VARIABLE, HS256_SECRET, COLLECTOR_KEY] {
            assert!(!log.contains(secret), "{secret} is logged");
        }
    }
}
