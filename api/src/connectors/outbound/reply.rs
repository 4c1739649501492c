//! What a tool answers.

use std::fmt;

use http::{HeaderMap, StatusCode};
use reqwest::Response;
use serde::Deserialize;
use serde_json::error::Category;

use crate::domain::sync::port::ToolError;

/// What a tool answered to a request that it took.
pub struct Reply {
    site: String,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Nothing of its headers and body, in which private things stand.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Reply {
    pub(super) fn new(site: &str, status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { site: site.to_owned(), status, headers, body }
    }

    /// Status, 200–299.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header by its name in lower case; none where it is absent or no plain text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body, 32 MB at most.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON of a certain shape.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] when it is none, or of another shape. Nothing of it is told but the place.
    pub fn json<'r, T: Deserialize<'r>>(&'r self) -> Result<T, ToolError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let site = &self.site;
            let (line, column) = (error.line(), error.column());
            ToolError::Unreadable(match error.classify() {
                Category::Data => format!(
                    "the answer of {site} is not what its API promises (line {line}, column {column}): check that \
                     the address is that of the tool, and of a version that is supported"
                ),
                Category::Syntax | Category::Eof | Category::Io => format!(
                    "the answer of {site} is no JSON (line {line}, column {column}): check that the address is \
                     that of its API, not of a page where one signs in"
                ),
            })
        })
    }
}

/// The beginning of a body, or all of it.
pub(super) struct Beginning {
    /// What was read.
    pub(super) bytes: Vec<u8>,
    /// Whether that is all.
    pub(super) is_whole: bool,
}

/// Reads a body piece by piece and stops where it is longer than so many bytes.
///
/// # Errors
/// When the connection breaks off or the time is over.
pub(super) async fn read(response: &mut Response, at_most: usize) -> Result<Beginning, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await? {
        let room = at_most.saturating_sub(bytes.len());
        bytes.extend_from_slice(piece.get(..room).unwrap_or(&piece));
        if piece.len() > room {
            return Ok(Beginning { bytes, is_whole: false });
        }
    }
    Ok(Beginning { bytes, is_whole: true })
}
