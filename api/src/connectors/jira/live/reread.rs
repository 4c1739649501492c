//! Issues by their ids, and which of them are gone.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;

use super::{
    answer::{Id, id_of},
    batch, complete, jql,
    known::Known,
    options::Deployment,
    search::{self, Found, ISSUES_AT_MOST, Query},
    session::Session,
};
use crate::domain::sync::{
    external::ExternalBatch,
    port::{Reread, ToolError},
};

/// Reads issues again. Those of which Jira says that they are not there, not for us, or outside of the admin's condition
/// are gone; of one that is there and is not found, which the index may not know yet, nothing is said.
///
/// # Errors
/// [`ToolError`]; `Unauthorized` also where Jira takes us for nobody, to whom it would show none of them.
pub(super) async fn these(session: &Session<'_>, known: &Known, ids: &[String]) -> Result<Reread, ToolError> {
    // Ids of issues are numbers; there is no issue of any other, and none is put into a query.
    let (asked, mut gone): (Vec<&str>, Vec<&str>) = ids.iter().map(String::as_str).partition(|id| is_id(id));
    let (mut found, is_refused) = match search_for(session, known, &asked).await {
        Ok(found) => (found, false),
        // A query that names what is not there is not taken. It may be the admin's that is not, which shows below.
        Err(ToolError::Refused(_)) => (Found::nothing(), true),
        Err(error) => return Err(error),
    };
    let absent = not_among(&asked, &found)?;
    if !absent.is_empty() {
        // What is known of the account may be ten minutes old.
        session.myself().await?;
        let there = existing(session, &absent, is_refused).await?;
        let (there, lost): (Vec<&str>, Vec<&str>) = absent.into_iter().partition(|id| there.contains(*id));
        gone.extend(lost);
        let is_bounded = session.options.scope.is_some();
        if is_refused {
            found = match search_for(session, known, &there).await {
                // One of them went in this moment: of the others the next run tells.
                Err(ToolError::Refused(_)) if !is_bounded => Found::nothing(),
                answer => answer?,
            };
        }
        if is_bounded {
            gone.extend(not_among(&there, &found)?);
        }
    }
    let cut = complete::all(session, &mut found.issues).await?;
    let read = batch::read(session, &known.fields, &found, cut)?;
    let gone = gone.into_iter().map(str::to_owned).collect();
    Ok(Reread { batch: ExternalBatch { complete: false, ..read }, gone })
}

/// What a search finds of these, with all that is read of them.
async fn search_for(session: &Session<'_>, known: &Known, ids: &[&str]) -> Result<Found, ToolError> {
    if ids.is_empty() {
        return Ok(Found::nothing());
    }
    let condition = jql::these(ids, session.options.scope.as_deref());
    let jql = format!("{condition} ORDER BY id ASC");
    let query = Query {
        jql: &jql,
        fields: &known.fields.ids,
        at_most: ISSUES_AT_MOST,
        with_history: true,
        reconcile: match session.options.deployment {
            Deployment::Cloud => ids.iter().filter_map(|id| id.parse().ok()).collect(),
            Deployment::DataCenter => Vec::new(),
        },
    };
    search::all(session, &query).await
}

/// Those of these that were not found.
fn not_among<'i>(ids: &[&'i str], found: &Found) -> Result<Vec<&'i str>, ToolError> {
    let found: HashSet<String> =
        found.issues.iter().map(|issue| id_of(issue)).collect::<Result<_, ToolError>>()?;
    Ok(ids.iter().copied().filter(|id| !found.contains(*id)).collect())
}

/// Which of these are there, asked for by their ids and not by a query.
async fn existing(
    session: &Session<'_>,
    ids: &[&str],
    is_refused: bool,
) -> Result<HashSet<String>, ToolError> {
    match session.options.deployment {
        Deployment::Cloud => match fetch(session, ids).await {
            // A Jira that does not know the question has answered it by the search.
            Err(ToolError::NotFound(_)) if !is_refused => Ok(HashSet::new()),
            answer => answer,
        },
        Deployment::DataCenter => {
            let mut there = HashSet::new();
            for id in ids {
                if is_there(session, id).await? {
                    there.insert((*id).to_owned());
                }
            }
            Ok(there)
        }
    }
}

/// Those that Cloud has. Of some it may say that it cannot tell them now; each of these is asked for alone.
async fn fetch(session: &Session<'_>, ids: &[&str]) -> Result<HashSet<String>, ToolError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Fetched {
        issues: Vec<Named>,
        issue_errors: Option<Vec<Named>>,
    }
    #[derive(Deserialize)]
    struct Named {
        id: Id,
    }
    let body = json!({ "issueIdsOrKeys": ids, "fields": ["summary"] });
    let fetched: Fetched = session.send(session.post("issue/bulkfetch").json(&body)).await?.json()?;
    let mut there: HashSet<String> = fetched.issues.into_iter().map(|named| named.id.into_text()).collect();
    for failed in fetched.issue_errors.into_iter().flatten() {
        let id = failed.id.into_text();
        if ids.contains(&id.as_str()) && is_there(session, &id).await? {
            there.insert(id);
        }
    }
    Ok(there)
}

/// Whether an issue is there, and for us.
async fn is_there(session: &Session<'_>, id: &str) -> Result<bool, ToolError> {
    match session.send(session.get("issue").step(id).query("fields", "summary")).await {
        Ok(_) => Ok(true),
        Err(ToolError::NotFound(_) | ToolError::Forbidden(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether it is a whole number, as the ids of all issues are.
fn is_id(text: &str) -> bool {
    (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
