//! What goes wrong between a tool and us, as a seed has it.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use super::{lock, random::Random};

/// How often what goes wrong, in percent. Nothing does by default; it can be changed while the fake runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Requests that are told to come later (429).
    pub too_often: u8,
    /// How many seconds they are told to wait, where the tool tells.
    pub retry_after_seconds: u64,
    /// Requests that the tool fails to answer (500).
    pub failed: u8,
    /// Requests whose connection is cut: before anything was done, after it, or within the answer.
    pub cut: u8,
    /// Deliveries that are never sent.
    pub dropped: u8,
    /// Deliveries that are sent twice.
    pub doubled: u8,
    /// Deliveries that are sent late, while later ones overtake them.
    pub delayed: u8,
    /// The longest that a delivery is late.
    pub longest_delay: Duration,
    /// Deliveries that are held back until after the next one.
    pub reordered: u8,
}

impl Faults {
    /// A bad day: some of everything.
    #[must_use]
    pub const fn bad_day() -> Self {
        Self {
            too_often: 5,
            retry_after_seconds: 1,
            failed: 5,
            cut: 5,
            dropped: 10,
            doubled: 10,
            delayed: 20,
            longest_delay: Duration::from_millis(50),
            reordered: 15,
        }
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is told to come later (429).
    TooOften {
        /// After so many seconds, where the tool tells.
        seconds: u64,
    },
    /// It is answered with this status and the tool's words for it, and nothing is done.
    Status(u16),
    /// The connection is cut and nothing is done.
    CutBefore,
    /// It is done, but the connection is cut before the answer.
    CutAfter,
    /// It is done, but the connection is cut in the middle of the answer.
    CutHalfway,
}

/// What becomes of one delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    pub(super) dropped: bool,
    pub(super) doubled: bool,
    pub(super) delay: Option<Duration>,
    pub(super) held_back: bool,
}

/// Draws what goes wrong. Requests and deliveries draw from sequences of their own, so that how many there are of
/// the one changes nothing for the other.
#[derive(Debug)]
pub(super) struct Trouble(Mutex<Draws>);

#[derive(Debug)]
struct Draws {
    faults: Faults,
    next: VecDeque<Failure>,
    requests: Random,
    deliveries: Random,
}

impl Trouble {
    pub(super) fn new(random: &mut Random) -> Self {
        Self(Mutex::new(Draws {
            faults: Faults::default(),
            next: VecDeque::new(),
            requests: random.fork(),
            deliveries: random.fork(),
        }))
    }

    pub(super) fn set(&self, faults: Faults) {
        lock(&self.0).faults = faults;
    }

    pub(super) fn faults(&self) -> Faults {
        lock(&self.0).faults
    }

    /// Lets the next requests fail in this way, before chance is asked.
    pub(super) fn fail_next(&self, failure: Failure, times: usize) {
        lock(&self.0).next.extend(std::iter::repeat_n(failure, times));
    }

    /// What becomes of the next request; nothing where it goes well.
    pub(super) fn of_request(&self) -> Option<Failure> {
        let mut draws = lock(&self.0);
        if let Some(failure) = draws.next.pop_front() {
            return Some(failure);
        }
        let faults = draws.faults;
        let random = &mut draws.requests;
        // All is drawn each time, so that one rate does not change what another one brings.
        let (too_often, failed) = (random.happens(faults.too_often), random.happens(faults.failed));
        let (cut, place) = (random.happens(faults.cut), random.below(3));
        if too_often {
            Some(Failure::TooOften { seconds: faults.retry_after_seconds })
        } else if failed {
            Some(Failure::Status(500))
        } else if cut {
            Some(match place {
                0 => Failure::CutBefore,
                1 => Failure::CutAfter,
                _ => Failure::CutHalfway,
            })
        } else {
            None
        }
    }

    /// What becomes of the next delivery.
    pub(super) fn of_delivery(&self) -> Fate {
        let mut draws = lock(&self.0);
        let faults = draws.faults;
        let random = &mut draws.deliveries;
        let longest = u64::try_from(faults.longest_delay.as_millis()).unwrap_or(u64::MAX);
        let (dropped, doubled) = (random.happens(faults.dropped), random.happens(faults.doubled));
        let (delayed, millis) = (random.happens(faults.delayed), random.below(longest.saturating_add(1)));
        let held_back = random.happens(faults.reordered);
        Fate { dropped, doubled, delay: delayed.then(|| Duration::from_millis(millis)), held_back }
    }
}
