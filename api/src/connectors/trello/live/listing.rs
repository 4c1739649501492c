//! A page of a list that goes from the newest to the oldest.

use serde::Deserialize;

use crate::{connectors::outbound::Reply, domain::sync::port::ToolError};

/// A page of a list: of cards or of actions.
pub(super) struct Listing {
    reply: Reply,
    length: usize,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Listing {
    /// What was answered to the request for so many items.
    pub(super) fn new(reply: Reply, length: usize) -> Self {
        Self { reply, length }
    }

    /// Its items.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] when they are not of this shape.
    pub(super) fn items<'l, T: Deserialize<'l>>(&'l self) -> Result<Vec<T>, ToolError> {
        self.reply.json()
    }

    /// The ids of its items.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] when one has none.
    pub(super) fn ids(&self) -> Result<Vec<String>, ToolError> {
        let items: Vec<Named> = self.items()?;
        Ok(items.into_iter().map(|item| item.id).collect())
    }

    /// Where the list goes on after these ids, which came before `before`; none at its end.
    ///
    /// # Errors
    /// See [`next`].
    pub(super) fn next(&self, ids: &[String], before: Option<&str>) -> Result<Option<String>, ToolError> {
        next(ids, self.length, before)
    }
}

/// Where a list goes on after a page that was asked for with a length: before the oldest of it. Ids begin with the
/// time and are all of one length, so that they sort as texts.
///
/// # Errors
/// [`ToolError::Unreadable`] when the page does not lie before `before`: such a list never ends.
pub(super) fn next(ids: &[String], length: usize, before: Option<&str>) -> Result<Option<String>, ToolError> {
    let Some(oldest) = ids.iter().min().filter(|_| ids.len() >= length) else { return Ok(None) };
    if before.is_some_and(|before| oldest.as_str() >= before) {
        return Err(ToolError::Unreadable(
            "Trello gives the same page again: its list does not end".to_owned(),
        ));
    }
    Ok(Some(oldest.clone()))
}
