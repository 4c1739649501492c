//! What was changed in an issue, and when.

use entity::Instant;
use serde_json::{Value, json};

use super::{
    dates,
    issue::Issue,
    site::{Shape, Site},
};

/// How many entries an issue's own changelog holds on Cloud, at most.
const MOST_IN_ISSUE: usize = 100;

/// A value before or after a change: its id, where it has one, and its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) id: Option<String>,
    pub(super) text: Option<String>,
}

impl Side {
    /// A value that has no id.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { id: None, text: Some(text.into()) }
    }

    /// A value that may be absent and has no id.
    pub(super) fn of(text: Option<impl Into<String>>) -> Self {
        Self { id: None, text: text.map(Into::into) }
    }

    /// A value with an id.
    pub(super) fn named(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: Some(id.into()), text: Some(text.into()) }
    }
}

/// A field that was changed.
#[derive(Clone, Debug)]
pub(super) struct HistoryItem {
    pub(super) field: String,
    pub(super) field_id: String,
    pub(super) from: Side,
    pub(super) to: Side,
}

impl HistoryItem {
    pub(super) fn new(field: &str, field_id: &str, from: Side, to: Side) -> Self {
        Self { field: field.to_owned(), field_id: field_id.to_owned(), from, to }
    }

    /// A field that is called as its id is.
    pub(super) fn plain(field: &str, from: Side, to: Side) -> Self {
        Self::new(field, field, from, to)
    }

    pub(super) fn json(&self) -> Value {
        let custom = self.field_id.starts_with("customfield_");
        json!({
            "field": self.field, "fieldtype": if custom { "custom" } else { "jira" }, "fieldId": self.field_id,
            "from": self.from.id, "fromString": self.from.text, "to": self.to.id, "toString": self.to.text,
        })
    }
}

/// Fields that were changed together.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) id: u64,
    pub(super) at: Instant,
    pub(super) author: String,
    pub(super) items: Vec<HistoryItem>,
}

impl Site {
    pub(super) fn history_json(&self, history: &History, shape: Shape) -> Value {
        let items: Vec<_> = history.items.iter().map(HistoryItem::json).collect();
        json!({
            "id": history.id.to_string(), "author": self.person_json(Some(&history.author), shape),
            "created": dates::moment(history.at, self.zone), "items": items,
        })
    }

    /// The changelog within an issue: on Cloud the newest entries first and not all of them, on Data Center all in
    /// the order of time.
    pub(super) fn changelog_json(&self, issue: &Issue, shape: Shape) -> Value {
        let entries = issue.histories.iter().map(|history| self.history_json(history, shape));
        let told: Vec<_> = match shape {
            Shape::Cloud | Shape::Webhook => entries.rev().take(MOST_IN_ISSUE).collect(),
            Shape::DataCenter => entries.collect(),
        };
        json!({ "startAt": 0, "maxResults": told.len(), "total": issue.histories.len(), "histories": told })
    }
}
