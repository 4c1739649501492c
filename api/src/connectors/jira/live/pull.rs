//! The issues of a project, page by page.

use super::{
    answer::id_of,
    batch, complete, jql,
    known::Known,
    options::Deployment,
    search::{self, ISSUES_AT_MOST, Query},
    session::Session,
    walk,
};
use crate::domain::sync::{
    external::ExternalBatch,
    port::{Page, Pulled, ToolError, Wanted},
};

/// A page of the issues of a project, the least recently changed first.
///
/// That order holds for a full list too: what changes while the list is read goes to its end, and so is met again. By
/// any other order it would keep its place behind us, and since the time of the last change that was met is taken for
/// the time up to which all is known, the next run would not ask for it either.
///
/// # Errors
/// [`ToolError`].
pub(super) async fn page(
    session: &Session<'_>,
    known: &Known,
    wanted: Wanted<'_>,
) -> Result<Pulled, ToolError> {
    let since = wanted.since.and_then(|since| jql::since(since, known.zone));
    let scope = session.options.scope.as_deref();
    let condition = jql::within(&wanted.container.external_id, scope, since.as_deref());
    let jql = format!("{condition} ORDER BY updated ASC, key ASC");
    let query = Query {
        jql: &jql,
        fields: &known.fields.ids,
        at_most: ISSUES_AT_MOST,
        with_history: true,
        reconcile: Vec::new(),
    };
    let (mut found, next) = match session.options.deployment {
        Deployment::Cloud => search::page(session, &query, wanted.cursor).await?,
        Deployment::DataCenter => walk::page(session, &query, wanted.cursor).await?,
    };
    let is_first = wanted.cursor.is_none();
    let length = found.issues.len() as u64;
    let total = match (is_first, found.total) {
        (false, _) => None,
        (true, Some(total)) => Some(total),
        (true, None) if next.is_none() => Some(length),
        // Only what is long is counted.
        (true, None) if since.is_none() => search::count(session, &condition).await,
        (true, None) => None,
    };
    let cut = complete::all(session, &mut found.issues).await?;
    let read = batch::read(session, &known.fields, &found, cut)?;
    let complete = is_first && next.is_none() && since.is_none();
    Ok(Pulled { batch: ExternalBatch { complete, ..read }, next, total })
}

/// A page of the ids of all issues that are in a project. One that is passed over because another was deleted meanwhile
/// does no harm, for what is missing is asked for by its id.
///
/// # Errors
/// [`ToolError`].
pub(super) async fn ids(session: &Session<'_>, wanted: Wanted<'_>) -> Result<Page<String>, ToolError> {
    let condition = jql::within(&wanted.container.external_id, session.options.scope.as_deref(), None);
    let (jql, fields) = (format!("{condition} ORDER BY id ASC"), ["id".to_owned()]);
    let query = Query {
        jql: &jql,
        fields: &fields,
        at_most: session.options.deployment.ids_at_most(),
        with_history: false,
        reconcile: Vec::new(),
    };
    let (found, next) = search::page(session, &query, wanted.cursor).await?;
    let items = found.issues.iter().map(|issue| id_of(issue)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}
