//! A request to a fake, taken apart.

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method},
};
use reqwest::Url;
use serde_json::Value;

/// A request, read to its end.
pub(super) struct Call {
    pub(super) method: Method,
    /// The path as it was written, `/rest/api/3/myself`.
    pub(super) path: String,
    /// The parameters of the query, decoded, in their order.
    pub(super) query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    pub(super) async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        // A body that broke off is one that cannot be read.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let (path, query) = take_apart(target);
        Self { method: parts.method, path, query, headers: parts.headers, body }
    }

    /// A GET that another request asks for, as a batch does.
    pub(super) fn within(&self, target: &str) -> Self {
        let (path, query) = take_apart(target);
        Self { method: Method::GET, path, query, headers: self.headers.clone(), body: Bytes::new() }
    }

    /// The parts of the path.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that lists several, separated by commas or by being given several times.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let given = self.query.iter().filter(|(known, _)| known == name);
        let all = given.flat_map(|(_, value)| value.split(','));
        all.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
    }

    /// A parameter that is a whole number; nothing where it is absent or none.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name)?.parse().ok()
    }

    /// A header that is a text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null where it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The path of a request and the parameters of its query.
fn take_apart(target: &str) -> (String, Vec<(String, String)>) {
    let address = format!("http://fake/{}", target.trim_start_matches('/'));
    let url = Url::parse(&address).expect("any path makes an address");
    (url.path().to_owned(), url.query_pairs().into_owned().collect())
}
