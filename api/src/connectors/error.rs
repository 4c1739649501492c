//! Why a file was refused, said so that its owner can mend it.

use std::fmt;

use entity::Provider;
use thiserror::Error;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte, from 0.
    pub offset: usize,
}

impl Position {
    /// The place of a byte in a file whose bytes before it are valid UTF-8.
    pub(super) fn of(bytes: &[u8], offset: usize) -> Self {
        let offset = offset.min(bytes.len());
        let before = bytes.get(..offset).unwrap_or_default();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let starts_character = |byte: &&u8| **byte & 0xC0 != 0x80;
        let line = before.get(line_start..).unwrap_or_default();
        Self {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: line.iter().filter(starts_character).count() + 1,
            offset,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {})", self.line, self.column, self.offset)
    }
}

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The provider has no file form.
    #[error("{provider} cannot be read from a file; a Trello board export and a Jira search answer can")]
    NoFileForm {
        /// The provider's name.
        provider: &'static str,
    },
    /// The bytes are not text in UTF-8.
    #[error("the file is not UTF-8 text: {what} at {at}")]
    NotUtf8 {
        /// What stands there.
        what: &'static str,
        /// Where the first bad byte is.
        at: Position,
    },
    /// The file ends in the middle of its JSON.
    #[error("the file is cut short: its JSON is still open at its end, {at}")]
    Truncated {
        /// Where it ends.
        at: Position,
    },
    /// The file is not JSON.
    #[error("the file is not valid JSON: {what} at {at}")]
    Syntax {
        /// What is wrong.
        what: String,
        /// Where.
        at: Position,
    },
    /// The file is JSON, but not what the provider exports.
    #[error("this is not {expected}: {found}")]
    NotThis {
        /// What was expected.
        expected: &'static str,
        /// What was found instead.
        found: String,
    },
    /// An item lacks something without which it cannot be told what it is.
    #[error("`{path}`: {expected} was expected, {found} was found (item at {at})")]
    Unexpected {
        /// Where, `issues[3].fields.summary`.
        path: String,
        /// What was expected.
        expected: &'static str,
        /// What was found instead.
        found: &'static str,
        /// Where the item begins.
        at: Position,
    },
}

/// The provider's name as its maker writes it.
pub(super) const fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Asana => "Asana",
        Provider::Jira => "Jira",
        Provider::Monday => "monday.com",
        Provider::Notion => "Notion",
        Provider::Trello => "Trello",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_bytes() {
        let text = "{\n \"é\": x}".as_bytes();
        assert_eq!(Position::of(text, 8), Position { line: 2, column: 6, offset: 8 });
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1, offset: 0 });
        assert_eq!(Position::of(text, 999).offset, text.len());
    }
}
