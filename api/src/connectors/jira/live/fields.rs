//! Which fields of an issue are asked for: those that the reader knows, and of the custom ones those in which it finds
//! estimates, epics and texts.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::session::Session;
use crate::domain::sync::port::ToolError;

/// The fields that every Jira has; one that it does not have it passes over.
const OF_EVERY_JIRA: [&str; 21] = [
    "archiveddate",
    "assignee",
    "attachment",
    "components",
    "created",
    "description",
    "duedate",
    "issuetype",
    "labels",
    "parent",
    "project",
    "resolution",
    "resolutiondate",
    "status",
    "statuscategorychangedate",
    "summary",
    "timeoriginalestimate",
    "timespent",
    "timetracking",
    "updated",
    "worklog",
];

/// Custom fields of Jira's own making in which nobody writes anything: sprints, ranks, colours, the development panel.
const MACHINERY: [&str; 5] = ["gh-sprint", "gh-lexo-rank", "gh-epic-status", "gh-epic-color", "devsummarycf"];

/// Names under which estimates in points are kept, in lower case.
const POINTS: [&str; 2] = ["story points", "story point estimate"];

/// Custom fields at most that are asked for.
const CUSTOM_AT_MOST: usize = 2_000;

/// A field, as Jira tells of it.
#[derive(Debug, Deserialize)]
pub(super) struct Field {
    id: String,
    name: Option<String>,
    schema: Option<Schema>,
}

/// What a field holds.
#[derive(Debug, Deserialize)]
struct Schema {
    #[serde(rename = "type")]
    kind: Option<String>,
    /// What its elements are, where it is an array.
    items: Option<String>,
    /// Who made it, `com.pyxis.greenhopper.jira:gh-epic-link`.
    custom: Option<String>,
}

impl Field {
    fn maker(&self) -> &str {
        let custom = self.schema.as_ref().and_then(|schema| schema.custom.as_deref()).unwrap_or_default();
        custom.rsplit(':').next().unwrap_or_default()
    }

    fn is_points(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default().trim().to_lowercase();
        POINTS.contains(&name.as_str()) || self.maker() == "jsw-story-points"
    }

    /// Whether the reader may find something in it.
    fn is_read(&self) -> bool {
        if !self.id.starts_with("customfield_") || MACHINERY.contains(&self.maker()) {
            return false;
        }
        let Some(schema) = &self.schema else { return true };
        let holds_texts = match schema.kind.as_deref() {
            None | Some("any" | "option" | "option-with-child" | "string") => true,
            Some("array") => matches!(schema.items.as_deref(), None | Some("option" | "string")),
            Some(_) => false,
        };
        holds_texts || self.is_points()
    }
}

/// The fields that are asked for.
#[derive(Debug)]
pub(super) struct Fields {
    /// Their ids.
    pub(super) ids: Vec<String>,
    /// The names of the custom ones, as an object, as a search tells them.
    pub(super) names: String,
    /// Who made them, as an object, as a search tells it.
    pub(super) schema: String,
}

impl Fields {
    /// Asks which there are.
    ///
    /// # Errors
    /// [`ToolError`].
    pub(super) async fn ask(session: &Session<'_>) -> Result<Self, ToolError> {
        let fields: Vec<Field> = session.send(session.get("field")).await?.json()?;
        Ok(Self::of(fields))
    }

    /// Those of all fields that are read.
    pub(super) fn of(fields: Vec<Field>) -> Self {
        let mut ids: Vec<String> = OF_EVERY_JIRA.into_iter().map(str::to_owned).collect();
        let (mut names, mut schema) = (Map::new(), Map::new());
        for field in fields.into_iter().filter(Field::is_read).take(CUSTOM_AT_MOST) {
            if let Some(custom) = field.schema.and_then(|schema| schema.custom) {
                schema.insert(field.id.clone(), json!({ "custom": custom }));
            }
            names.insert(field.id.clone(), json!(field.name));
            ids.push(field.id);
        }
        Self { ids, names: Json::Object(names).to_string(), schema: Json::Object(schema).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: Json) -> Fields {
        Fields::of(serde_json::from_value(fields).unwrap())
    }

    #[test]
    fn custom_fields_are_asked_for_where_something_is_found_in_them() {
        let text = "com.atlassian.jira.plugin.system.customfieldtypes:textfield";
        let fields = asked(json!([
            {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
            {"id": "thumbnail", "name": "Images"},
            {"id": "customfield_1", "name": "Why", "schema": {"type": "string", "custom": text}},
            {"id": "customfield_2", "name": " Story Points ", "schema": {"type": "number", "custom": "x:float"}},
            {"id": "customfield_3", "name": "Punkte", "schema": {"type": "number", "custom": "y:jsw-story-points"}},
            {"id": "customfield_4", "name": "Cost", "schema": {"type": "number", "custom": "x:float"}},
            {"id": "customfield_5", "name": "Epic Link", "schema": {"type": "any", "custom": "z:gh-epic-link"}},
            {"id": "customfield_6", "name": "Sprint", "schema": {"type": "array", "items": "json", "custom": "z:gh-sprint"}},
            {"id": "customfield_7", "name": "Rank", "schema": {"type": "any", "custom": "z:gh-lexo-rank"}},
            {"id": "customfield_8", "name": "Goals", "schema": {"type": "array", "items": "option"}},
            {"id": "customfield_9", "name": "Approvers", "schema": {"type": "array", "items": "user"}},
            {"id": "customfield_10", "name": "Day", "schema": {"type": "date"}},
            {"id": "customfield_11", "name": "Old"}
        ]));
        let custom: Vec<&str> = fields.ids[OF_EVERY_JIRA.len()..]
            .iter()
            .map(|id| id.strip_prefix("customfield_").unwrap())
            .collect();
        assert_eq!(custom, ["1", "2", "3", "5", "8", "11"]);
        let names: Json = serde_json::from_str(&fields.names).unwrap();
        assert_eq!(
            (&names["customfield_2"], &names["customfield_4"]),
            (&json!(" Story Points "), &Json::Null)
        );
        let schema: Json = serde_json::from_str(&fields.schema).unwrap();
        assert_eq!(schema["customfield_5"]["custom"], "z:gh-epic-link");
    }

    #[test]
    fn what_the_reader_reads_is_asked_for() {
        let fields = asked(json!([]));
        for id in ["summary", "status", "project", "updated", "worklog", "parent"] {
            assert!(fields.ids.iter().any(|asked| asked == id), "{id}");
        }
        assert_eq!((fields.names.as_str(), fields.schema.as_str()), ("{}", "{}"));
    }
}
