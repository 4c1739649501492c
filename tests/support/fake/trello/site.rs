//! All that a Trello holds.

use std::{
    collections::BTreeMap,
    sync::{Mutex, Weak},
};

use super::{
    action::{Action, Author},
    board::{Board, CustomField, Label, List, Member},
    card::Card,
    dates,
    hooks::Hook,
};
use crate::fake::{control::Control, random::Random};

/// What proves who asks, and who sends.
pub(super) struct Login {
    pub(super) key: String,
    pub(super) token: String,
    pub(super) secret: String,
}

/// All that a Trello holds.
pub(super) struct Site {
    pub(super) control: Control,
    pub(super) random: Random,
    /// Itself, for deliveries that tell how they ended.
    pub(super) itself: Weak<Mutex<Self>>,
    pub(super) login: Login,
    pub(super) members: Vec<Member>,
    pub(super) boards: Vec<Board>,
    pub(super) lists: Vec<List>,
    pub(super) labels: Vec<Label>,
    pub(super) fields: Vec<CustomField>,
    pub(super) cards: BTreeMap<String, Card>,
    /// Oldest first.
    pub(super) actions: Vec<Action>,
    pub(super) hooks: Vec<Hook>,
    /// The middle of all ids.
    machine: String,
    last_id: u32,
}

impl Site {
    pub(super) fn new(control: Control, mut random: Random, itself: Weak<Mutex<Self>>) -> Self {
        let login = Login { key: random.hex(32), token: random.hex(64), secret: random.hex(64) };
        let machine = random.hex(10);
        let mut site = Self {
            control,
            random,
            itself,
            login,
            members: Vec::new(),
            boards: Vec::new(),
            lists: Vec::new(),
            labels: Vec::new(),
            fields: Vec::new(),
            cards: BTreeMap::new(),
            actions: Vec::new(),
            hooks: Vec::new(),
            machine,
            last_id: 0,
        };
        site.join("Sync Account", "sync");
        site.join("Ana Ruiz", "ana");
        site
    }

    /// Someone new; gives the member's id.
    pub(super) fn join(&mut self, name: &str, user_name: &str) -> String {
        let id = self.next_id();
        let email = format!("{user_name}@acme.test");
        let (name, user_name) = (name.to_owned(), user_name.to_owned());
        self.members.push(Member { id: id.clone(), name, user_name, email });
        id
    }

    /// An id that nothing has yet. It begins with the present second, and later ones are larger.
    pub(super) fn next_id(&mut self) -> String {
        self.last_id += 1;
        format!("{:08x}{}{:06x}", dates::seconds(self.control.now()), self.machine, self.last_id)
    }

    /// The member that programs are.
    pub(super) fn me(&self) -> &str {
        &self.members[0].id
    }

    /// Whoever works in the tool.
    pub(super) fn ana(&self) -> Author {
        Author { member: self.members[1].id.clone(), program: None }
    }

    pub(super) fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id || member.user_name == id)
    }

    /// A board that has to be there.
    pub(super) fn board(&self, id: &str) -> &Board {
        self.find_board(id).unwrap_or_else(|| panic!("the fake has no board {id}"))
    }

    /// A board by its id or short link.
    pub(super) fn find_board(&self, id: &str) -> Option<&Board> {
        self.boards.iter().find(|board| board.id == id || board.short_link == id)
    }

    /// A list that has to be there.
    pub(super) fn list(&self, id: &str) -> &List {
        let found = self.lists.iter().find(|list| list.id == id);
        found.unwrap_or_else(|| panic!("the fake has no list {id}"))
    }

    pub(super) fn label(&self, id: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.id == id)
    }

    pub(super) fn field(&self, id: &str) -> Option<&CustomField> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// A card by its id or short link.
    pub(super) fn find_card(&self, id: &str) -> Option<&Card> {
        self.cards.get(id).or_else(|| self.cards.values().find(|card| card.short_link == id))
    }

    /// The label of a board with a name and a colour, made where there is none yet; gives its id.
    pub(super) fn label_named(&mut self, board: &str, name: &str, color: Option<&str>) -> String {
        let found = self
            .labels
            .iter()
            .find(|label| label.board == board && label.name == name && label.color.as_deref() == color);
        if let Some(label) = found {
            return label.id.clone();
        }
        let id = self.next_id();
        self.labels.push(Label {
            id: id.clone(),
            board: board.to_owned(),
            name: name.to_owned(),
            color: color.map(str::to_owned),
        });
        id
    }
}
