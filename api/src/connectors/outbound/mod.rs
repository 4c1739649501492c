//! The one way out: every call of a connector to its tool goes through here.
//!
//! A tool's address is written by an admin of one of many organizations, so it may point anywhere, also into the
//! network that the server stands in. Therefore: https on its own port and public addresses only, save for hosts that
//! the operator admits; a name is looked up once, all that it stands for is checked, and that is what is called;
//! nobody is sent on; no proxy of the environment stands between. Time and size of an answer are bounded, it is never
//! unpacked, and what is told of a failure names neither query nor secret.

mod address;
mod admitted;
mod failure;
mod message;
mod public;
mod refusal;
mod reply;
mod request;
mod resolver;
#[cfg(test)]
mod tests;
mod wait;

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Url, redirect::Policy};
use thiserror::Error;
use tokio::time::Instant;

use self::{
    address::Trust,
    admitted::Admitted,
    resolver::{LookUp, Resolver},
};
use crate::domain::sync::port::ToolError;

pub use self::{address::Address, reply::Reply, request::Request};

/// Longest wait for a connection: the look-up of the name, TCP and TLS.
const CONNECTING: Duration = Duration::from_secs(5);
/// Longest time for a request, from the connection to the last byte of the answer.
const ANSWERING: Duration = Duration::from_secs(10);
/// Bytes of an answer at most.
const ANSWER_AT_MOST: usize = 32 * 1_024 * 1_024;
/// Bytes that are read of an answer that is a refusal: its message stands at the beginning.
const REFUSAL_AT_MOST: usize = 64 * 1_024;
/// Waits before a request is repeated, each about so long.
const WAITS: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// How we name ourselves to a tool.
const USER_AGENT: &str = concat!("Throughline/", env!("CARGO_PKG_VERSION"));

/// Why there is no way out.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// A host that should be admitted is none. It is not repeated, for a password may stand in it.
    #[error(
        "entry {number} is not a host: use a name or an address, with or without a port, and nothing else"
    )]
    Host {
        /// Which entry, from 1.
        number: usize,
    },
}

/// Calls tools. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    admitted: Arc<Admitted>,
    /// For hosts of the internet: it speaks https to public addresses and cannot do anything else.
    /// None where no client can be made: a system without certificates of authorities runs all else.
    public: Option<Client>,
    /// For hosts that are admitted; none where none is.
    private: Option<Client>,
    limits: Limits,
    /// Waits so far, from which their length is varied.
    waited: Arc<AtomicU64>,
}

/// What an answer may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    connecting: Duration,
    answering: Duration,
    answer_at_most: usize,
    waits: [Duration; 2],
}

impl Outbound {
    /// A way out that admits the hosts of `allowed`, each with a port or for all of its ports, although they are
    /// private or speak plain http.
    ///
    /// # Errors
    /// When one of them is no host.
    pub fn new(allowed: &[String]) -> Result<Self, OutboundError> {
        let limits = Limits {
            connecting: CONNECTING,
            answering: ANSWERING,
            answer_at_most: ANSWER_AT_MOST,
            waits: WAITS,
        };
        Self::with(allowed, limits, &resolver::system())
    }

    fn with(allowed: &[String], limits: Limits, look_up: &LookUp) -> Result<Self, OutboundError> {
        let admitted = Admitted::read(allowed)?;
        let client = |trust| client(limits, Resolver::new(Arc::clone(look_up), trust), trust);
        let public = client(Trust::Public);
        let private = if admitted.is_empty() { None } else { client(Trust::Admitted) };
        Ok(Self { admitted: Arc::new(admitted), public, private, limits, waited: Arc::default() })
    }

    /// Checks the address of a tool and brings it into its one form, as far as its text tells; what its name stands
    /// for is looked at with each call.
    ///
    /// # Errors
    /// [`ToolError::Unsafe`] when it is no address, or one that is never called.
    pub fn check_address(&self, text: &str) -> Result<Address, ToolError> {
        Address::read(text, &self.admitted)
    }

    /// Sends a request to a tool and gives its answer, if that is a success. What only asks is sent up to two times
    /// more while the tool is unavailable, all within the time of one request; a tool that asks to wait is left alone.
    ///
    /// # Errors
    /// [`ToolError`], by the status or by what kept the answer away. The address is checked anew.
    pub async fn send(&self, address: &str, request: &Request) -> Result<Reply, ToolError> {
        let address = self.check_address(address)?;
        let url = request.url(&address)?;
        let client = self.client_for(&url)?;
        let waits: &[Duration] = if request.may_be_repeated() { &self.limits.waits } else { &[] };
        let until = Instant::now() + self.limits.answering;
        let mut answer = self.send_once(client, address.site(), &url, request).await;
        for wait in waits {
            if !matches!(answer, Err(ToolError::Unavailable(_))) {
                break;
            }
            let again = async {
                tokio::time::sleep(self.varied(*wait)).await;
                self.send_once(client, address.site(), &url, request).await
            };
            match tokio::time::timeout_at(until, again).await {
                Ok(next) => answer = next,
                Err(_) => break,
            }
        }
        answer
    }

    /// The client that may call an address.
    fn client_for(&self, url: &Url) -> Result<&Client, ToolError> {
        let client = match address::trust(url, &self.admitted)? {
            Trust::Admitted => &self.private,
            Trust::Public => &self.public,
        };
        let message = "this server has no certificates of authorities, so it cannot call anybody by https: install \
                       them (in Debian the package ca-certificates) and start it again";
        client.as_ref().ok_or_else(|| ToolError::Refused(message.to_owned()))
    }

    async fn send_once(
        &self,
        client: &Client,
        site: &str,
        url: &Url,
        request: &Request,
    ) -> Result<Reply, ToolError> {
        let failed = |error: reqwest::Error| failure::of(&error, site);
        let mut response = client.execute(request.at(url.clone())).await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            // A message that breaks off changes nothing of what the status says.
            let body = reply::read(&mut response, REFUSAL_AT_MOST).await.map(|body| body.bytes);
            let said = request.without_secrets(message::of(&body.unwrap_or_default()), url);
            return Err(refusal::of(site, status, &headers, &message::shortened(&said)));
        }
        let at_most = self.limits.answer_at_most;
        let too_long = || {
            let message =
                format!("{site} answers with more than {at_most} bytes: ask for less of it at once");
            ToolError::Unreadable(message)
        };
        if response.content_length().is_some_and(|length| length > at_most as u64) {
            return Err(too_long());
        }
        let body = reply::read(&mut response, at_most).await.map_err(failed)?;
        if !body.is_whole {
            return Err(too_long());
        }
        Ok(Reply::new(site, status, headers, body.bytes))
    }

    /// Between half and one and a half times as long, so that those who were turned away together do not come back
    /// together. It need not be hard to guess, only different.
    fn varied(&self, wait: Duration) -> Duration {
        let mut hasher = DefaultHasher::new();
        (process::id(), self.waited.fetch_add(1, Ordering::Relaxed)).hash(&mut hasher);
        wait / 2 + wait.mul_f64((hasher.finish() % 1_000) as f64 / 1_000.0)
    }
}

fn client(limits: Limits, resolver: Resolver, trust: Trust) -> Option<Client> {
    // The client cannot be made without one; an error means that one is installed already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let made = Client::builder()
        .user_agent(USER_AGENT)
        .https_only(trust == Trust::Public)
        .dns_resolver(resolver)
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(limits.connecting)
        .timeout(limits.answering)
        .build();
    made.inspect_err(|error| tracing::warn!(%error, "tools cannot be called by https")).ok()
}
