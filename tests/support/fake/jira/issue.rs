//! An issue as the site keeps it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::Instant;
use serde_json::Value;

use super::{history::History, worklog::Worklog};

/// An issue.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) project: u64,
    pub(super) number: u32,
    /// Keys that it had in other projects, or before its project's key was changed; they still find it.
    pub(super) former_keys: Vec<String>,
    pub(super) kind: u64,
    pub(super) status: u64,
    pub(super) category_changed: Instant,
    pub(super) resolution: Option<&'static str>,
    pub(super) resolved: Option<Instant>,
    pub(super) summary: String,
    pub(super) description: Option<Value>,
    pub(super) assignee: Option<String>,
    pub(super) reporter: String,
    pub(super) labels: Vec<String>,
    pub(super) due: Option<NaiveDate>,
    pub(super) parent: Option<u64>,
    pub(super) points: Option<f64>,
    /// Texts of custom fields, by the field's id.
    pub(super) texts: BTreeMap<String, String>,
    pub(super) estimate: Option<i64>,
    pub(super) worklogs: Vec<Worklog>,
    pub(super) histories: Vec<History>,
    pub(super) comments: Vec<Comment>,
    pub(super) remote_links: Vec<RemoteLink>,
    pub(super) created: Instant,
    pub(super) updated: Instant,
}

impl Issue {
    /// The time that was logged, in seconds; none where nobody logged any.
    pub(super) fn spent(&self) -> Option<i64> {
        (!self.worklogs.is_empty()).then(|| self.worklogs.iter().map(|entry| entry.seconds).sum())
    }
}

/// A comment.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) author: String,
    pub(super) at: Instant,
    /// Its document.
    pub(super) body: Value,
}

/// A link to something elsewhere.
#[derive(Clone, Debug)]
pub(super) struct RemoteLink {
    pub(super) id: u64,
    /// The same id replaces the link.
    pub(super) global_id: Option<String>,
    /// What was sent.
    pub(super) body: Value,
}
