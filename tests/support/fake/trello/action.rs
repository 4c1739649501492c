//! What happened on a board, as its actions tell it.

use entity::Instant;
use serde_json::{Value, json};

use super::{card::Card, dates, site::Site};

/// What webhooks alone tell: a board keeps no record of it.
const NOT_KEPT: [&str; 2] = ["addLabelToCard", "removeLabelFromCard"];

/// Who does something.
#[derive(Clone, Debug)]
pub(super) struct Author {
    pub(super) member: String,
    /// What a program calls itself, so that it knows its own doing again.
    pub(super) program: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) at: Instant,
    pub(super) member: String,
    pub(super) board: String,
    pub(super) card: Option<String>,
    pub(super) data: Value,
}

/// What is to be an action.
pub(super) struct Happening<'h> {
    pub(super) kind: &'h str,
    pub(super) board: &'h str,
    pub(super) card: Option<&'h str>,
    pub(super) data: Value,
}

/// A field of a card that was changed: its name, what it is and what it was.
pub(super) type Changed = (&'static str, Value, Value);

impl Site {
    /// Keeps an action, unless it is of those that are not kept, counts it as activity of its board and card, and
    /// tells the webhooks.
    pub(super) fn act(&mut self, author: &Author, happening: Happening<'_>) -> Action {
        let Happening { kind, board, card, data } = happening;
        let at = self.control.now();
        if let Some(board) = self.boards.iter_mut().find(|known| known.id == board) {
            board.last_activity = at;
        }
        if let Some(card) = card.and_then(|id| self.cards.get_mut(id)) {
            card.last_activity = at;
        }
        let action = Action {
            id: self.next_id(),
            kind: kind.to_owned(),
            at,
            member: author.member.clone(),
            board: board.to_owned(),
            card: card.map(str::to_owned),
            data,
        };
        if !NOT_KEPT.contains(&kind) {
            self.actions.push(action.clone());
        }
        self.tell(&action, author.program.as_deref());
        action
    }

    /// Something that happened to a card, with the card, its list and its board.
    pub(super) fn act_on_card(
        &mut self,
        author: &Author,
        kind: &str,
        id: &str,
        more: &[(&str, Value)],
    ) -> Action {
        let card = self.cards[id].clone();
        let mut data = json!({
            "card": card.named(), "list": self.list(&card.list).named(), "board": self.board(&card.board).named(),
        });
        for (name, value) in more {
            data[*name] = value.clone();
        }
        self.act(author, Happening { kind, board: &card.board, card: Some(id), data })
    }

    /// Fields of a card that were changed together; nothing happens where none was.
    pub(super) fn act_of_change(&mut self, author: &Author, id: &str, changed: &[Changed]) {
        let changed: Vec<_> = changed.iter().filter(|(_, now, before)| now != before).collect();
        if changed.is_empty() {
            return;
        }
        let (mut card, mut old) = (self.cards[id].named(), json!({}));
        for (name, now, before) in &changed {
            card[*name] = now.clone();
            old[*name] = before.clone();
        }
        self.act_on_card(author, "updateCard", id, &[("card", card), ("old", old)]);
    }

    /// A move of a card from one list of its board to another.
    pub(super) fn act_of_move(&mut self, author: &Author, card: &Card, before: &str) {
        let (from, to) = (self.list(before).named(), self.list(&card.list).named());
        let mut named = card.named();
        named["idList"] = json!(card.list);
        let data = json!({
            "card": named, "old": { "idList": before }, "listBefore": from, "listAfter": to,
            "board": self.board(&card.board).named(),
        });
        self.act(author, Happening { kind: "updateCard", board: &card.board, card: Some(&card.id), data });
    }

    pub(super) fn action_json(&self, action: &Action) -> Value {
        let creator = self.member(&action.member).map(|member| member.json());
        json!({
            "id": action.id, "idMemberCreator": action.member, "type": action.kind,
            "date": dates::moment(action.at), "data": action.data, "memberCreator": creator, "appCreator": null,
        })
    }
}
