//! The board's history: Trello keeps it as actions, of which an export holds the last thousand.

use std::collections::HashMap;

use entity::Instant;
use serde_json::Value;

use super::board::person;
use crate::connectors::item::Item;
use crate::domain::sync::external::ExternalPerson;

/// What the actions tell of each card, and of people who have left the board.
#[derive(Default)]
pub(super) struct Activity {
    /// When the record begins; what happened before is not known.
    pub(super) since: Option<Instant>,
    cards: HashMap<String, Vec<Event>>,
    people: HashMap<String, ExternalPerson>,
}

/// Something that happened to a card.
#[derive(Clone)]
pub(super) struct Event {
    pub(super) at: Instant,
    pub(super) change: Change,
}

/// What happened to a card.
#[derive(Clone)]
pub(super) enum Change {
    /// It came to the board, into a list.
    Entered(Place),
    /// It went from one list to another.
    Moved {
        /// From here.
        from: Place,
        /// To here.
        to: Place,
    },
    /// It was marked complete, or no longer.
    Marked(bool),
}

/// A list as an action names it: the board may have renamed or lost it since.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) list_id: String,
    pub(super) name: Option<String>,
}

impl Activity {
    /// A record that is whole since a time; where none is given it begins with the first action that it takes.
    pub(super) fn known_since(since: Option<Instant>) -> Self {
        Self { since, ..Self::default() }
    }

    /// Puts what was taken into the order of time.
    pub(super) fn order(&mut self) {
        for events in self.cards.values_mut() {
            events.sort_by_key(|event| event.at);
        }
    }

    /// What happened to a card, oldest first.
    pub(super) fn of_card(&self, id: &str) -> &[Event] {
        self.cards.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Someone whom an action names.
    pub(super) fn person(&self, id: &str) -> Option<&ExternalPerson> {
        self.people.get(id)
    }

    /// Takes an action, in any order of time.
    pub(super) fn take(&mut self, action: &Item<'_>) {
        for who in ["memberCreator", "member"] {
            if let Some(person) = action.part(&[who]).as_ref().and_then(person) {
                self.people.entry(person.external_id.clone()).or_insert(person);
            }
        }
        let Some(at) = action.instant(&["date"]) else { return };
        self.since = Some(self.since.map_or(at, |since| since.min(at)));
        let Some(card) = action.id(&["data", "card", "id"]) else { return };
        let events = self.cards.entry(card).or_default();
        events.extend(changes(action).map(|change| Event { at, change }));
    }
}

fn changes(action: &Item<'_>) -> impl Iterator<Item = Change> {
    let kind = action.find(&["type"]).and_then(Value::as_str).unwrap_or_default();
    let (first, second) = match kind {
        "createCard" | "copyCard" | "emailCard" | "convertToCardFromCheckItem" | "moveCardToBoard" => {
            (place(action, &["data", "list"]).map(Change::Entered), None)
        }
        "updateCard" => {
            let from = place(action, &["data", "listBefore"]);
            let to = place(action, &["data", "listAfter"]);
            let moved = from.zip(to).map(|(from, to)| Change::Moved { from, to });
            let marked = action
                .find(&["data", "old", "dueComplete"])
                .and_then(|_| action.find(&["data", "card", "dueComplete"]))
                .and_then(Value::as_bool)
                .map(Change::Marked);
            (moved, marked)
        }
        // Trello has some eighty kinds of actions; the others do not change a card's state.
        _ => (None, None),
    };
    first.into_iter().chain(second)
}

fn place(action: &Item<'_>, path: &[&str]) -> Option<Place> {
    let list = action.part(path)?;
    Some(Place { list_id: list.id(&["id"])?, name: list.text(&["name"]) })
}
