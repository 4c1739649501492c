//! Issues by their ids and keys.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    issue::Issue,
    lists, refusal,
    search::texts,
    selection::Selection,
    site::{Shape, Site},
};
use crate::fake::{call::Call, reply::Reply};

/// How many issues may be fetched at once.
const MOST: usize = 100;
/// The members that the body of a fetch may have.
const MEMBERS: [&str; 5] = ["expand", "fields", "fieldsByKeys", "issueIdsOrKeys", "properties"];

/// An issue by its id or key.
pub(super) fn issue<'s>(site: &'s Site, name: &str) -> Result<&'s Issue, Reply> {
    let id = site.issue_id(name).ok_or_else(refusal::no_issue)?;
    Ok(&site.issues[&id])
}

/// One issue.
pub(super) fn one(site: &Site, call: &Call, issue: &Issue, shape: Shape) -> Reply {
    let wanted = Selection::of(&call.list("fields"), &["*all"]);
    let expand = call.list("expand");
    let mut told = site.issue_json(issue, shape, &wanted, &expand);
    site.expand_frame(&mut told, &wanted, &expand);
    Reply::json(StatusCode::OK, &told)
}

/// Many issues, by ascending ids; those that are not there are listed.
pub(super) fn many(site: &Site, call: &Call) -> Result<Reply, Reply> {
    let body = call.json();
    let members = body.as_object().ok_or_else(refusal::payload)?;
    if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(refusal::payload());
    }
    let asked = texts(&body["issueIdsOrKeys"]);
    if asked.is_empty() || asked.len() > MOST {
        let words = format!("Between 1 and {MOST} issues must be asked for.");
        return Err(refusal::words(StatusCode::BAD_REQUEST, words));
    }
    let (fields, expand) = (texts(&body["fields"]), texts(&body["expand"]));
    let wanted = Selection::of(&fields, &["*navigable"]);
    let mut ids = BTreeSet::new();
    let mut errors = Vec::new();
    for name in &asked {
        match site.issue_id(name) {
            Some(id) => {
                ids.insert(id);
            }
            None => errors.push(json!({
                "id": name, "errorMessage": "Issue does not exist or you do not have permission to see it.",
            })),
        }
    }
    let issues: Vec<_> =
        ids.iter().map(|id| site.issue_json(&site.issues[id], Shape::Cloud, &wanted, &expand)).collect();
    let mut answer = json!({ "expand": "names,schema", "issues": issues, "issueErrors": errors });
    site.expand_frame(&mut answer, &wanted, &expand);
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// The changelog of an issue, oldest entries first, a page of it.
pub(super) fn changelog(site: &Site, call: &Call, issue: &Issue, shape: Shape) -> Reply {
    let entries: Vec<Value> =
        issue.histories.iter().map(|history| site.history_json(history, shape)).collect();
    let address = format!("{}/issue/{}/changelog", site.api(shape), issue.id);
    Reply::json(StatusCode::OK, &lists::page(call, &address, entries, 100, 100))
}
