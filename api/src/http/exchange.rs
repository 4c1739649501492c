//! One request on its way to an answer: who asks, what it costs, whether that is within limits; and only then
//! it runs.

use async_graphql::{Response as GraphqlResponse, parser::types::OperationType};
use axum::{
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use futures_util::future::FutureExt as _;
use tokio::time::Instant;

use super::{
    Front,
    auth::AuthError,
    body::{Body, Wanted},
    connection::Carried,
    document::Refusal,
    graphql::Decided,
    limit::{Payer, Standing, told},
    naming::{tell_operations, tell_viewer},
    negotiate::{self, Media},
    operation::Answer,
    refusal::{self, ill_formed, refusal, too_many_streams, unauthenticated, wrong_method},
    sse,
};
use crate::{
    domain::{access::Scope, error::DomainError, viewer_load::Pass},
    graphql::{context::RequestInfo, error::to_graphql},
};

/// Headers of an answer.
const HEADERS: usize = 14;

/// One request on its way to an answer.
pub(super) struct Exchange {
    front: Front,
    media: Media,
    info: RequestInfo,
    /// Whether it came by GET, which may not change anything.
    reads_only: bool,
}

type Entered = Result<Option<(Pass, Scope)>, AuthError>;

impl Exchange {
    pub(super) fn new(front: Front, parts: &Parts, media: Media) -> Self {
        let info = front.info_of(parts);
        let reads_only = parts.method == Method::GET || parts.method == Method::HEAD;
        Self { front, media, info, reads_only }
    }

    /// The answer, with what is left of the limits on it whatever it is.
    pub(super) async fn answer(self, parts: &Parts, body: Body) -> Response {
        let count = match &body {
            Body::Single(_) => 1,
            Body::Batch(all) => u32::try_from(all.len()).unwrap_or(u32::MAX),
        };
        let entered = self.front.entered(&parts.headers, &self.info.id).await;
        let viewer = entered.as_ref().ok().and_then(Option::as_ref).map(|(_, scope)| scope.viewer().payer());
        if let Some(viewer) = viewer {
            tell_viewer(viewer);
        }
        let payer = Payer::of(viewer, self.info.client);
        // Before anything is parsed: refused documents and bad tokens count too.
        let standing = match self.front.charge(payer, count, 0) {
            Ok(standing) => standing,
            Err(spent) => return refusal::rate_limited(self.media, spent),
        };
        let mut response = match (negotiate::wants_stream(&parts.headers), body) {
            (false, body) => self.answer_once(entered, payer, body).await,
            (true, Body::Single(wanted)) => self.stream(parts, entered, payer, wanted).await,
            (true, Body::Batch(_)) => {
                ill_formed(self.media, "a stream is of one operation: open one for each")
            }
        };
        if let Some(standing) = standing {
            refusal::tell_standing(&mut response, standing);
        }
        response
    }

    async fn answer_once(&self, entered: Entered, payer: Payer, body: Body) -> Response {
        let scope = match entered {
            Ok(entered) => entered.map(|(_, scope)| scope),
            Err(AuthError::Refused) => return unauthenticated(self.media),
            Err(AuthError::Failed(error)) => return self.failed(&error),
        };
        let (all, is_batch) = match body {
            Body::Single(wanted) => (vec![wanted], false),
            Body::Batch(all) => (all, true),
        };
        let mut decided: Vec<Decided> = Vec::with_capacity(all.len());
        for wanted in all {
            decided.push(self.front.decide_for(wanted, scope.is_some()).await);
        }
        tell_operations(decided.iter().flatten());
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
    async fn stream(&self, parts: &Parts, entered: Entered, payer: Payer, wanted: Wanted) -> Response {
        let (pass, scope) = match entered {
            Ok(Some(entered)) => entered,
            Ok(None) | Err(AuthError::Refused) => return unauthenticated(self.media),
            Err(AuthError::Failed(error)) => return self.failed(&error),
        };
        let operation = match self.front.decide(wanted).await {
            Ok(operation) => operation,
            Err(refused) => return self.write(StatusCode::BAD_REQUEST, Answer::refused(refused).bytes()),
        };
        tell_operations([&operation]);
        let standing = match self.front.charge(payer, 0, operation.points) {
            Ok(standing) => standing,
            Err(spent) => return refusal::rate_limited(self.media, spent),
        };
        if self.reads_only && operation.kind == OperationType::Mutation {
            return wrong_method(self.media, "POST", "send a mutation by POST");
        }
        let places = match self.front.places_of(parts, &self.info, scope.viewer().payer()) {
            Ok(places) => places,
            Err(taken) => return too_many_streams(taken),
        };
        let (watch, scope) = match self.front.enter_stream(&pass, &scope, &self.info.id).await {
            Ok(entered) => entered,
            Err(AuthError::Refused) => return unauthenticated(self.media),
            Err(AuthError::Failed(error)) => return self.failed(&error),
        };
        let frames = self.front.frames(operation, scope, &self.info, standing).await;
        // The places are given back with the stream.
        let ended = async move {
            let _places = places;
            watch.ended().await
        };
        let carried = parts.extensions.get::<Carried>().cloned().unwrap_or_default();
        let mut response = sse::answer(frames, ended.boxed(), self.front.closing(), carried.events());
        if let Some(standing) = standing {
            refusal::tell_standing(&mut response, standing);
        }
        response
    }

    fn failed(&self, error: &DomainError) -> Response {
        let error = to_graphql(error, Some(&self.info.id));
        let mut error = error.into_server_error(Default::default());
        // It stands nowhere in a document.
        error.locations.clear();
        let body = GraphqlResponse::from_errors(vec![error]);
        self.write(StatusCode::INTERNAL_SERVER_ERROR, Answer::not_run(body).bytes())
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

    /// Runs operations in turn, all within the time of one request. A lone operation of which nothing was given
    /// because it was tried too often is told by status too; whoever asked also for something else gets that.
    async fn run(
        &self,
        decided: Vec<Decided>,
        is_batch: bool,
        scope: Option<Scope>,
        standing: Option<Standing>,
    ) -> Response {
        let until = Instant::now() + self.front.limits.request_timeout;
        let mut bytes = Vec::new();
        let (mut began, mut wait) = (false, None);
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
                    self.front.execute_until(until, accepted, scope.clone(), &info).await
                }
            };
            began |= answer.ran;
            wait = answer.wait();
            answer.write(&mut bytes);
        }
        if is_batch {
            bytes.push(b']');
        }
        let fine = began || is_batch || self.media != Media::GraphqlResponse;
        let mut response = self.write(if fine { StatusCode::OK } else { StatusCode::BAD_REQUEST }, bytes);
        // The operations of a batch have no statuses of their own.
        if let Some(seconds) = wait.filter(|_| !is_batch) {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(standing) = standing {
            refusal::tell_standing(&mut response, standing);
        }
        response
    }

    fn too_long(&self) -> Refusal {
        let seconds = self.front.limits.request_timeout.as_secs();
        let message =
            format!("the operations before it took the {seconds} seconds of a request: send smaller batches");
        Refusal::new("TIMEOUT", message)
    }

    fn write(&self, status: StatusCode, bytes: Vec<u8>) -> Response {
        let mut response = Response::new(bytes.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        // Those that follow find room too: limits, the id, what keeps browsers strict.
        headers.reserve(HEADERS);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media.content_type()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        response
    }
}
