//! Cards.

use std::collections::BTreeMap;

use entity::Instant;
use serde_json::{Value, json};

use super::{board::slug, dates, site::Site};

/// A card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) id: String,
    pub(super) board: String,
    pub(super) list: String,
    /// Its number on its board.
    pub(super) number: u32,
    pub(super) short_link: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) closed: bool,
    pub(super) due: Option<Instant>,
    pub(super) due_complete: bool,
    pub(super) start: Option<Instant>,
    /// Ids of members.
    pub(super) members: Vec<String>,
    /// Ids of labels.
    pub(super) labels: Vec<String>,
    /// Values of custom fields, by the field's id.
    pub(super) values: BTreeMap<String, FieldValue>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) last_activity: Instant,
}

/// The value of a custom field.
#[derive(Clone, Debug)]
pub(super) struct FieldValue {
    pub(super) id: String,
    /// `{"text": "…"}` or the like, every value a text; null where an option is chosen.
    pub(super) value: Value,
    pub(super) option: Option<String>,
}

/// Something attached to a card.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) at: Instant,
}

impl Attachment {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "url": self.url, "date": dates::moment(self.at), "isUpload": false,
            "bytes": null, "mimeType": "", "previews": [],
        })
    }
}

impl Card {
    /// The card as actions name it.
    pub(super) fn named(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "idShort": self.number, "shortLink": self.short_link })
    }

    /// The values of its custom fields.
    pub(super) fn values_json(&self) -> Value {
        let values = self.values.iter().map(|(field, value)| {
            json!({
                "id": value.id, "value": value.value, "idValue": value.option, "idCustomField": field,
                "idModel": self.id, "modelType": "card",
            })
        });
        values.collect()
    }
}

impl Site {
    pub(super) fn card_json(&self, card: &Card) -> Value {
        let labels: Vec<_> = card.labels.iter().filter_map(|id| self.label(id)).collect();
        let short_url = format!("https://trello.com/c/{}", card.short_link);
        json!({
            "id": card.id, "name": card.name, "desc": card.description, "closed": card.closed,
            "idBoard": card.board, "idList": card.list, "idShort": card.number, "shortLink": card.short_link,
            "shortUrl": short_url, "url": format!("{short_url}/{}-{}", card.number, slug(&card.name)),
            "due": dates::optional(card.due), "dueComplete": card.due_complete, "start": dates::optional(card.start),
            "idMembers": card.members, "idLabels": labels.iter().map(|label| &label.id).collect::<Vec<_>>(),
            "labels": labels.iter().map(|label| label.json()).collect::<Vec<_>>(),
            "idChecklists": [], "isTemplate": false, "subscribed": false,
            "dateLastActivity": dates::moment(card.last_activity),
        })
    }

    /// The members of a card.
    pub(super) fn card_members(&self, card: &Card) -> Vec<Value> {
        card.members.iter().filter_map(|id| self.member(id)).map(|member| member.json()).collect()
    }
}
