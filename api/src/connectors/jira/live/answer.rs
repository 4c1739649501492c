//! Shapes that several answers share.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::sync::port::ToolError;

/// An id, which Jira writes as a text almost everywhere.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    /// As a text.
    Text(String),
    /// As a number.
    Number(u64),
}

impl Id {
    /// As a text.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Something that has an id.
#[derive(Debug, Deserialize)]
struct Identified {
    id: Id,
}

/// The id of an issue that is still text.
///
/// # Errors
/// [`ToolError::Unreadable`] where it has none.
pub(super) fn id_of(issue: &RawValue) -> Result<String, ToolError> {
    let identified: Identified =
        serde_json::from_str(issue.get()).map_err(|_| unreadable("an issue without an id"))?;
    Ok(identified.id.into_text())
}

/// An answer that is not what the API promises, with what it is instead.
pub(super) fn unreadable(what: &str) -> ToolError {
    ToolError::Unreadable(format!("Jira answers with {what}, which its API does not promise"))
}
