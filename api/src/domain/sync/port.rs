//! The port through which sync reaches tools: what the engine asks of one, and what may go wrong.
//!
//! `connectors` answers it and only `app` joins the two, so nothing here knows a provider's shapes. Every answer
//! is bounded by whoever gives it: one page of items, and for each request that it takes one text of 32 MB and ten
//! seconds at most.

use std::{collections::BTreeMap, fmt};

use entity::{Instant, Provider};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value as Json};
use thiserror::Error;

use super::external::ExternalBatch;

/// What proves to a tool who we are: its parts by the names under which the connector asks for them, such as
/// `email` and `token`. It is printed nowhere.
#[derive(Clone, Default)]
pub struct Credential(BTreeMap<String, SecretString>);

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Credential {
    /// A part by its name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&SecretString> {
        self.0.get(name)
    }

    /// The same with another part.
    #[must_use]
    pub fn with(mut self, name: &str, secret: SecretString) -> Self {
        self.0.insert(name.to_owned(), secret);
        self
    }

    /// As a JSON object, to be sealed at once.
    pub(in crate::domain) fn to_json(&self) -> SecretString {
        let parts: BTreeMap<&str, &str> =
            self.0.iter().map(|(name, secret)| (name.as_str(), secret.expose_secret())).collect();
        // A map of texts cannot fail to serialize.
        serde_json::to_string(&parts).unwrap_or_default().into()
    }

    /// Reads what was sealed; none where it is no such object.
    pub(in crate::domain) fn from_json(text: &SecretString) -> Option<Self> {
        let parts: BTreeMap<String, String> = serde_json::from_str(text.expose_secret()).ok()?;
        Some(Self(parts.into_iter().map(|(name, secret)| (name, secret.into())).collect()))
    }
}

/// How to reach a tool.
#[derive(Clone, Debug)]
pub struct Access {
    /// Address below which its API lies, `https://acme.atlassian.net`, without a slash at its end.
    pub address: String,
    /// What proves who we are.
    pub credential: Credential,
    /// What else the connector was told when it was connected, such as the deployment or a query.
    pub options: Map<String, Json>,
}

/// Whom a credential speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Id in the tool.
    pub external_id: String,
    /// Display name.
    pub name: Option<String>,
    /// E-mail address, where the tool tells it.
    pub email: Option<String>,
    /// The site or workspace, as items of it are identified: `acme.atlassian.net`, `trello.com`.
    pub site: String,
}

/// A board or project that may be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Id in the tool.
    pub external_id: String,
    /// Readable key, `DAEMON`.
    pub external_key: Option<String>,
    /// Title; never empty.
    pub title: String,
    /// Page in the tool.
    pub url: Option<String>,
    /// Whether it is archived or closed in the tool.
    pub archived: bool,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// Where the list goes on; none at its end.
    pub next: Option<String>,
}

/// Which items are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The container.
    pub container: &'w Container,
    /// Only what the tool changed at this time or later; all when none. The connector asks for a little more where
    /// its tool's clock is coarse.
    pub since: Option<Instant>,
    /// Where the list goes on; its beginning when none.
    pub cursor: Option<&'w str>,
}

/// A page of items.
#[derive(Clone, Debug, PartialEq)]
pub struct Pulled {
    /// The items.
    pub batch: ExternalBatch,
    /// Where the list goes on; none at its end.
    pub next: Option<String>,
    /// How many items the whole list has, where the tool tells.
    pub total: Option<u64>,
}

/// Items that were asked for by their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Reread {
    /// Those that are there.
    pub batch: ExternalBatch,
    /// Ids of those that the tool says are not there any more, or not for us.
    pub gone: Vec<String>,
}

/// What came to the address of a webhook.
#[derive(Clone, Copy)]
pub struct Received<'r> {
    /// Header lines, names in lower case.
    pub headers: &'r [(String, String)],
    /// The body, byte by byte as it was sent.
    pub body: &'r [u8],
    /// The address to which the tool was told to send.
    pub url: &'r str,
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is equal where the tool sends the same again.
    pub key: String,
    /// What it points at.
    pub hints: Vec<Hint>,
}

/// What a delivery points at. It is read again from the tool, because deliveries come late, twice and in any order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hint {
    /// An item, by its id, that was made, changed or removed.
    Item(String),
    /// A board or project, by its id: its name, lists or people.
    Container(String),
}

/// Why a delivery was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotHeard {
    /// It is not signed, or not as it should be.
    #[error("a delivery without the signature that it should have")]
    Unsigned,
    /// The signature is another's.
    #[error("the signature of a delivery is not that of its sender")]
    Forged,
    /// What it says cannot be read.
    #[error("a delivery that cannot be read: {0}")]
    Unreadable(&'static str),
}

/// Why a tool gave no answer. The texts are for the admin: what is wrong and what to do, never with a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ToolError {
    /// The credential is not, or no longer, accepted.
    #[error("{0}")]
    Unauthorized(String),
    /// It is accepted, but may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// What was asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// The tool does not take what was asked: a query that it cannot read.
    #[error("{0}")]
    Refused(String),
    /// Too much was asked for in too short a time.
    #[error("the tool asks to wait {seconds} seconds")]
    TooOften {
        /// Seconds to wait at least.
        seconds: u64,
    },
    /// It did not answer, or with a failure of its own; it may work later.
    #[error("{0}")]
    Unavailable(String),
    /// What it answered is not what its API promises.
    #[error("{0}")]
    Unreadable(String),
    /// The address is one that is never called.
    #[error("{0}")]
    Unsafe(String),
}

impl ToolError {
    /// Whether the same may work later without anybody's doing.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::TooOften { .. } | Self::Unavailable(_) => true,
            Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Refused(_)
            | Self::Unreadable(_)
            | Self::Unsafe(_) => false,
        }
    }
}

/// What a tool answers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ToolError>>;

/// A tool, as the engine knows it.
pub trait Tool: Send + Sync + fmt::Debug {
    /// Which one.
    fn provider(&self) -> Provider;

    /// The address below which its API lies, of what a person wrote: a site, a page, or nothing for the tool's own.
    ///
    /// # Errors
    /// Where it is no address, or one that is never called.
    fn address(&self, told: Option<&str>) -> Result<String, ToolError>;

    /// Whom the credential speaks for: the first question, and the one that tests it.
    fn account<'a>(&'a self, access: &'a Access) -> Answer<'a, Account>;

    /// Boards or projects that the credential reaches.
    fn containers<'a>(&'a self, access: &'a Access, cursor: Option<&'a str>) -> Answer<'a, Page<Container>>;

    /// A page of the items of a container, in an order in which one that changes meanwhile is met again rather than
    /// missed.
    fn pull<'a>(&'a self, access: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Pulled>;

    /// A page of the ids of all items that are in a container now: what is stored and not among them is gone from it.
    fn ids<'a>(&'a self, access: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Page<String>>;

    /// Items by their ids, at most [`REREAD_AT_MOST`].
    fn reread<'a>(&'a self, access: &'a Access, ids: &'a [String]) -> Answer<'a, Reread>;

    /// Verifies a delivery on its raw bytes, in constant time, and reads what it points at. `secret` is what the tool
    /// signs with.
    ///
    /// # Errors
    /// When it is not signed with this secret, or cannot be read.
    fn hear(&self, secret: &SecretString, received: Received<'_>) -> Result<Delivery, NotHeard>;
}

/// Items that are asked for by their ids at once, at most.
pub const REREAD_AT_MOST: usize = 50;
