//! Custom fields: which of them hold epics and estimates, and which are texts.

use std::collections::{BTreeSet, HashSet};

use entity::{EstimateUnit, ReferenceField};
use serde_json::Value;

use super::document;
use crate::connectors::item::Item;
use crate::domain::sync::external::ExternalText;

/// Longest text, in characters, that is taken from a field whose name the answer does not tell.
const LONGEST_UNNAMED: usize = 255;

/// What an answer with `expand=names,schema` tells of the fields `customfield_…`.
#[derive(Default)]
pub(super) struct CustomFields {
    epic_link: BTreeSet<String>,
    epic_name: BTreeSet<String>,
    points: BTreeSet<String>,
    /// Of Jira's own making: ranks, sprints and the like, which nobody writes references into.
    machinery: HashSet<String>,
    named: HashSet<String>,
}

impl CustomFields {
    pub(super) fn read(frame: &Item<'_>) -> Self {
        let mut fields = Self::default();
        let members = |name| frame.find(&[name]).and_then(Value::as_object).into_iter().flatten();
        for (id, name) in members("names") {
            let name = name.as_str().unwrap_or_default().trim().to_lowercase();
            fields.named.insert(id.clone());
            match name.as_str() {
                "epic link" => fields.epic_link.insert(id.clone()),
                "epic name" => fields.epic_name.insert(id.clone()),
                "story points" | "story point estimate" => fields.points.insert(id.clone()),
                "sprint" | "rank" | "development" => fields.machinery.insert(id.clone()),
                _ => false,
            };
        }
        for (id, schema) in members("schema") {
            let custom = schema.get("custom").and_then(Value::as_str).unwrap_or_default();
            match custom.rsplit(':').next().unwrap_or_default() {
                "gh-epic-link" => fields.epic_link.insert(id.clone()),
                "gh-epic-label" => fields.epic_name.insert(id.clone()),
                "jsw-story-points" => fields.points.insert(id.clone()),
                "gh-sprint" | "gh-lexo-rank" | "gh-epic-status" | "gh-epic-color" => {
                    fields.machinery.insert(id.clone())
                }
                _ => false,
            };
        }
        fields
    }

    /// The key of the issue's epic.
    pub(super) fn epic_link(&self, issue: &Item<'_>) -> Option<String> {
        self.epic_link.iter().find_map(|id| issue.text(&["fields", id]))
    }

    /// The short name that an epic has beside its summary.
    pub(super) fn epic_name(&self, issue: &Item<'_>) -> Option<String> {
        self.epic_name.iter().find_map(|id| issue.text(&["fields", id]))
    }

    /// The estimate in story points.
    pub(super) fn points(&self, issue: &Item<'_>) -> Option<(f64, EstimateUnit)> {
        let points = self.points.iter().find_map(|id| issue.amount(&["fields", id]))?;
        Some((points, EstimateUnit::Points))
    }

    /// The texts of all other custom fields.
    pub(super) fn texts(&self, issue: &Item<'_>) -> Vec<ExternalText> {
        let fields = issue.find(&["fields"]).and_then(Value::as_object).into_iter().flatten();
        let mut texts = Vec::new();
        for (id, value) in fields.filter(|(id, _)| id.starts_with("customfield_")) {
            let other =
                [&self.epic_link, &self.epic_name, &self.points].iter().all(|known| !known.contains(id));
            if other && !self.machinery.contains(id) {
                let mut found = Vec::new();
                collect(value, &mut found);
                texts.extend(found.into_iter().filter(|text| self.worth(id, text)));
            }
        }
        texts
            .into_iter()
            .map(|text| ExternalText { field: ReferenceField::CustomField, text: issue.clean(&text) })
            .collect()
    }

    fn worth(&self, id: &str, text: &str) -> bool {
        // Old Server writes its sprints and development panel as the program's own dump.
        let dump = text.starts_with("com.atlassian.") || text.starts_with("{summary=");
        let short = self.named.contains(id) || text.chars().nth(LONGEST_UNNAMED).is_none();
        !dump && short && !text.trim().is_empty()
    }
}

/// The texts of a field: a text, a chosen option and the one below it, a document, or several of these.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(_) if document::is_document(value) => texts.push(document::to_text(value)),
        Value::Object(option) => {
            texts.extend(option.get("value").and_then(Value::as_str).map(str::to_owned));
            if let Some(child) = option.get("child") {
                collect(child, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
