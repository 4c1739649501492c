//! How long a tool asks to wait.

use std::ops::RangeInclusive;

use chrono::{DateTime, FixedOffset};
use http::HeaderMap;

use crate::connectors::date::moment;

/// How long a tool asks to wait, the first that it says: by the standard, and as Jira and others say it.
const ASKED: [&str; 2] = ["retry-after", "x-ratelimit-reset"];

/// When it answered.
const SENT: &str = "date";

/// Seconds where the tool does not say.
const UNSAID: i64 = 10;

/// Seconds that are believed: none is no wait, and more than an hour no rate.
const BELIEVED: RangeInclusive<i64> = 1..=3_600;

/// More seconds than this are no wait but a point in time, since 1970.
const POINT_IN_TIME: i64 = 1_000_000_000;

/// Seconds to wait, 1–3600.
///
/// Points in time are counted from the answer's own `Date`, so that neither its clock nor ours has to be right.
pub(super) fn seconds(headers: &HeaderMap) -> u64 {
    let sent = text(headers, SENT).and_then(point_in_time);
    let asked = ASKED.iter().find_map(|name| text(headers, name).and_then(|value| wait(value, sent)));
    asked.unwrap_or(UNSAID).clamp(*BELIEVED.start(), *BELIEVED.end()).unsigned_abs()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `30`, `1.5`, `Wed, 21 Oct 2026 07:28:00 GMT`, `2026-10-21T07:28:00Z`, or seconds since 1970.
fn wait(text: &str, sent: Option<DateTime<FixedOffset>>) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match whole.parse::<i64>() {
        Ok(second) if second >= POINT_IN_TIME => Some(second.saturating_sub(sent?.timestamp())),
        Ok(seconds) => Some(seconds + i64::from(!fraction.is_empty())),
        Err(_) => Some(point_in_time(text)?.timestamp().saturating_sub(sent?.timestamp())),
    }
}

fn point_in_time(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc2822(text)
        .ok()
        .or_else(|| moment(text))
        // Jira leaves out the seconds.
        .or_else(|| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z").ok())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn every_way_of_asking_to_wait_is_read() {
        let date = ("date", "Wed, 21 Oct 2026 07:28:00 GMT");
        for (headers, waited) in [
            (vec![], 10),
            (vec![("retry-after", "30")], 30),
            (vec![("retry-after", " 1.5 ")], 2),
            (vec![("retry-after", "0")], 1),
            (vec![("retry-after", "-5")], 1),
            (vec![("retry-after", "86400")], 3_600),
            (vec![("retry-after", "99999999999999999999")], 10),
            (vec![("retry-after", "soon")], 10),
            (vec![("retry-after", "soon"), ("x-ratelimit-reset", "7")], 7),
            (vec![("retry-after", "3"), ("x-ratelimit-reset", "7")], 3),
            (vec![date, ("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT")], 90),
            (vec![date, ("retry-after", "Wed, 21 Oct 2026 07:00:00 GMT")], 1),
            (vec![("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT")], 10),
            (vec![date, ("x-ratelimit-reset", "2026-10-21T07:28:20Z")], 20),
            (vec![date, ("x-ratelimit-reset", "2026-10-21T09:28:20.5+02:00")], 20),
            (vec![date, ("x-ratelimit-reset", "2026-10-21T07:29Z")], 60),
            (vec![("x-ratelimit-reset", "2026-10-21T07:29Z")], 10),
            (vec![date, ("x-ratelimit-reset", "1792567720")], 40),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(seconds(&map), waited, "{headers:?}");
        }
    }
}
