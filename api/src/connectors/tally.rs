//! Counts the tool's states and keeps each id once.

use std::collections::{BTreeMap, HashSet};

use entity::TaskStatus;

use crate::domain::sync::external::{SkippedItem, StateMapping};

/// How the tool's states were read.
#[derive(Default)]
pub(super) struct StateTally(BTreeMap<(String, TaskStatus), usize>);

impl StateTally {
    /// Counts a task in a state.
    pub(super) fn count(&mut self, provider_status: String, status: TaskStatus) {
        *self.0.entry((provider_status, status)).or_default() += 1;
    }

    /// One entry per state met, by name.
    pub(super) fn into_states(self) -> Vec<StateMapping> {
        self.0
            .into_iter()
            .map(|((provider_status, status), tasks)| StateMapping { provider_status, status, tasks })
            .collect()
    }
}

/// The ids met so far, and the items that were left out.
#[derive(Default)]
pub(super) struct Admission {
    met: HashSet<String>,
    /// What was left out, and why.
    pub(super) skipped: Vec<SkippedItem>,
}

impl Admission {
    /// Whether an id is met for the first time; every later item of the same id is left out and listed
    /// by `name`, its key or id.
    pub(super) fn first(&mut self, id: &str, name: String) -> bool {
        let first = self.met.insert(id.to_owned());
        if !first {
            self.skip(name, "An item with the same id stands earlier in the file.");
        }
        first
    }

    /// Leaves an item out.
    pub(super) fn skip(&mut self, name: String, reason: impl Into<String>) {
        self.skipped.push(SkippedItem { external_id: name, reason: reason.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_an_id_is_kept_and_the_others_listed() {
        let mut admission = Admission::default();
        assert!(admission.first("1", "A-1".to_owned()));
        assert!(admission.first("2", "A-2".to_owned()));
        assert!(!admission.first("1", "A-3".to_owned()));
        let skipped: Vec<&str> = admission.skipped.iter().map(|item| item.external_id.as_str()).collect();
        assert_eq!(skipped, ["A-3"]);
    }
}
