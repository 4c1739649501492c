//! What programs write: fields, links, comments and moves. All of it is the doing of their account.

use axum::http::StatusCode;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    change::IssueChange,
    document,
    field::STORY_POINTS,
    history::{HistoryItem, Side},
    issue::{Comment, RemoteLink},
    refusal,
    site::{Shape, Site},
};
use crate::fake::{call::Call, reply::Reply};

/// Edits fields, all of them or none.
pub(super) fn edit(site: &mut Site, call: &Call, id: u64, shape: Shape) -> Result<Reply, Reply> {
    let body = call.json();
    let (fields, updates) = (members(&body, "fields"), members(&body, "update"));
    if fields.is_empty() && updates.is_empty() {
        return Err(refusal::words(StatusCode::BAD_REQUEST, "One of 'fields' or 'update' must be given."));
    }
    let mut changes = Vec::new();
    let mut errors = Map::new();
    let given = fields.into_iter().map(|(name, value)| (name, set(site, shape, name, value)));
    let updated = updates.into_iter().map(|(name, value)| (name, update(site, id, name, value)));
    for (name, change) in given.chain(updated) {
        match change {
            Ok(change) => changes.push(change),
            Err(words) => {
                errors.insert(name.clone(), Value::String(words));
            }
        }
    }
    if !errors.is_empty() {
        return Err(refusal::fields(&errors));
    }
    let me = site.me().to_owned();
    site.change(id, &me, &changes);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn members<'b>(body: &'b Value, name: &str) -> Vec<(&'b String, &'b Value)> {
    body[name].as_object().into_iter().flatten().collect()
}

/// The change that sets a field to a value.
fn set(site: &Site, shape: Shape, name: &str, value: &Value) -> Result<IssueChange, String> {
    let text = || value.as_str().map(str::to_owned);
    let wrong = || format!("The fake does not take {value} for the field '{name}'.");
    if let Some(field) = site.text_field(name) {
        return if value.is_null() || value.is_string() {
            Ok(IssueChange::Text(field.id.clone(), text()))
        } else {
            Err("Operation value must be a string".to_owned())
        };
    }
    match name {
        "summary" => match text().filter(|summary| !summary.trim().is_empty()) {
            Some(summary) => Ok(IssueChange::Summary(summary)),
            None => Err("You must specify a summary of the issue.".to_owned()),
        },
        "description" => match (value, shape) {
            (Value::Null, _) => Ok(IssueChange::Description(None)),
            (Value::String(text), Shape::DataCenter) => Ok(IssueChange::Description(Some(text.clone()))),
            (value, Shape::Cloud) if document::is_document(value) => Ok(IssueChange::Document(value.clone())),
            _ => Err("Operation value must be an Atlassian Document (see the Atlassian Document Format)"
                .to_owned()),
        },
        "labels" => {
            let labels = value.as_array().ok_or_else(wrong)?;
            let labels: Option<Vec<_>> =
                labels.iter().map(|label| label.as_str().map(str::to_owned)).collect();
            let labels = labels.ok_or_else(wrong)?;
            labels.iter().try_for_each(|label| check_label(label))?;
            Ok(IssueChange::Labels(labels))
        }
        "duedate" => match value.as_str() {
            None if value.is_null() => Ok(IssueChange::Due(None)),
            Some(day) => match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
                Ok(day) => Ok(IssueChange::Due(Some(day))),
                Err(_) => Err("Error parsing date string".to_owned()),
            },
            None => Err(wrong()),
        },
        "assignee" => match (value, value["accountId"].as_str()) {
            (Value::Null, _) => Ok(IssueChange::Assignee(None)),
            (_, Some(id)) if site.people.iter().any(|person| person.account_id == id) => {
                Ok(IssueChange::Assignee(Some(id.to_owned())))
            }
            _ => Err(wrong()),
        },
        STORY_POINTS if value.is_null() || value.is_number() => Ok(IssueChange::StoryPoints(value.as_f64())),
        _ => Err(format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")),
    }
}

/// The change that operations on a field bring about; only labels know any but `set`.
fn update(site: &Site, id: u64, name: &str, operations: &Value) -> Result<IssueChange, String> {
    let operations: Vec<_> =
        operations.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    if name != "labels" || operations.is_empty() {
        return Err(format!(
            "Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        ));
    }
    let mut labels = site.issues[&id].labels.clone();
    for (operation, value) in operations.into_iter().flatten() {
        match (operation.as_str(), value) {
            ("add", Value::String(label)) => {
                check_label(label)?;
                if !labels.contains(label) {
                    labels.push(label.clone());
                }
            }
            ("remove", Value::String(label)) => labels.retain(|known| known != label),
            ("set", Value::Array(all)) => {
                labels = all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                labels.iter().try_for_each(|label| check_label(label))?;
            }
            _ => return Err(format!("The fake does not know the operation '{operation}' with {value}.")),
        }
    }
    Ok(IssueChange::Labels(labels))
}

fn check_label(label: &str) -> Result<(), String> {
    if label.contains(char::is_whitespace) {
        return Err(format!("The label '{label}' contains spaces which is invalid."));
    }
    Ok(())
}

/// Links an issue to something elsewhere; the same global id replaces the link.
pub(super) fn link(site: &mut Site, call: &Call, id: u64, shape: Shape) -> Result<Reply, Reply> {
    let body = call.json();
    let mut errors = Map::new();
    for name in ["title", "url"] {
        if body["object"][name].as_str().is_none_or(str::is_empty) {
            errors.insert(name.to_owned(), Value::String(format!("'{name}' is required.")));
        }
    }
    let global_id = body["globalId"].as_str().map(str::to_owned);
    if global_id.as_ref().is_some_and(|id| id.chars().count() > 255) {
        errors.insert("globalId".to_owned(), json!("'globalId' must not be longer than 255 characters."));
    }
    if !errors.is_empty() {
        return Err(refusal::fields(&errors));
    }
    let mut issue = site.issues[&id].clone();
    let known = issue.remote_links.iter().position(|link| global_id.is_some() && link.global_id == global_id);
    let link_id = known.map_or_else(|| site.next_id(), |place| issue.remote_links[place].id);
    let side = |body: &Value| Side::of(body["object"]["title"].as_str());
    let before = known.map(|place| issue.remote_links[place].body.clone());
    let item = HistoryItem::new(
        "RemoteIssueLink",
        "issuelinks",
        before.as_ref().map(side).unwrap_or_default(),
        side(&body),
    );
    let is_new = before.as_ref() != Some(&body);
    let link = RemoteLink { id: link_id, global_id, body };
    match known {
        Some(place) => issue.remote_links[place] = link,
        None => issue.remote_links.push(link),
    }
    if is_new {
        let me = site.me().to_owned();
        site.record(issue, &me, vec![item], "issue_updated");
    }
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let address = format!("{}/issue/{id}/remotelink/{link_id}", site.api(shape));
    Ok(Reply::json(status, &json!({ "id": link_id, "self": address })))
}

/// The links of an issue.
pub(super) fn links(site: &Site, id: u64, shape: Shape) -> Reply {
    let links = site.issues[&id].remote_links.iter().map(|link| {
        let mut told = link.body.clone();
        told["id"] = json!(link.id);
        told["self"] = json!(format!("{}/issue/{id}/remotelink/{}", site.api(shape), link.id));
        told
    });
    Reply::json(StatusCode::OK, &links.collect())
}

/// Writes a comment.
pub(super) fn comment(site: &mut Site, call: &Call, id: u64, shape: Shape) -> Result<Reply, Reply> {
    let sent = call.json();
    let body = match (&sent["body"], shape) {
        (Value::String(text), Shape::DataCenter) => document::of_text(text),
        (body, Shape::Cloud) if document::is_document(body) => body.clone(),
        _ => {
            let mut errors = Map::new();
            errors.insert("comment".to_owned(), json!("Comment body is not valid!"));
            return Err(refusal::fields(&errors));
        }
    };
    let me = site.me().to_owned();
    let comment = site.add_comment(id, &me, body);
    let told = site.comment_json(&site.issues[&id], &comment, shape);
    Ok(Reply::json(StatusCode::CREATED, &told))
}

impl Site {
    /// Adds someone's comment to an issue.
    pub(super) fn add_comment(&mut self, id: u64, author: &str, body: Value) -> Comment {
        let at = self.control.now();
        let comment = Comment { id: self.next_id(), author: author.to_owned(), at, body };
        let mut issue = self.issues[&id].clone();
        issue.updated = at;
        issue.comments.push(comment.clone());
        self.keep(issue.clone());
        self.tell_of_comment(&issue, &comment);
        comment
    }
}

/// The statuses that an issue can be moved to: all of them.
pub(super) fn transitions(site: &Site, shape: Shape) -> Reply {
    let api = site.api(shape);
    let transitions = site.statuses.iter().map(|status| {
        json!({
            "id": (status.id * 10 + 1).to_string(), "name": status.name, "to": status.json(&api),
            "hasScreen": false, "isGlobal": true, "isInitial": false, "isAvailable": true, "isConditional": false,
        })
    });
    Reply::json(
        StatusCode::OK,
        &json!({ "expand": "transitions", "transitions": transitions.collect::<Vec<_>>() }),
    )
}

/// Moves an issue to a status.
pub(super) fn transit(site: &mut Site, call: &Call, id: u64) -> Result<Reply, Reply> {
    let body = call.json();
    let asked = body["transition"]["id"].as_str().unwrap_or_default();
    let found = site.statuses.iter().find(|status| (status.id * 10 + 1).to_string() == asked);
    let Some(status) = found.map(|status| status.name.clone()) else {
        let words = format!("Transition id '{asked}' is not valid for this issue.");
        return Err(refusal::words(StatusCode::BAD_REQUEST, words));
    };
    let me = site.me().to_owned();
    site.change(id, &me, &[IssueChange::Status(status)]);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
