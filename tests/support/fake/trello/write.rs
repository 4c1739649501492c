//! What programs write.

use serde_json::{Value, json};

use super::{
    action::{Action, Author},
    board::CustomField,
    card::{Attachment, FieldValue},
    refusal,
    site::Site,
};
use crate::fake::{call::Call, reply::Reply};

/// The longest comment, in characters.
const COMMENT_MOST: usize = 16_384;

/// Does what a request below `/1` asks and answers it; nothing where the path leads nowhere.
pub(super) fn answer(
    site: &mut Site,
    call: &Call,
    author: &Author,
    asked: (&str, &[&str]),
) -> Result<Option<Value>, Reply> {
    Ok(Some(match asked {
        ("POST", ["boards", id, "labels"]) => {
            let board = site.find_board(id).ok_or_else(|| refusal::absent(id))?.id.clone();
            label(site, call, &board)?
        }
        ("POST", ["labels"]) => {
            let board = argument(call, "idBoard").unwrap_or_default();
            let board = site.find_board(&board).ok_or_else(|| refusal::absent(&board))?.id.clone();
            label(site, call, &board)?
        }
        ("POST", ["customFields"]) => custom_field(site, call)?,
        (method, ["cards", id, more @ ..]) => {
            let id = site.find_card(id).ok_or_else(|| refusal::absent(id))?.id.clone();
            return of_card(site, call, author, &id, (method, more));
        }
        _ => return Ok(None),
    }))
}

fn of_card(
    site: &mut Site,
    call: &Call,
    author: &Author,
    id: &str,
    asked: (&str, &[&str]),
) -> Result<Option<Value>, Reply> {
    Ok(Some(match asked {
        ("POST", ["idLabels"]) => {
            let label = argument(call, "value").unwrap_or_default();
            let is_there = site.label(&label).is_some_and(|label| label.board == site.cards[id].board);
            if !is_there {
                return Err(refusal::bad("invalid value for value"));
            }
            if site.cards[id].labels.contains(&label) {
                return Err(refusal::bad("that label is already on the card"));
            }
            site.put_label(author, id, &label);
            json!(site.cards[id].labels)
        }
        ("DELETE", ["idLabels", label]) => {
            site.take_label(author, id, label);
            json!({ "_value": null })
        }
        ("POST", ["attachments"]) => attach(site, call, author, id)?,
        ("POST", ["actions", "comments"]) => {
            let text = argument(call, "text").unwrap_or_default();
            if text.is_empty() || text.chars().count() > COMMENT_MOST {
                return Err(refusal::bad("invalid value for text"));
            }
            let action = site.comment(author, id, &text);
            site.action_json(&action)
        }
        ("PUT", ["customField", field, "item"]) => value(site, call, author, (id, field))?,
        _ => return Ok(None),
    }))
}

/// What is given in the query or, as JSON, in the body.
fn argument(call: &Call, name: &str) -> Option<String> {
    let in_body = || call.json()[name].as_str().map(str::to_owned);
    call.parameter(name).map(str::to_owned).or_else(in_body)
}

fn label(site: &mut Site, call: &Call, board: &str) -> Result<Value, Reply> {
    let name = argument(call, "name").ok_or_else(|| refusal::bad("invalid value for name"))?;
    let color = argument(call, "color").filter(|color| color != "null");
    let id = site.label_named(board, &name, color.as_deref());
    Ok(site.label(&id).map_or(Value::Null, |label| label.json()))
}

fn custom_field(site: &mut Site, call: &Call) -> Result<Value, Reply> {
    let board = argument(call, "idModel").unwrap_or_default();
    let board = site.find_board(&board).ok_or_else(|| refusal::absent(&board))?.id.clone();
    let (name, kind) = (argument(call, "name"), argument(call, "type"));
    let kind = kind.filter(|kind| ["checkbox", "date", "list", "number", "text"].contains(&kind.as_str()));
    let (Some(name), Some(kind)) = (name, kind) else {
        return Err(refusal::bad("invalid value for name or type"));
    };
    let field = CustomField { id: site.next_id(), board, name, kind, options: Vec::new() };
    let told = field.json();
    site.fields.push(field);
    Ok(told)
}

fn attach(site: &mut Site, call: &Call, author: &Author, id: &str) -> Result<Value, Reply> {
    let url = argument(call, "url").filter(|url| url.contains("://"));
    let url = url.ok_or_else(|| refusal::bad("invalid value for url"))?;
    let name = argument(call, "name").unwrap_or_else(|| url.clone());
    let attachment = Attachment { id: site.next_id(), name, url, at: site.control.now() };
    let told = attachment.json();
    let named = json!({ "id": attachment.id, "name": attachment.name, "url": attachment.url });
    if let Some(card) = site.cards.get_mut(id) {
        card.attachments.push(attachment);
    }
    site.act_on_card(author, "addAttachmentToCard", id, &[("attachment", named)]);
    Ok(told)
}

/// Sets the value of a custom field: `{"value": {"text": "…"}}`, `{"idValue": "…"}`, or empty texts to clear it.
fn value(site: &mut Site, call: &Call, author: &Author, place: (&str, &str)) -> Result<Value, Reply> {
    let (id, field) = place;
    let field = site.field(field).ok_or_else(|| refusal::absent(field))?.clone();
    let body = call.json();
    let option = body["idValue"].as_str().filter(|option| !option.is_empty());
    let wrong = || refusal::bad("Invalid custom field item value.");
    let set = match (option, &body["value"]) {
        (Some(option), _) if field.options.iter().any(|(known, _)| known == option) => {
            Some((Value::Null, Some(option.to_owned())))
        }
        (None, Value::Object(value)) if value.len() == 1 => {
            let kind = if field.kind == "checkbox" { "checked" } else { field.kind.as_str() };
            let text = match value.get(kind) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Bool(ticked)) => ticked.to_string(),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => return Err(wrong()),
            };
            Some((json!({ kind: text }), None))
        }
        (None, Value::String(text)) if text.is_empty() => None,
        _ => return Err(wrong()),
    };
    site.set_value(author, id, &field, set);
    let item = site.cards[id].values_json();
    let told = item.as_array().into_iter().flatten().find(|item| item["idCustomField"] == field.id);
    Ok(told.cloned().unwrap_or_else(|| json!({})))
}

impl Site {
    /// Puts a label of its board on a card.
    pub(super) fn put_label(&mut self, author: &Author, card: &str, label: &str) {
        let named = self.label(label).map_or(Value::Null, |label| label.json());
        if let Some(card) = self.cards.get_mut(card) {
            card.labels.push(label.to_owned());
        }
        let (text, value) = (named["name"].clone(), named["color"].clone());
        let more = [("label", named), ("text", text), ("value", value)];
        self.act_on_card(author, "addLabelToCard", card, &more);
    }

    /// Takes a label off a card; nothing happens where it is not on it.
    pub(super) fn take_label(&mut self, author: &Author, card: &str, label: &str) {
        let named = self.label(label).map_or(Value::Null, |label| label.json());
        let Some(found) = self.cards.get_mut(card) else { return };
        let before = found.labels.len();
        found.labels.retain(|known| known != label);
        if found.labels.len() < before {
            self.act_on_card(author, "removeLabelFromCard", card, &[("label", named)]);
        }
    }

    /// Comments on a card.
    pub(super) fn comment(&mut self, author: &Author, card: &str, text: &str) -> Action {
        self.act_on_card(author, "commentCard", card, &[("text", json!(text))])
    }

    /// Sets the value of a custom field of a card, or clears it.
    pub(super) fn set_value(
        &mut self,
        author: &Author,
        card: &str,
        field: &CustomField,
        set: Option<(Value, Option<String>)>,
    ) {
        let id = self.next_id();
        let Some(found) = self.cards.get_mut(card) else { return };
        let before = found.values.get(&field.id).map_or(Value::Null, |known| known.value.clone());
        let now = set.as_ref().map_or(Value::Null, |(value, _)| value.clone());
        match set {
            Some((value, option)) => {
                let id = found.values.get(&field.id).map_or(id, |known| known.id.clone());
                found.values.insert(field.id.clone(), FieldValue { id, value, option });
            }
            None => {
                found.values.remove(&field.id);
            }
        }
        let more = [
            ("customField", json!({ "id": field.id, "name": field.name, "type": field.kind })),
            ("customFieldItem", json!({ "idCustomField": field.id, "idModel": card, "value": now })),
            ("old", json!({ "value": before })),
        ];
        self.act_on_card(author, "updateCustomFieldItem", card, &more);
    }
}
