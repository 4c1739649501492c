//! A point in time, in microseconds since 1970-01-01T00:00:00Z.

use chrono::{DateTime, TimeZone, Utc};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// A point in time in UTC, in whole microseconds since the Unix epoch.
///
/// Both databases store it as an integer: SQLite would otherwise keep text, which costs a parse per
/// row, and PostgreSQL cuts to microseconds anyway.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// The same point in time for calendar arithmetic; null beyond chrono's range of years.
    #[must_use]
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        Utc.timestamp_micros(self.0).single()
    }

    /// This point in time moved by a number of seconds, held at the ends of the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}
