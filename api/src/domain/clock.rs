//! Time and new ids as parameters: whoever needs "now" or a key holds a [`Clock`], so tests are exact.
//!
//! This file is the only place that reads the machine's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use entity::Instant;
use uuid::Uuid;

use super::access::secret::Entropy;

/// Tells the time and makes ids. Cheap to clone; clones agree with each other.
#[derive(Clone, Debug)]
pub struct Clock {
    time: Time,
    entropy: Entropy,
    ids: Arc<Mutex<IdSequence>>,
}

#[derive(Clone, Debug)]
enum Time {
    System,
    Simulated(Arc<AtomicI64>),
}

/// Moves a simulated [`Clock`]: the time stands still until told otherwise.
#[derive(Clone, Debug)]
pub struct SimulatedTime(Arc<AtomicI64>);

impl SimulatedTime {
    /// Puts the clock to a point in time, also backwards.
    pub fn set(&self, at: Instant) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves the clock on by a number of seconds; negative moves it back.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(MICROS_PER_SECOND), Ordering::SeqCst);
    }
}

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Clock {
    /// The machine's clock and the operating system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Time::System, Entropy::system())
    }

    /// A clock that stands at `start` until it is moved, with randomness that repeats for the same seed:
    /// times and ids of a test, or of demo data, come out the same in every run.
    #[must_use]
    pub fn simulated(start: Instant, seed: u64) -> (Self, SimulatedTime) {
        let micros = Arc::new(AtomicI64::new(start.0));
        (Self::new(Time::Simulated(Arc::clone(&micros)), Entropy::seeded(seed)), SimulatedTime(micros))
    }

    fn new(time: Time, entropy: Entropy) -> Self {
        Self { time, entropy, ids: Arc::default() }
    }

    /// The present moment, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.time {
            Time::System => system_now(),
            Time::Simulated(micros) => Instant(micros.load(Ordering::SeqCst)),
        }
    }

    /// Today's date where the time zone is in force.
    #[must_use]
    pub fn today(&self, zone: Tz) -> NaiveDate {
        local_date(self.now(), zone)
    }

    /// A new key: UUID version 7 with this clock's time, above every key that this clock made before,
    /// even when the time stands still or goes back.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().0.div_euclid(1_000)).unwrap_or(0);
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).next(millis, &self.entropy)
    }

    /// The randomness that belongs to this clock.
    #[must_use]
    pub fn entropy(&self) -> &Entropy {
        &self.entropy
    }
}

#[expect(clippy::disallowed_methods, reason = "the one gate to the machine's clock")]
fn system_now() -> Instant {
    Instant::from(Utc::now())
}

/// The last key made, as RFC 9562 §6.2 method 2 has it: within a millisecond the random part is not drawn
/// anew but raised by a random step, so that keys keep their order and still cannot be guessed.
#[derive(Default)]
struct IdSequence {
    millis: u64,
    tail: u128,
    drawn: Vec<u8>,
}

impl std::fmt::Debug for IdSequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdSequence").field("millis", &self.millis).finish_non_exhaustive()
    }
}

/// Bytes that are drawn at once for keys: each request and each row has one, and to ask the system costs more than
/// all the rest of making it.
const DRAWN: usize = 4_096;

/// Random bits of a version 7 UUID: 128 less 48 of time, 4 of version and 2 of variant.
const TAIL_BITS: u32 = 74;

impl IdSequence {
    fn next(&mut self, millis: u64, entropy: &Entropy) -> Uuid {
        let raised = self.tail + 1 + u128::from(u32::from_le_bytes(self.draw(entropy)));
        if millis > self.millis || raised >> TAIL_BITS != 0 {
            self.millis = millis.max(self.millis + 1);
            // The top bit is left free, so that a millisecond has room for 2^41 keys.
            self.tail = u128::from_le_bytes(self.draw(entropy)) >> (128 - TAIL_BITS + 1);
        } else {
            self.tail = raised;
        }
        let mut bytes = [0; 10];
        // 12 bits stand before the variant, 62 after it; the builder writes version and variant over the gaps.
        let high = (self.tail >> 62) as u16;
        let low = (self.tail & ((1 << 62) - 1)) as u64;
        bytes[..2].copy_from_slice(&high.to_be_bytes());
        bytes[2..].copy_from_slice(&low.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.millis, &bytes).into_uuid()
    }

    /// Random bytes, each given once.
    fn draw<const N: usize>(&mut self, entropy: &Entropy) -> [u8; N] {
        // What repeats is shared with others, and gives them the same as ever only where it is drawn as ever.
        if entropy.repeats() {
            return entropy.bytes();
        }
        if self.drawn.len() < N {
            self.drawn.resize(DRAWN, 0);
            entropy.fill(&mut self.drawn);
        }
        let rest = self.drawn.len() - N;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.drawn[rest..]);
        self.drawn.truncate(rest);
        bytes
    }
}

/// The first moment of a day where the time zone is in force.
///
/// Where the clocks jump over midnight, the day begins when they have jumped; where midnight comes twice,
/// it begins with the first.
#[must_use]
pub fn start_of_day(date: NaiveDate, zone: Tz) -> Instant {
    let midnight = date.and_time(NaiveTime::MIN);
    let start = match zone.from_local_datetime(&midnight) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.to_utc()),
        // Read with the offset that held before the jump, the missing midnight is the jump itself.
        MappedLocalTime::None => midnight
            .checked_sub_signed(TimeDelta::hours(3))
            .and_then(|before| zone.from_local_datetime(&before).latest())
            .map(|before| before.to_utc() + TimeDelta::hours(3)),
    };
    Instant::from(start.unwrap_or_else(|| midnight.and_utc()))
}

/// The date of a point in time where the time zone is in force; held at the years −9999 and 9999.
#[must_use]
pub fn local_date(at: Instant, zone: Tz) -> NaiveDate {
    let held = Instant(at.0.clamp(EARLIEST_MICROS, LATEST_MICROS));
    held.to_utc().unwrap_or(DateTime::UNIX_EPOCH).with_timezone(&zone).date_naive()
}

/// −9999-01-01T00:00:00Z.
const EARLIEST_MICROS: i64 = -377_705_116_800 * MICROS_PER_SECOND;
/// 9999-12-31T23:59:59Z.
const LATEST_MICROS: i64 = 253_402_300_799 * MICROS_PER_SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Instant {
        Instant::from(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_simulated_clock_stands_until_it_is_moved() {
        let (clock, time) = Clock::simulated(instant("2026-03-01T10:00:00Z"), 1);
        assert_eq!(clock.now(), clock.clone().now());
        time.advance_seconds(90);
        assert_eq!(clock.now(), instant("2026-03-01T10:01:30Z"));
        time.set(instant("2026-02-01T00:00:00Z"));
        assert_eq!(clock.now(), instant("2026-02-01T00:00:00Z"));
    }

    #[test]
    fn the_system_clock_moves() {
        let clock = Clock::system();
        let before = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(clock.now() > before);
    }

    #[test]
    fn ids_are_version_7_of_the_clocks_time() {
        let at = instant("2026-03-01T10:00:00.123Z");
        let (clock, _) = Clock::simulated(at, 1);
        let id = clock.new_id();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!((id.as_u128() >> 80) as i64, at.0 / 1_000);
    }

    #[test]
    fn ids_rise_while_time_stands_goes_on_and_goes_back() {
        let (clock, time) = Clock::simulated(instant("2026-03-01T10:00:00Z"), 2);
        let mut last = clock.new_id();
        for step in 0..3_000 {
            match step {
                1_000 => time.advance_seconds(1),
                2_000 => time.advance_seconds(-60),
                _ => {}
            }
            let next = clock.new_id();
            assert!(next > last, "step {step}: {next} after {last}");
            last = next;
        }
    }

    #[test]
    fn no_random_byte_is_given_twice() {
        let (entropy, mut ids) = (Entropy::system(), IdSequence::default());
        let drawn: std::collections::HashSet<[u8; 16]> = (0..1_000).map(|_| ids.draw(&entropy)).collect();
        assert_eq!(drawn.len(), 1_000);
        assert!(ids.drawn.len() < DRAWN, "it is used up");
    }

    #[test]
    fn ids_of_a_full_millisecond_run_over_into_the_next() {
        let entropy = Entropy::seeded(3);
        let mut ids = IdSequence { millis: 5, tail: (1 << TAIL_BITS) - 1, drawn: Vec::new() };
        let id = ids.next(5, &entropy);
        assert_eq!(id.as_u128() >> 80, 6);
    }

    #[test]
    fn ids_are_told_apart_by_the_seed_and_repeat_with_it() {
        let start = instant("2026-03-01T10:00:00Z");
        let id = |seed| Clock::simulated(start, seed).0.new_id();
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
        assert_ne!(Clock::system().new_id(), Clock::system().new_id());
    }

    #[test]
    fn a_day_begins_where_its_zone_says() {
        for (day, zone, start) in [
            ("2026-06-01", Tz::UTC, "2026-06-01T00:00:00Z"),
            ("2026-06-01", Tz::Europe__Berlin, "2026-05-31T22:00:00Z"),
            ("2026-01-01", Tz::Europe__Berlin, "2025-12-31T23:00:00Z"),
            // No midnight: the clocks jump from 00:00 to 01:00.
            ("2018-11-04", Tz::America__Sao_Paulo, "2018-11-04T03:00:00Z"),
            // Two midnights: the clocks go back from 01:00 to 00:00.
            ("2024-11-03", Tz::America__Havana, "2024-11-03T04:00:00Z"),
            // A day that was left out of the calendar.
            ("2011-12-30", Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(start_of_day(date(day), zone), instant(start), "{day} in {zone}");
        }
    }

    #[test]
    fn a_moment_has_the_date_of_its_zone() {
        let at = instant("2026-05-31T22:30:00Z");
        assert_eq!(local_date(at, Tz::UTC), date("2026-05-31"));
        assert_eq!(local_date(at, Tz::Europe__Berlin), date("2026-06-01"));
        let (clock, _) = Clock::simulated(at, 1);
        assert_eq!(clock.today(Tz::Europe__Berlin), date("2026-06-01"));
    }

    #[test]
    fn the_ends_of_time_are_held() {
        assert_eq!(local_date(Instant(i64::MAX), Tz::Asia__Tokyo), date("+10000-01-01"));
        assert!(local_date(Instant(i64::MIN), Tz::America__Lima) < date("-9998-01-01"));
        assert!(start_of_day(NaiveDate::MIN, Tz::Asia__Tokyo) < Instant(EARLIEST_MICROS));
        assert!(start_of_day(NaiveDate::MAX, Tz::America__Lima) > Instant(LATEST_MICROS));
    }
}
