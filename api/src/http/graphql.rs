//! The one GraphQL endpoint: JSON in, JSON out, nothing run that was not looked at first.
//!
//! By POST anything runs, by GET only queries. Live streams branch off in the router: see `Front::router`.

use async_graphql::{Response as GraphqlResponse, parser::types::OperationType};
use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{FromRequestParts as _, Request as HttpRequest, State, ws::WebSocketUpgrade},
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::future::FutureExt as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::Instant;

use super::{
    Front,
    auth::AuthError,
    body::{self, Body, Wanted},
    document::{Operation, Refusal},
    explorer, get,
    limit::{Payer, Standing, told},
    naming::{tell_operation, tell_viewer},
    negotiate::{self, Media},
    operation::Answer,
    refusal::{self, ill_formed, refusal, unauthenticated, wrong_method},
    sse, websocket,
};
use crate::{
    domain::{access::Scope, error::DomainError},
    graphql::{context::RequestInfo, error::to_graphql},
};

const OFFERED: [Media; 2] = [Media::Json, Media::GraphqlResponse];
const OFFERED_TO_PEOPLE: [Media; 3] = [Media::Json, Media::GraphqlResponse, Media::Html];

/// Runs what a POST asks for.
pub(super) async fn by_post(State(front): State<Front>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = media_of(&parts, &OFFERED) else { return not_acceptable() };
    if let Err(message) = negotiate::is_json(&parts.headers) {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, media, "BAD_USER_INPUT", message);
    }
    let bytes = match front.take(&parts, body).await {
        Ok(bytes) => bytes,
        Err(unread) => return unread.answer(media, &front),
    };
    match body::read(&bytes, front.limits.batch) {
        Err(message) => ill_formed(media, &message),
        Ok(body) => Exchange::new(front, &parts, media).answer(&parts, body).await,
    }
}

/// Runs the query that an address holds; shows the explorer to people who only look.
pub(super) async fn by_get(State(front): State<Front>, request: HttpRequest) -> Response {
    let (mut parts, _) = request.into_parts();
    if parts.headers.contains_key(header::UPGRADE) {
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &front).await;
        return websocket::open(front, upgrade, parts).await;
    }
    let query = parts.uri.query();
    let people = front.limits.explorer && !get::asks(query);
    let offered: &[Media] = if people { &OFFERED_TO_PEOPLE } else { &OFFERED };
    let Some(media) = media_of(&parts, offered) else { return not_acceptable() };
    if media == Media::Html {
        return explorer::page().await;
    }
    match get::read(query) {
        Err(message) => ill_formed(media, &message),
        Ok(wanted) => {
            let exchange = Exchange::new(front, &parts, media);
            exchange.answer(&parts, Body::Single(wanted)).await
        }
    }
}

/// Neither GET nor POST; a header that names another method changes nothing.
pub(super) async fn other_method() -> Response {
    wrong_method(Media::Json, "GET, HEAD, POST", "send the operation by POST, or a query by GET")
}

/// What the answer is written as; a stream that is refused is refused as JSON.
fn media_of(parts: &Parts, offered: &[Media]) -> Option<Media> {
    if negotiate::wants_stream(&parts.headers) {
        return Some(Media::Json);
    }
    negotiate::accepted(&parts.headers, offered)
}

fn not_acceptable() -> Response {
    let message = "answers are application/graphql-response+json, application/json or text/event-stream, in UTF-8: \
         name one in Accept";
    refusal(StatusCode::NOT_ACCEPTABLE, Media::Json, "BAD_USER_INPUT", message)
}

/// Why a body could not be read.
enum Unread {
    TooLarge,
    TooSlow,
    Broken,
}

impl Unread {
    /// The answer; the connection ends with it, for the rest of the body was not read.
    fn answer(self, media: Media, front: &Front) -> Response {
        let (status, message) = match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is larger than {} bytes", front.limits.body_bytes),
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                format!("the body did not arrive within {} seconds", front.body_timeout.as_secs()),
            ),
            Self::Broken => (StatusCode::BAD_REQUEST, "the body broke off".to_owned()),
        };
        let mut response = refusal(status, media, "BAD_USER_INPUT", &message);
        let close = http::HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        response
    }
}

impl Front {
    /// Reads a body to its end, unless it says or shows that it is larger than it may be.
    async fn take(&self, parts: &Parts, body: HttpBody) -> Result<Bytes, Unread> {
        let limit = self.limits.body_bytes;
        let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if told.and_then(|length| length.parse::<u64>().ok()).is_some_and(|told| told > limit as u64) {
            return Err(Unread::TooLarge);
        }
        match tokio::time::timeout(self.body_timeout, Limited::new(body, limit).collect()).await {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
            Ok(Err(_)) => Err(Unread::Broken),
            Err(_) => Err(Unread::TooSlow),
        }
    }
}

impl Front {
    /// Finds and accepts one operation; nothing runs.
    pub(super) async fn decide(&self, wanted: Wanted) -> Decided {
        let decided = self.find(wanted).await;
        if let Err(refusal) = &decided {
            self.metrics.refused(refusal.code);
        }
        decided
    }

    async fn find(&self, wanted: Wanted) -> Decided {
        let (asked, to_keep) = self.find_document(wanted)?;
        let operation = self.accept(asked).await?;
        if let Some(to_keep) = to_keep {
            self.keep_document(to_keep);
        }
        Ok(operation)
    }
}

/// One request on its way to an answer.
struct Exchange {
    front: Front,
    media: Media,
    info: RequestInfo,
    /// Whether it came by GET, which may not change anything.
    reads_only: bool,
}

/// An operation that may run, or why not.
pub(super) type Decided = Result<Operation, Refusal>;

impl Exchange {
    fn new(front: Front, parts: &Parts, media: Media) -> Self {
        let info = front.info_of(parts);
        let reads_only = parts.method == Method::GET || parts.method == Method::HEAD;
        Self { front, media, info, reads_only }
    }

    /// Who asks, what it costs, whether that is within limits: and only then it runs.
    async fn answer(self, parts: &Parts, body: Body) -> Response {
        if negotiate::wants_stream(&parts.headers) {
            return match body {
                Body::Single(wanted) => self.stream(parts, wanted).await,
                Body::Batch(_) => ill_formed(self.media, "a stream is of one operation: open one for each"),
            };
        }
        let count = match &body {
            Body::Single(_) => 1,
            Body::Batch(all) => u32::try_from(all.len()).unwrap_or(u32::MAX),
        };
        let scope = self.front.scope_of(&parts.headers, &self.info.id).await;
        let viewer = scope.as_ref().ok().and_then(Option::as_ref).map(|scope| scope.viewer().payer());
        if let Some(viewer) = viewer {
            tell_viewer(viewer);
        }
        let payer = Payer::of(viewer, self.info.client);
        // Before anything is parsed: refused documents and bad tokens count too.
        if let Err(spent) = self.front.charge(payer, count, 0) {
            return refusal::rate_limited(self.media, spent);
        }
        let scope = match scope {
            Ok(scope) => scope,
            Err(AuthError::Refused) => return unauthenticated(self.media),
            Err(AuthError::Failed(error)) => return self.failed(&error),
        };
        let (all, is_batch) = match body {
            Body::Single(wanted) => (vec![wanted], false),
            Body::Batch(all) => (all, true),
        };
        let mut decided: Vec<Decided> = Vec::with_capacity(all.len());
        for wanted in all {
            decided.push(self.front.decide(wanted).await);
        }
        if let Some(Ok(first)) = decided.first() {
            tell_operation(first);
        }
        if let Some(refused) = self.wrong_kind(&decided) {
            return refused;
        }
        let points =
            decided.iter().flatten().fold(0, |sum: u64, accepted| sum.saturating_add(accepted.points));
        let most = self.front.limits.document.complexity;
        if points > most {
            let message =
                format!("the batch costs {points} points, at most {most} are allowed: ask in parts");
            return refusal(StatusCode::BAD_REQUEST, self.media, "QUERY_TOO_COMPLEX", &message);
        }
        let standing = match self.front.charge(payer, 0, points) {
            Ok(standing) => standing,
            Err(spent) => return refusal::rate_limited(self.media, spent),
        };
        self.run(decided, is_batch, scope, standing).await
    }

    /// Answers with a stream of events, of somebody who is known.
    async fn stream(self, parts: &Parts, wanted: Wanted) -> Response {
        let entered = self.front.entered(&parts.headers, &self.info.id).await;
        let viewer = entered.as_ref().ok().and_then(Option::as_ref).map(|(_, scope)| scope.viewer().payer());
        let payer = Payer::of(viewer, self.info.client);
        // Before anything is parsed, as for any other request.
        if let Err(spent) = self.front.charge(payer, 1, 0) {
            return refusal::rate_limited(self.media, spent);
        }
        let (pass, scope) = match entered {
            Ok(Some(entered)) => entered,
            Ok(None) | Err(AuthError::Refused) => return unauthenticated(self.media),
            Err(AuthError::Failed(error)) => return self.failed(&error),
        };
        tell_viewer(scope.viewer().payer());
        let operation = match self.front.decide(wanted).await {
            Ok(operation) => operation,
            Err(refused) => {
                return self.write(StatusCode::BAD_REQUEST, Answer::refused(refused).bytes(), None);
            }
        };
        tell_operation(&operation);
        let standing = match self.front.charge(payer, 0, operation.points) {
            Ok(standing) => standing,
            Err(spent) => return refusal::rate_limited(self.media, spent),
        };
        if self.reads_only && operation.kind == OperationType::Mutation {
            return wrong_method(self.media, "POST", "send a mutation by POST");
        }
        let places = &self.front.open_streams;
        let Some(place) = places.take(scope.viewer().payer()) else {
            let message = format!(
                "at most {} live connections are open for one viewer: close one first",
                places.most()
            );
            return refusal(StatusCode::TOO_MANY_REQUESTS, self.media, "RATE_LIMITED", &message);
        };
        let watch = self.front.live.watch_rights(&pass, scope.shared_viewer());
        let frames = self.front.frames(operation, scope, &self.info, standing).await;
        // The place is given back with the stream.
        let ended = async move {
            let _place = place;
            watch.ended().await
        };
        sse::answer(frames, ended.boxed(), self.front.closing())
    }

    fn failed(&self, error: &DomainError) -> Response {
        let error = to_graphql(error, Some(&self.info.id));
        let mut error = error.into_server_error(Default::default());
        // It stands nowhere in a document.
        error.locations.clear();
        let body = GraphqlResponse::from_errors(vec![error]);
        self.write(StatusCode::INTERNAL_SERVER_ERROR, Answer::not_run(body).bytes(), None)
    }

    /// Refuses what this way of asking cannot run, whatever else is asked beside it.
    fn wrong_kind(&self, decided: &[Decided]) -> Option<Response> {
        decided.iter().flatten().find_map(|accepted| match accepted.kind {
            OperationType::Query => None,
            OperationType::Mutation if self.reads_only => {
                Some(wrong_method(self.media, "POST", "by GET only queries run: send a mutation by POST"))
            }
            OperationType::Mutation => None,
            OperationType::Subscription => Some(ill_formed(
                self.media,
                "a subscription needs a stream: ask by WebSocket (graphql-transport-ws), or with \
                 Accept: text/event-stream",
            )),
        })
    }

    /// Runs operations in turn, all within the time of one request.
    async fn run(
        &self,
        decided: Vec<Decided>,
        is_batch: bool,
        scope: Option<Scope>,
        standing: Option<Standing>,
    ) -> Response {
        let until = Instant::now() + self.front.limits.request_timeout;
        let mut bytes = Vec::new();
        let mut began = false;
        for (at, decided) in decided.into_iter().enumerate() {
            if is_batch {
                bytes.push(if at == 0 { b'[' } else { b',' });
            }
            let answer = match decided {
                Err(refusal) => Answer::refused(refusal),
                Ok(_) if Instant::now() > until => Answer::refused(self.too_long()),
                Ok(accepted) => {
                    let info =
                        RequestInfo { rate_limit: told(standing, accepted.points), ..self.info.clone() };
                    self.front.execute(accepted, scope.clone(), &info).await
                }
            };
            began |= answer.ran;
            answer.write(&mut bytes);
        }
        if is_batch {
            bytes.push(b']');
        }
        let fine = began || is_batch || self.media != Media::GraphqlResponse;
        self.write(if fine { StatusCode::OK } else { StatusCode::BAD_REQUEST }, bytes, standing)
    }

    fn too_long(&self) -> Refusal {
        let seconds = self.front.limits.request_timeout.as_secs();
        let message = format!("the operations before it took {seconds} seconds: send smaller batches");
        Refusal::new("TIMEOUT", message)
    }

    fn write(&self, status: StatusCode, bytes: Vec<u8>, standing: Option<Standing>) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.media.content_type()),
            (header::CACHE_CONTROL, "no-store"),
            (header::VARY, "accept"),
        ];
        let mut response = (status, headers, bytes).into_response();
        if let Some(standing) = standing {
            refusal::tell_standing(&mut response, standing);
        }
        response
    }
}
