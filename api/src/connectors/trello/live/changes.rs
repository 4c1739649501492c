//! What changed on a board since a time.
//!
//! Two lists tell it, and neither is enough. The board's actions hold deletions, but not that a label was put on a card
//! or taken off: Trello tells of that only by webhooks. The dates of the cards' last activity hold that too, but not
//! what became of a card that is not there any more.

use std::collections::{BTreeSet, HashMap};

use entity::Instant;
use serde::Deserialize;

use super::{
    board_text::BoardText,
    cards::{self, CardText},
    client::Client,
    cursor::{Change, Cursor},
    pages::{self, cards_of},
    record::actions_of,
};
use crate::{
    connectors::date,
    domain::sync::port::{Pulled, ToolError},
};

/// Seconds before a time from which on changes are looked for: clocks of a service differ, and a change may be seen a
/// moment after it is dated.
pub(super) const OVERLAP: i64 = 5;
/// Cards that are read again at once: ten calls.
const AT_ONCE: usize = 100;
/// Where more than these changed, the whole board is read: a page of it holds as many as a hundred such calls.
const WHOLE_ABOVE: usize = 300;
/// Pages of actions that are looked through at most, 1000 on each. What stands on older ones is found by its date, and
/// what is deleted by the next full run.
const PAGES_AT_MOST: usize = 10;

/// The kinds of actions that tell of a card.
const KINDS: &str = "createCard,copyCard,emailCard,convertToCardFromCheckItem,moveCardToBoard,moveCardFromBoard,\
                     updateCard,deleteCard,addMemberToCard,removeMemberFromCard,addAttachmentToCard,\
                     deleteAttachmentFromCard,updateCustomFieldItem,commentCard,updateCheckItemStateOnCard";
/// The one that says that a card is no more.
const DELETION: &str = "deleteCard";

#[derive(Deserialize)]
struct Action {
    #[serde(rename = "type")]
    kind: String,
    date: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    card: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Dated {
    id: String,
    #[serde(rename = "dateLastActivity")]
    date: Option<String>,
}

/// What changed after a time.
struct Changed {
    /// In order.
    changes: Vec<Change>,
    /// Cards that were deleted.
    deleted: BTreeSet<String>,
}

/// Reads what changed since a time, from a little before it.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn begin(client: &Client<'_>, board: &str, since: Instant) -> Result<Pulled, ToolError> {
    let after = Change { at: since.plus_seconds(-OVERLAP), card: String::new() };
    let changed = changed(client, board, &after).await?;
    if changed.changes.len() > WHOLE_ABOVE {
        let mut pulled = pages::read(client, board, None, None).await?;
        pulled.batch.gone.extend(changed.deleted);
        return Ok(pulled);
    }
    take(client, board, changed).await
}

/// Reads what changed after a change.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn go_on(client: &Client<'_>, board: &str, after: &Change) -> Result<Pulled, ToolError> {
    let changed = changed(client, board, after).await?;
    take(client, board, changed).await
}

/// Reads the cards of the first of these changes.
async fn take(client: &Client<'_>, board: &str, changed: Changed) -> Result<Pulled, ToolError> {
    let now = changed.changes.chunks(AT_ONCE).next().unwrap_or_default();
    let ids: Vec<String> = now.iter().map(|change| change.card.clone()).collect();
    let read = cards::by_ids(client, &ids).await?;
    // One that went to another board is read there, if that board is taken in at all.
    let here: Vec<CardText> = read.there.into_iter().filter(|card| card.board == board).collect();
    let text = BoardText::fetch(client, board).await?;
    let mut batch = cards::read(&text, &here)?;
    batch.skipped.extend(read.skipped);
    // The board's own record names them, so that they were on it, and asked for by its id each of them is not there, or
    // not for us: that is the tool's word, the same as in `reread`.
    batch.gone = changed.deleted.into_iter().chain(read.gone).collect();
    // As long as something newer than what was listed was read, something else may have changed before it.
    let newest = batch.tasks.iter().filter_map(|task| task.updated_at).max();
    let next = now.last().filter(|last| changed.changes.len() > now.len() || newest > Some(last.at));
    let next = next.map(|last| Cursor::Changes(last.clone()).to_string());
    Ok(Pulled { batch, next, total: None })
}

/// What changed after a change, by both lists.
async fn changed(client: &Client<'_>, board: &str, after: &Change) -> Result<Changed, ToolError> {
    // Actions first, so that what happens meanwhile is met in the list of cards.
    let actions = actions(client, board, after.at).await?;
    let cards = dates(client, board).await?;
    let mut latest: HashMap<String, Instant> = HashMap::new();
    let mut deleted = BTreeSet::new();
    let mut note = |card: String, date: &str| {
        if let Some(at) = date::instant(date) {
            let known = latest.entry(card).or_insert(at);
            *known = at.max(*known);
        }
    };
    for action in actions {
        let Some(card) = action.data.and_then(|data| data.card) else { continue };
        if action.kind == DELETION {
            deleted.insert(card.id);
        } else {
            note(card.id, &action.date);
        }
    }
    for card in cards {
        if let Some(date) = card.date {
            note(card.id, &date);
        }
    }
    let changes = latest.into_iter().map(|(card, at)| Change { at, card });
    let mut changes: Vec<Change> =
        changes.filter(|change| change > after && !deleted.contains(&change.card)).collect();
    changes.sort_unstable();
    Ok(Changed { changes, deleted })
}

/// Actions since a time, newest first.
async fn actions(client: &Client<'_>, board: &str, since: Instant) -> Result<Vec<Action>, ToolError> {
    let mut actions = Vec::new();
    let mut before: Option<String> = None;
    for _ in 0..PAGES_AT_MOST {
        let listing = client
            .list(|| {
                actions_of(board, KINDS, Some(since), before.as_deref())
                    .query("member", "false")
                    .query("memberCreator", "false")
            })
            .await?;
        actions.extend(listing.items::<Action>()?);
        match listing.next(&listing.ids()?, before.as_deref())? {
            None => break,
            next => before = next,
        }
    }
    Ok(actions)
}

/// When each card of a board was last touched.
async fn dates(client: &Client<'_>, board: &str) -> Result<Vec<Dated>, ToolError> {
    let mut cards = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let listing =
            client.list(|| cards_of(board, before.as_deref()).query("fields", "dateLastActivity")).await?;
        cards.extend(listing.items::<Dated>()?);
        match listing.next(&listing.ids()?, before.as_deref())? {
            None => return Ok(cards),
            next => before = next,
        }
    }
}
