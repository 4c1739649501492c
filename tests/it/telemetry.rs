//! Spans reach a collector, and neither they nor the log tell a secret: a server in a process of its own, for
//! a process has one log.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use api::app::command_line::CommandLine;
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use clap::Parser as _;
use serde_json::json;
use support::{AUDIENCE, HS256_SECRET, ISSUER, TestServer, World};
use tokio::sync::mpsc;

use crate::http::on_sqlite;

/// Names the child's arguments, one a line.
const ARGUMENTS: &str = "THROUGHLINE_TEST_CHILD_ARGUMENTS";
const LONGEST: Duration = Duration::from_secs(60);
const COLLECTOR_KEY: &str = "canary-of-the-collector";
const VARIABLE: &str = "canary-in-a-variable";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the child of the test beside it"]
async fn child() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    CommandLine::try_parse_from(arguments.lines()).expect("arguments").run().await.expect("it runs");
}

/// Ends with the test, also with one that fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

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
        // Its database is the child's from here on.
        server.stop().await;
        let (collector, mut posted) = collector().await;
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let arguments = ["throughline", "--database-url", server.database_url(), "serve", "--listen", &format!("127.0.0.1:{port}")];
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .args(["--exact", "telemetry::child", "--ignored", "--nocapture"])
            .env(ARGUMENTS, arguments.join("\n"))
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
            .env("THROUGHLINE_AUTH__HS256_SECRET", HS256_SECRET)
            .env("THROUGHLINE_AUTH__ISSUER", ISSUER)
            .env("THROUGHLINE_AUTH__AUDIENCE", AUDIENCE)
            .env("THROUGHLINE_LOG__LEVEL", "trace")
            .env("THROUGHLINE_LOG__FORMAT", "json")
            .env("THROUGHLINE_TELEMETRY__OTLP_ENDPOINT", &collector)
            .env("THROUGHLINE_TELEMETRY__OTLP_HEADERS", format!("x-collector-key={COLLECTOR_KEY}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn();
        let _child = Server(child.expect("the child starts"));

        let query = "query WhoAmI($title: String!) { objectives(filter: { title: { eq: $title } }) { nodes { id } } viewer { person { id } } }";
        let body = json!({ "query": query, "variables": { "title": VARIABLE } });
        let client = support::client();
        let ask = async || {
            let request = client.post(format!("http://127.0.0.1:{port}/graphql")).bearer_auth(&leader.token);
            request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01")).json(&body).send().await
        };
        let answered = async {
            loop {
                match ask().await {
                    Ok(answer) => break answer,
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        };
        let answer = tokio::time::timeout(LONGEST, answered).await.expect("the child answers");
        assert!(answer.status().is_success());
        let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();

        let has = |body: &[u8], text: &[u8]| body.windows(text.len()).any(|part| part == text);
        let trace: Vec<u8> = (0..TRACE.len()).step_by(2).map(|at| u8::from_str_radix(&TRACE[at..at + 2], 16).expect("hex")).collect();
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
        assert!(has(&span, &trace), "the span belongs to the trace that the request names");

        let log = std::fs::read_to_string(&log).expect("the log");
        assert!(log.lines().any(|line| line.contains(&id) && line.contains("query WhoAmI")), "the log names the request");
        for secret in [leader.token.as_str(), VARIABLE, HS256_SECRET, COLLECTOR_KEY] {
            assert!(!log.contains(secret), "{secret} is logged");
        }
    }
}
