//! The projects that an account sees.

use serde::Deserialize;

use super::{
    answer::{Id, unreadable},
    options::Deployment,
    session::Session,
};
use crate::connectors::jira::place::Place;
use crate::domain::sync::port::{Container, Page, ToolError};

/// Projects of an answer at most.
const PROJECTS_AT_MOST: u64 = 100;

/// Of so many projects of a page one is asked for again with the next: where one before them was deleted meanwhile, the
/// others have moved up, and one that is not told is taken for gone.
const AGAIN: u64 = 10;

/// A project.
#[derive(Debug, Deserialize)]
struct Project {
    id: Id,
    key: Option<String>,
    name: Option<String>,
    archived: Option<bool>,
    /// Whether it is in the bin.
    deleted: Option<bool>,
}

/// A page of projects, of Cloud.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Projects {
    values: Vec<Project>,
    is_last: Option<bool>,
    next_page: Option<String>,
    total: Option<u64>,
}

/// A page of the projects: a hundred by their keys on Cloud, all of them at once on Data Center. The cursor is the
/// number of the first.
///
/// # Errors
/// [`ToolError`]; `Unauthorized` also where Jira takes us for nobody, to whom it would show no projects.
pub(super) async fn page(session: &Session<'_>, cursor: Option<&str>) -> Result<Page<Container>, ToolError> {
    let place = session.place()?;
    if cursor.is_none() {
        session.myself().await?;
    }
    let (projects, next) = match session.options.deployment {
        Deployment::Cloud => some(session, cursor).await?,
        Deployment::DataCenter => (all(session).await?, None),
    };
    let is_there = |project: &Project| project.deleted != Some(true);
    let items = projects.into_iter().filter(is_there).map(|project| container(project, &place)).collect();
    Ok(Page { items, next })
}

async fn some(
    session: &Session<'_>,
    cursor: Option<&str>,
) -> Result<(Vec<Project>, Option<String>), ToolError> {
    let start = cursor
        .map_or(Ok(0), str::parse::<u64>)
        .map_err(|_| unreadable("a list of projects that goes on at no number"))?;
    let request = session
        .get("project/search")
        .query("startAt", &start.to_string())
        .query("maxResults", &PROJECTS_AT_MOST.to_string())
        .query("orderBy", "key");
    let page: Projects = session.send(request).await?.json()?;
    let length = page.values.len() as u64;
    let end = start + length;
    let goes_on = match (page.is_last, page.total) {
        (Some(is_last), _) => !is_last,
        (None, Some(total)) => end < total,
        (None, None) => page.next_page.is_some(),
    };
    let next = (goes_on && length > 0).then(|| (end - length / AGAIN).to_string());
    Ok((page.values, next))
}

async fn all(session: &Session<'_>) -> Result<Vec<Project>, ToolError> {
    session.send(session.get("project").query("includeArchived", "true")).await?.json()
}

fn container(project: Project, place: &Place) -> Container {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let external_id = project.id.into_text();
    let external_key = filled(project.key);
    let title = filled(project.name).or_else(|| external_key.clone()).unwrap_or_else(|| external_id.clone());
    Container {
        url: external_key.as_deref().and_then(|key| place.page(key)),
        title,
        external_key,
        external_id,
        archived: project.archived == Some(true),
    }
}
