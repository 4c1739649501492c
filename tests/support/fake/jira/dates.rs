//! Points in time as Jira writes them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::Instant;

/// A point in time for the calendar.
pub(super) fn utc(at: Instant) -> DateTime<Utc> {
    at.to_utc().expect("a year of the calendar")
}

/// `2026-03-02T04:00:00.000-0500`: with an offset without colon, that of whoever asks.
pub(super) fn moment(at: Instant, zone: Tz) -> String {
    utc(at).with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string()
}

/// Milliseconds since 1970.
pub(super) const fn millis(at: Instant) -> i64 {
    at.0.div_euclid(1_000)
}

/// A span of time as people read it, `1h 30m`.
pub(super) fn span(seconds: i64) -> String {
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}
