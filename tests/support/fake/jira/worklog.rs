//! Time that was logged on issues.

use axum::http::StatusCode;
use entity::Instant;
use serde_json::{Value, json};

use super::{
    dates,
    issue::Issue,
    lists, refusal,
    site::{Shape, Site},
};
use crate::fake::{call::Call, reply::Reply};

/// How many entries an issue itself tells.
const MOST_IN_ISSUE: usize = 20;
/// How many changed entries a page tells.
const MOST_CHANGED: usize = 1_000;
/// What changed so shortly before is not told yet.
const NOT_TOLD_SECONDS: i64 = 60;

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct Worklog {
    pub(super) id: u64,
    pub(super) author: String,
    pub(super) started: Instant,
    pub(super) seconds: i64,
    pub(super) changed: Instant,
}

impl Site {
    pub(super) fn worklog_json(&self, issue: &Issue, entry: &Worklog, shape: Shape) -> Value {
        let changed = dates::moment(entry.changed, self.zone);
        json!({
            "self": format!("{}/issue/{}/worklog/{}", self.api(shape), issue.id, entry.id),
            "author": self.person_json(Some(&entry.author), shape),
            "updateAuthor": self.person_json(Some(&entry.author), shape),
            "created": changed, "updated": changed, "started": dates::moment(entry.started, self.zone),
            "timeSpent": dates::span(entry.seconds), "timeSpentSeconds": entry.seconds,
            "id": entry.id.to_string(), "issueId": issue.id.to_string(),
        })
    }

    /// The first entries of an issue, as the issue itself tells them.
    pub(super) fn worklogs_in_issue(&self, issue: &Issue, shape: Shape) -> Value {
        let entries = issue.worklogs.iter().take(MOST_IN_ISSUE);
        let entries: Vec<_> = entries.map(|entry| self.worklog_json(issue, entry, shape)).collect();
        json!({
            "startAt": 0, "maxResults": MOST_IN_ISSUE, "total": issue.worklogs.len(), "worklogs": entries,
        })
    }
}

/// The entries of an issue, a page of them.
pub(super) fn of_issue(site: &Site, call: &Call, issue: &Issue, shape: Shape) -> Reply {
    let entries = issue.worklogs.iter().map(|entry| site.worklog_json(issue, entry, shape)).collect();
    let (start, page, total) = lists::slice(call, entries, 5_000, 5_000);
    let answer = json!({ "startAt": start, "maxResults": page.len(), "total": total, "worklogs": page });
    Reply::json(StatusCode::OK, &answer)
}

/// The ids of entries that were written or changed since a time.
pub(super) fn updated(site: &Site, call: &Call) -> Reply {
    let entries = site.issues.values().flat_map(|issue| &issue.worklogs);
    since(site, call, "updated", entries.map(|entry| (entry.id, entry.changed)).collect())
}

/// The ids of entries that were removed since a time.
pub(super) fn deleted(site: &Site, call: &Call) -> Reply {
    since(site, call, "deleted", site.removed_worklogs.clone())
}

fn since(site: &Site, call: &Call, word: &str, mut changes: Vec<(u64, Instant)>) -> Reply {
    let begin = call.parameter("since").and_then(|since| since.parse().ok()).unwrap_or(0);
    let end = dates::millis(site.control.now().plus_seconds(-NOT_TOLD_SECONDS));
    changes.retain(|(_, at)| (begin..=end).contains(&dates::millis(*at)));
    changes.sort_by_key(|(id, at)| (*at, *id));
    let is_last = changes.len() <= MOST_CHANGED;
    changes.truncate(MOST_CHANGED);
    let until = match changes.last() {
        Some((_, at)) if !is_last => dates::millis(*at),
        Some(_) | None => end,
    };
    let values: Vec<_> = changes
        .iter()
        .map(|(id, at)| json!({ "worklogId": id, "updatedTime": dates::millis(*at), "properties": [] }))
        .collect();
    let page = format!("{}/worklog/{word}?since=", site.api(Shape::Cloud));
    let mut answer = json!({
        "values": values, "since": begin, "until": until, "lastPage": is_last, "self": format!("{page}{begin}"),
    });
    if !is_last {
        answer["nextPage"] = json!(format!("{page}{until}"));
    }
    Reply::json(StatusCode::OK, &answer)
}

/// Entries by their ids; unknown ones are left out.
pub(super) fn listed(site: &Site, call: &Call) -> Result<Reply, Reply> {
    let body = call.json();
    let ids = body["ids"].as_array().filter(|ids| ids.len() <= MOST_CHANGED);
    let ids: Vec<_> = ids.ok_or_else(refusal::payload)?.iter().filter_map(Value::as_u64).collect();
    let mut found = Vec::new();
    for issue in site.issues.values() {
        let entries = issue.worklogs.iter().filter(|entry| ids.contains(&entry.id));
        found.extend(entries.map(|entry| site.worklog_json(issue, entry, Shape::Cloud)));
    }
    Ok(Reply::json(StatusCode::OK, &json!(found)))
}
