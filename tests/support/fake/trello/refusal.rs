//! How Trello says no: in words, and as JSON only where too much is asked.

use axum::http::StatusCode;
use serde_json::json;

use super::dates;
use crate::fake::reply::Reply;

/// A request that makes no sense.
pub(super) fn bad(words: impl Into<String>) -> Reply {
    Reply::text(StatusCode::BAD_REQUEST, words)
}

/// Something that is not there, by an id or what is none.
pub(super) fn absent(name: &str) -> Reply {
    let may_be_a_link = name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if dates::is_id(name) || may_be_a_link {
        return Reply::text(StatusCode::NOT_FOUND, "The requested resource was not found.");
    }
    bad("invalid id")
}

/// A path that leads nowhere.
pub(super) fn no_route(method: &str, path: &str) -> Reply {
    Reply::text(StatusCode::NOT_FOUND, format!("Cannot {method} {path}"))
}

/// A key that is no app's.
pub(super) fn invalid_key() -> Reply {
    Reply::text(StatusCode::UNAUTHORIZED, "invalid key")
}

/// A token that is nobody's.
pub(super) fn invalid_token() -> Reply {
    Reply::text(StatusCode::UNAUTHORIZED, "invalid token")
}

/// A request without a token.
pub(super) fn no_token() -> Reply {
    Reply::text(StatusCode::UNAUTHORIZED, "unauthorized permission requested")
}

/// A refusal or failure for reasons that lie outside the request.
pub(super) fn failed(status: StatusCode) -> Reply {
    match status {
        StatusCode::UNAUTHORIZED => invalid_token(),
        StatusCode::FORBIDDEN => Reply::text(status, "unauthorized permission requested"),
        _ => Reply::text(status, "Something went wrong on the side of the fake."),
    }
}

/// A token that asks too much.
pub(super) fn too_often() -> Reply {
    let body = json!({ "error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded" });
    Reply::json(StatusCode::TOO_MANY_REQUESTS, &body)
}
