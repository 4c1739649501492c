//! The fields that issues have: Jira's own and those of the site.

use serde_json::{Map, Value, json};

use super::{selection::Selection, site::Site};

/// The field that holds story points.
pub const STORY_POINTS: &str = "customfield_10016";
/// The field that holds the key of an issue's epic, on Data Center.
pub(super) const EPIC_LINK: &str = "customfield_10014";

/// A field that holds a text.
#[derive(Clone, Debug)]
pub(super) struct TextField {
    pub(super) id: String,
    pub(super) name: String,
}

/// A field, as it is told.
pub(super) struct Field {
    pub(super) id: String,
    pub(super) name: String,
    schema: Value,
}

/// Jira's own fields: id, name and type.
const OWN: [(&str, &str, &str); 21] = [
    ("summary", "Summary", "string"),
    ("description", "Description", "string"),
    ("project", "Project", "project"),
    ("issuetype", "Issue Type", "issuetype"),
    ("status", "Status", "status"),
    ("statuscategorychangedate", "Status Category Changed", "datetime"),
    ("resolution", "Resolution", "resolution"),
    ("resolutiondate", "Resolved", "datetime"),
    ("assignee", "Assignee", "user"),
    ("reporter", "Reporter", "user"),
    ("labels", "Labels", "array"),
    ("duedate", "Due date", "date"),
    ("parent", "Parent", "issuelink"),
    ("created", "Created", "datetime"),
    ("updated", "Updated", "datetime"),
    ("timeoriginalestimate", "Original estimate", "number"),
    ("timeestimate", "Remaining Estimate", "number"),
    ("timespent", "Time Spent", "number"),
    ("timetracking", "Time tracking", "timetracking"),
    ("worklog", "Log Work", "array"),
    ("comment", "Comment", "comments-page"),
];

impl Field {
    fn custom(id: &str, name: &str, kind: &str, custom: &str) -> Self {
        let number: u64 = id.trim_start_matches("customfield_").parse().expect("the number of a field");
        let schema = json!({ "type": kind, "custom": custom, "customId": number });
        Self { id: id.to_owned(), name: name.to_owned(), schema }
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "key": self.id, "name": self.name, "custom": self.id.starts_with("customfield_"),
            "orderable": true, "navigable": true, "searchable": true, "clauseNames": [self.name],
            "schema": self.schema,
        })
    }
}

impl Site {
    /// All fields.
    pub(super) fn fields(&self) -> Vec<Field> {
        let own = OWN.iter().map(|(id, name, kind)| {
            let schema = json!({ "type": kind, "system": id });
            Field { id: (*id).to_owned(), name: (*name).to_owned(), schema }
        });
        let jira = "com.atlassian.jira.plugin.system.customfieldtypes";
        let custom = [
            Field::custom(STORY_POINTS, "Story Points", "number", &format!("{jira}:float")),
            Field::custom(EPIC_LINK, "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link"),
        ];
        let texts = self.text_fields.iter();
        let texts =
            texts.map(|field| Field::custom(&field.id, &field.name, "string", &format!("{jira}:textfield")));
        own.chain(custom).chain(texts).collect()
    }

    /// All fields, as the list of fields tells them.
    pub(super) fn fields_json(&self) -> Value {
        self.fields().iter().map(Field::json).collect()
    }

    /// What may be edited of an issue: all of it.
    pub(super) fn editable_json(&self) -> Value {
        let fields = self.fields().into_iter().map(|field| {
            let told = json!({
                "required": false, "schema": field.schema, "name": field.name, "key": field.id,
                "operations": ["set"],
            });
            (field.id, told)
        });
        json!({ "fields": fields.collect::<Map<_, _>>() })
    }

    /// A field that holds a text, by its name or id.
    pub(super) fn text_field(&self, name: &str) -> Option<&TextField> {
        self.text_fields.iter().find(|field| field.name == name || field.id == name)
    }

    /// Adds to an answer what it is expanded by: names and schemas of the fields.
    pub(super) fn expand_frame(&self, answer: &mut Value, wanted: &Selection, expand: &[String]) {
        let expands = |name: &str| expand.iter().any(|known| known == name);
        let fields = || self.fields().into_iter().filter(|field| wanted.wants(&field.id));
        if expands("names") {
            let names: Map<_, _> = fields().map(|field| (field.id, Value::String(field.name))).collect();
            answer["names"] = Value::Object(names);
        }
        if expands("schema") {
            let schemas: Map<_, _> = fields().map(|field| (field.id, field.schema)).collect();
            answer["schema"] = Value::Object(schemas);
        }
    }
}
