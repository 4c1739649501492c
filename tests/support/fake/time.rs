//! The time that a fake lives by.

use api::domain::clock::{Clock, SimulatedTime};
use entity::Instant;

/// 2026-03-02T09:00:00Z, a Monday.
const START: Instant = Instant(1_772_442_000_000_000);

/// A clock that stands still until it is moved. Clones move together, and so does a server that is given its
/// [`FakeTime::clock`].
#[derive(Clone, Debug)]
pub struct FakeTime {
    clock: Clock,
    moved: SimulatedTime,
}

impl Default for FakeTime {
    fn default() -> Self {
        Self::starting_at(START)
    }
}

impl FakeTime {
    /// A clock of its own.
    #[must_use]
    pub fn starting_at(at: Instant) -> Self {
        let (clock, moved) = Clock::simulated(at, 0);
        Self { clock, moved }
    }

    /// A clock that a test has already, with what moves it.
    #[must_use]
    pub const fn of(clock: Clock, moved: SimulatedTime) -> Self {
        Self { clock, moved }
    }

    /// The clock, for a server that is to live in the same time.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The present moment in whole milliseconds: the tools tell nothing finer.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant(self.clock.now().0.div_euclid(1_000) * 1_000)
    }

    /// Puts the clock to a point in time, also backwards.
    pub fn set(&self, at: Instant) {
        self.moved.set(at);
    }

    /// Moves the clock on by a number of seconds.
    pub fn advance(&self, seconds: i64) {
        self.moved.advance_seconds(seconds);
    }
}
