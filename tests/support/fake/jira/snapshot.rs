//! All that a Jira holds, for comparison with what was taken in from it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::Instant;

use super::{
    FakeJira, document,
    field::TextField,
    issue::{Issue, RemoteLink},
    project::Project,
    site::Site,
    status::Kind,
};

/// All that a Jira holds.
#[derive(Clone, Debug, PartialEq)]
pub struct JiraSnapshot {
    /// Its projects, by ascending ids.
    pub projects: Vec<JiraProject>,
    /// Its issues, by ascending ids; those that were deleted are not among them.
    pub issues: Vec<JiraIssue>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraProject {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
}

/// An issue.
#[derive(Clone, Debug, PartialEq)]
pub struct JiraIssue {
    /// Its id, which it keeps for life.
    pub id: String,
    /// Its key, which another project changes.
    pub key: String,
    /// The id of its project.
    pub project: String,
    /// Its type, `Epic` or the like.
    pub kind: String,
    /// The level of its type: 1 is an epic's, 0 that of common issues, -1 that of sub-tasks.
    pub level: i8,
    /// Its title.
    pub summary: String,
    /// The text of its description.
    pub description: Option<String>,
    /// The name of its status.
    pub status: String,
    /// The key of its status's category: `new`, `indeterminate` or `done`.
    pub category: String,
    /// How it was resolved.
    pub resolution: Option<String>,
    /// When it was resolved.
    pub resolved: Option<Instant>,
    /// The account of whoever works on it.
    pub assignee: Option<String>,
    /// Its labels, in their order.
    pub labels: Vec<String>,
    /// The day on which it is due.
    pub due: Option<NaiveDate>,
    /// The id of its epic or issue, while that is there.
    pub parent: Option<String>,
    /// Its story points.
    pub points: Option<f64>,
    /// Its original estimate in seconds.
    pub estimate: Option<i64>,
    /// The time logged on it in seconds.
    pub spent: Option<i64>,
    /// Texts of its custom fields, by the fields' names.
    pub texts: BTreeMap<String, String>,
    /// Time logged on it.
    pub worklogs: Vec<JiraWorklog>,
    /// Its moves from status to status, oldest first.
    pub moves: Vec<JiraStatusChange>,
    /// The texts of its comments.
    pub comments: Vec<String>,
    /// Addresses that it links to, by the links' global ids.
    pub remote_links: BTreeMap<String, String>,
    /// When it was made.
    pub created: Instant,
    /// When it was last changed.
    pub updated: Instant,
}

/// An entry of logged time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraWorklog {
    /// Its id.
    pub id: String,
    /// The account of whoever worked.
    pub author: String,
    /// When the work began.
    pub started: Instant,
    /// How long it took, in seconds.
    pub seconds: i64,
}

/// A move from one status to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraStatusChange {
    /// When it was.
    pub at: Instant,
    /// The name of the status before.
    pub from: String,
    /// The name of the status after.
    pub to: String,
}

impl FakeJira {
    /// All that it holds now, however far its search is behind.
    #[must_use]
    pub fn snapshot(&self) -> JiraSnapshot {
        let site = self.site();
        let project = |project: &Project| JiraProject {
            id: project.id.to_string(),
            key: project.key.clone(),
            name: project.name.clone(),
        };
        JiraSnapshot {
            projects: site.projects.iter().map(project).collect(),
            issues: site.issues.values().map(|issue| of_issue(&site, issue)).collect(),
        }
    }

    /// An issue as it is now, by its id or key.
    #[must_use]
    pub fn issue(&self, name: &str) -> Option<JiraIssue> {
        let site = self.site();
        site.issue_id(name).map(|id| of_issue(&site, &site.issues[&id]))
    }
}

fn of_issue(site: &Site, issue: &Issue) -> JiraIssue {
    let status = site.status(issue.status);
    let kind = Kind::of(issue.kind);
    let text = |field: &TextField| Some((field.name.clone(), issue.texts.get(&field.id)?.clone()));
    let link =
        |link: &RemoteLink| Some((link.global_id.clone()?, link.body["object"]["url"].as_str()?.to_owned()));
    let parent = issue.parent.filter(|id| site.issues.contains_key(id));
    JiraIssue {
        id: issue.id.to_string(),
        key: site.key_of(issue),
        project: issue.project.to_string(),
        kind: kind.name.to_owned(),
        level: kind.level,
        summary: issue.summary.clone(),
        description: issue.description.as_ref().map(document::to_text),
        status: status.name.clone(),
        category: status.category.key().to_owned(),
        resolution: issue.resolution.map(str::to_owned),
        resolved: issue.resolved,
        assignee: issue.assignee.clone(),
        labels: issue.labels.clone(),
        due: issue.due,
        parent: parent.map(|id| id.to_string()),
        points: issue.points,
        estimate: issue.estimate,
        spent: issue.spent(),
        texts: site.text_fields.iter().filter_map(text).collect(),
        worklogs: worklogs(issue),
        moves: moves(issue),
        comments: issue.comments.iter().map(|comment| document::to_text(&comment.body)).collect(),
        remote_links: issue.remote_links.iter().filter_map(link).collect(),
        created: issue.created,
        updated: issue.updated,
    }
}

fn worklogs(issue: &Issue) -> Vec<JiraWorklog> {
    let entries = issue.worklogs.iter().map(|entry| JiraWorklog {
        id: entry.id.to_string(),
        author: entry.author.clone(),
        started: entry.started,
        seconds: entry.seconds,
    });
    entries.collect()
}

fn moves(issue: &Issue) -> Vec<JiraStatusChange> {
    let items =
        issue.histories.iter().flat_map(|history| history.items.iter().map(move |item| (history.at, item)));
    let moves = items.filter(|(_, item)| item.field == "status").map(|(at, item)| JiraStatusChange {
        at,
        from: item.from.text.clone().unwrap_or_default(),
        to: item.to.text.clone().unwrap_or_default(),
    });
    moves.collect()
}
