//! Looking whether rights have changed: one look for all whose streams are open in an organization.
//!
//! It comes right after events of people, teams and the organization, after a change of rights through this
//! process, and every [`LOOK`] besides, for what leaves no event (the end of a session) and for when the stream
//! itself is held back. A look is a handful of statements, however many are watched, and what happens in one
//! organization costs the others nothing: ten thousand who follow must not load themselves anew whenever
//! anybody signs out.
//!
//! Where a change of rights is an event, nothing that comes after it in the stream is given to anybody before a
//! look has seen it: see [`Live::rights_looked_at`].

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use entity::SubjectKind;
use tokio::{
    sync::{
        broadcast::error::{RecvError, TryRecvError},
        watch,
    },
    time::Instant,
};
use uuid::Uuid;

use super::{Live, LiveEvent, Position, hub::Ear};
use crate::domain::{access::Viewer, viewer_load::Subject, viewer_set::load_viewers};

/// How often rights are looked at without being woken.
pub const LOOK: Duration = Duration::from_secs(3);
/// For how long no look may succeed: then all streams of the organization end, for nobody knows any more whether
/// they still may be read.
const BLIND: Duration = Duration::from_secs(10);
/// How often it is looked at the clock, for the expiry of tokens (not slept until, for a clock that is set),
/// and for changes of this process that write no event.
const TICK: Duration = Duration::from_millis(500);
/// How long what follows a change is waited for, so that a burst is one look.
const BURST: Duration = Duration::from_millis(50);

/// What a look found.
#[derive(Clone)]
pub(super) enum Found {
    /// Nothing yet, or nothing could be found out.
    Unknown,
    Viewer(Arc<Viewer>),
    Gone,
    Stopped,
}

/// What is found about one subject, for all its streams.
pub(super) struct Lookout {
    /// How many looks have begun.
    begun: AtomicU64,
    /// What was found, by which look.
    found: watch::Sender<(u64, Found)>,
    /// The newest [`RightsWatch::since`](super::RightsWatch).
    newest: AtomicU64,
    /// When the first token expires of those whose streams wait, in microseconds since 1970. Streams have no
    /// timers of their own: ten thousand would cost more than what they wait for.
    expires_at: AtomicI64,
}

impl Lookout {
    fn new() -> Self {
        Self {
            begun: AtomicU64::new(0),
            found: watch::Sender::new((0, Found::Unknown)),
            newest: AtomicU64::new(0),
            expires_at: AtomicI64::new(i64::MAX),
        }
    }

    /// What is found from now on, beginning with the last.
    pub(super) fn subscribe(&self) -> watch::Receiver<(u64, Found)> {
        self.found.subscribe()
    }

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

    /// Waits with the others for a token's end, after the call of [`Lookout::subscribe`].
    pub(super) fn wakes_at(&self, expires_at: entity::Instant) {
        self.expires_at.fetch_min(expires_at.0, Ordering::SeqCst);
    }

    /// Wakes all streams when a token has expired; those that go on say anew when theirs does.
    fn wake_expired(&self, now: entity::Instant) {
        if self.expires_at.load(Ordering::SeqCst) <= now.0 {
            self.expires_at.store(i64::MAX, Ordering::SeqCst);
            self.found.send_modify(|_| {});
        }
    }
}

/// Who is watched, by organization. An organization stands here exactly as long as its looks go on.
#[derive(Default)]
pub(super) struct Lookouts(Mutex<HashMap<Uuid, OfOrganization>>);

/// Those of one organization.
#[derive(Default)]
struct OfOrganization {
    subjects: HashMap<Subject, Weak<Lookout>>,
    /// All events up to here were delivered before the last look began that has told what it found.
    looked: watch::Sender<Position>,
}

/// One subject in a look.
struct Watched {
    subject: Subject,
    lookout: Arc<Lookout>,
    look: u64,
}

impl Lookouts {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, OfOrganization>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a look at everybody who is watched in an organization; null when nobody is, and then the looks are
    /// over.
    fn begin(&self, organization: Uuid) -> Option<Vec<Watched>> {
        let mut all = self.lock();
        let of = all.get_mut(&organization);
        let watched: Vec<Watched> = of.map(|of| alive(&mut of.subjects)).unwrap_or_default();
        if watched.is_empty() {
            all.remove(&organization);
            return None;
        }
        Some(watched)
    }

    fn is_any_watched(&self, organization: Uuid) -> bool {
        let all = self.lock();
        let of = all.get(&organization);
        of.is_some_and(|of| of.subjects.values().any(|lookout| lookout.strong_count() > 0))
    }

    /// Whoever comes back later is looked for anew.
    fn forget(&self, organization: Uuid, gone: &Watched) {
        if let Some(of) = self.lock().get_mut(&organization)
            && let Some(lookout) = of.subjects.get(&gone.subject)
            && lookout.as_ptr() == Arc::as_ptr(&gone.lookout)
        {
            of.subjects.remove(&gone.subject);
        }
    }

    fn wake_expired(&self, organization: Uuid, now: entity::Instant) {
        if let Some(of) = self.lock().get(&organization) {
            of.subjects.values().filter_map(Weak::upgrade).for_each(|lookout| lookout.wake_expired(now));
        }
    }

    /// A look that began when the stream was delivered up to here has told what it found.
    fn looked(&self, organization: Uuid, reached: Position) {
        if let Some(of) = self.lock().get(&organization) {
            of.looked.send_replace(reached);
        }
    }

    /// The server stops, or nobody looks any more.
    fn stop(&self, organization: Uuid) {
        let of = self.lock().remove(&organization).unwrap_or_default();
        for lookout in of.subjects.values().filter_map(Weak::upgrade) {
            lookout.found.send_replace((u64::MAX, Found::Stopped));
        }
    }
}

/// Those that somebody still waits for, each with a look begun.
fn alive(of: &mut HashMap<Subject, Weak<Lookout>>) -> Vec<Watched> {
    let mut watched = Vec::with_capacity(of.len());
    of.retain(|subject, lookout| {
        let Some(lookout) = lookout.upgrade() else { return false };
        let look = lookout.begun.fetch_add(1, Ordering::SeqCst) + 1;
        watched.push(Watched { subject: *subject, lookout, look });
        true
    });
    watched
}

impl Live {
    /// The lookout of a subject, with the number of the last look that has begun: only later ones are newer
    /// than a viewer that is loaded already.
    pub(super) fn lookout(&self, organization: Uuid, subject: Subject) -> (Arc<Lookout>, u64) {
        let mut all = self.inner.lookouts.lock();
        let is_first = !all.contains_key(&organization);
        let of = all.entry(organization).or_default();
        let lookout = of.subjects.get(&subject).and_then(Weak::upgrade).unwrap_or_else(|| {
            let lookout = Arc::new(Lookout::new());
            of.subjects.insert(subject, Arc::downgrade(&lookout));
            lookout
        });
        let since = lookout.begun.load(Ordering::SeqCst);
        lookout.newest.fetch_max(since, Ordering::SeqCst);
        drop(all);
        if is_first {
            let ear = self.inner.hub.listen(organization).map(|(ear, _)| ear);
            let (watching, expiring) =
                (look_out(self.clone(), organization, ear), expire(self.clone(), organization));
            let guard = Guard { live: self.clone(), organization, is_over: false };
            // The clock apart from the database, which may let a look wait.
            tokio::spawn(async move {
                tokio::select! {
                    () = watching => {}
                    () = expiring => {}
                }
                guard.over();
            });
        }
        (lookout, since)
    }

    /// Waits until the rights of all who are watched in an organization were looked at after an event, and those
    /// who must end were told: from then on, what follows it is given to nobody who lost the right to it. Nothing
    /// is waited for where nobody is watched.
    pub(super) async fn rights_looked_at(&self, organization: Uuid, event: Position) {
        let looked = self.inner.lookouts.lock().get(&organization).map(|of| of.looked.subscribe());
        if let Some(mut looked) = looked {
            // It fails when nobody is left, or the server stops.
            let _ = looked.wait_for(|reached| *reached >= event).await;
        }
    }
}

/// Ends the streams of an organization when its looks break off: they would go on without anybody who looks
/// whether they may, and so would those that begin later.
struct Guard {
    live: Live,
    organization: Uuid,
    /// Whether the looks have come to their end.
    is_over: bool,
}

impl Guard {
    fn over(mut self) {
        self.is_over = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_over {
            tracing::error!("the looks at rights broke off; the organization's streams end");
            self.live.inner.lookouts.stop(self.organization);
        }
    }
}

/// Looks at the clock, for as long as it is asked.
async fn expire(live: Live, organization: Uuid) {
    loop {
        live.inner.lookouts.wake_expired(organization, live.inner.installation.clock().now());
        tokio::time::sleep(TICK).await;
    }
}

/// Looks until no stream is left that asks.
async fn look_out(live: Live, organization: Uuid, mut ear: Option<Ear>) {
    let (installation, lookouts) = (&live.inner.aside, &live.inner.lookouts);
    let mut seen_at = Instant::now();
    loop {
        if let Some(ear) = &mut ear {
            // What has happened up to now is seen by this look.
            while matches!(ear.try_recv(), Ok(_) | Err(TryRecvError::Lagged(_))) {}
        }
        let (reached, generation) = (live.inner.hub.reached(), installation.db.rights_generation());
        let Some(watched) = lookouts.begin(organization) else { return };
        let subjects: Vec<Subject> = watched.iter().map(|watched| watched.subject).collect();
        let loading = async {
            // It fails when nobody gives any more, which nobody ever says.
            let _turn = live.inner.turns.acquire().await;
            load_viewers(&installation.db, installation.clock(), organization, &subjects).await
        };
        match tokio::time::timeout_at(seen_at + BLIND, loading).await {
            Ok(Ok(mut viewers)) => {
                seen_at = Instant::now();
                for watched in watched {
                    let found = viewers.remove(&watched.subject);
                    if found.is_none() {
                        lookouts.forget(organization, &watched);
                    }
                    let found = found.map_or(Found::Gone, |viewer| Found::Viewer(Arc::new(viewer)));
                    watched.lookout.tell(watched.look, found);
                }
                lookouts.looked(organization, reached);
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the rights behind streams cannot be read; they are read again");
            }
            Err(_) => {
                tracing::error!("the rights behind streams could not be read for too long: they end");
                return lookouts.stop(organization);
            }
        }
        let next = tokio::time::sleep(LOOK);
        tokio::pin!(next);
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                () = &mut next => break,
                // Commits of this process that change rights and write no event.
                _ = tick.tick() => {
                    if installation.db.have_rights_changed(organization, generation)
                        || !lookouts.is_any_watched(organization)
                    {
                        break;
                    }
                }
                heard = concerns_rights(&mut ear) => match heard {
                    Some(true) => {
                        tokio::time::sleep(BURST).await;
                        break;
                    }
                    Some(false) => {}
                    None => return lookouts.stop(organization),
                }
            }
        }
    }
}

/// Whether the next event may have changed rights; null when the server stops.
async fn concerns_rights(ear: &mut Option<Ear>) -> Option<bool> {
    let ear = ear.as_mut()?;
    match ear.recv().await {
        Ok(event) => Some(event.concerns_rights()),
        Err(RecvError::Lagged(_)) => Some(true),
        Err(RecvError::Closed) => None,
    }
}

/// Whether what happens to such a subject may change what somebody may see.
pub(super) const fn is_of_rights(kind: SubjectKind) -> bool {
    match kind {
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
    }
}

impl LiveEvent {
    /// Whether it may have changed what somebody may see.
    pub(super) const fn concerns_rights(&self) -> bool {
        is_of_rights(self.written.subject.0)
    }
}
