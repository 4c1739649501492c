//! How much may be asked of a tool in a time.

use std::sync::Mutex;

use entity::Instant;

use super::lock;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// So many requests in so many seconds of the fake's own time; the seconds are counted from 1970 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Requests that are answered.
    pub requests: u32,
    /// Seconds after which the count begins anew.
    pub seconds: u32,
}

/// What of a limit is used up.
#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    limit: Option<Limit>,
    window: i64,
    requests: u32,
}

impl Budget {
    pub(super) fn set(&self, limit: Option<Limit>) {
        *lock(&self.0) = Spent { limit, ..Spent::default() };
    }

    /// Counts a request; refuses it with the seconds to wait where there were too many.
    pub(super) fn spend(&self, now: Instant) -> Result<(), u64> {
        let mut spent = lock(&self.0);
        let Some(limit) = spent.limit else { return Ok(()) };
        let length = i64::from(limit.seconds.max(1)) * MICROS_PER_SECOND;
        let window = now.0.div_euclid(length);
        if spent.window != window {
            spent.window = window;
            spent.requests = 0;
        }
        spent.requests = spent.requests.saturating_add(1);
        if spent.requests <= limit.requests {
            return Ok(());
        }
        let rest = length - now.0.rem_euclid(length);
        Err(u64::try_from(rest).expect("a rest is positive").div_ceil(1_000_000))
    }
}
