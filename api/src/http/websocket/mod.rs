//! Streams over WebSocket: the protocol `graphql-transport-ws`, and no other.
//!
//! The loop is our own: the library's breaks more than half of the protocol's rules. It holds one socket with
//! bounded queues, bounded messages and bounded patience, and ends within seconds of the rights it was opened
//! with. A socket's memory is mostly its read buffer, which is small on purpose.

mod close;
mod message;
mod received;
mod running;
mod seldom;
mod session;
mod socket;

use axum::{
    extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::Response,
};

use self::socket::Line;
use super::{
    Front,
    connection::Carried,
    negotiate::Media,
    refusal::{refusal, too_many_streams},
};

/// The one protocol that is spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of the read buffer: frames of clients are small, and this is most of what a socket costs.
const READ_BUFFER: usize = 1024;
/// Bytes of an answer at most: the socket keeps room for its largest one as long as it lives.
const ANSWER: usize = 1024 * 1024;
/// Bytes that may wait to be written before the socket is given up: an answer in its frame, and small ones beside it.
const WRITE_BUFFER: usize = 2 * ANSWER;

/// Takes a WebSocket on, or says why not.
pub(super) async fn open(
    front: Front,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parts: Parts,
) -> Response {
    let refuse = |status, message: &str| refusal(status, Media::Json, "BAD_USER_INPUT", message);
    let Ok(upgrade) = upgrade else {
        return refuse(StatusCode::BAD_REQUEST, "this is no WebSocket handshake");
    };
    if !is_welcome(&front, &parts.headers) {
        return refuse(StatusCode::FORBIDDEN, "pages of this origin may not open a stream here");
    }
    let offered = upgrade.requested_protocols().any(|protocol| protocol.as_bytes() == PROTOCOL.as_bytes());
    if !offered {
        return refuse(StatusCode::BAD_REQUEST, "offer the subprotocol graphql-transport-ws");
    }
    let info = front.info_of(&parts);
    let place = match front.place_of_address(&parts, &info) {
        Ok(place) => place,
        Err(taken) => return too_many_streams(taken),
    };
    let carried = parts.extensions.get::<Carried>().cloned().unwrap_or_default();
    let most = front.limits.socket.message_bytes;
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(most)
        .max_frame_size(most)
        .on_upgrade(move |socket| {
            carried.socket();
            socket::serve(Box::new(Line { socket, front, info, _place: place }))
        })
}

/// Whether a client asks to change to WebSocket; others offer something else by the same header, as a client of
/// HTTP/2 does, and go on without it.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(header::UPGRADE).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("websocket"))
}

/// Whether the page that opens it may: none is named by other programs than browsers, its own is welcome, and
/// so are those that may read answers.
fn is_welcome(front: &Front, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    if front.origins.contains(origin) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    page.is_some() && page == host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_websocket_is_changed_to() {
        for (lines, wanted) in [
            (&["websocket"][..], true),
            (&["WebSocket"], true),
            (&["h2c, websocket"], true),
            (&["h2c", "websocket"], true),
            (&["h2c"], false),
            (&["websockets"], false),
            (&["TLS/1.0, HTTP/1.1"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::UPGRADE, line.parse().unwrap());
            }
            assert_eq!(is_wanted(&headers), wanted, "{lines:?}");
        }
    }
}
