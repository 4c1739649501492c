//! A board without its cards, and what becomes of it with some of them: the text of an export.

use chrono::{DateTime, Utc};
use entity::Instant;

use super::{SITE, client::Client, record::Record};
use crate::{
    connectors::{
        error::ReadError,
        json::Document,
        outbound::Request,
        trello::{EXPECTED, NOT_OF_THE_BOARD, read_since},
    },
    domain::sync::{external::ExternalBatch, port::ToolError},
};

/// What is asked of a board: what an export has of it that is read, and nothing that changes with who looks at it.
const PARTS: [(&str, &str); 10] = [
    ("fields", "name,desc,closed,idOrganization,url,shortUrl,shortLink,dateLastActivity"),
    ("lists", "all"),
    ("list_fields", "name,closed,pos"),
    ("members", "all"),
    ("member_fields", "fullName,username"),
    ("labels", "all"),
    ("label_fields", "name,color"),
    ("labels_limit", "1000"),
    ("customFields", "true"),
    ("cards", "none"),
];

/// A board without its cards.
pub(super) struct BoardText {
    /// Its JSON, open at its end.
    open: String,
    /// When Trello told it, by its own clock, in whole seconds.
    pub(super) told_at: Option<Instant>,
}

impl BoardText {
    /// Asks for a board.
    ///
    /// # Errors
    /// See [`Client::get`].
    pub(super) async fn fetch(client: &Client<'_>, id: &str) -> Result<Self, ToolError> {
        let request = Request::get("boards").step(id);
        let request = PARTS.iter().fold(request, |request, (name, value)| request.query(name, value));
        let reply = client.get(request).await?;
        let told_at = reply.header("date").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
        let told_at = told_at.map(|at| Instant::from(at.with_timezone(&Utc)));
        Self::of(reply.body(), told_at)
    }

    /// Takes what Trello answered.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] when it is no board.
    pub(super) fn of(body: &[u8], told_at: Option<Instant>) -> Result<Self, ToolError> {
        let object = Document::new(body).and_then(|file| file.object(EXPECTED)).map_err(unreadable)?;
        if object.get("id").is_none() {
            return Err(ToolError::Unreadable("Trello answers with a board that has no id".to_owned()));
        }
        let mut open = object.without(&NOT_OF_THE_BOARD);
        // Its last brace.
        open.pop();
        Ok(Self { open, told_at })
    }

    /// Reads it with some of its cards, each as JSON, and what is known of their past.
    ///
    /// # Errors
    /// [`ToolError::Unreadable`] when one of them is no card.
    pub(super) fn read(&self, cards: &[&str], record: &Record) -> Result<ExternalBatch, ToolError> {
        let (cards, actions) = (cards.join(","), record.actions.join(","));
        let text = format!("{},\"cards\":[{cards}],\"actions\":[{actions}]}}", self.open);
        let file = Document::new(text.as_bytes()).map_err(unreadable)?;
        let mut batch = read_since(&file, record.whole_since).map_err(unreadable)?;
        batch.site = SITE.to_owned();
        batch.complete = false;
        batch.notes.extend(record.note());
        Ok(batch)
    }
}

fn unreadable(error: ReadError) -> ToolError {
    ToolError::Unreadable(format!("what Trello answers is not what its API promises: {error}"))
}
