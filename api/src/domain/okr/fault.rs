//! What is wrong with a file, for a person to mend: the first faults in full, the others counted, for a file may
//! hold as many of them as it has bytes.

use std::fmt;

use super::report::TOLD_AT_MOST;

/// What kind of mending a fault asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// The file itself cannot be read, there or from there on.
    Unreadable,
    /// The value is not acceptable.
    Invalid,
    /// A value is missing.
    Required,
    /// Something with this value exists already.
    Taken,
    /// What is referred to does not exist, or is not visible to who imports.
    NotFound,
    /// Two statements contradict each other.
    Conflict,
    /// The state of the goal does not allow it now.
    NotNow,
    /// Who imports may not do this.
    Forbidden,
}

impl FaultCode {
    /// Stable word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "UNREADABLE",
            Self::Invalid => "INVALID",
            Self::Required => "REQUIRED",
            Self::Taken => "TAKEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::NotNow => "NOT_NOW",
            Self::Forbidden => "FORBIDDEN",
        }
    }
}

/// Something in a file that a person has to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1; of a row of several lines, its first.
    pub line: u64,
    /// The column; null when it concerns the whole row.
    pub column: Option<String>,
    /// The place in a JSON file, `[3].key_results[0]`; null in CSV.
    pub path: Option<String>,
    /// What kind of mending it asks for.
    pub code: FaultCode,
    /// Sentence that says what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(path) = self.path.as_ref().filter(|path| !path.is_empty()) {
            write!(f, ", {path}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Fault {
    /// A fault of a place without a column.
    pub(super) fn at(line: u64, code: FaultCode, message: impl Into<String>) -> Self {
        Self { line, column: None, path: None, code, message: message.into() }
    }
}

/// The faults of a file: the first by line, and how many there are.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    kept: Vec<Fault>,
    count: usize,
}

impl Faults {
    /// Takes one more down.
    pub(super) fn push(&mut self, fault: Fault) {
        self.count += 1;
        self.kept.push(fault);
        if self.kept.len() >= 2 * TOLD_AT_MOST {
            self.shorten();
        }
    }

    /// How many there are, kept or not.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds those of a later look at the same file.
    pub(super) fn append(&mut self, later: Self) {
        let unkept = later.count - later.kept.len();
        for fault in later.kept {
            self.push(fault);
        }
        self.count += unkept;
    }

    /// The first by line; those of one line as they were found.
    #[must_use]
    pub fn into_first(mut self) -> Vec<Fault> {
        self.shorten();
        self.kept
    }

    fn shorten(&mut self) {
        self.kept.sort_by_key(|fault| fault.line);
        self.kept.truncate(TOLD_AT_MOST);
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { kept: vec![fault], count: 1 }
    }
}
