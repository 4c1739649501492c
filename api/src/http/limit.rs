//! How much one viewer may ask for in a minute.
//!
//! Counted in memory by each process, in windows of a minute that begin with the first request: a guard
//! against programs that run away, not an account. What is counted is bounded too: a minute's windows of
//! addresses beyond [`ADDRESSES`] are shared, those of viewers are as many as there are people.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use entity::Instant;
use uuid::Uuid;

use super::{Front, address};
use crate::graphql::rate_limit::RateLimit;

/// What may be asked for; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// Operations a minute.
    pub requests_per_minute: u32,
    /// Points a minute.
    pub points_per_minute: u32,
}

const MICROS: i64 = 1_000_000;
const MINUTE: i64 = 60 * MICROS;
/// Addresses without a viewer that are told apart in a minute.
const ADDRESSES: usize = 20_000;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Payer {
    /// A person or a tool's token, by id.
    Viewer(Uuid),
    /// Nobody known, by the place they come from.
    Place(IpAddr),
    /// All places beyond those that can be told apart.
    Crowd,
}

impl Payer {
    /// The viewer, or without one the place of the client.
    pub(super) fn of(viewer: Option<Uuid>, client: Option<IpAddr>) -> Self {
        match (viewer, client) {
            (Some(person), _) => Self::Viewer(person),
            (None, Some(client)) => Self::Place(address::place(client)),
            (None, None) => Self::Crowd,
        }
    }
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The most in a minute.
    pub(super) limit: u32,
    /// What is left of it.
    pub(super) remaining: u32,
    /// When all of it is there again.
    pub(super) reset_at: Instant,
    /// Whole seconds until then, rounded up.
    pub(super) reset_seconds: u64,
    /// What is counted.
    pub(super) unit: Unit,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Operations.
    Requests,
    /// Points.
    Points,
}

impl Unit {
    /// The word for messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Points => "points",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Window {
    begun: i64,
    requests: u32,
    points: u32,
}

impl Window {
    fn is_over(&self, now: i64) -> bool {
        // A clock that was put back begins anew, else it would hold somebody off for long.
        !(self.begun..self.begun.saturating_add(MINUTE)).contains(&now)
    }
}

/// The counters of this process.
#[derive(Debug)]
pub(super) struct RateLimiter {
    limits: RateLimits,
    windows: Mutex<Windows>,
}

/// The windows, those of viewers apart: however many people there are, addresses have their room.
#[derive(Debug, Default)]
struct Windows {
    viewers: HashMap<Uuid, Window>,
    places: HashMap<IpAddr, Window>,
    crowd: Option<Window>,
    /// When windows that were over were last taken out, so that a flood of addresses pays for it once a second.
    swept_at: Option<i64>,
}

impl Windows {
    /// The window of a payer: the crowd's where no further place can be told apart.
    fn of(&mut self, payer: Payer, now: i64) -> &mut Window {
        let new = Window { begun: now, requests: 0, points: 0 };
        match payer {
            Payer::Viewer(viewer) => self.viewers.entry(viewer).or_insert(new),
            Payer::Place(place) if self.has_room_for(place, now) => self.places.entry(place).or_insert(new),
            Payer::Place(_) | Payer::Crowd => self.crowd.get_or_insert(new),
        }
    }

    fn has_room_for(&mut self, place: IpAddr, now: i64) -> bool {
        if self.places.contains_key(&place) || self.places.len() < ADDRESSES {
            return true;
        }
        let is_swept = |at: i64| (at..at.saturating_add(MICROS)).contains(&now);
        if !self.swept_at.is_some_and(is_swept) {
            self.places.retain(|_, window| !window.is_over(now));
            self.swept_at = Some(now);
        }
        self.places.len() < ADDRESSES
    }
}

impl RateLimiter {
    pub(super) fn new(limits: RateLimits) -> Self {
        Self { limits, windows: Mutex::default() }
    }

    /// Counts operations and points, all or nothing. Gives what is left of the points, or of the operations
    /// where points have no limit; none where neither has.
    ///
    /// # Errors
    /// The limit that would be passed; nothing was counted then.
    pub(super) fn charge(
        &self,
        payer: Payer,
        requests: u32,
        points: u64,
        now: Instant,
    ) -> Result<Option<Standing>, Standing> {
        let RateLimits { requests_per_minute, points_per_minute } = self.limits;
        if requests_per_minute == 0 && points_per_minute == 0 {
            return Ok(None);
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.of(payer, now.0);
        if window.is_over(now.0) {
            *window = Window { begun: now.0, requests: 0, points: 0 };
        }
        let requests = window.requests.saturating_add(requests);
        let points = window.points.saturating_add(u32::try_from(points).unwrap_or(u32::MAX));
        let standing = |unit, limit: u32, used: u32| {
            let reset = window.begun.saturating_add(MINUTE);
            Standing {
                limit,
                remaining: limit.saturating_sub(used),
                reset_at: Instant(reset),
                reset_seconds: reset.saturating_sub(now.0).unsigned_abs().div_ceil(MICROS.unsigned_abs()),
                unit,
            }
        };
        if requests_per_minute != 0 && requests > requests_per_minute {
            return Err(standing(Unit::Requests, requests_per_minute, window.requests));
        }
        if points_per_minute != 0 && points > points_per_minute {
            return Err(standing(Unit::Points, points_per_minute, window.points));
        }
        let left = if points_per_minute == 0 {
            standing(Unit::Requests, requests_per_minute, requests)
        } else {
            standing(Unit::Points, points_per_minute, points)
        };
        (window.requests, window.points) = (requests, points);
        Ok(Some(left))
    }
}

impl Front {
    /// Counts what is asked for against what may be asked for, now.
    ///
    /// # Errors
    /// The limit that would be passed.
    pub(super) fn charge(
        &self,
        payer: Payer,
        requests: u32,
        points: u64,
    ) -> Result<Option<Standing>, Standing> {
        let charged = self.rates.charge(payer, requests, points, self.installation.clock().now());
        if charged.is_err() {
            self.metrics.refused("RATE_LIMITED");
        }
        charged
    }
}

/// What the query `rateLimit` tells; nothing where points are not limited.
pub(super) fn told(standing: Option<Standing>, points: u64) -> Option<RateLimit> {
    let Standing { limit, remaining, reset_at, .. } = standing.filter(|told| told.unit == Unit::Points)?;
    let cost = u32::try_from(points).unwrap_or(u32::MAX);
    Some(RateLimit { limit, remaining, reset_at: reset_at.into(), cost })
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_000 * MINUTE;

    fn limiter(requests_per_minute: u32, points_per_minute: u32) -> RateLimiter {
        RateLimiter::new(RateLimits { requests_per_minute, points_per_minute })
    }

    fn at(seconds: i64) -> Instant {
        Instant(START + seconds * MICROS)
    }

    #[test]
    fn a_minute_begins_with_the_first_request() {
        let limiter = limiter(2, 0);
        let ada = Payer::Viewer(Uuid::from_u128(1));
        let left = limiter.charge(ada, 1, 0, at(0)).unwrap().unwrap();
        assert_eq!((left.limit, left.remaining, left.reset_seconds, left.unit), (2, 1, 60, Unit::Requests));
        assert_eq!(limiter.charge(ada, 1, 0, at(30)).unwrap().unwrap().remaining, 0);
        let over = limiter.charge(ada, 1, 0, at(31)).unwrap_err();
        assert_eq!((over.remaining, over.reset_seconds, over.reset_at), (0, 29, at(60)));
        assert!(
            limiter.charge(Payer::Viewer(Uuid::from_u128(2)), 1, 0, at(31)).is_ok(),
            "others are not held up"
        );
        assert_eq!(limiter.charge(ada, 1, 0, at(60)).unwrap().unwrap().remaining, 1);
        assert!(limiter.charge(ada, 2, 0, at(-5)).is_ok(), "a clock that was put back begins anew");
    }

    #[test]
    fn points_are_counted_all_or_not_at_all() {
        let limiter = limiter(100, 50);
        let place = Payer::of(None, Some("192.0.2.1".parse().unwrap()));
        assert_eq!(limiter.charge(place, 1, 40, at(0)).unwrap().unwrap().remaining, 10);
        let over = limiter.charge(place, 1, 11, at(0)).unwrap_err();
        assert_eq!((over.unit, over.limit, over.remaining), (Unit::Points, 50, 10));
        assert_eq!(limiter.charge(place, 1, 10, at(0)).unwrap().unwrap().remaining, 0);
        assert!(limiter.charge(place, 1, u64::MAX, at(61)).is_err());
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let limiter = limiter(0, 0);
        assert_eq!(limiter.charge(Payer::Crowd, 1, 1, at(0)).unwrap(), None);
        assert!(limiter.windows.lock().unwrap().crowd.is_none());
    }

    #[test]
    fn memory_is_bounded_and_viewers_are_told_apart_still() {
        let limiter = limiter(1, 0);
        let place = |number: u32| Payer::Place(IpAddr::from(number.to_be_bytes()));
        for number in 0..u32::try_from(ADDRESSES).unwrap() + 500 {
            let _ = limiter.charge(place(number), 1, 0, at(0));
        }
        assert_eq!(limiter.windows.lock().unwrap().places.len(), ADDRESSES);
        assert!(limiter.charge(place(u32::MAX), 1, 0, at(1)).is_err(), "the crowd shares one window");
        assert!(limiter.charge(Payer::Viewer(Uuid::from_u128(1)), 1, 0, at(1)).is_ok());
        assert!(limiter.charge(place(u32::MAX), 1, 0, at(60)).is_ok());
        assert_eq!(limiter.windows.lock().unwrap().places.len(), 1, "windows that are over go");
    }
}
