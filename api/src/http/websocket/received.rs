//! What arrives on a socket: something that is said, nothing to do, or the reason to close it.

use axum::extract::ws::Message;
use tungstenite::error::{Error, ProtocolError};

use super::{
    close::Close,
    message::{self, Said},
};

/// What was received: nothing to do for what the library answers by itself, a close where it breaks a rule,
/// no close where the client has gone.
pub(super) fn read(received: Option<Result<Message, axum::Error>>) -> Result<Option<Said>, Option<Close>> {
    match received {
        None => Err(None),
        Some(Err(error)) => Err(broken_rule(error)),
        Some(Ok(Message::Text(text))) => message::read(text.as_str()).map(Some).map_err(Some),
        Some(Ok(Message::Binary(_))) => Err(Some(Close::invalid("A message is text"))),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Close(_))) => Err(None),
    }
}

/// Which rule of the frames themselves was broken; none where there is nobody left to tell.
#[expect(clippy::wildcard_enum_match_arm, reason = "the error type is the library's, not ours")]
fn broken_rule(error: axum::Error) -> Option<Close> {
    match *error.into_inner().downcast::<Error>().ok()? {
        Error::Capacity(_) => Some(Close::too_large()),
        Error::Utf8(_) => Some(Close::no_text()),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(Close::ill_framed()),
        _ => None,
    }
}
