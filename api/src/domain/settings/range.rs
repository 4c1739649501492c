//! What a setting may hold: its range, how it is written as JSON, and the words that tell both.

use std::fmt;

use entity::ConnectionModel;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What happens to a link that the connection model does not foresee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutsideModel {
    /// The link is made, with a warning.
    Warn,
    /// The link is refused.
    Refuse,
}

/// What happens when a project goes in progress without a link, an acknowledgement or a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Gate {
    /// Nothing.
    Off,
    /// It starts with a warning, and a finding is opened.
    Warn,
    /// It does not start; a project that a tool moves gets a finding, since the tool is not stopped.
    Block,
}

/// What a rule for good objectives does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckRule {
    /// Nothing.
    Off,
    /// It is told by `objectiveCheck`.
    Advise,
    /// It is told, and keeps an objective from being published.
    Block,
}

/// The values that a setting may take; written out, it ends the sentence "it must be …".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// A number between two others, both included.
    Number {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// A whole number between two others, both included.
    Whole {
        /// Least value.
        min: i32,
        /// Greatest value.
        max: i32,
    },
    /// One of some names.
    Choice(&'static [&'static str]),
    /// On or off.
    Flag,
    /// What stands before the hyphen of a code.
    Prefix,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { min, max } => write!(f, "a number from {min} to {max}"),
            Self::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Choice(names) => write!(f, "one of {}", names.join(", ")),
            Self::Flag => f.write_str("true or false"),
            Self::Prefix => f.write_str("1 to 10 characters A–Z and 0–9, beginning with a letter"),
        }
    }
}

/// One line of the catalogue of settings: what documentation and the API tell about it.
#[derive(Clone, Copy, Debug)]
pub struct SettingInfo {
    /// Its name in the API and in the stored JSON.
    pub name: &'static str,
    /// What it changes, and its unit.
    pub description: &'static str,
    /// What it may hold.
    pub range: Range,
    /// Gives the value that holds while an organization sets none.
    pub default: fn() -> Value,
}

/// A type that a setting can have.
pub(super) trait SettingKind: Sized {
    /// Writes the value as JSON.
    fn to_json(&self) -> Value;
    /// Reads the value; null when the JSON is of another kind.
    fn from_json(value: &Value) -> Option<Self>;
    /// Whether the value lies in the range; a range meant for another kind never fits.
    fn fits(&self, range: &Range) -> bool;
}

impl SettingKind for f64 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_f64()
    }

    fn fits(&self, range: &Range) -> bool {
        match range {
            Range::Number { min, max } => (*min..=*max).contains(self),
            Range::Whole { .. } | Range::Choice(_) | Range::Flag | Range::Prefix => false,
        }
    }
}

impl SettingKind for i32 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_i64().and_then(|number| Self::try_from(number).ok())
    }

    fn fits(&self, range: &Range) -> bool {
        match range {
            Range::Whole { min, max } => (*min..=*max).contains(self),
            Range::Number { .. } | Range::Choice(_) | Range::Flag | Range::Prefix => false,
        }
    }
}

impl SettingKind for bool {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn fits(&self, range: &Range) -> bool {
        *range == Range::Flag
    }
}

impl SettingKind for String {
    fn to_json(&self) -> Value {
        Value::from(self.as_str())
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(Self::from)
    }

    fn fits(&self, range: &Range) -> bool {
        *range == Range::Prefix
            && (1..=10).contains(&self.len())
            && self.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && self.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
    }
}

/// Kinds that are a choice of names: the type itself allows nothing else.
trait Named: Serialize + DeserializeOwned {}

impl Named for ConnectionModel {}
impl Named for OutsideModel {}
impl Named for Gate {}
impl Named for CheckRule {}

impl<T: Named> SettingKind for T {
    fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn from_json(value: &Value) -> Option<Self> {
        T::deserialize(value).ok()
    }

    fn fits(&self, range: &Range) -> bool {
        match range {
            Range::Choice(names) => self.to_json().as_str().is_some_and(|name| names.contains(&name)),
            Range::Number { .. } | Range::Whole { .. } | Range::Flag | Range::Prefix => false,
        }
    }
}
