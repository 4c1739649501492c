//! What the search knows, which may be behind what the issues are.

use std::collections::{BTreeMap, VecDeque};

use entity::Instant;

use super::issue::Issue;

/// The issues as the search knows them.
#[derive(Debug, Default)]
pub(super) struct Index {
    lag_seconds: i64,
    known: BTreeMap<u64, Issue>,
    /// What becomes known, when, and of which issue; nothing for one that was removed.
    coming: VecDeque<(Instant, u64, Option<Issue>)>,
}

impl Index {
    /// Notes an issue that was changed, or removed where there is none.
    pub(super) fn note(&mut self, now: Instant, id: u64, issue: Option<Issue>) {
        self.coming.push_back((now.plus_seconds(self.lag_seconds), id, issue));
        self.catch_up(now);
    }

    /// Lets the search be so far behind from now on.
    pub(super) fn set_lag(&mut self, seconds: i64, now: Instant) {
        self.lag_seconds = seconds;
        if seconds == 0 {
            self.coming.iter_mut().for_each(|(at, _, _)| *at = now);
        }
        self.catch_up(now);
    }

    /// Takes in what has become known.
    pub(super) fn catch_up(&mut self, now: Instant) {
        while self.coming.front().is_some_and(|(at, _, _)| *at <= now) {
            match self.coming.pop_front() {
                Some((_, id, Some(issue))) => self.known.insert(id, issue),
                Some((_, id, None)) => self.known.remove(&id),
                None => None,
            };
        }
    }

    pub(super) fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.known.values()
    }
}
