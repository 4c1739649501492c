//! Changes of an issue, each with its entry in the changelog.

use std::mem;

use chrono::NaiveDate;
use entity::Instant;
use serde_json::Value;

use super::{
    document,
    field::STORY_POINTS,
    history::{History, HistoryItem, Side},
    issue::Issue,
    site::Site,
    status::{Category, Kind},
};

/// A change of an issue. People, statuses, types and fields are named as Jira shows them; what is none of the
/// site's is a mistake of the test.
#[derive(Clone, Debug, PartialEq)]
pub enum IssueChange {
    /// Its title.
    Summary(String),
    /// Its description, a paragraph for each line.
    Description(Option<String>),
    /// Its description as a document.
    Document(Value),
    /// Its status.
    Status(String),
    /// Its type, `Epic` or `Task` or the like.
    Kind(String),
    /// The account of whoever works on it.
    Assignee(Option<String>),
    /// All of its labels.
    Labels(Vec<String>),
    /// The day on which it is due.
    Due(Option<NaiveDate>),
    /// The id or key of its epic or, for a sub-task, of its issue.
    Parent(Option<String>),
    /// Its story points.
    StoryPoints(Option<f64>),
    /// Its original estimate in seconds.
    Estimate(Option<i64>),
    /// A custom field that holds a text, by its name or id.
    Text(String, Option<String>),
}

impl Site {
    /// Changes an issue for someone; nothing happens where all is so already.
    pub(super) fn change(&mut self, id: u64, author: &str, changes: &[IssueChange]) {
        let mut issue = self.issues[&id].clone();
        let now = self.control.now();
        let mut items = Vec::new();
        for change in changes {
            items.extend(self.apply(&mut issue, change, now));
        }
        let event = match items.as_slice() {
            [] => return,
            [only] if only.field == "assignee" => "issue_assigned",
            all if all.iter().any(|item| item.field == "status") => "issue_generic",
            _ => "issue_updated",
        };
        self.record(issue, author, items, event);
    }

    /// Keeps an issue that was changed, with its new entry in the changelog, and tells about it.
    pub(super) fn record(&mut self, mut issue: Issue, author: &str, items: Vec<HistoryItem>, event: &str) {
        let at = self.control.now();
        let history = History { id: self.next_id(), at, author: author.to_owned(), items };
        issue.updated = at;
        issue.histories.push(history.clone());
        self.keep(issue.clone());
        self.tell_of_issue("jira:issue_updated", Some(event), &issue, author, Some(&history));
    }

    /// Makes a change and gives what the changelog says of it.
    pub(super) fn apply(&self, issue: &mut Issue, change: &IssueChange, now: Instant) -> Vec<HistoryItem> {
        let item = match change {
            IssueChange::Status(name) => return self.apply_status(issue, name, now),
            IssueChange::Summary(summary) => {
                let before = mem::replace(&mut issue.summary, summary.clone());
                HistoryItem::plain("summary", Side::text(before), Side::text(summary))
            }
            IssueChange::Description(text) => describe(issue, text.as_deref().map(document::of_text)),
            IssueChange::Document(document) => describe(issue, Some(document.clone())),
            IssueChange::Kind(name) => {
                let (before, after) = (Kind::of(issue.kind), Kind::named(name));
                issue.kind = after.id;
                let side = |kind: Kind| Side::named(kind.id.to_string(), kind.name);
                HistoryItem::plain("issuetype", side(before), side(after))
            }
            IssueChange::Assignee(account) => {
                let before = mem::replace(&mut issue.assignee, account.clone());
                HistoryItem::plain(
                    "assignee",
                    self.someone(before.as_deref()),
                    self.someone(account.as_deref()),
                )
            }
            IssueChange::Labels(labels) => {
                let before = mem::replace(&mut issue.labels, labels.clone());
                HistoryItem::plain("labels", Side::text(before.join(" ")), Side::text(labels.join(" ")))
            }
            IssueChange::Due(due) => {
                let before = mem::replace(&mut issue.due, *due);
                let side = |day: Option<NaiveDate>| {
                    let text = day.map(|day| day.to_string());
                    Side { id: text.clone(), text }
                };
                HistoryItem::plain("duedate", side(before), side(*due))
            }
            IssueChange::Parent(name) => {
                let parent = name.as_ref().map(|name| {
                    self.issue_id(name).unwrap_or_else(|| panic!("the fake has no issue {name}"))
                });
                let before = mem::replace(&mut issue.parent, parent);
                HistoryItem::new("IssueParentAssociation", "parent", self.called(before), self.called(parent))
            }
            IssueChange::StoryPoints(points) => {
                let before = mem::replace(&mut issue.points, *points);
                let side = |points: Option<f64>| Side::of(points.map(|points| points.to_string()));
                HistoryItem::new("Story Points", STORY_POINTS, side(before), side(*points))
            }
            IssueChange::Estimate(seconds) => {
                let before = mem::replace(&mut issue.estimate, *seconds);
                let side = |seconds: Option<i64>| {
                    let text = seconds.map(|seconds| seconds.to_string());
                    Side { id: text.clone(), text }
                };
                HistoryItem::plain("timeoriginalestimate", side(before), side(*seconds))
            }
            IssueChange::Text(name, text) => {
                let field = self.text_field(name).unwrap_or_else(|| panic!("the fake has no field {name}"));
                let before = match text {
                    Some(text) => issue.texts.insert(field.id.clone(), text.clone()),
                    None => issue.texts.remove(&field.id),
                };
                HistoryItem::new(&field.name, &field.id, Side::of(before), Side::of(text.clone()))
            }
        };
        if item.from == item.to { Vec::new() } else { vec![item] }
    }

    /// Moves an issue to a status. In a status of the category "done" it is resolved, in any other it is not.
    fn apply_status(&self, issue: &mut Issue, name: &str, now: Instant) -> Vec<HistoryItem> {
        let (before, after) = (self.status(issue.status), self.status_named(name));
        if before.id == after.id {
            return Vec::new();
        }
        issue.status = after.id;
        if before.category != after.category {
            issue.category_changed = now;
        }
        let mut items = vec![HistoryItem::plain(
            "status",
            Side::named(before.id.to_string(), &before.name),
            Side::named(after.id.to_string(), &after.name),
        )];
        let resolution = match after.category {
            Category::Done if after.name == "Won't Do" => Some("Won't Do"),
            Category::Done => Some("Done"),
            Category::New | Category::Indeterminate => None,
        };
        if issue.resolution != resolution {
            let from = Side::of(issue.resolution);
            items.push(HistoryItem::plain("resolution", from, Side::of(resolution)));
            issue.resolution = resolution;
            issue.resolved = resolution.map(|_| now);
        }
        items
    }

    fn someone(&self, account_id: Option<&str>) -> Side {
        let Some(id) = account_id else { return Side::default() };
        let found = self.people.iter().find(|person| person.account_id == id);
        Side::named(id, &found.unwrap_or_else(|| panic!("the fake has no account {id}")).name)
    }

    fn called(&self, issue: Option<u64>) -> Side {
        let Some(id) = issue else { return Side::default() };
        let key = self.issues.get(&id).map(|issue| self.key_of(issue));
        Side { id: Some(id.to_string()), text: key }
    }
}

fn describe(issue: &mut Issue, document: Option<Value>) -> HistoryItem {
    let before = mem::replace(&mut issue.description, document);
    let side = |document: &Option<Value>| Side::of(document.as_ref().map(document::to_text));
    HistoryItem::plain("description", side(&before), side(&issue.description))
}
