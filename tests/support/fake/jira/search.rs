//! Searches: on Cloud they go on by tokens, on Data Center by counting.

use std::cmp::Ordering;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    issue::Issue,
    jql::{Jql, Rank},
    refusal,
    selection::Selection,
    site::{Shape, Site},
};
use crate::fake::{call::Call, reply::Reply};

/// How many issues a page holds where nothing is said.
const USUAL: usize = 50;
/// The members that the body of a search on Cloud may have.
const OF_CLOUD: [&str; 8] = [
    "expand",
    "fields",
    "fieldsByKeys",
    "jql",
    "maxResults",
    "nextPageToken",
    "properties",
    "reconcileIssues",
];
/// The members that the body of a search on Data Center may have.
const OF_DATA_CENTER: [&str; 6] = ["expand", "fields", "jql", "maxResults", "startAt", "validateQuery"];

/// Where a search goes on.
pub(super) struct Cursor {
    jql: String,
    after: Vec<Rank>,
}

/// What a search asks for.
struct Asked {
    jql: String,
    fields: Vec<String>,
    expand: Vec<String>,
    most: Option<u64>,
    start: u64,
    token: Option<String>,
    /// Issues that are to be told as they are now, however far the search is behind.
    reconciled: Vec<u64>,
    /// Whether what is not there is a mistake.
    validates: bool,
}

impl Asked {
    fn read(call: &Call, shape: Shape) -> Result<Self, Reply> {
        if call.method == Method::GET { Ok(Self::of_query(call)) } else { Self::of_body(&call.json(), shape) }
    }

    fn of_query(call: &Call) -> Self {
        let text = |name| call.parameter(name).map(str::to_owned);
        let reconciled = call.list("reconcileIssues");
        Self {
            jql: text("jql").unwrap_or_default(),
            fields: call.list("fields"),
            expand: call.list("expand"),
            most: call.number("maxResults"),
            start: call.number("startAt").unwrap_or(0),
            token: text("nextPageToken"),
            reconciled: reconciled.iter().filter_map(|id| id.parse().ok()).collect(),
            validates: call.parameter("validateQuery") != Some("false"),
        }
    }

    fn of_body(body: &Value, shape: Shape) -> Result<Self, Reply> {
        let known = match shape {
            Shape::Cloud | Shape::Webhook => OF_CLOUD.as_slice(),
            Shape::DataCenter => OF_DATA_CENTER.as_slice(),
        };
        let members = body.as_object().ok_or_else(refusal::payload)?;
        // On Cloud a text with commas, on Data Center a list.
        let expand = match (&body["expand"], shape) {
            (Value::Null, _) => Vec::new(),
            (Value::String(text), Shape::Cloud) => {
                text.split(',').map(|name| name.trim().to_owned()).collect()
            }
            (Value::Array(_), Shape::DataCenter) => texts(&body["expand"]),
            _ => return Err(refusal::payload()),
        };
        if members.keys().any(|name| !known.contains(&name.as_str())) || !body["jql"].is_string() {
            return Err(refusal::payload());
        }
        let reconciled = body["reconcileIssues"].as_array().into_iter().flatten();
        Ok(Self {
            jql: body["jql"].as_str().unwrap_or_default().to_owned(),
            fields: texts(&body["fields"]),
            expand,
            most: body["maxResults"].as_u64(),
            start: body["startAt"].as_u64().unwrap_or(0),
            token: body["nextPageToken"].as_str().map(str::to_owned),
            reconciled: reconciled.filter_map(Value::as_u64).collect(),
            validates: body["validateQuery"] != false,
        })
    }

    /// The query, where it can be read and all that it names is there.
    fn query(&self, site: &Site) -> Result<Jql, Reply> {
        let read = Jql::parse(&self.jql, site.control.now(), site.zone);
        let jql = read.map_err(|message| refusal::query(&[message]))?;
        let unknown = if self.validates { jql.unknown(site) } else { Vec::new() };
        if unknown.is_empty() { Ok(jql) } else { Err(refusal::query(&unknown)) }
    }

    /// How many issues the page may hold.
    fn page_size(&self, site: &Site, most: usize) -> usize {
        let asked = self.most.map_or(USUAL, |most| usize::try_from(most).unwrap_or(usize::MAX));
        asked.min(most).min(site.page_most.unwrap_or(usize::MAX)).max(1)
    }
}

/// A page of a search on Cloud.
pub(super) fn on_cloud(site: &mut Site, call: &Call) -> Result<Reply, Reply> {
    let asked = Asked::read(call, Shape::Cloud)?;
    site.index.catch_up(site.control.now());
    let jql = bounded(&asked, site)?;
    let after = match &asked.token {
        None => None,
        Some(token) => {
            let cursor = site.cursors.get(token).filter(|cursor| cursor.jql == asked.jql);
            let no_cursor = || refusal::words(StatusCode::BAD_REQUEST, "The next page token is invalid.");
            Some(cursor.ok_or_else(no_cursor)?.after.clone())
        }
    };
    let wanted = Selection::of(&asked.fields, &["id"]);
    let most = asked.page_size(site, if wanted.only_ids() { 5_000 } else { 100 });
    let mut rest = found(site, &jql, &asked.reconciled);
    if let Some(after) = &after {
        rest.retain(|(place, _)| jql.compare(place, after) == Ordering::Greater);
    }
    let is_last = rest.len() <= most;
    rest.truncate(most);
    let issues = rest.iter().map(|(_, issue)| site.issue_json(issue, Shape::Cloud, &wanted, &asked.expand));
    let mut answer = json!({ "isLast": is_last, "issues": issues.collect::<Vec<_>>() });
    site.expand_frame(&mut answer, &wanted, &asked.expand);
    let end = rest.pop().map(|(place, _)| place).filter(|_| !is_last);
    if let Some(after) = end {
        let token = site.random.hex(32);
        answer["nextPageToken"] = json!(token);
        site.cursors.insert(token, Cursor { jql: asked.jql, after });
    }
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// About how many issues a search on Cloud finds.
pub(super) fn count(site: &mut Site, call: &Call) -> Result<Reply, Reply> {
    let asked = Asked::read(call, Shape::Cloud)?;
    site.index.catch_up(site.control.now());
    let jql = bounded(&asked, site)?;
    let count = found(site, &jql, &[]).len();
    Ok(Reply::json(StatusCode::OK, &json!({ "count": count })))
}

/// A page of a search on Data Center.
pub(super) fn on_data_center(site: &mut Site, call: &Call) -> Result<Reply, Reply> {
    let asked = Asked::read(call, Shape::DataCenter)?;
    site.index.catch_up(site.control.now());
    let jql = asked.query(site)?;
    let wanted = Selection::of(&asked.fields, &["*navigable"]);
    let most = asked.page_size(site, 1_000);
    let start = usize::try_from(asked.start).unwrap_or(usize::MAX);
    let all = found(site, &jql, &[]);
    let page = all.iter().skip(start).take(most);
    let issues = page.map(|(_, issue)| site.issue_json(issue, Shape::DataCenter, &wanted, &asked.expand));
    let mut answer = json!({
        "expand": "names,schema", "startAt": start, "maxResults": most, "total": all.len(),
        "issues": issues.collect::<Vec<_>>(),
    });
    site.expand_frame(&mut answer, &wanted, &asked.expand);
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// The query of a search on Cloud, which does not take one that asks for everything.
fn bounded(asked: &Asked, site: &Site) -> Result<Jql, Reply> {
    let jql = asked.query(site)?;
    if jql.is_bounded() {
        return Ok(jql);
    }
    let words = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
    Err(refusal::words(StatusCode::BAD_REQUEST, words))
}

/// All issues that a query finds, in its order.
fn found<'s>(site: &'s Site, jql: &Jql, reconciled: &[u64]) -> Vec<(Vec<Rank>, &'s Issue)> {
    let known = site.index.issues().filter(|issue| !reconciled.contains(&issue.id));
    let fresh = reconciled.iter().filter_map(|id| site.issues.get(id));
    let holding = known.chain(fresh).filter(|issue| jql.holds(site, issue));
    let mut found: Vec<_> = holding.map(|issue| (jql.place(site, issue), issue)).collect();
    found.sort_by(|(left, _), (right, _)| jql.compare(left, right));
    found
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
