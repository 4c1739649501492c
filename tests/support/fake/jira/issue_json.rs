//! Issues as Jira tells them.

use serde_json::{Map, Value, json};

use super::{
    dates, document,
    field::{EPIC_LINK, STORY_POINTS},
    issue::{Comment, Issue},
    selection::Selection,
    site::{Shape, Site},
    status::Kind,
};

impl Site {
    /// An issue with what is wanted of it.
    pub(super) fn issue_json(
        &self,
        issue: &Issue,
        shape: Shape,
        wanted: &Selection,
        expand: &[String],
    ) -> Value {
        if wanted.only_ids() {
            let mut told = json!({ "id": issue.id.to_string() });
            if wanted.names("key") {
                told["key"] = json!(self.key_of(issue));
            }
            return told;
        }
        let mut told = json!({
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": issue.id.to_string(), "self": format!("{}/issue/{}", self.api(shape), issue.id),
            "key": self.key_of(issue), "fields": self.issue_fields(issue, shape, wanted),
        });
        if expand.iter().any(|name| name == "changelog") {
            told["changelog"] = self.changelog_json(issue, shape);
        }
        told
    }

    /// A comment as it is told.
    pub(super) fn comment_json(&self, issue: &Issue, comment: &Comment, shape: Shape) -> Value {
        let author = self.person_json(Some(&comment.author), shape);
        let at = dates::moment(comment.at, self.zone);
        json!({
            "self": format!("{}/issue/{}/comment/{}", self.api(shape), issue.id, comment.id),
            "id": comment.id.to_string(), "author": author, "updateAuthor": author,
            "body": written(&comment.body, shape), "created": at, "updated": at, "jsdPublic": true,
        })
    }

    fn issue_fields(&self, issue: &Issue, shape: Shape, wanted: &Selection) -> Map<String, Value> {
        let api = self.api(shape);
        let moment = |at| dates::moment(at, self.zone);
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| {
            if wanted.wants(name) {
                fields.insert(name.to_owned(), value);
            }
        };
        put("summary", json!(issue.summary));
        put("description", issue.description.as_ref().map_or(Value::Null, |text| written(text, shape)));
        put("project", self.project_json(self.project(issue.project), shape));
        put("issuetype", Kind::of(issue.kind).json(&api));
        put("status", self.status(issue.status).json(&api));
        put("statuscategorychangedate", json!(moment(issue.category_changed)));
        put("resolution", issue.resolution.map_or(Value::Null, |name| json!({ "name": name })));
        put("resolutiondate", json!(issue.resolved.map(moment)));
        put("assignee", self.person_json(issue.assignee.as_deref(), shape));
        put("reporter", self.person_json(Some(&issue.reporter), shape));
        put("labels", json!(issue.labels));
        put("duedate", json!(issue.due.map(|day| day.to_string())));
        put("created", json!(moment(issue.created)));
        put("updated", json!(moment(issue.updated)));
        put(STORY_POINTS, json!(issue.points));
        for field in &self.text_fields {
            put(&field.id, json!(issue.texts.get(&field.id)));
        }
        let (spent, estimate) = (issue.spent(), issue.estimate);
        let rest = estimate.map(|estimate| (estimate - spent.unwrap_or(0)).max(0));
        put("timeoriginalestimate", json!(estimate));
        put("timeestimate", json!(rest));
        put("timespent", json!(spent));
        put("timetracking", tracking(estimate, rest, spent));
        put("worklog", self.worklogs_in_issue(issue, shape));
        put("comment", self.comments_in_issue(issue, shape));
        if let Some(parent) = issue.parent.and_then(|id| self.issues.get(&id)) {
            // On Data Center an epic hangs by a custom field, and only a sub-task has a parent.
            if shape == Shape::DataCenter && Kind::of(issue.kind).level >= 0 {
                put(EPIC_LINK, json!(self.key_of(parent)));
            } else {
                put("parent", self.parent_json(parent, shape));
            }
        }
        fields
    }

    fn parent_json(&self, parent: &Issue, shape: Shape) -> Value {
        let api = self.api(shape);
        json!({
            "id": parent.id.to_string(), "key": self.key_of(parent), "self": format!("{api}/issue/{}", parent.id),
            "fields": {
                "summary": parent.summary, "status": self.status(parent.status).json(&api),
                "issuetype": Kind::of(parent.kind).json(&api),
            },
        })
    }

    fn comments_in_issue(&self, issue: &Issue, shape: Shape) -> Value {
        let comments = issue.comments.iter();
        let comments: Vec<_> = comments.map(|comment| self.comment_json(issue, comment, shape)).collect();
        let count = comments.len();
        json!({ "startAt": 0, "maxResults": count, "total": count, "comments": comments })
    }
}

/// A text in the form of the version: a document or its text.
fn written(document: &Value, shape: Shape) -> Value {
    match shape {
        Shape::Cloud => document.clone(),
        Shape::DataCenter | Shape::Webhook => Value::String(document::to_text(document)),
    }
}

fn tracking(estimate: Option<i64>, rest: Option<i64>, spent: Option<i64>) -> Value {
    let mut told = Map::new();
    for (name, seconds) in [("originalEstimate", estimate), ("remainingEstimate", rest), ("timeSpent", spent)]
    {
        if let Some(seconds) = seconds {
            told.insert(name.to_owned(), Value::String(dates::span(seconds)));
            told.insert(format!("{name}Seconds"), json!(seconds));
        }
    }
    Value::Object(told)
}
