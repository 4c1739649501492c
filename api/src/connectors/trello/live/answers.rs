//! The owner of a token and the boards that they reach.

use serde::Deserialize;

use super::{SITE, client::Client};
use crate::{
    connectors::outbound::Request,
    domain::sync::port::{Account, Container, Page, ToolError},
};

#[derive(Deserialize)]
struct Member {
    id: String,
    username: Option<String>,
    #[serde(rename = "fullName")]
    full_name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Board {
    id: String,
    name: Option<String>,
    #[serde(rename = "shortLink")]
    short_link: Option<String>,
    url: Option<String>,
    closed: Option<bool>,
}

/// Whom the token speaks for. The e-mail address is told only to tokens with the scope `account`.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn account(client: &Client<'_>) -> Result<Account, ToolError> {
    let request = Request::get("members/me").query("fields", "username,fullName,email");
    let Member { id, username, full_name, email } = client.get(request).await?.json()?;
    Ok(Account {
        external_id: id,
        name: filled(full_name).or(filled(username)),
        email: filled(email),
        site: SITE.to_owned(),
    })
}

/// All boards that they are a member of, closed ones too.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn boards(client: &Client<'_>) -> Result<Page<Container>, ToolError> {
    let request =
        Request::get("members/me/boards").query("filter", "all").query("fields", "name,shortLink,url,closed");
    let boards: Vec<Board> = client.get(request).await?.json()?;
    Ok(Page { items: boards.into_iter().map(container).collect(), next: None })
}

fn container(board: Board) -> Container {
    Container {
        external_id: board.id,
        external_key: filled(board.short_link),
        title: filled(board.name).unwrap_or_else(|| "Untitled board".to_owned()),
        url: filled(board.url),
        archived: board.closed.unwrap_or_default(),
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
