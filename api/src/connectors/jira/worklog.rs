//! Dated time entries.

use std::collections::HashSet;

use super::person::People;
use crate::connectors::{item::Item, tally::Admission};
use crate::domain::sync::external::{ExternalTask, ExternalTimeEntry};

/// The time entries of an issue.
pub(super) struct Worklog {
    pub(super) entries: Vec<ExternalTimeEntry>,
    /// Whether these are all of the issue's entries: an answer holds the first twenty.
    pub(super) complete: bool,
    /// Their sum in seconds, when there are any and they are all.
    pub(super) total: Option<i64>,
}

/// Reads an issue's entries. An entry that cannot be counted (no day, no time, an id met before) is
/// left out and listed. The day is that of the offset which the entry was written with.
pub(super) fn read(
    issue: &Item<'_>,
    people: &mut People,
    met: &mut HashSet<String>,
    admission: &mut Admission,
    task: &ExternalTask,
) -> Worklog {
    let Some(log) = issue.part(&["fields", "worklog"]).or_else(|| issue.part(&["worklog"])) else {
        return Worklog { entries: Vec::new(), complete: true, total: None };
    };
    let name = task.external_key.as_ref().unwrap_or(&task.external_id);
    let mut entries = Vec::new();
    let mut found = 0;
    for (index, entry) in log.each(&["worklogs"]).enumerate() {
        found += 1;
        let id = entry.id(&["id"]);
        let label = || format!("{name} worklog {}", id.clone().unwrap_or_else(|| index.to_string()));
        let reason = match (&id, entry.day_of(&["started"]), entry.seconds(&["timeSpentSeconds"])) {
            (None, _, _) => "The entry has no id.",
            (_, None, _) => "The entry does not tell its day.",
            (_, _, None | Some(0)) => "The entry holds no time.",
            (Some(id), Some(day), Some(seconds)) => {
                if met.insert(id.clone()) {
                    let person = entry.part(&["author"]).and_then(|author| people.take(&author));
                    entries.push(ExternalTimeEntry { external_id: id.clone(), person, day, seconds });
                    continue;
                }
                "An entry with the same id stands earlier in the file."
            }
        };
        admission.skip(label(), reason);
    }
    let complete = log.seconds(&["total"]).is_none_or(|total| total <= found);
    let sum = entries.iter().fold(0_i64, |sum, entry| sum.saturating_add(entry.seconds));
    Worklog { complete, total: (complete && !entries.is_empty()).then_some(sum), entries }
}
