//! Scalars of the API. Written by hand where the library's are looser than the API promises.

#![expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime as ChronoDateTime, NaiveDate, SecondsFormat};
use entity::{Decimal as Units, Instant};

/// Point in time, RFC 3339, in UTC on the way out: `2026-03-31T09:30:00Z`, with up to six decimal
/// places of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub Instant);

/// Earliest and latest point in time: the years 0001 to 9999, which both databases and RFC 3339 hold.
pub const FIRST_INSTANT: i64 = -62_135_596_800_000_000;
/// See [`FIRST_INSTANT`].
pub const LAST_INSTANT: i64 = 253_402_300_799_999_999;

impl DateTime {
    /// Reads RFC 3339 text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let at = ChronoDateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
        (FIRST_INSTANT..=LAST_INSTANT).contains(&at).then_some(Self(Instant(at)))
    }
}

/// Point in time, RFC 3339, in UTC on the way out: `2026-03-31T09:30:00Z`, with up to six decimal
/// places of the second.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::read(text).ok_or_else(|| {
                InputValueError::custom("write a point in time as RFC 3339, \"2026-03-31T09:30:00Z\"")
            }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_utc().map_or_else(String::new, |at| {
            let digits = if self.0.0 % 1_000_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
            at.to_rfc3339_opts(digits, true)
        }))
    }
}

impl From<Instant> for DateTime {
    fn from(at: Instant) -> Self {
        Self(at)
    }
}

/// Calendar day without a time zone, ISO 8601: `2026-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

impl Date {
    /// Reads an ISO 8601 day.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != 10 {
            return None;
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        (date >= NaiveDate::from_ymd_opt(1, 1, 1)?).then_some(Self(date))
    }
}

/// Calendar day without a time zone, ISO 8601: `2026-03-31`.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                Self::read(text).ok_or_else(|| InputValueError::custom("write a day as \"2026-03-31\""))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

/// Decimal number as a string, `"12.5"`: at most six places, between ±9223372036854.775807, never
/// rounded. Plain JSON numbers without a fraction are accepted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub Units);

/// Decimal number as a string, `"12.5"`: at most six places, between ±9223372036854.775807, never
/// rounded. Plain JSON numbers without a fraction are accepted too.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<Units> for Decimal {
    fn from(units: Units) -> Self {
        Self(units)
    }
}

/// Web address, RFC 3986: `https://trello.com/c/s0KVPfTR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(pub String);

/// Web address, RFC 3986: `https://trello.com/c/s0KVPfTR`.
#[Scalar(name = "URL", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3986")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text)
                if text.len() <= 2048
                    && (text.starts_with("https://") || text.starts_with("http://"))
                    && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Self(text))
            }
            Value::String(_) => Err(InputValueError::custom(
                "write a web address that begins with https:// or http://, at most 2048 characters",
            )),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A span of time, ISO 8601: `P2W`, `-P30D`, `PT12H`. Months and years, whose length varies, are not
/// accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// Length in seconds; negative before now.
    pub seconds: i64,
}

impl Duration {
    /// Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds, with an optional sign.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let rest = rest.strip_prefix('P')?;
        let (mut seconds, mut number, mut in_time, mut parts) = (0_i64, String::new(), false, 0);
        for character in rest.chars() {
            if character.is_ascii_digit() {
                number.push(character);
                continue;
            }
            if character == 'T' && !in_time && number.is_empty() {
                in_time = true;
                continue;
            }
            let unit = match (character, in_time) {
                ('W', false) => 604_800,
                ('D', false) => 86_400,
                ('H', true) => 3_600,
                ('M', true) => 60,
                ('S', true) => 1,
                _ => return None,
            };
            let count: i64 = number.parse().ok()?;
            number.clear();
            seconds = seconds.checked_add(count.checked_mul(unit)?)?;
            parts += 1;
        }
        // A hundred years: more would leave the range of dates.
        (parts > 0 && number.is_empty() && seconds <= 3_155_760_000)
            .then_some(Self { seconds: sign * seconds })
    }

    /// The text, in the largest whole units.
    #[must_use]
    pub fn write(self) -> String {
        let sign = if self.seconds < 0 { "-" } else { "" };
        let seconds = self.seconds.unsigned_abs();
        if seconds != 0 && seconds.is_multiple_of(86_400) {
            return format!("{sign}P{}D", seconds / 86_400);
        }
        format!("{sign}PT{seconds}S")
    }
}

/// A span of time, ISO 8601: `P2W`, `-P30D`, `PT12H`. Months and years, whose length varies, are not
/// accepted.
#[Scalar(name = "Duration")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::read(text)
                .ok_or_else(|| InputValueError::custom("write a duration as ISO 8601, \"P2W\" or \"PT12H\"")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.write())
    }
}

/// Either a point in time or a span relative to now: `2026-03-31T09:30:00Z`, `-P2W`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateTimeOrDuration {
    /// A point in time.
    At(Instant),
    /// Relative to now.
    FromNow(Duration),
}

impl DateTimeOrDuration {
    /// The point in time that is meant now.
    #[must_use]
    pub fn resolve(self, now: Instant) -> Instant {
        match self {
            Self::At(at) => at,
            Self::FromNow(duration) => {
                Instant(now.plus_seconds(duration.seconds).0.clamp(FIRST_INSTANT, LAST_INSTANT))
            }
        }
    }
}

/// Either a point in time or a span relative to now: `2026-03-31T09:30:00Z`, `-P2W`.
#[Scalar(name = "DateTimeOrDuration")]
impl ScalarType for DateTimeOrDuration {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => DateTime::read(text)
                .map(|at| Self::At(at.0))
                .or_else(|| Duration::read(text).map(Self::FromNow))
                .ok_or_else(|| {
                    InputValueError::custom(
                        "write a point in time (\"2026-03-31T09:30:00Z\") or a span from now (\"-P2W\")",
                    )
                }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::At(at) => ScalarType::to_value(&DateTime(*at)),
            Self::FromNow(duration) => Value::String(duration.write()),
        }
    }
}

/// Either a day or a span relative to today, in the organization's time zone: `2026-03-31`, `-P2W`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrDuration {
    /// A day.
    On(NaiveDate),
    /// Relative to today.
    FromToday(Duration),
}

impl DateOrDuration {
    /// The day that is meant today.
    #[must_use]
    pub fn resolve(self, today: NaiveDate) -> NaiveDate {
        match self {
            Self::On(date) => date,
            Self::FromToday(duration) => {
                let days = chrono::Duration::days(duration.seconds / 86_400);
                today.checked_add_signed(days).unwrap_or(today)
            }
        }
    }
}

/// Either a day or a span relative to today, in the organization's time zone: `2026-03-31`, `-P2W`.
#[Scalar(name = "DateOrDuration")]
impl ScalarType for DateOrDuration {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Date::read(text)
                .map(|date| Self::On(date.0))
                .or_else(|| {
                    Duration::read(text)
                        .filter(|duration| duration.seconds % 86_400 == 0)
                        .map(Self::FromToday)
                })
                .ok_or_else(|| {
                    InputValueError::custom(
                        "write a day (\"2026-03-31\") or a span of whole days from today (\"-P2W\")",
                    )
                }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::On(date) => Value::String(date.to_string()),
            Self::FromToday(duration) => Value::String(duration.write()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_strictly() {
        for (text, seconds) in [
            ("P2W", Some(1_209_600)),
            ("-P30D", Some(-2_592_000)),
            ("PT12H", Some(43_200)),
            ("P1DT1M", Some(86_460)),
        ] {
            assert_eq!(Duration::read(text).map(|duration| duration.seconds), seconds, "{text}");
        }
        for text in
            ["", "P", "PT", "P1M", "P1Y", "1D", "P1", "PD", "--P1D", "P99999999999999999999D", "PT1H1"]
        {
            assert_eq!(Duration::read(text), None, "{text}");
        }
    }

    #[test]
    fn instants_keep_microseconds() {
        let at = DateTime::read("2026-03-31T11:30:00.123456+02:00").unwrap();
        assert_eq!(ScalarType::to_value(&at), Value::String("2026-03-31T09:30:00.123456Z".into()));
        assert!(DateTime::read("2026-03-31T09:30:00").is_none());
        assert!(Date::read("2026-3-31").is_none());
        assert!(Date::read("2026-02-30").is_none());
    }
}
