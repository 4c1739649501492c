//! A file as it was read: rows with their places, texts not yet understood, and what is wrong with it.

use std::collections::BTreeMap;

use super::{
    column::{Column, GoalType},
    csv,
    fault::{Fault, FaultCode, Faults},
    json,
};
use crate::domain::error::{DomainError, UserErrorCode};

/// Rows of a file at most: an import is one transaction.
pub const ROWS_AT_MOST: usize = 10_000;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values; also separated by semicolons or tabs.
    Csv,
    /// A JSON list of objects.
    Json,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The text; none for a JSON null, and never an empty one.
    pub(super) text: Option<String>,
    /// Its line.
    pub(super) line: u64,
}

/// A row.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Its first line.
    pub(super) line: u64,
    /// Its place in a JSON file.
    pub(super) path: Option<String>,
    /// The objective that it stands in, in a JSON file.
    pub(super) within: Option<usize>,
    /// What it is, where its place in a JSON file says so.
    pub(super) implied: Option<GoalType>,
    /// Its cells; a column that the file does not have is left out.
    pub(super) cells: BTreeMap<Column, Cell>,
}

impl Entry {
    /// A fault of this row.
    pub(super) fn fault(&self, column: Option<Column>, code: FaultCode, message: impl Into<String>) -> Fault {
        let line = column.and_then(|column| self.cells.get(&column)).map_or(self.line, |cell| cell.line);
        let column = column.map(|column| column.name().to_owned());
        Fault { line, column, path: self.path.clone(), code, message: message.into() }
    }

    /// What a command said of this row; an error that is nobody's to mend in a file comes back.
    pub(super) fn faults_of(&self, error: DomainError) -> Result<Vec<Fault>, DomainError> {
        let whole = |code, message: String| Ok(vec![self.fault(None, code, message)]);
        match error {
            DomainError::User(errors) => Ok(errors
                .into_iter()
                .map(|error| {
                    let column = error.field.last().and_then(|field| Column::of_field(field));
                    self.fault(self.told_of(column), code_of(error.code), error.message)
                })
                .collect()),
            DomainError::Forbidden(message) => whole(FaultCode::Forbidden, message),
            DomainError::NotFound => whole(FaultCode::NotFound, "there is no such goal any more".to_owned()),
            DomainError::BadInput(message) => whole(FaultCode::Invalid, message),
            other @ (DomainError::CursorInvalid
            | DomainError::CursorTooOld
            | DomainError::CursorExpired
            | DomainError::Unauthenticated
            | DomainError::RateLimited(_)
            | DomainError::Database(_)
            | DomainError::Internal(_)) => Err(other),
        }
    }

    /// A parent is named by one of two columns: the one that this row uses.
    fn told_of(&self, column: Option<Column>) -> Option<Column> {
        let uses = |column| self.cells.get(&column).is_some_and(|cell: &Cell| cell.text.is_some());
        match column {
            Some(Column::ParentExternalId) if uses(Column::ParentCode) && !uses(Column::ParentExternalId) => {
                Some(Column::ParentCode)
            }
            other => other,
        }
    }
}

fn code_of(code: UserErrorCode) -> FaultCode {
    match code {
        UserErrorCode::Invalid | UserErrorCode::OwnedByTool => FaultCode::Invalid,
        UserErrorCode::Required => FaultCode::Required,
        UserErrorCode::Taken => FaultCode::Taken,
        UserErrorCode::NotFound => FaultCode::NotFound,
        UserErrorCode::Conflict => FaultCode::Conflict,
        UserErrorCode::NotNow => FaultCode::NotNow,
    }
}

/// A file that was read.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub(super) entries: Vec<Entry>,
    pub(super) faults: Faults,
    /// Whether a comma is the mark before decimals, as where cells are separated by semicolons.
    pub(super) decimal_comma: bool,
}

impl Sheet {
    /// Reads a file; what is wrong with it is kept in it.
    #[must_use]
    pub fn read(format: Format, bytes: &[u8]) -> Self {
        let text = match text_of(bytes) {
            Ok(text) => text,
            Err(fault) => return Self::broken(fault),
        };
        match format {
            Format::Csv => csv::read(text),
            Format::Json => json::read(text),
        }
    }

    /// A file of more rows than one import takes, faulty ones included: it is read no further.
    pub(super) fn too_long() -> Self {
        let message = format!(
            "the file has more than the {ROWS_AT_MOST} rows of one import: import it in parts, objectives first"
        );
        Self::broken(Fault::at(1, FaultCode::Unreadable, message))
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn broken(fault: Fault) -> Self {
        Self { faults: fault.into(), ..Self::default() }
    }
}

/// The text, without the byte order mark that some programs put before UTF-8.
fn text_of(bytes: &[u8]) -> Result<&str, Fault> {
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        let message = "the file is UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)";
        return Err(Fault::at(1, FaultCode::Unreadable, message));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let message = "the file is a workbook, not a text: save it as CSV UTF-8";
        return Err(Fault::at(1, FaultCode::Unreadable, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = Lines::of(&String::from_utf8_lossy(before)).last();
        let message = "a byte here is no UTF-8: save the file as UTF-8 (in Excel: CSV UTF-8)";
        Fault::at(line, FaultCode::Unreadable, message)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter_map(|(at, byte)| match byte {
            b'\n' => Some(at + 1),
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
            _ => None,
        });
        Self(ends.collect())
    }

    /// The line of a byte, from 1.
    pub(super) fn at(&self, offset: usize) -> u64 {
        let before = self.0.partition_point(|start| *start <= offset);
        u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn last(&self) -> u64 {
        self.at(usize::MAX)
    }
}
