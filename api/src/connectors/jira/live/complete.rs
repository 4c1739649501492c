//! Issues of which a search tells a part only: it cuts long histories and work logs.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    answer::{Id, unreadable},
    options::Deployment,
    session::Session,
};
use crate::connectors::{json::RawObject, outbound::Request};
use crate::domain::sync::port::ToolError;

/// Requests that are made beside a page, at most.
const EXTRA_AT_MOST: usize = 20;

/// Entries of a history in an answer at most.
const ENTRIES_AT_MOST: usize = 100;

/// Entries of a work log in an answer at most.
const WORKLOGS_AT_MOST: usize = 5_000;

/// What of an issue may be cut.
#[derive(Deserialize)]
struct Parts {
    id: Id,
    changelog: Option<Changelog>,
    fields: Option<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    worklog: Option<Worklog>,
}

#[derive(Deserialize)]
struct Changelog {
    total: Option<u64>,
    #[serde(default)]
    histories: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Worklog {
    total: Option<u64>,
    #[serde(default)]
    worklogs: Vec<IgnoredAny>,
}

/// Entries of a history, the oldest first.
#[derive(Deserialize)]
struct Entries {
    values: Vec<Box<RawValue>>,
}

/// How many of so many are not here.
fn missing(total: Option<u64>, here: usize) -> usize {
    total.and_then(|total| usize::try_from(total).ok()).map_or(0, |total| total.saturating_sub(here))
}

/// Asks for what is cut off the issues, with twenty requests at most, and tells of how many the beginning of the history
/// is still missing. That of cut work logs is seen by the reader.
///
/// # Errors
/// [`ToolError`], but for one that concerns a single issue: that one stays cut.
pub(super) async fn all(session: &Session<'_>, issues: &mut [Box<RawValue>]) -> Result<usize, ToolError> {
    let (mut left, mut cut) = (EXTRA_AT_MOST, 0);
    for issue in issues {
        // What is odd about one, the reader tells.
        let Ok(parts) = serde_json::from_str::<Parts>(issue.get()) else { continue };
        let id = parts.id.into_text();
        let entries = parts.changelog.map_or(0, |log| missing(log.total, log.histories.len()));
        if entries > 0 {
            match older(session, &id, entries, &mut left).await? {
                Some(older) => *issue = with_older(issue, older)?,
                None => cut += 1,
            }
        }
        let log = parts.fields.and_then(|fields| fields.worklog);
        if left > 0 && log.is_some_and(|log| missing(log.total, log.worklogs.len()) > 0) {
            left -= 1;
            if let Some(log) = whole_worklog(session, &id).await? {
                *issue = with_worklog(issue, &log)?;
            }
        }
    }
    Ok(cut)
}

/// The oldest entries of a history, so many; none where that takes too many requests, or they are not told.
async fn older(
    session: &Session<'_>,
    id: &str,
    wanted: usize,
    left: &mut usize,
) -> Result<Option<Vec<Box<RawValue>>>, ToolError> {
    // Data Center tells a history whole or not at all.
    if session.options.deployment == Deployment::DataCenter || wanted.div_ceil(ENTRIES_AT_MOST) > *left {
        return Ok(None);
    }
    let mut older: Vec<Box<RawValue>> = Vec::new();
    while older.len() < wanted && *left > 0 {
        *left -= 1;
        let request = session
            .get("issue")
            .step(id)
            .step("changelog")
            .query("startAt", &older.len().to_string())
            .query("maxResults", &ENTRIES_AT_MOST.to_string());
        let Some(entries) = answer::<Entries>(session, request).await? else { return Ok(None) };
        if entries.values.is_empty() {
            return Ok(None);
        }
        older.extend(entries.values);
    }
    // What follows them is known from the search.
    older.truncate(wanted);
    Ok((older.len() == wanted).then_some(older))
}

/// The work log of an issue as it is told by itself.
async fn whole_worklog(session: &Session<'_>, id: &str) -> Result<Option<Box<RawValue>>, ToolError> {
    let request = session
        .get("issue")
        .step(id)
        .step("worklog")
        .query("startAt", "0")
        .query("maxResults", &WORKLOGS_AT_MOST.to_string());
    let log: Option<Box<RawValue>> = answer(session, request).await?;
    // The reader takes its shape for granted no more than this.
    Ok(log.filter(|log| serde_json::from_str::<Worklog>(log.get()).is_ok()))
}

/// An answer about a single issue; none where there is none for it, which may have gone, or keep no log.
async fn answer<T: for<'r> Deserialize<'r>>(
    session: &Session<'_>,
    request: Request,
) -> Result<Option<T>, ToolError> {
    match session.send(request).await {
        Ok(reply) => reply.json().map(Some),
        Err(ToolError::Forbidden(_) | ToolError::NotFound(_) | ToolError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts the oldest entries of the history behind those that are there, which are the newest first.
fn with_older(issue: &RawValue, mut older: Vec<Box<RawValue>>) -> Result<Box<RawValue>, ToolError> {
    #[derive(Deserialize)]
    struct There {
        changelog: Histories,
    }
    #[derive(Deserialize)]
    struct Histories {
        histories: Vec<Box<RawValue>>,
    }
    let there: There = serde_json::from_str(issue.get()).map_err(odd)?;
    let mut histories = there.changelog.histories;
    older.reverse();
    histories.extend(older);
    let length = histories.len();
    let histories: Vec<&str> = histories.iter().map(|entry| entry.get()).collect();
    let histories = histories.join(",");
    let log = format!(r#"{{"startAt":0,"maxResults":{length},"total":{length},"histories":[{histories}]}}"#);
    let issue: RawObject<'_> = serde_json::from_str(issue.get()).map_err(odd)?;
    RawValue::from_string(with(&issue, "changelog", &log)).map_err(odd)
}

/// Puts the whole work log in place of its beginning.
fn with_worklog(issue: &RawValue, log: &RawValue) -> Result<Box<RawValue>, ToolError> {
    let issue: RawObject<'_> = serde_json::from_str(issue.get()).map_err(odd)?;
    let fields = issue.get("fields").map_or("{}", RawValue::get);
    let fields: RawObject<'_> = serde_json::from_str(fields).map_err(odd)?;
    let fields = with(&fields, "worklog", log.get());
    RawValue::from_string(with(&issue, "fields", &fields)).map_err(odd)
}

/// An object with another value of one of its members, as text.
fn with(object: &RawObject<'_>, name: &str, value: &str) -> String {
    let mut text = object.without(&[name]);
    // The brace comes behind what is added.
    text.pop();
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str(&format!("\"{name}\":{value}}}"));
    text
}

/// What was read before cannot be read, which does not come about.
fn odd(_: serde_json::Error) -> ToolError {
    unreadable("an issue that is no JSON object")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json, value::to_raw_value};

    use super::*;

    fn issue(value: &Json) -> Box<RawValue> {
        to_raw_value(value).unwrap()
    }

    fn value(raw: &RawValue) -> Json {
        serde_json::from_str(raw.get()).unwrap()
    }

    #[test]
    fn older_entries_come_behind_the_newer_ones() {
        let cut = issue(
            &json!({"id": "1", "changelog": {"total": 4, "histories": [{"id": 4}, {"id": 3}]}, "key": "A-1"}),
        );
        let whole = with_older(&cut, vec![issue(&json!({"id": 1})), issue(&json!({"id": 2}))]).unwrap();
        let histories = json!([{"id": 4}, {"id": 3}, {"id": 2}, {"id": 1}]);
        let log = json!({"startAt": 0, "maxResults": 4, "total": 4, "histories": histories});
        assert_eq!(value(&whole), json!({"id": "1", "key": "A-1", "changelog": log}));
    }

    #[test]
    fn a_whole_work_log_takes_the_place_of_its_beginning() {
        let cut =
            issue(&json!({"id": "1", "fields": {"worklog": {"total": 2, "worklogs": [{}]}, "summary": "S"}}));
        let log = issue(&json!({"total": 2, "worklogs": [{}, {}]}));
        let whole = with_worklog(&cut, &log).unwrap();
        let fields = json!({"summary": "S", "worklog": {"total": 2, "worklogs": [{}, {}]}});
        assert_eq!(value(&whole), json!({"id": "1", "fields": fields}));
        let only = with_worklog(&issue(&json!({"fields": {"worklog": {}}})), &log).unwrap();
        assert_eq!(value(&only), json!({"fields": {"worklog": {"total": 2, "worklogs": [{}, {}]}}}));
    }

    #[test]
    fn what_is_missing_is_counted() {
        for (total, here, count) in [(None, 0, 0), (Some(3), 3, 0), (Some(2), 3, 0), (Some(243), 100, 143)] {
            assert_eq!(missing(total, here), count);
        }
    }
}
