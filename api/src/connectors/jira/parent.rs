//! Which issue an issue is part of, and what its epic is called.

use std::collections::HashMap;

use entity::ReferenceField;
use serde_json::Value;

use super::issue::Issue;
use crate::connectors::item::Item;
use crate::domain::sync::external::{ExternalTask, ExternalText, ParentRef};

/// The issues of an answer by key, and the names of its epics, for the children that name them.
#[derive(Default)]
pub(super) struct Parents {
    ids: HashMap<String, String>,
    epic_names: HashMap<String, Vec<String>>,
}

impl Parents {
    /// Notes an issue that others may name.
    pub(super) fn take(&mut self, issue: &Issue<'_>, task: &ExternalTask) {
        if let Some(key) = &task.external_key {
            self.ids.insert(key.clone(), task.external_id.clone());
        }
        if is_epic(issue.item, &["fields", "issuetype"]) {
            let names = [issue.custom_fields.epic_name(issue.item), Some(task.title.clone())];
            self.epic_names.insert(task.external_id.clone(), names.into_iter().flatten().collect());
        }
    }

    /// Turns keys into ids where the answer holds the issue, and gives each child its epic's names.
    /// An issue that names itself has no parent. Gives notes on what was mended.
    pub(super) fn resolve(self, tasks: &mut [ExternalTask]) -> Vec<String> {
        let mut own = 0;
        for task in tasks {
            let parent = task.parent.take().map(|parent| match parent {
                ParentRef::Key(key) => self.ids.get(&key).cloned().map_or(ParentRef::Key(key), ParentRef::Id),
                ParentRef::Id(id) => ParentRef::Id(id),
            });
            let itself = match &parent {
                Some(ParentRef::Id(id)) => *id == task.external_id,
                Some(ParentRef::Key(key)) => Some(key) == task.external_key.as_ref(),
                None => false,
            };
            own += usize::from(itself);
            task.parent = parent.filter(|_| !itself);
            if let Some(names) = epic_id(task.parent.as_ref()).and_then(|id| self.epic_names.get(id)) {
                names.iter().for_each(|name| add_epic(task, name.clone()));
            }
        }
        if own == 0 {
            return Vec::new();
        }
        let issues = if own == 1 { "issue names itself" } else { "issues name themselves" };
        vec![format!("{own} {issues} as parent; the parent was left out.")]
    }
}

fn epic_id(parent: Option<&ParentRef>) -> Option<&String> {
    match parent? {
        ParentRef::Id(id) => Some(id),
        ParentRef::Key(_) => None,
    }
}

/// The issue's parent: `parent` (a sub-task's issue; on Cloud an epic too), else the agile `epic`, else
/// the epic link.
pub(super) fn parent_of(issue: &Issue<'_>) -> Option<ParentRef> {
    let by_id = |path: &[&str]| {
        let part = issue.item.part(path)?;
        part.id(&["id"]).map(ParentRef::Id).or_else(|| part.id(&["key"]).map(ParentRef::Key))
    };
    by_id(&["fields", "parent"])
        .or_else(|| by_id(&["fields", "epic"]))
        .or_else(|| issue.custom_fields.epic_link(issue.item).map(ParentRef::Key))
}

/// The names of the issue's epic, or of the issue itself if it is one, as far as the issue tells them.
pub(super) fn epic_texts(issue: &Issue<'_>) -> Vec<String> {
    let item = issue.item;
    let mut names = Vec::new();
    let mut add = |name: Option<String>| names.extend(name.filter(|name| !names.contains(name)));
    add(issue.custom_fields.epic_name(item));
    add(item.text(&["fields", "epic", "name"]));
    add(item.text(&["fields", "epic", "summary"]));
    if is_epic(item, &["fields", "parent", "fields", "issuetype"]) {
        add(item.text(&["fields", "parent", "fields", "summary"]));
    }
    names
}

fn add_epic(task: &mut ExternalTask, text: String) {
    let epic = ExternalText { field: ReferenceField::Epic, text };
    if !task.texts.contains(&epic) {
        task.texts.push(epic);
    }
}

/// Whether an issue type is an epic: one level above the common issue, or so named.
fn is_epic(item: &Item<'_>, path: &[&str]) -> bool {
    let Some(kind) = item.part(path) else { return false };
    let level = kind.find(&["hierarchyLevel"]).and_then(Value::as_i64);
    level.is_some_and(|level| level >= 1)
        || kind.text(&["name"]).is_some_and(|name| name.trim().eq_ignore_ascii_case("epic"))
}
