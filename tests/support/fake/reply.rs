//! What a fake answers.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use futures_util::{StreamExt, stream};
use serde_json::Value;

/// An answer; also one that refuses.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Reply {
    /// An answer in JSON.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self::empty(status).with_body("application/json;charset=UTF-8", body.to_string())
    }

    /// An answer in words.
    pub(super) fn text(status: StatusCode, words: impl Into<String>) -> Self {
        Self::empty(status).with_body("text/plain; charset=utf-8", words.into())
    }

    /// An answer without a body.
    pub(super) const fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// The same with another header, whose name is in lower case.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn with_body(self, kind: &str, body: String) -> Self {
        let mut reply = self.with("content-type", kind);
        reply.body = Bytes::from(body);
        reply
    }

    /// The body, read as JSON; as a text where it is none.
    pub(super) fn value(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&self.body).into_owned()))
    }

    /// The answer as it is.
    pub(super) fn whole(self) -> Response {
        let body = Body::from(self.body.clone());
        self.framed(body)
    }

    /// The first half of the answer; then the connection is cut.
    pub(super) fn halved(self) -> Response {
        let half = self.body.slice(..self.body.len() / 2);
        let rest = stream::once(async {
            // The half goes out before the cut.
            tokio::time::sleep(Duration::from_millis(5)).await;
            Err::<Bytes, io::Error>(io::Error::other("the fake cuts the connection"))
        });
        let body = Body::from_stream(stream::iter([Ok::<Bytes, io::Error>(half)]).chain(rest));
        self.framed(body)
    }

    /// No answer at all: the connection is cut.
    pub(super) fn none() -> Response {
        let nothing =
            stream::once(async { Err::<Bytes, io::Error>(io::Error::other("the fake cuts the connection")) });
        Response::new(Body::from_stream(nothing))
    }

    fn framed(self, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            let value = HeaderValue::from_str(&value).expect("a value for a header");
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
        response
    }
}
