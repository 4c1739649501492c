//! What every answer carries, whatever it is: the id of the request, and headers that keep browsers strict.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};

use super::{Front, address};
use crate::graphql::context::RequestInfo;

/// The header with the id of the request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Id of a request, made by us: what a client sends under this name is not looked at.
#[derive(Clone, Debug)]
struct RequestId(Arc<str>);

impl Front {
    /// What the front knows of a request: its id and the client's address.
    pub(super) fn info_of(&self, parts: &Parts) -> RequestInfo {
        let id = parts.extensions.get::<RequestId>().map_or_else(|| Arc::from(""), |id| Arc::clone(&id.0));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let client = peer.map(|peer| address::client(peer, &parts.headers, &self.proxies));
        RequestInfo { id, client, rate_limit: None }
    }
}

/// Names the request in its answer and its logs.
pub(super) async fn name_request(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let id: Arc<str> = front.installation.clock().new_id().simple().to_string().into();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        // The explorer's page says for itself what it needs.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
