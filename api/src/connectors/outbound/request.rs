//! What is asked of a tool.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::address::Address;
use crate::domain::sync::port::ToolError;

/// Shortest text that is looked for in what a tool says, to be hidden there: shorter ones stand in many words.
const HIDDEN_FROM: usize = 4;

/// Shortest part of a secret that is looked for by itself.
const HIDDEN_PART_FROM: usize = 8;

/// A request, below the address of a tool. What is wrong with one is told when it is sent.
pub struct Request {
    method: Method,
    target: Target,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Bytes>,
    /// What the tool must not be quoted with.
    hidden: Vec<SecretString>,
    wrong: Option<ToolError>,
    /// Whether asking twice does no more than asking once.
    only_asks: bool,
}

enum Target {
    /// Steps of a path below the address.
    Below(Vec<String>),
    /// What the tool named itself.
    Linked(String),
}

/// Nothing of its query, headers and body, in which secrets stand.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Request {
    /// Asks for what lies at a path below the tool's address, `rest/api/2/search`; ids are added by [`Self::step`].
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// Sends something to a path below the tool's address. It is not repeated by itself, but by [`Self::only_asking`].
    #[must_use]
    pub fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    /// Any method, at a path below the tool's address.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        let steps = path.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        Self::to(method, Target::Below(steps))
    }

    /// Asks for the page that the tool named: a whole address, or a path from the root of its host. It is followed only
    /// to the same scheme, host and port.
    #[must_use]
    pub fn linked(link: &str) -> Self {
        Self::to(Method::GET, Target::Linked(link.to_owned()))
    }

    fn to(method: Method, target: Target) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let only_asks = method == Method::GET;
        Self {
            method,
            target,
            query: Vec::new(),
            headers,
            body: None,
            hidden: Vec::new(),
            wrong: None,
            only_asks,
        }
    }

    /// One more step of the path, such as an id: whatever stands in it, it stays one step. A linked page has none.
    #[must_use]
    pub fn step(mut self, step: &str) -> Self {
        match &mut self.target {
            Target::Below(steps) => steps.push(step.to_owned()),
            Target::Linked(_) => {
                self.wrong =
                    Some(ToolError::Unsafe("a page that the tool named has no step below it".to_owned()));
            }
        }
        self
    }

    /// One more pair of the query; it is encoded here. No secret may stand in it: tools and proxies write it down.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header that may be read by anyone, in place of an earlier one of its name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => {
                self.wrong =
                    Some(ToolError::Unsafe(format!("what the header {name} should hold, none can hold")));
            }
        }
        self
    }

    /// Proves who we are by `Authorization`: a scheme such as `Bearer` and what follows it, or the secret alone where
    /// the scheme is empty.
    #[must_use]
    pub fn authorization(mut self, scheme: &str, secret: &SecretString) -> Self {
        let text = SecretString::from(format!("{scheme} {}", secret.expose_secret()));
        match HeaderValue::from_str(text.expose_secret().trim_start()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(AUTHORIZATION, value);
            }
            Err(_) => {
                let message =
                    "the credential holds a character that cannot be sent: copy it from the tool again";
                self.wrong = Some(ToolError::Unauthorized(message.to_owned()));
            }
        }
        self.hide(secret);
        self
    }

    /// Proves who we are by `Authorization: Basic`.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &SecretString) -> Self {
        let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
        self.hide(password);
        self.authorization("Basic", &SecretString::from(STANDARD.encode(pair.expose_secret())))
    }

    /// What is sent along, as JSON.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(text) => {
                self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                self.body = Some(text.into());
            }
            Err(_) => self.wrong = Some(ToolError::Refused("what should be sent is no JSON".to_owned())),
        }
        self
    }

    /// Remembers what the tool must not be quoted with: a secret, and each long part of one that is made of several.
    fn hide(&mut self, secret: &SecretString) {
        let whole = secret.expose_secret();
        if whole.len() >= HIDDEN_FROM {
            self.hidden.push(secret.clone());
        }
        let parts = whole.split([' ', ',', '=', '"']).filter(|part| part.len() >= HIDDEN_PART_FROM);
        self.hidden.extend(parts.map(SecretString::from));
    }

    /// Where it goes.
    ///
    /// # Errors
    /// What was wrong with the request, and [`ToolError::Unsafe`] when it would leave the tool.
    pub(super) fn url(&self, address: &Address) -> Result<Url, ToolError> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let mut url = match &self.target {
            Target::Below(steps) => address.below(steps)?,
            Target::Linked(link) => address.linked(link)?,
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }

    /// As the client sends it.
    pub(super) fn at(&self, url: Url) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), url);
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }

    /// The same as one that only asks, although its method says otherwise: it is repeated as others that do.
    #[must_use]
    pub fn only_asking(mut self) -> Self {
        self.only_asks = true;
        self
    }

    /// Whether asking twice does no more than asking once.
    pub(super) const fn may_be_repeated(&self) -> bool {
        self.only_asks
    }

    /// What a tool says, without the secrets and the query that it may have taken from the request.
    pub(super) fn without_secrets(&self, mut said: String, url: &Url) -> String {
        if let Some(query) = url.query().filter(|query| query.len() >= HIDDEN_FROM) {
            said = said.replace(query, "…");
        }
        for secret in &self.hidden {
            said = said.replace(secret.expose_secret(), "***");
        }
        said
    }
}
