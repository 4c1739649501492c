//! What every request has: an id, a span that its log lines stand in, its count among the figures; and what
//! every answer carries, whatever it is: the id, and headers that keep browsers strict.

use std::{fmt::Write as _, net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use async_graphql::parser::types::OperationType;
use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::Response,
};
use futures_util::FutureExt as _;
use hyper::{Request, body::Incoming};
use opentelemetry_http::HeaderExtractor;
use tower::Service as _;
use tracing::{Instrument as _, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use super::{Front, address, document::Operation, refusal};
use crate::graphql::context::RequestInfo;

/// The header with the id of the request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header with the trace that a request belongs to, by the recommendation of the W3C.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
/// Paths that have names of their own among the figures.
const ROUTES: [&str; 7] =
    ["/graphql", "/graphql/stream", "/healthz", "/readyz", "/schema.graphql", "/metrics", "/"];
/// Characters of an operation's name that are kept; a client chooses it.
const NAME_MAX: usize = 80;
/// Bytes of names of a batch after which no further one is told.
const NAMES_MAX: usize = 400;

/// Id of a request, made by us: what a client sends under this name is not looked at.
#[derive(Clone, Debug)]
struct RequestId(Arc<str>);

impl Front {
    /// What the front knows of a request: its id and the client's address.
    pub(super) fn info_of(&self, parts: &Parts) -> RequestInfo {
        let id = parts.extensions.get::<RequestId>().map_or_else(|| Arc::from(""), |id| Arc::clone(&id.0));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let client = peer.map(|peer| address::client(peer, &parts.headers, &self.proxies));
        RequestInfo { id, client, rate_limit: None }
    }
}

/// The way in: names each request in its answer and its logs, counts it, and answers where it panics.
///
/// It stands around the router and not in it, where each layer is made anew, and boxed, for every request.
#[derive(Clone, Debug)]
pub struct Entrance {
    front: Front,
    router: Router,
    /// For those who read compressed answers; none where answers are never compressed.
    compressing: Option<Router>,
}

impl Entrance {
    pub(super) const fn new(front: Front, router: Router, compressing: Option<Router>) -> Self {
        Self { front, router, compressing }
    }

    /// Answers a request, whatever it is.
    pub(super) async fn answer(&self, mut request: Request<Incoming>) -> Response {
        let begun = Instant::now();
        let front = &self.front;
        let id: Arc<str> = front.installation.clock().new_id().simple().to_string().into();
        let method = request.method().clone();
        let path = request.uri().path();
        let route = ROUTES.into_iter().find(|route| *route == path).unwrap_or("other");
        let span = tracing::info_span!(
            "request",
            request_id = &*id,
            http.request.method = method.as_str(),
            http.route = route,
            http.response.status_code = Empty,
            operation = Empty,
            operations = Empty,
            viewer = Empty,
            otel.kind = "server",
            otel.status_code = Empty,
        );
        belongs_to(&span, request.headers());
        request.extensions_mut().insert(RequestId(Arc::clone(&id)));
        let compressing = self.compressing.as_ref();
        let compressing = compressing.filter(|_| request.headers().contains_key(header::ACCEPT_ENCODING));
        let mut router = compressing.unwrap_or(&self.router).clone();
        let answered = async move { router.call(request).await.unwrap_or_else(|never| match never {}) };
        let answered = AssertUnwindSafe(answered.instrument(span.clone())).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|panic| span.in_scope(|| refusal::panicked(panic)));
        let (status, took) = (response.status(), begun.elapsed());
        front.metrics.answered(route, &method, status, took);
        span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        span.in_scope(|| tracing::debug!(milliseconds = took.as_secs_f64() * 1_000.0, "answered"));
        name(response.headers_mut(), &id);
        response
    }
}

fn name(headers: &mut HeaderMap, id: &str) {
    headers.reserve(5);
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        // The explorer's page says for itself what it needs.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Puts the span into the trace that the client names, where spans are sent to a collector.
fn belongs_to(span: &Span, headers: &HeaderMap) {
    if headers.contains_key(TRACE_PARENT) {
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&HeaderExtractor(headers))
        });
        // It fails where spans are not sent anywhere, and then nothing is lost.
        let _not_sent = span.set_parent(parent);
    }
}

/// The span of one operation on a WebSocket, whose request ended with the upgrade.
pub(super) fn span_of_operation(info: &RequestInfo, viewer: Uuid) -> Span {
    tracing::info_span!("operation", request_id = &*info.id, operation = Empty, viewer = %viewer)
}

/// Writes who asks into the span that we stand in.
pub(super) fn tell_viewer(viewer: Uuid) {
    Span::current().record("viewer", tracing::field::display(viewer));
}

/// Writes what is asked for into the span that we stand in: how many operations, and of each the kind and the
/// name, never variables.
pub(super) fn tell_operations<'a>(operations: impl IntoIterator<Item = &'a Operation>) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    let (mut text, mut count) = (String::new(), 0_u64);
    for operation in operations {
        count += 1;
        if text.len() > NAMES_MAX {
            continue;
        }
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.push_str(match operation.kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        });
        if let Some(name) = operation.shown_name() {
            let _ = write!(text, " {name:.NAME_MAX$}");
        }
    }
    span.record("operation", text);
    span.record("operations", count);
}

/// Writes what is asked for over a socket into the span of that operation.
pub(super) fn tell_operation(operation: &Operation) {
    tell_operations([operation]);
}
