//! All that a Trello holds, for comparison with what was taken in from it.

use std::collections::BTreeMap;

use entity::Instant;

use super::{FakeTrello, card::Card, dates, site::Site};

/// All that a Trello holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrelloSnapshot {
    /// Its boards, in the order in which they were made.
    pub boards: Vec<TrelloBoard>,
    /// Its lists, in the order in which they were made.
    pub lists: Vec<TrelloList>,
    /// Its cards, oldest first; those that were deleted are not among them.
    pub cards: Vec<TrelloCard>,
}

/// A board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrelloBoard {
    /// Its id.
    pub id: String,
    /// The short name of its page.
    pub short_link: String,
    /// Its name.
    pub name: String,
    /// Whether it is closed.
    pub closed: bool,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrelloList {
    /// Its id.
    pub id: String,
    /// The id of its board.
    pub board: String,
    /// Its name.
    pub name: String,
    /// Whether it is archived.
    pub closed: bool,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrelloCard {
    /// Its id, which it keeps for life.
    pub id: String,
    /// The short name of its page.
    pub short_link: String,
    /// The id of its board.
    pub board: String,
    /// The id of its list.
    pub list: String,
    /// The name of its list.
    pub list_name: String,
    /// Its title.
    pub name: String,
    /// Its description; empty where it has none.
    pub description: String,
    /// Whether it is archived.
    pub closed: bool,
    /// When it is due.
    pub due: Option<Instant>,
    /// Whether it is marked complete.
    pub due_complete: bool,
    /// The ids of whoever is on it.
    pub members: Vec<String>,
    /// The names of its labels, in their order.
    pub labels: Vec<String>,
    /// The texts of its custom fields, by the fields' names.
    pub texts: BTreeMap<String, String>,
    /// The addresses attached to it.
    pub attachments: Vec<String>,
    /// Its comments, oldest first.
    pub comments: Vec<String>,
    /// Its moves from list to list of one board, oldest first.
    pub moves: Vec<TrelloMove>,
    /// When it was made, by its id: in whole seconds.
    pub created: Instant,
    /// When something last happened to it.
    pub last_activity: Instant,
}

/// A move from one list to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrelloMove {
    /// When it was.
    pub at: Instant,
    /// The name that the list before had then.
    pub from: String,
    /// The name that the list after had then.
    pub to: String,
}

impl FakeTrello {
    /// All that it holds now.
    #[must_use]
    pub fn snapshot(&self) -> TrelloSnapshot {
        let site = self.site();
        let boards = site.boards.iter().map(|board| TrelloBoard {
            id: board.id.clone(),
            short_link: board.short_link.clone(),
            name: board.name.clone(),
            closed: board.closed,
        });
        let lists = site.lists.iter().map(|list| TrelloList {
            id: list.id.clone(),
            board: list.board.clone(),
            name: list.name.clone(),
            closed: list.closed,
        });
        let cards = site.cards.values().map(|card| of_card(&site, card));
        TrelloSnapshot { boards: boards.collect(), lists: lists.collect(), cards: cards.collect() }
    }

    /// A card as it is now, by its id or short link.
    #[must_use]
    pub fn card(&self, id: &str) -> Option<TrelloCard> {
        let site = self.site();
        site.find_card(id).map(|card| of_card(&site, card))
    }
}

fn of_card(site: &Site, card: &Card) -> TrelloCard {
    let labels = card.labels.iter().filter_map(|id| site.label(id));
    let texts = card.values.iter().filter_map(|(field, value)| {
        let text = value.value["text"].as_str()?;
        Some((site.field(field)?.name.clone(), text.to_owned()))
    });
    let actions = || site.actions.iter().filter(move |action| action.card.as_ref() == Some(&card.id));
    let comments = actions().filter(|action| action.kind == "commentCard");
    let moves = actions().filter_map(|action| {
        let name = |list: &str| action.data[list]["name"].as_str().map(str::to_owned);
        Some(TrelloMove { at: action.at, from: name("listBefore")?, to: name("listAfter")? })
    });
    TrelloCard {
        id: card.id.clone(),
        short_link: card.short_link.clone(),
        board: card.board.clone(),
        list: card.list.clone(),
        list_name: site.list(&card.list).name.clone(),
        name: card.name.clone(),
        description: card.description.clone(),
        closed: card.closed,
        due: card.due,
        due_complete: card.due_complete,
        members: card.members.clone(),
        labels: labels.map(|label| label.name.clone()).collect(),
        texts: texts.collect(),
        attachments: card.attachments.iter().map(|attachment| attachment.url.clone()).collect(),
        comments: comments
            .map(|action| action.data["text"].as_str().unwrap_or_default().to_owned())
            .collect(),
        moves: moves.collect(),
        created: dates::born(&card.id),
        last_activity: card.last_activity,
    }
}
