//! What is known of the past of cards: the actions that moved or marked them.

use chrono::SecondsFormat;
use entity::Instant;
use serde_json::value::RawValue;

use super::client::Client;
use crate::{connectors::outbound::Request, domain::sync::port::ToolError};

/// The kinds of actions that say in which list a card came to be and whether it is marked complete; all others only
/// make the record longer.
pub(super) const KINDS: &str = "createCard,copyCard,emailCard,convertToCardFromCheckItem,moveCardToBoard,\
                                updateCard:idList,updateCard:dueComplete";

/// Pages of actions that are read of a board at most, 1000 on each.
const PAGES_AT_MOST: usize = 10;

/// The actions that are known of some cards.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Each as JSON.
    pub(super) actions: Vec<String>,
    /// Since when they are all that there were; none when that is not known.
    pub(super) whole_since: Option<Instant>,
    /// Whether there are more than were read.
    pub(super) is_cut: bool,
}

impl Record {
    /// What happened to the cards of a board since a time, or ever; of a longer past the latest part.
    ///
    /// # Errors
    /// See [`Client::get`].
    pub(super) async fn of_board(
        client: &Client<'_>,
        board: &str,
        since: Option<Instant>,
    ) -> Result<Self, ToolError> {
        let mut actions = Vec::new();
        let mut before: Option<String> = None;
        for _ in 0..PAGES_AT_MOST {
            let listing = client.list(|| actions_of(board, KINDS, since, before.as_deref())).await?;
            let page: Vec<&RawValue> = listing.items()?;
            actions.extend(page.iter().map(|action| action.get().to_owned()));
            match listing.next(&listing.ids()?, before.as_deref())? {
                None => return Ok(Self { actions, whole_since: since, is_cut: false }),
                next => before = next,
            }
        }
        Ok(Self { actions, whole_since: None, is_cut: true })
    }

    /// What a reader of the summary should know of it.
    pub(super) fn note(&self) -> Option<String> {
        let read = self.actions.len();
        self.is_cut.then(|| {
            format!("Of the board's history the latest {read} moves and marks were read, not the older ones.")
        })
    }
}

/// The request for actions of a board: of some kinds, since a time, before one of them.
pub(super) fn actions_of(board: &str, kinds: &str, since: Option<Instant>, before: Option<&str>) -> Request {
    let mut request = Request::get("boards")
        .step(board)
        .step("actions")
        .query("filter", kinds)
        .query("fields", "type,date,data");
    if let Some(since) = since.and_then(Instant::to_utc) {
        // Cut to seconds it is a little earlier, which harms nobody.
        request = request.query("since", &since.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    match before {
        Some(before) => request.query("before", before),
        None => request,
    }
}
