//! One listener's stream: what it missed, from the table, then what comes, without a gap or a repetition.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use super::{Live, event::LiveEvent, hub::Ear, position::Position, read::Span, sees::sees};
use crate::domain::{
    access::Viewer,
    error::{DomainError, Result},
};

/// Events read from the table at once.
const READ: i64 = 200;

/// The stream of one organization's events from one place on.
pub struct Following {
    live: Live,
    organization: Uuid,
    /// Up to here everything has been given.
    reached: Position,
    /// While it lies behind: up to where the table is read.
    behind_until: Option<Position>,
    /// Read from the table and not yet given.
    read: VecDeque<Arc<LiveEvent>>,
    ear: Ear,
    /// Whether anything was given from memory since the table was last read.
    is_live: bool,
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Following").field("reached", &self.reached).finish_non_exhaustive()
    }
}

impl Live {
    /// Follows an organization's events: from now on, or from after a place.
    ///
    /// # Errors
    /// `CURSOR_EXPIRED` when events after the place may have been removed; `CURSOR_INVALID` when it lies
    /// beyond the end of the stream, as one of another database does.
    pub async fn follow(&self, organization: Uuid, after: Option<Position>) -> Result<Option<Following>> {
        // Listening begins before the checks, so that nothing is lost between them and the first event.
        let Some((ear, heard_from)) = self.inner.hub.listen(organization) else { return Ok(None) };
        if let Some(after) = after {
            let installation = &self.inner.installation;
            if installation.has_expired(after, organization).await? {
                return Err(DomainError::CursorExpired);
            }
            // Another node may be further on than this one, but none further than the table.
            if after > heard_from && after > installation.end_of_stream().await? {
                return Err(DomainError::CursorInvalid);
            }
        }
        let reached = after.unwrap_or(heard_from);
        Ok(Some(Following {
            live: self.clone(),
            organization,
            reached,
            behind_until: (reached < heard_from).then_some(heard_from),
            read: VecDeque::new(),
            ear,
            is_live: false,
        }))
    }
}

impl Following {
    /// The next event; null when the server stops.
    ///
    /// # Errors
    /// `STREAM_LAGGED` when the listener was too slow: the stream is over, and can be gone on with after the
    /// last cursor. The database's errors while it reads what was missed.
    pub async fn next(&mut self) -> Result<Option<Arc<LiveEvent>>> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.reached = event.written.position;
                return Ok(Some(event));
            }
            if let Some(until) = self.behind_until {
                self.read_on(until).await?;
                continue;
            }
            match self.ear.recv().await {
                Ok(event) if event.written.position <= self.reached => {}
                Ok(event) => {
                    self.reached = event.written.position;
                    self.is_live = true;
                    return Ok(Some(event));
                }
                // What came while the table was read did not fit: the table has it.
                Err(RecvError::Lagged(_)) if !self.is_live => {
                    match self.live.inner.hub.listen(self.organization) {
                        Some((ear, heard_from)) => {
                            self.ear = ear;
                            self.behind_until = Some(heard_from);
                        }
                        None => return Ok(None),
                    }
                }
                Err(RecvError::Lagged(_)) => return Err(DomainError::StreamLagged),
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// The next event that a viewer sees.
    ///
    /// # Errors
    /// See [`Following::next`].
    pub async fn next_seen_by(&mut self, viewer: &Viewer) -> Result<Option<Arc<LiveEvent>>> {
        loop {
            match self.next().await? {
                Some(event) if !sees(viewer, event.written.organization, &event.audience) => {}
                other => return Ok(other),
            }
        }
    }

    async fn read_on(&mut self, until: Position) -> Result<()> {
        let installation = &self.live.inner.installation;
        let span = Span {
            after: self.reached,
            until: Some(until),
            organization: Some(self.organization),
            limit: READ,
        };
        let written = installation.events_of(&span).await?;
        if i64::try_from(written.len()).is_ok_and(|read| read < READ) {
            self.behind_until = None;
        }
        let events = installation.with_surroundings(self.organization, written).await?;
        self.read.extend(events.into_iter().map(Arc::new));
        Ok(())
    }
}
