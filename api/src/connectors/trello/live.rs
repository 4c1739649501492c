//! Trello's REST API: what it answers is put together as an export has it and read by the same reader, so that a file
//! and the API end in the same rows.

mod answers;
mod board_text;
mod cards;
mod changes;
mod client;
mod cursor;
mod listing;
mod pages;
mod record;
#[cfg(test)]
mod tests;

use entity::Provider;
use secrecy::SecretString;

use self::{client::Client, cursor::Cursor};
use super::delivery;
use crate::{
    connectors::outbound::Outbound,
    domain::sync::port::{
        Access, Account, Answer, Container, Delivery, NotHeard, Page, Pulled, Received, Reread, Tool,
        ToolError, Wanted,
    },
};

/// Where Trello's API lies.
const ADDRESS: &str = "https://api.trello.com/1";
/// Hosts of Trello that a person may write instead.
const OWN_HOSTS: [&str; 3] = ["trello.com", "www.trello.com", "api.trello.com"];
/// Trello has one site, which exports name so.
const SITE: &str = "trello.com";

/// Trello. Its credential has the parts `key` and `token`; `secret`, the key's own, is what webhooks are signed with.
#[derive(Clone, Debug)]
pub struct Trello {
    outbound: Outbound,
}

impl Trello {
    /// Trello, called by this way out.
    #[must_use]
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound }
    }
}

impl Tool for Trello {
    fn provider(&self) -> Provider {
        Provider::Trello
    }

    /// Trello's own, unless the operator admits another one, such as a double of it for tests.
    fn address(&self, told: Option<&str>) -> Result<String, ToolError> {
        let told = told.map(str::trim).filter(|told| !told.is_empty());
        let address = self.outbound.check_address(told.unwrap_or(ADDRESS))?;
        let is_own = OWN_HOSTS.contains(&address.site());
        Ok(if is_own { ADDRESS.to_owned() } else { address.as_str().to_owned() })
    }

    fn account<'a>(&'a self, access: &'a Access) -> Answer<'a, Account> {
        Box::pin(async move { answers::account(&Client::new(&self.outbound, access)?).await })
    }

    /// All at once: Trello does not divide this list.
    fn containers<'a>(&'a self, access: &'a Access, _cursor: Option<&'a str>) -> Answer<'a, Page<Container>> {
        Box::pin(async move { answers::boards(&Client::new(&self.outbound, access)?).await })
    }

    fn pull<'a>(&'a self, access: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Pulled> {
        Box::pin(async move {
            let client = Client::new(&self.outbound, access)?;
            let board = wanted.container.external_id.as_str();
            let cursor = wanted.cursor.map(Cursor::read).transpose()?;
            match (cursor, wanted.since) {
                (Some(Cursor::Cards { before, begun }), _) => {
                    pages::read(&client, board, Some(&before), begun).await
                }
                (Some(Cursor::Changes(after)), _) => changes::go_on(&client, board, &after).await,
                (None, Some(since)) => changes::begin(&client, board, since).await,
                (None, None) => pages::read(&client, board, None, None).await,
            }
        })
    }

    fn ids<'a>(&'a self, access: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Page<String>> {
        Box::pin(async move {
            let client = Client::new(&self.outbound, access)?;
            pages::ids(&client, &wanted.container.external_id, wanted.cursor).await
        })
    }

    fn reread<'a>(&'a self, access: &'a Access, ids: &'a [String]) -> Answer<'a, Reread> {
        Box::pin(async move { cards::reread(&Client::new(&self.outbound, access)?, ids).await })
    }

    fn hear(&self, secret: &SecretString, received: Received<'_>) -> Result<Delivery, NotHeard> {
        delivery::hear(secret, received)
    }
}
