//! When a stream must end: its token has run out, its session or person is gone, its viewer's rights changed.
//!
//! A stream shows what its viewer may see, and a viewer is loaded once. So whoever keeps a stream open also
//! keeps a [`RightsWatch`]. All streams of one token's subject share what is found about it by the looks of
//! [`lookout`](super::lookout).

use std::sync::Arc;

use entity::Instant;

use super::{
    Live,
    lookout::{Found, Lookout},
};
use crate::domain::{access::Viewer, viewer_load::Pass};

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
    /// Watches over the rights that a stream was opened with: those of `viewer`, which was loaded for
    /// `pass`.
    #[must_use]
    pub fn watch_rights(&self, pass: &Pass, viewer: &Arc<Viewer>) -> RightsWatch {
        let (lookout, since) = self.lookout(viewer.organization_id, pass.subject);
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
        let mut found = self.lookout.subscribe();
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
