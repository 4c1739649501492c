//! Boards and what belongs to them: lists, labels, members and custom fields.

use entity::Instant;
use serde_json::{Value, json};

use super::dates;

/// Someone with an account.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) user_name: String,
    pub(super) email: String,
}

impl Member {
    /// Someone as others see them: without an e-mail address.
    pub(super) fn json(&self) -> Value {
        let initials: String = self.name.split(' ').filter_map(|word| word.chars().next()).collect();
        json!({
            "id": self.id, "fullName": self.name, "username": self.user_name, "initials": initials,
            "memberType": "normal", "confirmed": true, "url": format!("https://trello.com/{}", self.user_name),
        })
    }

    /// Someone as they see themselves.
    pub(super) fn own_json(&self) -> Value {
        let mut told = self.json();
        told["email"] = json!(self.email);
        told
    }
}

/// A board.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) closed: bool,
    pub(super) short_link: String,
    pub(super) last_activity: Instant,
    /// The number of the last card that came to it.
    pub(super) last_number: u32,
}

impl Board {
    pub(super) fn json(&self) -> Value {
        let short_url = format!("https://trello.com/b/{}", self.short_link);
        json!({
            "id": self.id, "name": self.name, "desc": self.description, "descData": null, "closed": self.closed,
            "idOrganization": null, "pinned": false, "starred": false, "shortLink": self.short_link,
            "url": format!("{short_url}/{}", slug(&self.name)), "shortUrl": short_url,
            "dateLastActivity": dates::moment(self.last_activity),
        })
    }

    /// The board as actions name it.
    pub(super) fn named(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "shortLink": self.short_link })
    }
}

/// A list.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) id: String,
    pub(super) board: String,
    pub(super) name: String,
    pub(super) closed: bool,
    pub(super) position: u32,
}

impl List {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "closed": self.closed, "idBoard": self.board, "pos": self.position,
            "subscribed": false, "softLimit": null,
        })
    }

    /// The list as actions name it.
    pub(super) fn named(&self) -> Value {
        json!({ "id": self.id, "name": self.name })
    }
}

/// A label of a board.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) id: String,
    pub(super) board: String,
    pub(super) name: String,
    pub(super) color: Option<String>,
}

impl Label {
    pub(super) fn json(&self) -> Value {
        json!({ "id": self.id, "idBoard": self.board, "name": self.name, "color": self.color })
    }
}

/// A custom field of a board.
#[derive(Clone, Debug)]
pub(super) struct CustomField {
    pub(super) id: String,
    pub(super) board: String,
    pub(super) name: String,
    /// `text`, `number`, `date`, `checkbox` or `list`.
    pub(super) kind: String,
    /// What can be chosen of a list: ids and texts.
    pub(super) options: Vec<(String, String)>,
}

impl CustomField {
    pub(super) fn json(&self) -> Value {
        let options = self.options.iter().map(|(id, text)| {
            json!({ "id": id, "idCustomField": self.id, "value": { "text": text }, "color": "none" })
        });
        let mut told = json!({
            "id": self.id, "idModel": self.board, "modelType": "board", "name": self.name, "type": self.kind,
            "display": { "cardFront": true },
        });
        if self.kind == "list" {
            told["options"] = options.collect();
        }
        told
    }
}

/// A name as addresses have it.
pub(super) fn slug(name: &str) -> String {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("-")
}
