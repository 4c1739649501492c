//! Cards by their ids, ten with one call.

use std::collections::{BTreeMap, HashSet};

use entity::{Instant, Provider};
use form_urlencoded::Serializer;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    SITE,
    board_text::BoardText,
    client::Client,
    pages::CARD,
    record::{KINDS, Record},
};
use crate::{
    connectors::{json::RawObject, outbound::Request, trello::card::born},
    domain::sync::{
        external::{ExternalBatch, SkippedItem},
        port::{Reread, ToolError},
    },
};

/// Questions in one call at most.
const AT_ONCE: usize = 10;
/// Actions that come with a card at most: those that moved or marked it, so that hardly any has so many.
const ACTIONS_AT_MOST: usize = 1_000;
/// Seconds to wait where Trello refuses a part of a call for want of patience; its window is as long.
const WAIT: u64 = 10;

/// A card as Trello tells it.
#[derive(Debug)]
pub(super) struct CardText {
    /// The board that it is on.
    pub(super) board: String,
    /// Its JSON, as on a page of cards.
    text: String,
    /// The actions that moved or marked it, each as JSON.
    actions: Vec<String>,
    /// Since when they are all that there were, which is its birth; none when that is not known.
    whole_since: Option<Instant>,
}

/// What became of cards that were asked for.
#[derive(Debug, Default)]
pub(super) struct Cards {
    /// Those that are there.
    pub(super) there: Vec<CardText>,
    /// Ids of those that are not there, or not for us.
    pub(super) gone: Vec<String>,
    /// Those whose id Trello does not take.
    pub(super) skipped: Vec<SkippedItem>,
}

/// One answer of a call that asks for several: by its status, or an error with its status beside it.
type Part<'r> = BTreeMap<String, &'r RawValue>;

#[derive(Debug)]
enum Outcome<'r> {
    There(&'r RawValue),
    Gone,
    Hidden,
    Refused,
}

/// Reads cards again, whatever boards they are on.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn reread(client: &Client<'_>, ids: &[String]) -> Result<Reread, ToolError> {
    let Cards { there, gone, skipped } = by_ids(client, ids).await?;
    let mut boards: BTreeMap<String, Vec<CardText>> = BTreeMap::new();
    for card in there {
        boards.entry(card.board.clone()).or_default().push(card);
    }
    let mut whole = empty();
    whole.skipped = skipped;
    for (board, cards) in boards {
        let text = BoardText::fetch(client, &board).await?;
        join(&mut whole, read(&text, &cards)?);
    }
    Ok(Reread { batch: whole, gone })
}

/// Asks for cards by their ids.
///
/// # Errors
/// See [`Client::get`].
pub(super) async fn by_ids(client: &Client<'_>, ids: &[String]) -> Result<Cards, ToolError> {
    let mut cards = Cards::default();
    let mut hidden = Vec::new();
    let (known, odd): (Vec<&String>, Vec<&String>) = ids.iter().partition(|id| is_id(id));
    cards.skipped.extend(odd.into_iter().map(|id| skipped(id)));
    for ids in known.chunks(AT_ONCE) {
        let routes: Vec<String> = ids.iter().map(|id| route(id)).collect();
        let reply = client.get(Request::get("batch").query("urls", &routes.join(","))).await?;
        let parts: Vec<Part<'_>> = reply.json()?;
        if parts.len() != ids.len() {
            return Err(broken("not as many answers as there were questions"));
        }
        for (id, part) in ids.iter().zip(&parts) {
            match outcome(part)? {
                Outcome::There(card) => cards.there.push(CardText::read(card)?),
                Outcome::Gone => cards.gone.push((*id).clone()),
                Outcome::Hidden => hidden.push((*id).clone()),
                Outcome::Refused => cards.skipped.push(skipped(id)),
            }
        }
    }
    if !hidden.is_empty() {
        // The same status may say that the token is not good any more; then nothing is known of the cards.
        client.get(Request::get("members/me").query("fields", "username")).await?;
        cards.gone.extend(hidden);
    }
    Ok(cards)
}

/// Reads cards of one board.
///
/// # Errors
/// [`ToolError::Unreadable`] when one of them is no card.
pub(super) fn read(board: &BoardText, cards: &[CardText]) -> Result<ExternalBatch, ToolError> {
    let record = Record {
        actions: cards.iter().flat_map(|card| card.actions.iter().cloned()).collect(),
        // Whole for all of them since the first of them was made; none comes before any time.
        whole_since: cards.iter().map(|card| card.whole_since).min().flatten(),
        is_cut: false,
    };
    let texts: Vec<&str> = cards.iter().map(|card| card.text.as_str()).collect();
    board.read(&texts, &record)
}

impl CardText {
    /// Takes a card that came with its actions.
    fn read(raw: &RawValue) -> Result<Self, ToolError> {
        #[derive(Deserialize)]
        struct Named {
            id: String,
            #[serde(rename = "idBoard")]
            board: String,
        }
        let Named { id, board } = serde_json::from_str(raw.get())
            .map_err(|_| broken("a card without its id or that of its board"))?;
        let object: RawObject<'_> =
            serde_json::from_str(raw.get()).map_err(|_| broken("a card that is none"))?;
        let actions: Option<Vec<&RawValue>> =
            object.get("actions").and_then(|actions| serde_json::from_str(actions.get()).ok());
        let is_whole = actions.as_ref().is_some_and(|actions| actions.len() < ACTIONS_AT_MOST);
        Ok(Self {
            board,
            text: object.without(&["actions"]),
            actions: actions.unwrap_or_default().iter().map(|action| action.get().to_owned()).collect(),
            whole_since: born(&id).filter(|_| is_whole),
        })
    }
}

/// The question for a card, with what moved and marked it, as one of several in a call. What stands in its query is
/// encoded for itself: several are divided by commas.
fn route(id: &str) -> String {
    let query = Serializer::new(String::new())
        .extend_pairs(CARD)
        .append_pair("actions", KINDS)
        .append_pair("actions_limit", &ACTIONS_AT_MOST.to_string())
        .append_pair("action_fields", "type,date,data")
        .finish();
    format!("/cards/{id}?{query}")
}

fn outcome<'r>(part: &Part<'r>) -> Result<Outcome<'r>, ToolError> {
    let by_status = part.iter().find_map(|(key, answer)| Some((key.parse::<u16>().ok()?, Some(*answer))));
    let beside = || Some((part.get("statusCode")?.get().parse::<u16>().ok()?, None));
    match by_status.or_else(beside) {
        Some((200..=299, Some(answer))) => Ok(Outcome::There(answer)),
        Some((400, _)) => Ok(Outcome::Refused),
        Some((401 | 403, _)) => Ok(Outcome::Hidden),
        Some((404 | 410, _)) => Ok(Outcome::Gone),
        Some((429, _)) => Err(ToolError::TooOften { seconds: WAIT }),
        Some((408 | 449 | 500..=599, _)) => {
            Err(ToolError::Unavailable("Trello has a failure of its own: it is asked again later".to_owned()))
        }
        Some(_) | None => Err(broken("something else than a card or its absence")),
    }
}

/// Whether a text can be the id of a card, or its short one.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn skipped(id: &str) -> SkippedItem {
    SkippedItem { external_id: id.to_owned(), reason: "Trello does not take its id.".to_owned() }
}

fn broken(what: &str) -> ToolError {
    ToolError::Unreadable(format!("Trello answers a call for several cards with {what}"))
}

fn empty() -> ExternalBatch {
    ExternalBatch {
        provider: Provider::Trello,
        site: SITE.to_owned(),
        people: Vec::new(),
        projects: Vec::new(),
        tasks: Vec::new(),
        states: Vec::new(),
        skipped: Vec::new(),
        gone: Vec::new(),
        complete: false,
        notes: Vec::new(),
    }
}

/// Adds what was read of another board.
fn join(whole: &mut ExternalBatch, more: ExternalBatch) {
    let known: HashSet<String> = whole.people.iter().map(|person| person.external_id.clone()).collect();
    whole.people.extend(more.people.into_iter().filter(|person| !known.contains(&person.external_id)));
    whole.projects.extend(more.projects);
    whole.tasks.extend(more.tasks);
    for state in more.states {
        let same = whole
            .states
            .iter_mut()
            .find(|known| known.provider_status == state.provider_status && known.status == state.status);
        match same {
            Some(known) => known.tasks += state.tasks,
            None => whole.states.push(state),
        }
    }
    whole.skipped.extend(more.skipped);
    whole.notes.extend(more.notes);
}
