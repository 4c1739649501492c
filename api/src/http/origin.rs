//! Which web pages may read our answers (CORS).

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{naming::REQUEST_ID, refusal::RATE_LIMIT_HEADERS};

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_hours(2);

/// Answers for exactly these origins. Credentials are never allowed: a token travels in a header that the
/// page itself sets, so there is nothing that a browser would add by itself.
pub(super) fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    let [limit, remaining, reset] = RATE_LIMIT_HEADERS;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("apollo-require-preflight"),
            HeaderName::from_static("x-graphql-require-preflight"),
            HeaderName::from_static("x-apollo-operation-name"),
            HeaderName::from_static("x-apollo-operation-id"),
            HeaderName::from_static("apollographql-client-name"),
            HeaderName::from_static("apollographql-client-version"),
        ])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER, limit, remaining, reset])
        .max_age(REMEMBERED)
}
