//! Searches: one answer of a query, by whichever way the deployment has for it.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json, value::RawValue};

use super::{answer::unreadable, options::Deployment, session::Session};
use crate::domain::sync::port::ToolError;

/// Issues with all that is read of them, in an answer at most.
pub(super) const ISSUES_AT_MOST: u32 = 100;

/// Answers of one list at most, where all of it is read at once.
const ANSWERS_AT_MOST: usize = 50;

/// What is searched for.
pub(super) struct Query<'q> {
    /// The condition and the order.
    pub(super) jql: &'q str,
    /// Ids of the fields that are told.
    pub(super) fields: &'q [String],
    /// Issues of an answer at most; Jira gives fewer where it wants.
    pub(super) at_most: u32,
    /// Whether the history of each issue is told.
    pub(super) with_history: bool,
    /// Ids of issues that are looked up themselves, for the index may not know their last change; 50 at most, of Cloud
    /// only.
    pub(super) reconcile: Vec<u64>,
}

/// Where a list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start<'c> {
    /// At the page that Cloud named; at the first when none.
    Token(Option<&'c str>),
    /// At the issue of this number, from 0, on Data Center.
    Number(u64),
}

impl<'c> Start<'c> {
    /// Where a list goes on, by its cursor.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] for a cursor that was never given.
    fn of(deployment: Deployment, cursor: Option<&'c str>) -> Result<Self, ToolError> {
        match deployment {
            Deployment::Cloud => Ok(Self::Token(cursor)),
            Deployment::DataCenter => {
                let number = cursor.map_or(Ok(0), str::parse::<u64>);
                Ok(Self::Number(number.map_err(|_| unreadable("a list that goes on at no number"))?))
            }
        }
    }
}

/// The body of a search.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'q> {
    jql: &'q str,
    fields: &'q [String],
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    expand: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reconcile_issues: Option<&'q [u64]>,
}

/// What a search found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    /// The issues, each still as Jira wrote it.
    pub(super) issues: Vec<Box<RawValue>>,
    /// The names of their fields.
    pub(super) names: Option<Box<RawValue>>,
    /// Who made their fields.
    pub(super) schema: Option<Box<RawValue>>,
    /// How many there are in all, on Data Center.
    pub(super) total: Option<u64>,
    next_page_token: Option<String>,
    is_last: Option<bool>,
}

impl Found {
    /// Nothing.
    pub(super) const fn nothing() -> Self {
        Self {
            issues: Vec::new(),
            names: None,
            schema: None,
            total: None,
            next_page_token: None,
            is_last: None,
        }
    }

    /// The cursor of what follows an answer that began there; none at the end.
    fn next(&self, start: Start<'_>) -> Option<String> {
        match start {
            Start::Token(_) => {
                self.next_page_token.clone().filter(|token| !token.is_empty() && self.is_last != Some(true))
            }
            Start::Number(start) => {
                let end = start + self.issues.len() as u64;
                let goes_on = !self.issues.is_empty() && self.total.is_none_or(|total| end < total);
                goes_on.then(|| end.to_string())
            }
        }
    }
}

/// One answer.
///
/// # Errors
/// [`ToolError`]; `Refused` for a query that Jira does not take, also one that names what is not there.
pub(super) async fn ask(
    session: &Session<'_>,
    query: &Query<'_>,
    start: Start<'_>,
) -> Result<Found, ToolError> {
    // The one takes a list of names, the other a text with commas.
    let (path, expand) = match session.options.deployment {
        Deployment::Cloud => ("search/jql", json!("names,schema,changelog")),
        Deployment::DataCenter => ("search", json!(["names", "schema", "changelog"])),
    };
    let (next_page_token, start_at) = match start {
        Start::Token(token) => (token, None),
        Start::Number(number) => (None, Some(number)),
    };
    let asked = Asked {
        jql: query.jql,
        fields: query.fields,
        max_results: query.at_most,
        expand: query.with_history.then_some(expand),
        next_page_token,
        start_at,
        reconcile_issues: Some(query.reconcile.as_slice()).filter(|ids| !ids.is_empty()),
    };
    session.send(session.post(path).json(&asked)).await?.json()
}

/// One answer of a list that does not move while it is read, and the cursor of the next.
///
/// # Errors
/// See [`ask`].
pub(super) async fn page(
    session: &Session<'_>,
    query: &Query<'_>,
    cursor: Option<&str>,
) -> Result<(Found, Option<String>), ToolError> {
    let start = Start::of(session.options.deployment, cursor)?;
    let found = ask(session, query, start).await?;
    let next = found.next(start);
    Ok((found, next))
}

/// All answers of a short list as one.
///
/// # Errors
/// See [`ask`]; [`ToolError::Unreadable`] where the list does not end.
pub(super) async fn all(session: &Session<'_>, query: &Query<'_>) -> Result<Found, ToolError> {
    let (mut found, mut cursor) = page(session, query, None).await?;
    let mut answers = 1;
    while let Some(at) = cursor {
        if answers >= ANSWERS_AT_MOST {
            return Err(unreadable("a list that does not end"));
        }
        answers += 1;
        let (more, next) = page(session, query, Some(at.as_str())).await?;
        found.issues.extend(more.issues);
        cursor = next.filter(|next| *next != at);
    }
    Ok(found)
}

/// How many issues a condition holds, about; none where Cloud does not tell.
pub(super) async fn count(session: &Session<'_>, condition: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Counted {
        count: u64,
    }
    let request = session.post("search/approximate-count").json(&json!({ "jql": condition }));
    // Nothing hangs on it but how far a run is said to be.
    let reply = session.send(request).await.ok()?;
    let counted: Counted = reply.json().ok()?;
    Some(counted.count)
}
