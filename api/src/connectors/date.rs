//! Points in time and days as the tools write them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};
use entity::Instant;

/// A point in time with its own offset: `2026-11-20T10:15:02.000Z`, `…+01:00`, and Jira's `…+0100`.
/// Nothing outside the years 1 to 9999, which neither calendar nor database would carry.
pub(super) fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    let text = text.trim();
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .filter(|at| sane(at.date_naive()) && sane(at.with_timezone(&Utc).date_naive()))
}

/// A point in time in UTC.
pub(super) fn instant(text: &str) -> Option<Instant> {
    moment(text).map(|at| Instant::from(at.with_timezone(&Utc)))
}

/// A day: `2026-11-20`.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(|day| sane(*day))
}

fn sane(day: NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_moment_is_read() {
        for (text, micros) in [
            ("2016-05-12T15:29:18.000+0000", Some(1_463_066_958_000_000)),
            ("2016-05-12T17:29:18.000+0200", Some(1_463_066_958_000_000)),
            ("2016-05-12T17:29:18+02:00", Some(1_463_066_958_000_000)),
            ("2016-05-12T15:29:18.5Z", Some(1_463_066_958_500_000)),
            ("2014-10-00T08:00:00.000+0100", None),
            ("2016-05-12", None),
            ("+12016-05-12T15:29:18.000+0000", None),
            ("0001-01-01T00:00:00.000+0100", None),
            ("yesterday", None),
        ] {
            assert_eq!(instant(text).map(|at| at.0), micros, "{text}");
        }
    }

    #[test]
    fn a_day_is_a_day_of_the_calendar() {
        assert_eq!(day("2026-11-20"), NaiveDate::from_ymd_opt(2026, 11, 20));
        assert_eq!(day("2026-02-30"), None);
        assert_eq!(day("+20260-01-01"), None);
    }
}
