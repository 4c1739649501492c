//! When a stream must end: its token has run out, its session or person is gone, its viewer's rights changed.
//!
//! A stream shows what its viewer may see, and a viewer is loaded once. So whoever keeps a stream open also
//! keeps a [`RightsWatch`]. All streams of one token's subject share what is found about it by the looks of
//! [`lookout`](super::lookout).

use std::sync::Arc;

use entity::Instant;

use uuid::Uuid;

use super::{
    Live,
    lookout::{Found, Lookout},
};
use crate::domain::{
    access::{Scope, Viewer},
    error::Result,
    viewer_load::{Pass, load_viewer},
};

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
    /// Lets somebody of an organization in for a stream: the scope that it is for, and the watch over the rights
    /// that it is opened with.
    ///
    /// The viewer is loaded anew, after the watch has begun: one that was kept for a moment may lack a change of
    /// rights that is looked at already, and one that is loaded before the watch may miss the look.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the pass stands for nobody any more.
    pub async fn enter_stream(
        &self,
        pass: &Pass,
        organization: Uuid,
        request_id: Option<Arc<str>>,
    ) -> Result<(RightsWatch, Scope)> {
        let (lookout, since) = self.lookout(organization, pass.subject);
        let installation = &self.inner.installation;
        let viewer = load_viewer(&installation.db, installation.clock(), pass.subject).await?;
        let viewer = Arc::new(viewer);
        let scope = installation.scope_for(Arc::clone(&viewer), request_id);
        let watch = RightsWatch { live: self.clone(), viewer, expires_at: pass.expires_at, lookout, since };
        Ok((watch, scope))
    }
}

impl RightsWatch {
    /// Completes when the stream must end: within 5 seconds of its cause, on every node.
    pub async fn ended(&self) -> WhyEnded {
        let clock = self.live.inner.installation.clock();
        let mut found = self.lookout.subscribe();
        loop {
            // Seen before it waits: an expiry of another token in between wakes it once more, for that forgets
            // when all others expire.
            let (look, now) = found.borrow_and_update().clone();
            self.lookout.wakes_at(self.expires_at);
            if self.expires_at <= clock.now() {
                return WhyEnded::TokenExpired;
            }
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
