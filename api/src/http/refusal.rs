//! Answers to requests that never became an operation: a status, a code, and a sentence that says what to do.

use std::any::Any;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{limit::Standing, negotiate::Media, places::AllTaken};

/// Seconds after which whoever found no place for a live connection may ask again.
const SEAT_WAIT: u64 = 5;

/// A refusal in the media type that the client reads.
pub(super) fn refusal(status: StatusCode, media: Media, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    let content_type = HeaderValue::from_static(media.content_type());
    (status, [(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
}

/// The request is not of the form.
pub(super) fn ill_formed(media: Media, message: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, media, "BAD_USER_INPUT", message)
}

/// Another method is needed.
pub(super) fn wrong_method(media: Media, allowed: &'static str, message: &str) -> Response {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, media, "BAD_USER_INPUT", message);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The token speaks for nobody; the reason is not told.
pub(super) fn unauthenticated(media: Media) -> Response {
    let message = "the access token is not valid";
    let mut response = refusal(StatusCode::UNAUTHORIZED, media, "UNAUTHENTICATED", message);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The minute's share is used up.
pub(super) fn rate_limited(media: Media, spent: Standing) -> Response {
    let message = format!(
        "the limit of {} {} a minute is reached: wait {} seconds",
        spent.limit,
        spent.unit.name(),
        spent.reset_seconds
    );
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, media, "RATE_LIMITED", &message);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(spent.reset_seconds));
    tell_standing(&mut response, spent);
    response
}

/// Names of the headers that tell what is left.
pub(super) const RATE_LIMIT_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];

/// Writes what is left into the headers of an answer, unless something later counted has written it.
pub(super) fn tell_standing(response: &mut Response, standing: Standing) {
    let Standing { limit, remaining, reset_seconds, .. } = standing;
    let values = [HeaderValue::from(limit), HeaderValue::from(remaining), HeaderValue::from(reset_seconds)];
    for (name, value) in RATE_LIMIT_HEADERS.into_iter().zip(values) {
        response.headers_mut().entry(name).or_insert(value);
    }
}

/// As many live connections are open as may be. When one ends nobody knows; to ask now and then does no harm.
pub(super) fn too_many_streams(taken: AllTaken) -> Response {
    let AllTaken { most, whose } = taken;
    let message = format!("at most {most} live connections are open for {whose}: close one first");
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, Media::Json, "RATE_LIMITED", &message);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(SEAT_WAIT));
    response
}

/// A panic is ours: logged with what it said, answered without.
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    tell_panic(&*panic, "a request panicked");
    let message = "something went wrong on our side; tell us the request id";
    refusal(StatusCode::INTERNAL_SERVER_ERROR, Media::Json, "INTERNAL", message)
}

/// Logs a panic with what it said.
pub(super) fn tell_panic(panic: &(dyn Any + Send), what: &str) {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(said, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_without_what_it_said() {
        let response = panicked(Box::new("canary"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("INTERNAL") && !body.contains("canary"), "{body}");
    }
}
