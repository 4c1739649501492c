//! Which fields of an issue are asked for.

use std::collections::HashSet;

/// Fields that are told only where they are named, or where all are asked for.
const NOT_NAVIGABLE: [&str; 3] = ["comment", "timetracking", "worklog"];

/// The fields that are wanted.
pub(super) struct Selection {
    all: bool,
    navigable: bool,
    named: HashSet<String>,
    left_out: HashSet<String>,
}

impl Selection {
    /// Reads `*all`, `*navigable`, names, and names with a minus; `usual` where none is given.
    pub(super) fn of(names: &[String], usual: &[&str]) -> Self {
        let mut selection =
            Self { all: false, navigable: false, named: HashSet::new(), left_out: HashSet::new() };
        names.iter().for_each(|name| selection.take(name));
        if !selection.all && !selection.navigable && selection.named.is_empty() {
            usual.iter().for_each(|name| selection.take(name));
        }
        selection
    }

    /// All that there is.
    pub(super) fn all() -> Self {
        Self::of(&[], &["*all"])
    }

    fn take(&mut self, name: &str) {
        match name.strip_prefix('-') {
            Some(name) => {
                self.left_out.insert(name.to_owned());
            }
            None if name == "*all" => self.all = true,
            None if name == "*navigable" => self.navigable = true,
            None => {
                self.named.insert(name.to_owned());
            }
        }
    }

    /// Whether a field is wanted.
    pub(super) fn wants(&self, field: &str) -> bool {
        let asked = self.all || self.names(field) || (self.navigable && !NOT_NAVIGABLE.contains(&field));
        asked && !self.left_out.contains(field)
    }

    /// Whether a field is named.
    pub(super) fn names(&self, field: &str) -> bool {
        self.named.contains(field)
    }

    /// Whether nothing but ids and keys is wanted, for which pages are larger.
    pub(super) fn only_ids(&self) -> bool {
        !self.all && !self.navigable && self.named.iter().all(|name| name == "id" || name == "key")
    }
}
