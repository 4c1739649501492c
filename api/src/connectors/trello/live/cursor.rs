//! Where the read of a board goes on, as a text that is stored between two pages.

use std::fmt;

use entity::Instant;

use crate::domain::sync::port::ToolError;

/// Where the read of a board goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// Its cards, newest first.
    Cards {
        /// Those that were made before this one.
        before: String,
        /// When the read of them began, by Trello's clock.
        begun: Option<Instant>,
    },
    /// Its changes, oldest first: those after this one.
    Changes(Change),
}

/// A change of a card. Changes follow each other by time, and at one time by card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// When.
    pub(super) at: Instant,
    /// The card's id; empty for what lies before all changes of that time.
    pub(super) card: String,
}

impl Cursor {
    /// Reads what [`fmt::Display`] wrote.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] for anything else.
    pub(super) fn read(text: &str) -> Result<Self, ToolError> {
        let unknown = || {
            let message =
                "the place where the read of the board stopped is not understood: start the sync again";
            ToolError::Unreadable(message.to_owned())
        };
        let micros = |text: &str| text.parse().map(Instant).map_err(|_| unknown());
        let (kind, place) = text.split_once(' ').ok_or_else(unknown)?;
        let (first, second) = place.split_once(' ').ok_or_else(unknown)?;
        match kind {
            "cards" => {
                let begun = if second.is_empty() { None } else { Some(micros(second)?) };
                Ok(Self::Cards { before: first.to_owned(), begun })
            }
            "changes" => Ok(Self::Changes(Change { at: micros(first)?, card: second.to_owned() })),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cards { before, begun: Some(begun) } => write!(f, "cards {before} {}", begun.0),
            Self::Cards { before, begun: None } => write!(f, "cards {before} "),
            Self::Changes(Change { at, card }) => write!(f, "changes {} {card}", at.0),
        }
    }
}
