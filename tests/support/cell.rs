//! Values for rows that tests write past the server.

use std::fmt::Write;

use chrono::NaiveDate;
use entity::{Decimal, Instant};
use uuid::Uuid;

use crate::Backend;

/// One value of a column, in the form in which the server stores it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A key: `UUID` on PostgreSQL, 16 bytes on SQLite.
    Id(Uuid),
    /// Text.
    Text(String),
    /// A whole number; instants in microseconds, measured values in 10⁻⁶.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A day.
    Date(NaiveDate),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// The value as a literal of the database's SQL.
    #[must_use]
    pub fn literal(&self, backend: Backend) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Id(id) => match backend {
                Backend::Sqlite => format!("X'{}'", id.simple()),
                Backend::Postgres => format!("'{id}'::uuid"),
            },
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Bool(true) => "TRUE".to_owned(),
            Self::Bool(false) => "FALSE".to_owned(),
            Self::Date(day) => format!("'{day}'"),
            Self::Bytes(bytes) => match backend {
                Backend::Sqlite => format!("X'{}'", hex(bytes)),
                Backend::Postgres => format!("'\\x{}'::bytea", hex(bytes)),
            },
        }
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

impl From<Uuid> for Cell {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<&[u8]> for Cell {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Instant> for Cell {
    fn from(at: Instant) -> Self {
        Self::Int(at.0)
    }
}

impl From<Decimal> for Cell {
    fn from(value: Decimal) -> Self {
        Self::Int(value.0)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
