//! One listener's stream: what it missed, from the table, then what comes, without a gap or a repetition.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use super::{
    About, Live, course::Course, event::LiveEvent, hub::Ear, position::Position, read::Span, sees::sees,
};
use crate::domain::{
    access::Viewer,
    error::{DomainError, Result},
};

/// Events read from the table at once, and bytes of their values: each stream that lies behind keeps so many.
const READ: i64 = 200;
const READ_BYTES: usize = 256 * 1024;

/// The stream of one organization's events from one place on.
pub struct Following {
    live: Live,
    organization: Uuid,
    /// What is read of what lies behind. What comes is heard whole.
    about: About,
    course: Arc<Course>,
    /// Up to here everything has been given.
    reached: Position,
    /// While it lies behind: up to where the table is read, and up to where it has been.
    behind: Option<Behind>,
    /// Read from the table and not yet given.
    read: VecDeque<Arc<LiveEvent>>,
    ear: Ear,
    /// The last event that may have changed rights, until they were looked at after it.
    unseen_rights: Option<Position>,
}

/// What is still to be read from the table.
#[derive(Clone, Copy)]
struct Behind {
    /// Up to here it was read.
    read: Position,
    /// Up to here it is to be read.
    until: Position,
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
    /// `CURSOR_EXPIRED` when events after the place were removed; `CURSOR_INVALID` when it lies
    /// beyond the end of the stream, as one of another database does.
    pub async fn follow(&self, organization: Uuid, after: Option<Position>) -> Result<Option<Following>> {
        // Listening begins before the checks, so that nothing is lost between them and the first event.
        let Some((ear, heard_from)) = self.inner.hub.listen(organization) else { return Ok(None) };
        if let Some(after) = after {
            let installation = &self.inner.installation;
            if installation.has_expired(after).await? {
                return Err(DomainError::CursorExpired);
            }
            // Another node may be further on than this one, but none further than the table.
            if after > heard_from && after > installation.end_of_stream().await? {
                return Err(DomainError::CursorInvalid);
            }
        }
        let reached = after.unwrap_or(heard_from);
        // What changed rights before this place may not have been looked at yet.
        let unseen_rights = self.inner.hub.rights_changed_at(organization);
        Ok(Some(Following {
            live: self.clone(),
            organization,
            about: About::Everything,
            course: Arc::default(),
            reached,
            behind: (reached < heard_from).then_some(Behind { read: reached, until: heard_from }),
            read: VecDeque::new(),
            ear,
            unseen_rights,
        }))
    }
}

impl Following {
    /// Leaves out of what lies behind what is not about this, and does not concern rights.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// Tells on this course how it fares, and ends when it is called off there.
    #[must_use]
    pub fn told_on(mut self, course: Arc<Course>) -> Self {
        course.reach(self.reached);
        course.listen();
        self.course = course;
        self
    }

    /// The next event; null when the server stops, or when it was called off and all that was delivered until
    /// then is given.
    ///
    /// # Errors
    /// `CURSOR_EXPIRED` when what was missed is removed meanwhile. The database's errors while it
    /// reads that.
    pub async fn next(&mut self) -> Result<Option<Arc<LiveEvent>>> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.reach(event.written.position);
                return Ok(Some(event));
            }
            if let Some(behind) = self.behind {
                self.read_on(behind).await?;
                continue;
            }
            if self.ear.is_empty() {
                if self.course.is_called_off() {
                    return Ok(None);
                }
                self.course.catch_up();
            }
            let heard = tokio::select! {
                biased;
                heard = self.ear.recv() => heard,
                () = self.course.called_off() => continue,
            };
            match heard {
                Ok(event) if event.written.position <= self.reached => {}
                Ok(event) => {
                    self.reach(event.written.position);
                    return Ok(Some(event));
                }
                // It takes longer over an event than the next ones need to come: the table has what did not fit.
                Err(RecvError::Lagged(_)) => match self.live.inner.hub.listen(self.organization) {
                    Some((ear, heard_from)) => {
                        self.ear = ear;
                        self.behind = Some(Behind { read: self.reached, until: heard_from });
                    }
                    None => return Ok(None),
                },
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    fn reach(&mut self, position: Position) {
        self.reached = position;
        self.course.reach(position);
    }

    /// The next event that a viewer sees. What comes after a change of rights waits until whoever lost some was
    /// told, so that their streams end before it.
    ///
    /// # Errors
    /// See [`Following::next`].
    pub async fn next_seen_by(&mut self, viewer: &Viewer) -> Result<Option<Arc<LiveEvent>>> {
        loop {
            let Some(event) = self.next().await? else { return Ok(None) };
            if let Some(changed) = self.unseen_rights {
                self.live.rights_looked_at(self.organization, changed).await;
                self.unseen_rights = None;
            }
            if event.concerns_rights() {
                self.unseen_rights = Some(event.written.position);
            }
            if sees(viewer, event.written.organization, &event.audience) {
                return Ok(Some(event));
            }
        }
    }

    async fn read_on(&mut self, Behind { read, until }: Behind) -> Result<()> {
        let installation = &self.live.inner.installation;
        let span = Span {
            after: read,
            until: Some(until),
            organization: Some(self.organization),
            about: self.about,
            limit: READ,
            bytes: READ_BYTES,
        };
        let batch = installation.events_of(&span).await?;
        // Looked at after the reading: what was removed before it is missing there.
        if installation.has_expired(read).await? {
            return Err(DomainError::CursorExpired);
        }
        // It goes on after what was read, which may be more than what can be given.
        self.behind = batch.reached.filter(|_| batch.is_whole).map(|reached| Behind { read: reached, until });
        let events = installation.with_surroundings(self.organization, batch.events).await?;
        self.read.extend(events.into_iter().map(Arc::new));
        Ok(())
    }
}
