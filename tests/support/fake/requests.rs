//! What a fake was asked.

use std::sync::Mutex;

use serde_json::Value;

use super::{call::Call, lock};

/// Parameters that are secrets and are not noted.
const SECRETS: [&str; 2] = ["key", "token"];

/// A request that a fake was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Requested {
    /// `GET` or the like.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The parameters of the query, without secrets.
    pub query: Vec<(String, String)>,
    /// The body, where it is JSON; else null.
    pub body: Value,
    /// The status that it was answered with; none while it is not, and where the connection was cut.
    pub status: Option<u16>,
}

impl Requested {
    fn of(call: &Call) -> Self {
        let query = call.query.iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
        Self {
            method: call.method.to_string(),
            path: call.path.clone(),
            query: query.cloned().collect(),
            body: call.json(),
            status: None,
        }
    }
}

/// Notes requests.
#[derive(Debug, Default)]
pub(super) struct RequestLog(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    asked: Vec<Requested>,
    /// How many were noted before the first that is still here.
    forgotten: usize,
    open: usize,
    most_open: usize,
}

impl RequestLog {
    /// Notes a request that is now being answered.
    pub(super) fn open(&self, call: &Call) -> Open<'_> {
        let mut entries = lock(&self.0);
        entries.asked.push(Requested::of(call));
        entries.open += 1;
        entries.most_open = entries.most_open.max(entries.open);
        Open { log: self, number: entries.forgotten + entries.asked.len() - 1 }
    }

    /// All that was asked, in the order in which it came.
    pub(super) fn all(&self) -> Vec<Requested> {
        lock(&self.0).asked.clone()
    }

    /// Begins anew.
    pub(super) fn forget(&self) {
        let mut entries = lock(&self.0);
        entries.forgotten += entries.asked.len();
        entries.asked.clear();
        entries.most_open = entries.open;
    }

    /// How many requests were open at the same time, at most.
    pub(super) fn most_open(&self) -> usize {
        lock(&self.0).most_open
    }
}

/// A request that is being answered, until this value is dropped.
pub(super) struct Open<'l> {
    log: &'l RequestLog,
    number: usize,
}

impl Open<'_> {
    /// Notes how it was answered.
    pub(super) fn answered(&self, status: u16) {
        let mut entries = lock(&self.log.0);
        let index = self.number.checked_sub(entries.forgotten);
        if let Some(entry) = index.and_then(|index| entries.asked.get_mut(index)) {
            entry.status = Some(status);
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        lock(&self.log.0).open -= 1;
    }
}
