//! The one GraphQL endpoint: JSON in, JSON out, nothing run that was not looked at first.

use std::{any::Any, net::SocketAddr, sync::Arc};

use async_graphql::Response as GraphqlResponse;
use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{ConnectInfo, Request as HttpRequest, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    Front,
    auth::AuthError,
    body::{self, Body},
    operation::Answer,
};
use crate::graphql::{context::RequestInfo, error::to_graphql};

const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL_JSON: &str = "application/graphql-response+json; charset=utf-8";

/// Id of a request, made by us.
#[derive(Clone, Debug)]
pub(super) struct RequestId(Arc<str>);

/// Names the request in its answer and its logs.
pub(super) async fn name_request(
    State(front): State<Front>,
    mut request: HttpRequest,
    next: Next,
) -> Response {
    let id: Arc<str> = front.installation.clock().new_id().simple().to_string().into();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// A panic is ours: logged with what it said, answered without.
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(said, "a request panicked");
    refusal(StatusCode::INTERNAL_SERVER_ERROR, JSON, "INTERNAL", "something went wrong on our side")
}

/// Only POST, for now.
pub(super) async fn wrong_method(method: Method, headers: HeaderMap) -> Response {
    if method == Method::GET
        && headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    {
        return super::explorer::page().await;
    }
    let mut response =
        refusal(StatusCode::METHOD_NOT_ALLOWED, JSON, "BAD_USER_INPUT", "send the operation by POST");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn refusal(status: StatusCode, content_type: &'static str, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, [(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
}

/// The answer's media type: `application/json` unless the newer one is asked for and not the older.
fn content_type(headers: &HeaderMap) -> &'static str {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let place = |name: &str| accept.find(name);
    match (place("application/graphql-response+json"), place("application/json")) {
        (Some(new), Some(old)) if new < old => GRAPHQL_JSON,
        (Some(_), None) => GRAPHQL_JSON,
        (Some(_), Some(_)) | (None, _) => JSON,
    }
}

/// Anything but JSON is refused: a form or a text can be sent across sites without being asked.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// Runs what a POST asks for.
pub(super) async fn answer(State(front): State<Front>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    let media = content_type(&headers);
    if !is_json(&headers) {
        return refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            media,
            "BAD_USER_INPUT",
            "send the operation as application/json",
        );
    }
    let id = parts.extensions.get::<RequestId>().map_or_else(|| Arc::from(""), |id| Arc::clone(&id.0));
    let client = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let info = RequestInfo { id: Arc::clone(&id), client };
    let bytes = match take(body, front.limits.body_bytes).await {
        Ok(bytes) => bytes,
        Err(()) => {
            return refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                media,
                "BAD_USER_INPUT",
                &format!("the body is larger than {} bytes", front.limits.body_bytes),
            );
        }
    };
    let scope = match front.scope_of(&headers, &id).await {
        Ok(scope) => scope,
        Err(AuthError::Refused) => {
            let mut response =
                refusal(StatusCode::UNAUTHORIZED, media, "UNAUTHENTICATED", "the access token is not valid");
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            return response;
        }
        Err(AuthError::Failed(error)) => {
            let error = to_graphql(&error, Some(&id));
            let body = GraphqlResponse::from_errors(vec![error.into_server_error(Default::default())]);
            return write(StatusCode::INTERNAL_SERVER_ERROR, media, &Answer::not_run(body));
        }
    };
    match body::read(&bytes, front.limits.batch) {
        Err(message) => refusal(StatusCode::BAD_REQUEST, media, "BAD_USER_INPUT", &message),
        Ok(Body::Single(asked)) => {
            let answer = front.run(asked, scope, &info).await;
            let status = if answer.ran || media == JSON { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            write(status, media, &answer)
        }
        Ok(Body::Batch(all)) => {
            let mut bytes = vec![b'['];
            for (at, asked) in all.into_iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                front.run(asked, scope.clone(), &info).await.write(&mut bytes);
            }
            bytes.push(b']');
            (StatusCode::OK, [(header::CONTENT_TYPE, media)], bytes).into_response()
        }
    }
}

async fn take(body: HttpBody, limit: usize) -> Result<Bytes, ()> {
    axum::body::to_bytes(body, limit).await.map_err(|_| ())
}

fn write(status: StatusCode, media: &'static str, answer: &Answer) -> Response {
    (status, [(header::CONTENT_TYPE, media)], answer.bytes()).into_response()
}
