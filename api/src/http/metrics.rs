//! Figures for operators, in the text format that Prometheus collects: what is asked for, how long it takes,
//! what is open, and how far everything behind it has come. No figure names an organization or a person.

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use sha2::{Digest as _, Sha256};

use super::{Front, negotiate::Media, refusal::unauthenticated};
use crate::domain::access::secret::Secret;

/// Upper bounds of the buckets of answer times, in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0];
/// The text format of OpenMetrics, which Prometheus reads as its own.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Who may read the figures.
#[derive(Clone, Debug)]
pub enum Readers {
    /// Nobody: there is no `/metrics`.
    Nobody,
    /// Whoever reaches the server.
    Everybody,
    /// Whoever brings this bearer token.
    With(Secret),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Requests {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operations {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

/// The counters of the front.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    requests: Family<Requests, Counter>,
    request_seconds: Family<OfRoute, Histogram>,
    operations: Family<Operations, Counter>,
    operation_seconds: Family<OfKind, Histogram>,
    refusals: Family<Refused, Counter>,
    connections: Gauge,
    websockets: Gauge,
    streams: Gauge,
    slow_readers: Counter,
    event_lag: Gauge<f64, std::sync::atomic::AtomicU64>,
    database_up: Gauge,
    database_connections: Family<InState, Gauge>,
    jobs: Family<InState, Gauge>,
    jobs_overdue: Gauge<f64, std::sync::atomic::AtomicU64>,
}

impl Metrics {
    /// The counters, added to what is told.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let histogram = || Histogram::new(SECONDS);
        let metrics = Self {
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(histogram),
            operations: Family::default(),
            operation_seconds: Family::new_with_constructor(histogram),
            refusals: Family::default(),
            connections: Gauge::default(),
            websockets: Gauge::default(),
            streams: Gauge::default(),
            slow_readers: Counter::default(),
            event_lag: Gauge::default(),
            database_up: Gauge::default(),
            database_connections: Family::default(),
            jobs: Family::default(),
            jobs_overdue: Gauge::default(),
        };
        let it = metrics.clone();
        registry.register("http_requests", "Answered requests; an upgrade has status 101", it.requests);
        registry.register_with_unit(
            "http_request",
            "Time from a request's headers to those of its answer",
            Unit::Seconds,
            it.request_seconds,
        );
        registry.register(
            "graphql_operations",
            "Operations that ran: ok, or error where the answer holds any; a subscription counts when it begins",
            it.operations,
        );
        registry.register_with_unit(
            "graphql_operation",
            "Time in which an operation ran",
            Unit::Seconds,
            it.operation_seconds,
        );
        registry.register("graphql_refusals", "Operations that were refused and did not run", it.refusals);
        registry.register("connections", "Open connections", it.connections);
        registry.register("websockets", "Open WebSockets whose client was let in", it.websockets);
        registry.register("streams", "Subscriptions that clients follow, by WebSocket and SSE", it.streams);
        registry.register(
            "slow_readers",
            "Followers who were let go because they did not keep up",
            it.slow_readers,
        );
        registry.register_with_unit(
            "event_lag",
            "Time from a change to its delivery, of the event that was delivered last or waits for longest; while \
             the stream cannot be read, the time since it could be",
            Unit::Seconds,
            it.event_lag,
        );
        registry.register("database_up", "1 when the database answered just now, else 0", it.database_up);
        registry.register(
            "database_connections",
            "Connections of the pool to the database",
            it.database_connections,
        );
        registry.register("jobs", "Jobs in the queue, of all nodes; dead ones want a person", it.jobs);
        registry.register_with_unit(
            "jobs_overdue",
            "For how long the job that is due for longest has been due",
            Unit::Seconds,
            it.jobs_overdue,
        );
        metrics
    }

    /// The gauge of open connections.
    pub(super) fn connections(&self) -> &Gauge {
        &self.connections
    }

    /// Counts an answered request.
    pub(super) fn answered(&self, route: &'static str, method: &Method, status: StatusCode, took: Duration) {
        let requests = Requests { route, method: method_name(method), status: status.as_u16() };
        self.requests.get_or_create(&requests).inc();
        self.request_seconds.get_or_create(&OfRoute { route }).observe(took.as_secs_f64());
    }

    /// Counts a query or mutation that ran.
    pub(super) fn ran(&self, kind: OperationType, has_errors: bool, took: Duration) {
        let kind = kind_name(kind);
        let outcome = if has_errors { "error" } else { "ok" };
        self.operations.get_or_create(&Operations { kind, outcome }).inc();
        self.operation_seconds.get_or_create(&OfKind { kind }).observe(took.as_secs_f64());
    }

    /// Counts an operation that did not run, by its code.
    pub(super) fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&Refused { code }).inc();
    }

    /// Counts a socket for as long as what is given lives.
    pub(super) fn websocket(&self) -> Open {
        Open::one_of(&self.websockets)
    }

    /// Counts a subscription that began, and that it is followed for as long as what is given lives.
    pub(super) fn stream(&self) -> Open {
        let began = Operations { kind: kind_name(OperationType::Subscription), outcome: "ok" };
        self.operations.get_or_create(&began).inc();
        Open::one_of(&self.streams)
    }

    /// Counts a follower who did not keep up.
    pub(super) fn slow_reader(&self) {
        self.slow_readers.inc();
    }

    /// The counter of followers who did not keep up.
    pub(super) fn slow_readers(&self) -> &Counter {
        &self.slow_readers
    }
}

/// Something open, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Open(Gauge);

impl Open {
    /// One more.
    pub(super) fn one_of(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Answers with the figures of this process, and with what they say of database and queue now.
pub(super) async fn metrics(State(front): State<Front>, headers: HeaderMap) -> Response {
    match &front.figures.readers {
        Readers::Nobody => return StatusCode::NOT_FOUND.into_response(),
        Readers::Everybody => {}
        Readers::With(token) if brings(&headers, token) => {}
        Readers::With(_) => return unauthenticated(Media::Json),
    }
    front.looked.or_ask(front.look()).await;
    let mut text = String::with_capacity(16 * 1024);
    match encode(&mut text, &front.figures.registry) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, FORMAT), (header::CACHE_CONTROL, "no-store")], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the figures could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What `/metrics` tells, and to whom.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) registry: Registry,
    pub(super) readers: Readers,
}

impl Front {
    /// Reads what is not counted as it happens; it asks the database.
    async fn look(&self) {
        let metrics = &self.metrics;
        metrics.event_lag.set(self.live.lag().as_secs_f64());
        let (open, idle) = self.installation.connections();
        let of = |state| metrics.database_connections.get_or_create_owned(&InState { state });
        let idle = i64::try_from(idle).unwrap_or(i64::MAX);
        of("idle").set(idle);
        of("used").set(i64::from(open).saturating_sub(idle).max(0));
        match self.installation.queue().await {
            Ok(queue) => {
                metrics.database_up.set(1);
                for (state, jobs) in
                    [("waiting", queue.waiting), ("running", queue.running), ("dead", queue.dead)]
                {
                    metrics.jobs.get_or_create(&InState { state }).set(jobs);
                }
                let overdue = Duration::from_micros(queue.overdue.unsigned_abs());
                metrics.jobs_overdue.set(overdue.as_secs_f64());
            }
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read for the figures");
                metrics.database_up.set(0);
            }
        }
    }
}

/// Whether the request brings the token. Digests are compared, so that the time tells nothing of the token.
fn brings(headers: &HeaderMap, token: &Secret) -> bool {
    let brought = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let brought = brought.and_then(|value| value.split_once(' '));
    brought.is_some_and(|(scheme, brought)| {
        scheme.eq_ignore_ascii_case("bearer")
            && Sha256::digest(brought.trim()) == Sha256::digest(token.expose())
    })
}

/// Names that clients make up are one name, so that they cannot fill our memory.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

const fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
