//! Jira's statuses, read by their category where it is told, else by name.

use std::collections::HashMap;

use entity::TaskStatus;

use crate::connectors::{
    history::State,
    item::Item,
    status_name::{resolution_gives_up, status_of},
};

/// The statuses that the issues of this answer are in; the history names statuses by id and name only.
#[derive(Default)]
pub(super) struct Statuses {
    by_id: HashMap<String, TaskStatus>,
    by_name: HashMap<String, TaskStatus>,
}

impl Statuses {
    /// Notes the status of an issue.
    pub(super) fn learn(&mut self, issue: &Item<'_>) {
        let Some(status) = issue.part(&["fields", "status"]) else { return };
        let Some(name) = status.text(&["name"]) else { return };
        let read = by_category(&status, &name);
        if let Some(id) = status.id(&["id"]) {
            self.by_id.entry(id).or_insert(read);
        }
        self.by_name.entry(name.to_lowercase()).or_insert(read);
    }

    /// A status that the history names.
    pub(super) fn past(&self, id: Option<&str>, name: Option<String>) -> State {
        let status = id
            .and_then(|id| self.by_id.get(id))
            .or_else(|| name.as_ref().and_then(|name| self.by_name.get(&name.to_lowercase())))
            .copied()
            .or_else(|| name.as_deref().and_then(status_of))
            .unwrap_or(TaskStatus::Todo);
        State { status, name }
    }
}

/// The status of an issue; one that is finished but was given up is cancelled.
pub(super) fn current(status: &Item<'_>, name: &str, resolution: Option<&str>) -> TaskStatus {
    let read = by_category(status, name);
    if read == TaskStatus::Done && resolution.is_some_and(resolution_gives_up) {
        return TaskStatus::Cancelled;
    }
    read
}

fn by_category(status: &Item<'_>, name: &str) -> TaskStatus {
    let named = status_of(name);
    let category = status.id(&["statusCategory", "key"]).or_else(|| status.id(&["statusCategory", "id"]));
    match category.as_deref() {
        Some("new" | "2") if named == Some(TaskStatus::Backlog) => TaskStatus::Backlog,
        Some("new" | "2") => TaskStatus::Todo,
        Some("indeterminate" | "4") => TaskStatus::InProgress,
        Some("done" | "3") if named == Some(TaskStatus::Cancelled) => TaskStatus::Cancelled,
        Some("done" | "3") => TaskStatus::Done,
        // No category, or Jira's own "undefined".
        Some(_) | None => named.unwrap_or(TaskStatus::Todo),
    }
}
