//! What people do in a Trello. What is not there is a mistake of the test.

use std::{collections::BTreeMap, mem};

use entity::Instant;
use serde_json::{Value, json};

use super::{
    FakeTrello,
    action::Happening,
    board::{Board, CustomField, List},
    card::Card,
    dates,
    site::Site,
};

impl FakeTrello {
    /// Someone new, on every board; gives the member's id.
    pub fn add_member(&self, name: &str, user_name: &str) -> String {
        self.site().join(name, user_name)
    }

    /// A board with lists; gives its id and those of the lists, in their order.
    pub fn add_board(&self, name: &str, lists: &[&str]) -> (String, Vec<String>) {
        let mut site = self.site();
        let (id, short_link, last_activity) = (site.next_id(), site.random.hex(8), site.control.now());
        site.boards.push(Board {
            id: id.clone(),
            name: name.to_owned(),
            description: String::new(),
            closed: false,
            short_link,
            last_activity,
            last_number: 0,
        });
        let lists = lists.iter().map(|name| site.add_list(&id, name)).collect();
        (id, lists)
    }

    /// Another list of a board; gives its id.
    pub fn add_list(&self, board: &str, name: &str) -> String {
        self.site().add_list(board, name)
    }

    /// Another custom field of a board that holds a text; gives its id.
    pub fn add_text_field(&self, board: &str, name: &str) -> String {
        let mut site = self.site();
        let id = site.next_id();
        let (board, name, kind) = (board.to_owned(), name.to_owned(), "text".to_owned());
        site.fields.push(CustomField { id: id.clone(), board, name, kind, options: Vec::new() });
        id
    }

    /// Gives a board another name.
    pub fn rename_board(&self, board: &str, name: &str) {
        self.change_board(
            board,
            "name",
            |board| json!(mem::replace(&mut board.name, name.to_owned())),
            json!(name),
        );
    }

    /// Closes a board, or opens it again.
    pub fn close_board(&self, board: &str, closed: bool) {
        self.change_board(
            board,
            "closed",
            |board| json!(mem::replace(&mut board.closed, closed)),
            json!(closed),
        );
    }

    /// Gives a list another name.
    pub fn rename_list(&self, list: &str, name: &str) {
        self.change_list(list, "name", |list| json!(mem::replace(&mut list.name, name.to_owned())));
    }

    /// Archives a list, or brings it back.
    pub fn archive_list(&self, list: &str, archived: bool) {
        self.change_list(list, "closed", |list| json!(mem::replace(&mut list.closed, archived)));
    }

    /// A card at the end of a list; gives its id.
    pub fn create_card(&self, list: &str, name: &str) -> String {
        let mut site = self.site();
        let (board, ana, now) = (site.list(list).board.clone(), site.ana(), site.control.now());
        let (id, short_link, number) = (site.next_id(), site.random.hex(8), site.next_number(&board));
        let card = Card {
            id: id.clone(),
            board,
            list: list.to_owned(),
            number,
            short_link,
            name: name.to_owned(),
            description: String::new(),
            closed: false,
            due: None,
            due_complete: false,
            start: None,
            members: Vec::new(),
            labels: Vec::new(),
            values: BTreeMap::new(),
            attachments: Vec::new(),
            last_activity: now,
        };
        site.cards.insert(id.clone(), card);
        site.act_on_card(&ana, "createCard", &id, &[]);
        id
    }

    /// Moves a card to another list of its board.
    pub fn move_to_list(&self, card: &str, list: &str) {
        let mut site = self.site();
        let ana = site.ana();
        let card = site.change_card(card, |card| list.clone_into(&mut card.list));
        if card.before.list != card.after.list {
            site.act_of_move(&ana, &card.after, &card.before.list);
        }
    }

    /// Gives a card another title.
    pub fn rename(&self, card: &str, name: &str) {
        self.edit(card, "name", |card| json!(card.name), |card| name.clone_into(&mut card.name));
    }

    /// Gives a card another description.
    pub fn describe(&self, card: &str, text: &str) {
        self.edit(
            card,
            "desc",
            |card| json!(card.description),
            |card| text.clone_into(&mut card.description),
        );
    }

    /// Archives a card.
    pub fn archive(&self, card: &str) {
        self.edit(card, "closed", |card| json!(card.closed), |card| card.closed = true);
    }

    /// Brings back an archived card.
    pub fn unarchive(&self, card: &str) {
        self.edit(card, "closed", |card| json!(card.closed), |card| card.closed = false);
    }

    /// Says when a card is due.
    pub fn set_due(&self, card: &str, due: Option<Instant>) {
        self.edit(card, "due", |card| dates::optional(card.due), |card| card.due = due);
    }

    /// Says when work on a card starts.
    pub fn set_start(&self, card: &str, start: Option<Instant>) {
        self.edit(card, "start", |card| dates::optional(card.start), |card| card.start = start);
    }

    /// Marks a card complete, or no longer.
    pub fn set_due_complete(&self, card: &str, complete: bool) {
        self.edit(card, "dueComplete", |card| json!(card.due_complete), |card| card.due_complete = complete);
    }

    /// Puts a label on a card; the board gets it where it has none of this name.
    pub fn label(&self, card: &str, name: &str) {
        let mut site = self.site();
        let (ana, board) = (site.ana(), site.cards[card].board.clone());
        let label = site.label_named(&board, name, Some("green"));
        if !site.cards[card].labels.contains(&label) {
            site.put_label(&ana, card, &label);
        }
    }

    /// Takes the labels of a name off a card.
    pub fn unlabel(&self, card: &str, name: &str) {
        let mut site = self.site();
        let ana = site.ana();
        let labels = site.cards[card].labels.clone();
        for label in labels {
            if site.label(&label).is_some_and(|label| label.name == name) {
                site.take_label(&ana, card, &label);
            }
        }
    }

    /// Puts someone on a card.
    pub fn assign(&self, card: &str, member: &str) {
        self.site().place_member(card, member, true);
    }

    /// Takes someone off a card.
    pub fn unassign(&self, card: &str, member: &str) {
        self.site().place_member(card, member, false);
    }

    /// Writes the text of a custom field of a card, or clears it.
    pub fn set_text(&self, card: &str, field: &str, text: Option<&str>) {
        let mut site = self.site();
        let ana = site.ana();
        let field = site.field(field).expect("a custom field of the fake").clone();
        let set = text.map(|text| (json!({ "text": text }), None));
        site.set_value(&ana, card, &field, set);
    }

    /// Comments on a card.
    pub fn comment(&self, card: &str, text: &str) {
        let mut site = self.site();
        let ana = site.ana();
        site.comment(&ana, card, text);
    }

    /// Deletes a card. Of its actions nothing is left but that it was deleted.
    pub fn delete(&self, card: &str) {
        let mut site = self.site();
        let ana = site.ana();
        let card = site.cards.remove(card).expect("a card of the fake");
        site.actions.retain(|action| action.card.as_ref() != Some(&card.id));
        let mut named = card.named();
        if let Some(fields) = named.as_object_mut() {
            fields.remove("name");
        }
        let data = json!({
            "card": named, "list": site.list(&card.list).named(), "board": site.board(&card.board).named(),
        });
        site.act(&ana, Happening { kind: "deleteCard", board: &card.board, card: Some(&card.id), data });
    }

    /// Moves a card to a list of another board. It keeps its id, gets another number, and loses the values of the
    /// custom fields, which are the board's; its labels are made on the other board where they are not there.
    pub fn move_to_board(&self, card: &str, list: &str) {
        let mut site = self.site();
        let ana = site.ana();
        let target = site.list(list).board.clone();
        let before = site.cards[card].clone();
        let labels: Vec<_> = before.labels.iter().filter_map(|id| site.label(id).cloned()).collect();
        let labels = labels
            .iter()
            .map(|label| site.label_named(&target, &label.name, label.color.as_deref()))
            .collect();
        let number = site.next_number(&target);
        let moved = site.change_card(card, |card| {
            target.clone_into(&mut card.board);
            list.clone_into(&mut card.list);
            card.number = number;
            card.labels = labels;
            card.values.clear();
        });
        let named = moved.after.named();
        let left = json!({
            "card": named, "board": site.board(&before.board).named(), "boardTarget": { "id": target },
            "list": site.list(&before.list).named(),
        });
        let come = json!({
            "card": named, "board": site.board(&target).named(), "list": site.list(list).named(),
            "boardSource": { "id": before.board, "name": site.board(&before.board).name },
        });
        for (kind, board, data) in
            [("moveCardFromBoard", &before.board, left), ("moveCardToBoard", &target, come)]
        {
            site.act(&ana, Happening { kind, board, card: Some(card), data });
        }
    }

    /// Changes one field of a card.
    fn edit(
        &self,
        card: &str,
        field: &'static str,
        told: impl Fn(&Card) -> Value,
        change: impl FnOnce(&mut Card),
    ) {
        let mut site = self.site();
        let ana = site.ana();
        let changed = site.change_card(card, change);
        site.act_of_change(&ana, card, &[(field, told(&changed.after), told(&changed.before))]);
    }

    fn change_board(
        &self,
        board: &str,
        field: &'static str,
        change: impl FnOnce(&mut Board) -> Value,
        now: Value,
    ) {
        let mut site = self.site();
        let ana = site.ana();
        let found = site.boards.iter_mut().find(|known| known.id == board).expect("a board of the fake");
        let before = change(found);
        let mut named = found.named();
        named[field] = now;
        let data = json!({ "board": named, "old": { field: before } });
        site.act(&ana, Happening { kind: "updateBoard", board, card: None, data });
    }

    fn change_list(&self, list: &str, field: &'static str, change: impl FnOnce(&mut List) -> Value) {
        let mut site = self.site();
        let ana = site.ana();
        let found = site.lists.iter_mut().find(|known| known.id == list).expect("a list of the fake");
        let before = change(found);
        let list = found.clone();
        let mut named = list.named();
        named[field] = list.json()[field].clone();
        let board = site.board(&list.board).named();
        let data = json!({ "list": named, "old": { field: before }, "board": board });
        site.act(&ana, Happening { kind: "updateList", board: &list.board, card: None, data });
    }
}

/// A card before and after a change.
struct ChangedCard {
    before: Card,
    after: Card,
}

impl Site {
    fn add_list(&mut self, board: &str, name: &str) -> String {
        let id = self.next_id();
        let count = self.lists.iter().filter(|list| list.board == board).count();
        let position = u32::try_from(count + 1).expect("a place") * 65_536;
        let list =
            List { id: id.clone(), board: board.to_owned(), name: name.to_owned(), closed: false, position };
        let data = json!({ "list": list.named(), "board": self.board(board).named() });
        self.lists.push(list);
        let ana = self.ana();
        self.act(&ana, Happening { kind: "createList", board, card: None, data });
        id
    }

    fn next_number(&mut self, board: &str) -> u32 {
        let board = self.boards.iter_mut().find(|known| known.id == board).expect("a board of the fake");
        board.last_number += 1;
        board.last_number
    }

    fn change_card(&mut self, id: &str, change: impl FnOnce(&mut Card)) -> ChangedCard {
        let card = self.cards.get_mut(id).expect("a card of the fake");
        let before = card.clone();
        change(card);
        ChangedCard { before, after: card.clone() }
    }

    fn place_member(&mut self, card: &str, member: &str, on: bool) {
        let changed = self.change_card(card, |card| {
            card.members.retain(|known| known != member);
            if on {
                card.members.push(member.to_owned());
            }
        });
        if changed.before.members.len() == changed.after.members.len() {
            return;
        }
        let kind = if on { "addMemberToCard" } else { "removeMemberFromCard" };
        let name = &self.member(member).expect("a member of the fake").name;
        let more = [("idMember", json!(member)), ("member", json!({ "id": member, "name": name }))];
        let ana = self.ana();
        self.act_on_card(&ana, kind, card, &more);
    }
}
