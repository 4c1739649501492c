//! What is asked of an account once and remembered for ten minutes: its time zone and the fields that it sees.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono_tz::Tz;

use super::{fields::Fields, session::Session};
use crate::domain::sync::port::ToolError;

/// How long it is believed: a time zone or a field that was changed counts after that.
const BELIEVED: Duration = Duration::from_secs(600);

/// Accounts at most that are remembered at once.
const ACCOUNTS_AT_MOST: usize = 1_000;

/// What stands for an account, and tells nothing of it.
pub(super) type Key = [u8; 32];

/// What is known of an account.
#[derive(Debug)]
pub(super) struct Known {
    /// The time zone in which Jira reads the times of its queries.
    pub(super) zone: Tz,
    /// The fields to ask for.
    pub(super) fields: Fields,
}

impl Known {
    /// Asks for it.
    ///
    /// # Errors
    /// [`ToolError`], in particular `Unauthorized` where nobody is signed in.
    pub(super) async fn ask(session: &Session<'_>) -> Result<Self, ToolError> {
        let myself = session.myself().await?;
        let fields = Fields::ask(session).await?;
        Ok(Self { zone: zone(myself.time_zone.as_deref()), fields })
    }
}

/// A time zone by its name. Where it is not known, the one whose clocks are the last: what they show lies in the past
/// of every other, so that more is read than has changed, and nothing is missed.
fn zone(name: Option<&str>) -> Tz {
    name.and_then(|name| name.trim().parse().ok()).unwrap_or(Tz::Etc__GMTPlus12)
}

/// What was learned of accounts, each for a while.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<Key, (Instant, Arc<Known>)>>);

impl Memory {
    /// What is known of an account at this time.
    pub(super) fn get(&self, key: &Key, now: Instant) -> Option<Arc<Known>> {
        let accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.get(key).filter(|(at, _)| is_believed(*at, now)).map(|(_, known)| Arc::clone(known))
    }

    /// Remembers what was learned at this time.
    pub(super) fn keep(&self, key: Key, known: Arc<Known>, now: Instant) {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, (at, _)| is_believed(*at, now));
        // All of them can be asked again.
        if accounts.len() >= ACCOUNTS_AT_MOST {
            accounts.clear();
        }
        accounts.insert(key, (now, known));
    }
}

fn is_believed(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < BELIEVED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Arc<Known> {
        Arc::new(Known { zone: zone(Some(name)), fields: Fields::of(Vec::new()) })
    }

    #[test]
    fn an_unknown_time_zone_is_the_last_of_all() {
        assert_eq!(zone(Some(" Europe/Berlin ")), Tz::Europe__Berlin);
        for name in [None, Some(""), Some("Mars/Olympus")] {
            assert_eq!(zone(name), Tz::Etc__GMTPlus12);
        }
    }

    #[test]
    fn what_is_known_is_forgotten_after_a_while() {
        let memory = Memory::default();
        let begin = Instant::now();
        let zone_at = |key: u8, seconds: u64| {
            memory.get(&[key; 32], begin + Duration::from_secs(seconds)).map(|known| known.zone)
        };
        memory.keep([1; 32], known("UTC"), begin);
        assert_eq!(zone_at(1, 599), Some(Tz::UTC));
        assert_eq!(zone_at(2, 0), None);
        assert_eq!(zone_at(1, 600), None);
        memory.keep([2; 32], known("Asia/Tokyo"), begin + Duration::from_secs(700));
        assert_eq!(zone_at(2, 800), Some(Tz::Asia__Tokyo));
        assert_eq!(memory.0.lock().unwrap().len(), 1);
    }
}
