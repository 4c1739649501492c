//! The table of outcomes as a text that can be reviewed.

use std::collections::BTreeMap;
use std::fmt;

use super::ROLES;

/// Outcomes by field and role.
#[derive(Debug, Default)]
pub(crate) struct Table {
    cells: BTreeMap<String, BTreeMap<&'static str, String>>,
}

impl Table {
    pub(crate) fn put(&mut self, field: &str, role: &'static str, outcome: String) {
        let before = self.cells.entry(field.to_owned()).or_default().insert(role, outcome);
        assert!(before.is_none(), "{field} was asked for twice by {role}");
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let first = width(&mut self.cells.keys().map(String::len)).max("field".len());
        let widths: Vec<_> = ROLES
            .iter()
            .map(|role| width(&mut self.cells.values().filter_map(|row| row.get(role)).map(String::len)))
            .zip(ROLES)
            .map(|(wide, role)| wide.max(role.len()))
            .collect();
        let line = |name: &str, cells: Vec<&str>| {
            let mut line = format!("{name:first$}");
            for (cell, wide) in cells.into_iter().zip(&widths) {
                line.push_str(&format!(" | {cell:wide$}"));
            }
            line.trim_end().to_owned()
        };
        writeln!(out, "{}", line("field", ROLES.to_vec()))?;
        for (name, row) in &self.cells {
            let cells = ROLES.iter().map(|role| row.get(role).map_or("not asked", String::as_str)).collect();
            writeln!(out, "{}", line(name, cells))?;
        }
        Ok(())
    }
}

/// What came of many questions of one kind, counted: `3 values, 1 null`.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<String, usize>,
}

impl Tally {
    pub(crate) fn add(&mut self, what: &str, count: usize) {
        *self.counts.entry(what.to_owned()).or_default() += count;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        out.write_str(&if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") })
    }
}
