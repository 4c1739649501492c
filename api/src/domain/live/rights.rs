//! When a stream must end: its token has run out, its session or person is gone, its viewer's rights changed.
//!
//! A stream shows what its viewer may see, and a viewer is loaded once. So whoever keeps a stream open also
//! keeps a [`RightsWatch`]. All streams of one token's subject share one look at the database: right after
//! events of people, teams and the organization, after a change of rights in this process, and every [`LOOK`]
//! besides, for what leaves no event (the end of a session) and for when the stream itself is held back.

use std::{
    sync::{
        Arc, PoisonError, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use entity::{Instant, SubjectKind};
use tokio::sync::{broadcast::error::RecvError, watch};

use super::{Live, hub::Ear};
use crate::domain::{
    access::Viewer,
    clock::Clock,
    error::DomainError,
    viewer_load::{Pass, Subject, load_viewer},
};

/// How often rights are looked at without being woken.
pub const LOOK: Duration = Duration::from_secs(3);
/// How often the expiry of tokens is looked at: not slept until, for a clock that is set.
const EXPIRY_LOOK: Duration = Duration::from_millis(500);

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
    /// The newest [`RightsWatch::since`].
    newest: AtomicU64,
    /// When the first token expires of those whose streams wait, in microseconds since 1970. Streams have no
    /// timers of their own: ten thousand would cost more than what they wait for.
    expires_at: AtomicI64,
}

impl Lookout {
    /// Tells what a look found; streams are woken only where it is news to one of them: ten thousand may be
    /// of one subject, and nearly every look finds what the last one found.
    fn tell(&self, look: u64, found: Found) {
        self.found.send_if_modified(|told| {
            let (last, before) = &*told;
            let is_known = match (before, &found) {
                (Found::Viewer(before), Found::Viewer(now)) => {
                    *last > self.newest.load(Ordering::SeqCst) && before.has_rights_of(now)
                }
                (Found::Unknown | Found::Viewer(_) | Found::Gone | Found::Stopped, _) => false,
            };
            *told = (look, found);
            !is_known
        });
    }

    /// Waits with the others for a token's end, after the call of [`watch::Sender::subscribe`].
    fn wakes_at(&self, expires_at: Instant) {
        self.expires_at.fetch_min(expires_at.0, Ordering::SeqCst);
    }

    /// Wakes all streams when a token has expired; those that go on say anew when theirs does.
    fn wake_expired(&self, now: Instant) {
        if self.expires_at.load(Ordering::SeqCst) <= now.0 {
            self.expires_at.store(i64::MAX, Ordering::SeqCst);
            self.found.send_modify(|_| {});
        }
    }
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
    pub fn watch_rights(&self, pass: &Pass, viewer: &Arc<Viewer>) -> RightsWatch {
        let subject = pass.subject;
        let mut lookouts = self.inner.lookouts.lock().unwrap_or_else(PoisonError::into_inner);
        let lookout = lookouts.get(&subject).and_then(Weak::upgrade).unwrap_or_else(|| {
            lookouts.retain(|_, lookout| lookout.strong_count() > 0);
            let found = watch::Sender::new((0, Found::Unknown));
            let expires_at = AtomicI64::new(i64::MAX);
            let lookout =
                Arc::new(Lookout { begun: AtomicU64::new(0), found, newest: AtomicU64::new(0), expires_at });
            lookouts.insert(subject, Arc::downgrade(&lookout));
            let ear = self.inner.hub.listen(viewer.organization_id).map(|(ear, _)| ear);
            let watching = look_out(self.clone(), subject, ear, Arc::downgrade(&lookout));
            let clock = self.inner.installation.clock().clone();
            let expiring = expire(clock, Arc::downgrade(&lookout));
            // Apart from the database, which may let the look wait.
            tokio::spawn(async move { tokio::join!(watching, expiring) });
            lookout
        });
        let since = lookout.begun.load(Ordering::SeqCst);
        lookout.newest.fetch_max(since, Ordering::SeqCst);
        RightsWatch {
            live: self.clone(),
            viewer: Arc::clone(viewer),
            expires_at: pass.expires_at,
            since,
            lookout,
        }
    }
}

impl RightsWatch {
    /// Completes when the stream must end: within 5 seconds of its cause, on every node.
    pub async fn ended(&self) -> WhyEnded {
        let clock = self.live.inner.installation.clock();
        let mut found = self.lookout.found.subscribe();
        loop {
            self.lookout.wakes_at(self.expires_at);
            if self.expires_at <= clock.now() {
                return WhyEnded::TokenExpired;
            }
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
}

/// Looks at the clock until no stream is left that asks.
async fn expire(clock: Clock, lookout: Weak<Lookout>) {
    loop {
        match lookout.upgrade() {
            Some(lookout) => lookout.wake_expired(clock.now()),
            None => return,
        }
        tokio::time::sleep(EXPIRY_LOOK).await;
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
            Some(lookout) => lookout.tell(look, found),
            None => return,
        }
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
