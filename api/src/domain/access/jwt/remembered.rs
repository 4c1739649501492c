//! Tokens that were accepted a moment ago. A client sends the same one with each request for an hour; its signature
//! and claims are read once, and held against the clock each time. Whether whom it speaks for is still let in is
//! asked elsewhere, and of each request.

use std::sync::{Mutex, PoisonError};

use entity::Instant;

use super::{Claims, TokenKeys, TokenRejected};
use crate::domain::kept::Kept;

/// Tokens of a generation at most, and bytes of them.
const KEPT: usize = 4_096;
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// A token that was accepted.
#[derive(Clone)]
struct Accepted {
    claims: Claims,
    /// When: it was valid then, and its end alone lies ahead.
    at: Instant,
}

/// Tokens that were accepted, by their text.
pub(super) struct Remembered(Mutex<Kept<Accepted>>);

impl Default for Remembered {
    fn default() -> Self {
        Self(Mutex::new(Kept::within(KEPT, KEPT_BYTES)))
    }
}

impl TokenKeys {
    /// The same as [`TokenKeys::verify`], of a token that may well have been verified before.
    ///
    /// # Errors
    /// [`TokenRejected`] whatever is wrong with it.
    pub fn recognize(&self, token: &str, now: Instant) -> Result<Claims, TokenRejected> {
        let mut kept = self.remembered.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back may lie before the time from which the token is valid.
        if let Some(accepted) = kept.get(token).filter(|accepted| accepted.at <= now) {
            let lasts = self.must_last(accepted.claims.expires_at, now);
            if lasts.is_err() {
                kept.forget(token);
            }
            return lasts.map(|()| accepted.claims);
        }
        drop(kept);
        let claims = self.verify(token, now)?;
        let accepted = Accepted { claims: claims.clone(), at: now };
        self.remembered.0.lock().unwrap_or_else(PoisonError::into_inner).keep(token.to_owned(), accepted);
        Ok(claims)
    }
}
