//! Whether the process lives, whether it is ready, and its schema.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::Front;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers too; what is wrong goes to the log, not to the asker.
pub(super) async fn ready(State(front): State<Front>) -> Response {
    let ping = async {
        let answered = front.installation.ping().await;
        if let Err(error) = &answered {
            tracing::warn!(%error, "not ready");
        }
        answered.is_ok()
    };
    // Whoever asks need not say who they are, so the database is spared.
    if front.readiness.or_ask(ping).await {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
    }
}

/// The schema in the schema definition language.
pub(super) async fn sdl(State(front): State<Front>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], front.sdl.to_string()).into_response()
}
