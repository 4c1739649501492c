//! All cards of a board, page by page.

use entity::Instant;
use serde_json::value::RawValue;

use super::{
    board_text::BoardText,
    changes::OVERLAP,
    client::Client,
    cursor::{Change, Cursor},
    record::Record,
};
use crate::{
    connectors::{outbound::Request, trello::card::born},
    domain::sync::port::{Page, Pulled, ToolError},
};

/// What is asked of a card: what an export has of it that is read, and nothing that changes with who looks at it, for
/// a card that is the same should come as the same.
pub(super) const CARD: [(&str, &str); 4] = [
    (
        "fields",
        "name,desc,due,dueComplete,dateCompleted,start,closed,isTemplate,idBoard,idList,idMembers,labels,url,shortUrl,\
         shortLink,dateLastActivity",
    ),
    ("customFieldItems", "true"),
    ("attachments", "true"),
    ("attachment_fields", "name,url"),
];

/// Reads a page of the cards of a board, archived ones too: those that were made before a card, or the newest.
///
/// A card that is made or changed while the pages are read may stand on one that was read already. So after the last
/// of several pages come the changes since the read began, by Trello's clock.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn read(
    client: &Client<'_>,
    board: &str,
    before: Option<&str>,
    begun: Option<Instant>,
) -> Result<Pulled, ToolError> {
    // First, so that its time lies before that of the cards.
    let text = BoardText::fetch(client, board).await?;
    let begun = begun.or(text.told_at);
    let listing = client
        .list(|| {
            CARD.iter().fold(cards_of(board, before), |request, (name, value)| request.query(name, value))
        })
        .await?;
    let ids = listing.ids()?;
    let next = listing.next(&ids, before)?;
    // Nothing happened to these cards before the oldest of them was made; none where an id does not tell.
    let oldest = ids.iter().map(|id| born(id)).min().flatten();
    let record =
        if ids.is_empty() { Record::default() } else { Record::of_board(client, board, oldest).await? };
    let cards: Vec<&RawValue> = listing.items()?;
    let cards: Vec<&str> = cards.iter().map(|card| card.get()).collect();
    let batch = text.read(&cards, &record)?;
    let next = match next {
        Some(before) => Some(Cursor::Cards { before, begun }),
        None => begun
            .filter(|_| before.is_some())
            .map(|begun| Cursor::Changes(Change { at: begun.plus_seconds(-OVERLAP), card: String::new() })),
    };
    Ok(Pulled { batch, next: next.map(|next| next.to_string()), total: None })
}

/// Reads a page of the ids of all cards of a board, archived ones too.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn ids(
    client: &Client<'_>,
    board: &str,
    before: Option<&str>,
) -> Result<Page<String>, ToolError> {
    let listing = client.list(|| cards_of(board, before).query("fields", "id")).await?;
    let items = listing.ids()?;
    let next = listing.next(&items, before)?;
    Ok(Page { items, next })
}

/// The request for the cards of a board that were made before one of them, or for the newest.
pub(super) fn cards_of(board: &str, before: Option<&str>) -> Request {
    let request = Request::get("boards").step(board).step("cards").step("all");
    match before {
        Some(before) => request.query("before", before),
        None => request,
    }
}
