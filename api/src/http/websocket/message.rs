//! What is said over a socket.

use std::sync::Arc;

use axum::extract::ws::{Message, Utf8Bytes};
use serde_json::{Map, Value};

use super::close::Close;
use crate::http::body::{self, Wanted};

/// What a client says.
#[derive(Debug)]
pub(super) enum Said {
    Init { credentials: Option<String> },
    Ping,
    Pong,
    Subscribe { id: String, wanted: Wanted },
    Complete { id: String },
}

/// Reads what a client says; whatever is not of the protocol closes the socket.
pub(super) fn read(text: &str) -> Result<Said, Close> {
    let value: Value = serde_json::from_str(text).map_err(|_| Close::invalid("A message is JSON"))?;
    let Value::Object(mut message) = value else {
        return Err(Close::invalid("A message is a JSON object"));
    };
    let kind = match message.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(_) | None => return Err(Close::invalid("A message has a type")),
    };
    match kind.as_str() {
        "connection_init" => Ok(Said::Init { credentials: credentials(message.remove("payload"))? }),
        "ping" => Ok(Said::Ping),
        "pong" => Ok(Said::Pong),
        "complete" => Ok(Said::Complete { id: id(&mut message)? }),
        "subscribe" => {
            let id = id(&mut message)?;
            let Some(Value::Object(payload)) = message.remove("payload") else {
                return Err(Close::invalid("subscribe has a payload, an object"));
            };
            let wanted = body::wanted(payload).map_err(|why| Close::invalid(&why))?;
            Ok(Said::Subscribe { id, wanted })
        }
        _ => Err(Close::invalid("This type of message is not known")),
    }
}

/// `payload.authorization`, in any case.
fn credentials(payload: Option<Value>) -> Result<Option<String>, Close> {
    let payload = match payload {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(payload)) => payload,
        Some(_) => return Err(Close::invalid("The payload of connection_init is an object")),
    };
    let found = payload.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    match found {
        None | Some((_, Value::Null)) => Ok(None),
        Some((_, Value::String(credentials))) => Ok(Some(credentials)),
        Some(_) => Err(Close::invalid("authorization is a text")),
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() && id.len() <= 128 => Ok(id),
        Some(_) | None => Err(Close::invalid("The id is a text of 1 to 128 bytes")),
    }
}

pub(super) fn ack() -> Message {
    Message::Text(Utf8Bytes::from_static("{\"type\":\"connection_ack\"}"))
}

pub(super) fn pong() -> Message {
    Message::Text(Utf8Bytes::from_static("{\"type\":\"pong\"}"))
}

/// An id as it is written in messages.
pub(super) fn quoted(id: &str) -> Arc<str> {
    Value::from(id).to_string().into()
}

pub(super) fn complete(quoted_id: &str) -> Message {
    text(format!("{{\"id\":{quoted_id},\"type\":\"complete\"}}"))
}

/// `next` with an answer, or `error` with a list of errors; both are JSON already.
pub(super) fn with_payload(quoted_id: &str, kind: &str, payload: &str) -> Message {
    // Made in one piece, for it is made for each socket.
    let parts = ["{\"id\":", quoted_id, ",\"type\":\"", kind, "\",\"payload\":", payload, "}"];
    let out = parts.concat();
    text(out)
}

fn text(text: String) -> Message {
    Message::Text(text.into())
}
