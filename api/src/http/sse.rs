//! Streams as Server-Sent Events: the protocol of graphql-sse, one connection for each operation.
//!
//! Every stream needs a token. What is refused before it begins is refused by status, as any other request;
//! what fails after it is told in a last `next`. A stream without events says a word now and then, so that
//! nobody in between takes it for dead.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body as HttpBody,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};
use tokio::time::{Instant, sleep_until};

use super::{
    connection::CarriesEvents, document::Refusal, follow::Frame, negotiate::Media, operation::Answer,
    serve::Closing,
};
use crate::domain::live::WhyEnded;

/// How long a stream may say nothing.
const SILENCE: Duration = Duration::from_secs(12);
/// The last word of a server that stops: a remark that clients pass over. No `complete`, for then they would
/// not come back to another server.
const STOPPING: &[u8] = b": the server stops, come back after the last cursor\n\n";
const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";

struct Stream {
    frames: BoxStream<'static, Frame>,
    ended: BoxFuture<'static, WhyEnded>,
    closing: Closing,
    speaks_at: Instant,
    is_over: bool,
    _carried: CarriesEvents,
}

/// The answer that goes on until its frames end or the rights that it was opened with do.
pub(super) fn answer(
    frames: BoxStream<'static, Frame>,
    ended: BoxFuture<'static, WhyEnded>,
    closing: Closing,
    carried: CarriesEvents,
) -> Response {
    let speaks_at = Instant::now() + SILENCE;
    let stream = Stream { frames, ended, closing, speaks_at, is_over: false, _carried: carried };
    let body = stream::unfold(stream, |mut stream| async move {
        let bytes = stream.step().await?;
        Some((Ok::<_, Infallible>(bytes), stream))
    });
    let headers = [
        (header::CONTENT_TYPE, Media::EventStream.content_type()),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept"),
    ];
    // For proxies that would collect the answer before they pass it on.
    let unbuffered = [("x-accel-buffering", "no")];
    (StatusCode::OK, headers, unbuffered, HttpBody::from_stream(body)).into_response()
}

impl Stream {
    async fn step(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        tokio::select! {
            biased;
            why = &mut self.ended => {
                self.is_over = true;
                Some(if why == WhyEnded::ServerStopped { stopping() } else { last(&failure(why)) })
            }
            () = self.closing.begun() => {
                self.is_over = true;
                Some(stopping())
            }
            frame = self.frames.next() => {
                self.speaks_at = Instant::now() + SILENCE;
                match frame {
                    Some(Frame::Next { text, .. }) => Some(next(text.as_bytes())),
                    Some(Frame::Failed(errors)) => {
                        self.is_over = true;
                        Some(last(&errors))
                    }
                    // Cut off, so that the client comes back and goes on after its last cursor.
                    Some(Frame::Slow | Frame::Stopping) => None,
                    None => {
                        self.is_over = true;
                        Some(Bytes::from_static(COMPLETE))
                    }
                }
            }
            () = sleep_until(self.speaks_at) => {
                self.speaks_at = Instant::now() + SILENCE;
                Some(Bytes::from_static(b":\n\n"))
            }
        }
    }
}

fn stopping() -> Bytes {
    Bytes::from_static(STOPPING)
}

fn next(payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(payload.len() + 24);
    out.put_slice(b"event: next\ndata: ");
    out.put_slice(payload);
    out.put_slice(b"\n\n");
    out.freeze()
}

fn last(errors: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    out.put_slice(b"event: next\ndata: {\"errors\":");
    out.put_slice(errors);
    out.put_slice(b"}\n\n");
    out.put_slice(COMPLETE);
    out.freeze()
}

/// Why a stream was ended, as a list of errors.
fn failure(why: WhyEnded) -> Vec<u8> {
    let message = match why {
        WhyEnded::TokenExpired => "the access token has expired: come back with a new one",
        WhyEnded::SignedOut => "the session has ended: sign in again",
        WhyEnded::RightsChanged => {
            "rights or settings have changed: come back and go on after the last cursor"
        }
        WhyEnded::ServerStopped => "the server stops: come back and go on after the last cursor",
    };
    Answer::refused(Refusal::new("UNAUTHENTICATED", message)).failure().unwrap_or_default()
}
