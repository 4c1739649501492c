//! How Jira says no.

use axum::http::StatusCode;
use entity::Instant;
use serde_json::{Map, Value, json};

use super::dates;
use crate::fake::reply::Reply;

fn refuse(status: StatusCode, messages: &[String], errors: &Map<String, Value>) -> Reply {
    Reply::json(status, &json!({ "errorMessages": messages, "errors": errors }))
}

/// A refusal with words of its own.
pub(super) fn words(status: StatusCode, message: impl Into<String>) -> Reply {
    refuse(status, &[message.into()], &Map::new())
}

/// A query that cannot be read or names what is not there.
pub(super) fn query(messages: &[String]) -> Reply {
    refuse(StatusCode::BAD_REQUEST, messages, &Map::new())
}

/// Fields that cannot be set.
pub(super) fn fields(errors: &Map<String, Value>) -> Reply {
    refuse(StatusCode::BAD_REQUEST, &[], errors)
}

/// A body that is not what the API takes.
pub(super) fn payload() -> Reply {
    words(
        StatusCode::BAD_REQUEST,
        "Invalid request payload. Refer to the REST API documentation and try again.",
    )
}

/// An issue that is not there.
pub(super) fn no_issue() -> Reply {
    words(StatusCode::NOT_FOUND, "Issue does not exist or you do not have permission to see it.")
}

/// Another thing that is not there.
pub(super) fn nothing(what: &str) -> Reply {
    words(StatusCode::NOT_FOUND, format!("The fake has nothing at {what}."))
}

/// A caller who does not prove who it is.
pub(super) fn unauthorized() -> Reply {
    failed(StatusCode::UNAUTHORIZED)
}

/// A caller who may not do this.
pub(super) fn only_apps() -> Reply {
    words(StatusCode::FORBIDDEN, "Only Connect and OAuth 2.0 apps can use this operation.")
}

/// A refusal or failure for reasons that lie outside the request.
pub(super) fn failed(status: StatusCode) -> Reply {
    match status {
        StatusCode::UNAUTHORIZED => words(status, "Client must be authenticated to access this resource.")
            .with("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
        StatusCode::FORBIDDEN => words(status, "You do not have permission to do this."),
        _ => words(status, "Something went wrong on the side of the fake."),
    }
}

/// A caller who asks too much.
pub(super) fn too_often(seconds: u64, now: Instant) -> Reply {
    let reset = now.plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
    words(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded.")
        .with("retry-after", seconds.to_string())
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", dates::utc(reset).format("%Y-%m-%dT%H:%MZ").to_string())
        .with("ratelimit-reason", "jira-burst-based")
}
