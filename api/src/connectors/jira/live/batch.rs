//! What was found, as the reader of files reads it.

use serde_json::value::RawValue;

use super::{fields::Fields, search::Found, session::Session};
use crate::connectors::{jira::read_search, json::Document};
use crate::domain::sync::{external::ExternalBatch, port::ToolError};

/// Reads issues. Of `cut` of them a part of the history is missing.
///
/// Whether there are more pages is not told to the reader, which would take it for a fault of a file.
///
/// # Errors
/// [`ToolError::Unreadable`] where an issue lacks what every issue has.
pub(super) fn read(
    session: &Session<'_>,
    fields: &Fields,
    found: &Found,
    cut: usize,
) -> Result<ExternalBatch, ToolError> {
    let names = found.names.as_deref().map_or(fields.names.as_str(), RawValue::get);
    let schema = found.schema.as_deref().map_or(fields.schema.as_str(), RawValue::get);
    let issues: Vec<&str> = found.issues.iter().map(|issue| issue.get()).collect();
    let text = format!(r#"{{"names":{names},"schema":{schema},"issues":[{}]}}"#, issues.join(","));
    let mut batch = Document::new(text.as_bytes()).and_then(|file| read_search(&file)).map_err(|error| {
        ToolError::Unreadable(format!("an issue that Jira answers is not what its API promises: {error}"))
    })?;
    batch.site = session.place()?.site;
    for note in &mut batch.notes {
        // The reader counts them, and knows of files only.
        *note = note.replace("than the file holds", "than Jira tells at once");
    }
    if cut > 0 {
        let issues = if cut == 1 { "issue has" } else { "issues have" };
        batch.notes.push(format!(
            "{cut} {issues} a longer history than Jira tells at once; its beginning is missing."
        ));
    }
    Ok(batch)
}
