//! A Jira over the network: Cloud by version 3 of its REST API, Data Center by version 2.
//!
//! What a search answers goes through the reader of files, so that the API and a file give the same items. It is
//! asked for the fields that the reader knows, and put together from as many answers as Jira cuts it into.

mod account;
mod address;
mod answer;
mod batch;
mod complete;
mod containers;
mod fields;
mod jql;
mod known;
mod options;
mod pull;
mod reread;
mod search;
mod session;
#[cfg(test)]
mod tests;
mod walk;

use std::{fmt, sync::Arc, time::Instant};

use entity::Provider;
use futures_util::FutureExt as _;
use secrecy::SecretString;

use self::{
    known::{Known, Memory},
    session::Session,
};
use super::delivery;
use crate::connectors::outbound::Outbound;
use crate::domain::sync::port::{
    Access, Account, Answer, Container, Delivery, NotHeard, Page, Pulled, Received, Reread, Tool, ToolError,
    Wanted,
};

/// Reaches every Jira, each with what is handed to a call: its address, the credential and the options.
///
/// The credential has a `token` and, for an API token of Cloud, the `email` of its owner. The options are `deployment`
/// (`CLOUD`, the usual one, or `DATA_CENTER`) and `jql`, which bounds what is taken in.
pub struct Jira {
    outbound: Outbound,
    /// What is asked of an account once and holds for a while.
    memory: Memory,
}

/// Nothing of what it remembers.
impl fmt::Debug for Jira {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jira").field("outbound", &self.outbound).finish_non_exhaustive()
    }
}

impl Jira {
    /// One that calls by this way out.
    #[must_use]
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound, memory: Memory::default() }
    }

    fn session<'s>(&'s self, access: &'s Access) -> Result<Session<'s>, ToolError> {
        Session::new(&self.outbound, access)
    }

    /// What is known of an account, asked for where it is not, or not any more.
    async fn known(&self, session: &Session<'_>) -> Result<Arc<Known>, ToolError> {
        let key = session.key();
        if let Some(known) = self.memory.get(&key, Instant::now()) {
            return Ok(known);
        }
        let known = Arc::new(Known::ask(session).await?);
        self.memory.keep(key, Arc::clone(&known), Instant::now());
        Ok(known)
    }
}

impl Tool for Jira {
    fn provider(&self) -> Provider {
        Provider::Jira
    }

    fn address(&self, told: Option<&str>) -> Result<String, ToolError> {
        let address = self.outbound.check_address(&address::read(told)?)?;
        Ok(address.as_str().to_owned())
    }

    fn account<'a>(&'a self, access: &'a Access) -> Answer<'a, Account> {
        async move { self.session(access)?.account().await }.boxed()
    }

    fn containers<'a>(&'a self, access: &'a Access, cursor: Option<&'a str>) -> Answer<'a, Page<Container>> {
        async move { containers::page(&self.session(access)?, cursor).await }.boxed()
    }

    fn pull<'a>(&'a self, access: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Pulled> {
        async move {
            let session = self.session(access)?;
            let known = self.known(&session).await?;
            pull::page(&session, &known, wanted).await
        }
        .boxed()
    }

    fn ids<'a>(&'a self, access: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Page<String>> {
        async move { pull::ids(&self.session(access)?, wanted).await }.boxed()
    }

    fn reread<'a>(&'a self, access: &'a Access, ids: &'a [String]) -> Answer<'a, Reread> {
        async move {
            let session = self.session(access)?;
            let known = self.known(&session).await?;
            reread::these(&session, &known, ids).await
        }
        .boxed()
    }

    fn hear(&self, secret: &SecretString, received: Received<'_>) -> Result<Delivery, NotHeard> {
        delivery::hear(secret, received)
    }
}
