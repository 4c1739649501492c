//! When a stream must end: its token has run out, its session or person is gone, its viewer's rights changed.
//!
//! A stream shows what its viewer may see, and a viewer is loaded once. So whoever keeps a stream open also
//! keeps a [`RightsWatch`]. All streams of one token's subject share one look at the database: right after
//! events of people, teams and the organization, after a change of rights in this process, and every [`LOOK`]
//! besides, for what leaves no event (the end of a session) and for when the stream itself is held back.

use std::{
    sync::{
        Arc, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use entity::{Instant, SubjectKind};
use tokio::sync::{broadcast::error::RecvError, watch};

use super::{Live, hub::Ear};
use crate::domain::{
    access::Viewer,
    error::DomainError,
    viewer_load::{Pass, Subject, load_viewer},
};

/// How often rights are looked at without being woken.
pub const LOOK: Duration = Duration::from_secs(3);
/// How often the expiry of a token is looked at, for a clock that is set.
const EXPIRY_LOOK: Duration = Duration::from_secs(1);

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyEnded {
    /// The token has expired.
    TokenExpired,
    /// The person was deactivated, the session has ended, or the tool's token was revoked.
    SignedOut,
    /// What the viewer may see or do is not what it was: load it anew and go on after the last cursor.
    RightsChanged,
    /// The server stops.
    ServerStopped,
}

/// What a look found.
#[derive(Clone)]
enum Found {
    /// Nothing yet, or nothing could be found out.
    Unknown,
    Viewer(Arc<Viewer>),
    Gone,
    Stopped,
}

/// One look for all streams of a subject.
pub(super) struct Lookout {
    /// How many looks have begun.
    begun: AtomicU64,
    /// What was found, by which look.
    found: watch::Sender<(u64, Found)>,
}

/// Watches over one stream; cheap to clone.
#[derive(Clone)]
pub struct RightsWatch {
    live: Live,
    viewer: Arc<Viewer>,
    expires_at: Instant,
    lookout: Arc<Lookout>,
    /// The look that had begun when the watch did: only later ones are newer than the viewer.
    since: u64,
}

impl std::fmt::Debug for RightsWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RightsWatch").field("person", &self.viewer.person_id).finish_non_exhaustive()
    }
}

impl Live {
    /// Watches over the rights that a stream was opened with: those of `viewer`, which was loaded for
    /// `pass`.
    #[must_use]
    pub fn watch_rights(&self, pass: &Pass, viewer: &Viewer) -> RightsWatch {
        let subject = pass.subject;
        let mut lookouts = self.inner.lookouts.lock().unwrap_or_else(PoisonError::into_inner);
        let lookout = lookouts.get(&subject).and_then(Weak::upgrade).unwrap_or_else(|| {
            lookouts.retain(|_, lookout| lookout.strong_count() > 0);
            let found = watch::Sender::new((0, Found::Unknown));
            let lookout = Arc::new(Lookout { begun: AtomicU64::new(0), found });
            lookouts.insert(subject, Arc::downgrade(&lookout));
            let ear = self.inner.hub.listen(viewer.organization_id).map(|(ear, _)| ear);
            let watching = look_out(self.clone(), subject, ear, Arc::downgrade(&lookout));
            tokio::spawn(watching);
            lookout
        });
        RightsWatch {
            live: self.clone(),
            viewer: Arc::new(viewer.clone()),
            expires_at: pass.expires_at,
            since: lookout.begun.load(Ordering::SeqCst),
            lookout,
        }
    }
}

impl RightsWatch {
    /// Completes when the stream must end: within 5 seconds of its cause, on every node.
    pub async fn ended(&self) -> WhyEnded {
        tokio::select! {
            why = self.rights_ended() => why,
            () = self.token_expired() => WhyEnded::TokenExpired,
        }
    }

    async fn rights_ended(&self) -> WhyEnded {
        let mut found = self.lookout.found.subscribe();
        loop {
            let (look, now) = found.borrow_and_update().clone();
            match now {
                Found::Unknown => {}
                Found::Viewer(_) if look <= self.since => {}
                Found::Viewer(viewer) if viewer.has_rights_of(&self.viewer) => {}
                Found::Viewer(_) => return WhyEnded::RightsChanged,
                Found::Gone => return WhyEnded::SignedOut,
                Found::Stopped => return WhyEnded::ServerStopped,
            }
            if found.changed().await.is_err() {
                return WhyEnded::ServerStopped;
            }
        }
    }

    async fn token_expired(&self) {
        let clock = self.live.inner.installation.clock();
        loop {
            let left = self.expires_at.0.saturating_sub(clock.now().0);
            let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else { return };
            tokio::time::sleep(EXPIRY_LOOK.min(Duration::from_micros(left))).await;
        }
    }
}

/// Looks until no stream is left that asks.
async fn look_out(live: Live, subject: Subject, mut ear: Option<Ear>, lookout: Weak<Lookout>) {
    let installation = live.inner.installation.clone();
    loop {
        let look = match lookout.upgrade() {
            Some(lookout) => lookout.begun.fetch_add(1, Ordering::SeqCst) + 1,
            None => return,
        };
        let generation = installation.db.rights_generation();
        let found = match load_viewer(&installation.db, installation.clock(), subject).await {
            Ok(viewer) => Found::Viewer(Arc::new(viewer)),
            Err(DomainError::Unauthenticated) => Found::Gone,
            Err(error) => {
                tracing::error!(%error, "the rights behind a stream cannot be read; they are read again");
                Found::Unknown
            }
        };
        let gone = matches!(found, Found::Gone);
        if gone {
            // Whoever comes back later is looked for anew.
            live.inner.lookouts.lock().unwrap_or_else(PoisonError::into_inner).remove(&subject);
        }
        match lookout.upgrade() {
            Some(lookout) => lookout.found.send_replace((look, found)),
            None => return,
        };
        if gone {
            return;
        }
        let next = tokio::time::sleep(LOOK);
        tokio::pin!(next);
        let mut tick = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                () = &mut next => break,
                // Commits of this process that change rights and write no event.
                _ = tick.tick() => {
                    if installation.db.rights_generation() != generation || lookout.strong_count() == 0 {
                        break;
                    }
                }
                heard = concerns_rights(&mut ear) => match heard {
                    Some(true) => break,
                    Some(false) => {}
                    None => {
                        if let Some(lookout) = lookout.upgrade() {
                            lookout.found.send_replace((look, Found::Stopped));
                        }
                        return;
                    }
                }
            }
        }
    }
}

/// Whether the next event may have changed rights; null when the server stops.
async fn concerns_rights(ear: &mut Option<Ear>) -> Option<bool> {
    let ear = ear.as_mut()?;
    match ear.recv().await {
        Ok(event) => Some(match event.written.subject.0 {
            SubjectKind::Organization | SubjectKind::Person | SubjectKind::Team => true,
            SubjectKind::Cycle
            | SubjectKind::Objective
            | SubjectKind::KeyResult
            | SubjectKind::CheckIn
            | SubjectKind::Project
            | SubjectKind::Task
            | SubjectKind::AlignmentLink
            | SubjectKind::Integration
            | SubjectKind::Finding => false,
        }),
        Err(RecvError::Lagged(_)) => Some(true),
        Err(RecvError::Closed) => None,
    }
}
