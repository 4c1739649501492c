//! What an import tells of itself: row by row what became of it, and what is wrong, by line.

use uuid::Uuid;

use super::{
    column::GoalType,
    fault::{Fault, Faults},
};

/// Faults and remarks that are told, at most; the others are counted.
pub const TOLD_AT_MOST: usize = 100;

/// What became of a row; in a dry run or a refused file, what would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowAction {
    /// A new goal.
    Create,
    /// A goal of which something differs.
    Update,
    /// A goal of which nothing differs.
    Keep,
    /// Something is wrong with the row, or with the one that it stands under.
    Refuse,
}

/// What became of a row.
#[derive(Clone, Debug)]
pub struct RowReport {
    /// Its line.
    pub line: u64,
    /// What it is; null where its type cannot be read.
    pub goal: Option<GoalType>,
    /// What became of it.
    pub action: RowAction,
    /// The goal; null for a new one that was not written.
    pub id: Option<Uuid>,
    /// The goal's code; null for a new one that was not written.
    pub code: Option<String>,
    /// Its id in the file.
    pub external_id: Option<String>,
    /// Its title in the file.
    pub title: Option<String>,
    /// Columns that differ from what is known; empty for a new goal.
    pub changes: Vec<&'static str>,
    /// Whether it makes a check-in.
    pub checks_in: bool,
}

/// How many rows of a type came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New goals.
    pub created: usize,
    /// Goals of which something changed.
    pub updated: usize,
    /// Goals of which nothing changed.
    pub unchanged: usize,
    /// Rows that cannot be taken in.
    pub refused: usize,
}

/// Something worth knowing that keeps nothing from being taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line that it is about, from 1; null when it is about the file.
    pub line: Option<u64>,
    /// Sentence.
    pub message: String,
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Whether it was asked what would become of it.
    pub dry_run: bool,
    /// Whether the file was taken in; false in a dry run, and when anything was wrong.
    pub written: bool,
    /// What became of objectives.
    pub objectives: Counts,
    /// What became of key results.
    pub key_results: Counts,
    /// Check-ins made.
    pub check_ins: usize,
    /// Every row, in the order of the file.
    pub rows: Vec<RowReport>,
    /// What is wrong, by line; the first hundred.
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub fault_count: usize,
    /// What else to know; the first hundred.
    pub remarks: Vec<Remark>,
    /// How many remarks there are in all.
    pub remark_count: usize,
}

impl ImportReport {
    /// A report over rows, faults and remarks.
    pub(super) fn of(dry_run: bool, rows: Vec<RowReport>, faults: Faults, mut remarks: Vec<Remark>) -> Self {
        remarks.sort_by_key(|remark| remark.line);
        let mut report = Self {
            dry_run,
            written: !dry_run && faults.is_empty(),
            fault_count: faults.count(),
            remark_count: remarks.len(),
            check_ins: rows.iter().filter(|row| row.checks_in && row.action != RowAction::Refuse).count(),
            ..Self::default()
        };
        for row in &rows {
            let counts = match row.goal {
                Some(GoalType::KeyResult) => &mut report.key_results,
                Some(GoalType::Objective) | None => &mut report.objectives,
            };
            match row.action {
                RowAction::Create => counts.created += 1,
                RowAction::Update => counts.updated += 1,
                RowAction::Keep => counts.unchanged += 1,
                RowAction::Refuse => counts.refused += 1,
            }
        }
        remarks.truncate(TOLD_AT_MOST);
        report.rows = rows;
        report.faults = faults.into_first();
        report.remarks = remarks;
        report
    }
}
