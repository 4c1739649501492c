//! Points in time as Trello writes them, and as its ids tell them.

use chrono::DateTime;
use entity::Instant;
use serde_json::{Value, json};

/// `2026-03-02T09:00:00.000Z`.
pub(super) fn moment(at: Instant) -> String {
    at.to_utc().expect("a year of the calendar").format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The same, or null.
pub(super) fn optional(at: Option<Instant>) -> Value {
    json!(at.map(moment))
}

/// Seconds since 1970, as the first eight digits of an id tell them.
pub(super) fn seconds(at: Instant) -> i64 {
    at.0.div_euclid(1_000_000)
}

/// When something with this id was made.
pub(super) fn born(id: &str) -> Instant {
    let seconds = id.get(..8).and_then(|digits| i64::from_str_radix(digits, 16).ok());
    Instant(seconds.expect("an id of Trello's") * 1_000_000)
}

/// The id that lies between what was made before a point in time and what was made at it or later; an id lies where
/// it is. Nothing for what is neither a time nor an id.
pub(super) fn bound(text: &str) -> Option<String> {
    if is_id(text) {
        return Some(text.to_owned());
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(format!("{:08x}{:016x}", at.timestamp(), 0))
}

/// Whether a text is an id: 24 hexadecimal digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
