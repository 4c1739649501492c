//! The one GraphQL endpoint: JSON in, JSON out, nothing run that was not looked at first.
//!
//! By POST anything runs, by GET only queries. Live streams branch off in the router: see `Front::router`.

use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{FromRequestParts as _, Request as HttpRequest, State, ws::WebSocketUpgrade},
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{
    Front,
    body::{self, Body, Wanted},
    document::{Operation, Refusal},
    exchange::Exchange,
    explorer, get,
    negotiate::{self, Media},
    refusal::{ill_formed, refusal, wrong_method},
    websocket,
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
    if websocket::is_wanted(&parts.headers) {
        // Whatever else the client could change to is not spoken here.
        parts.headers.insert(header::UPGRADE, http::HeaderValue::from_static("websocket"));
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

/// An operation that may run, or why not.
pub(super) type Decided = Result<Operation, Refusal>;

impl Front {
    /// Finds and accepts one operation of somebody who is known; nothing runs.
    pub(super) async fn decide(&self, wanted: Wanted) -> Decided {
        self.decide_for(wanted, true).await
    }

    /// The same, where nobody may be known.
    pub(super) async fn decide_for(&self, wanted: Wanted, is_known: bool) -> Decided {
        let decided = self.find(wanted, is_known).await;
        if let Err(refusal) = &decided {
            self.metrics.refused(refusal.code);
        }
        decided
    }

    async fn find(&self, wanted: Wanted, is_known: bool) -> Decided {
        let (asked, to_keep) = self.find_document(wanted)?;
        let operation = self.accept(asked).await?;
        operation.may_be_asked_by(is_known, self.limits.document.introspection)?;
        if let Some(to_keep) = to_keep {
            self.keep_document(to_keep);
        }
        Ok(operation)
    }
}
