//! One item of a file, asked for its fields by path.
//!
//! Three levels of strictness: what an item is recognized by is *required* and its lack refuses the
//! file; a field of the wrong kind is passed over and counted in the notes; an absent field is absent.

use std::cell::{Cell, RefCell};

use chrono::NaiveDate;
use entity::Instant;
use serde_json::Value;

use super::{
    date,
    error::ReadError,
    json::{Document, Place, kind},
};

/// What was passed over or mended while a file was read; becomes notes of the batch.
#[derive(Default)]
pub(super) struct Remarks {
    passed_over: Cell<usize>,
    first_passed_over: RefCell<Option<String>>,
    nul_characters: Cell<usize>,
}

impl Remarks {
    /// Counts a value that could not be read.
    fn pass_over(&self, path: impl FnOnce() -> String) {
        if self.passed_over.replace(self.passed_over.get() + 1) == 0 {
            self.first_passed_over.replace(Some(path()));
        }
    }

    /// A text without NUL characters, which PostgreSQL refuses in texts and which mean nothing.
    pub(super) fn clean(&self, text: &str) -> String {
        let nul = text.matches('\0').count();
        if nul == 0 {
            return text.to_owned();
        }
        self.nul_characters.set(self.nul_characters.get() + nul);
        text.replace('\0', "")
    }

    /// What was counted, as sentences.
    pub(super) fn into_notes(self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(first) = self.first_passed_over.into_inner() {
            let count = self.passed_over.get();
            let values = if count == 1 { "value was" } else { "values were" };
            notes.push(format!("{count} {values} not as expected and passed over, the first is `{first}`."));
        }
        let nul = self.nul_characters.get();
        if nul > 0 {
            let characters = if nul == 1 { "character was" } else { "characters were" };
            notes.push(format!("{nul} NUL {characters} removed from texts."));
        }
        notes
    }
}

/// An item or a part of one.
pub(super) struct Item<'a> {
    /// Its JSON.
    pub(super) value: &'a Value,
    /// Its path in the file, `issues[3]`.
    path: String,
    place: Place<'a>,
    remarks: &'a Remarks,
}

impl<'a> Item<'a> {
    /// The item at a path of the file; `raw` is the text that its value was read from.
    pub(super) fn new(
        file: &Document<'a>,
        raw: &str,
        value: &'a Value,
        path: String,
        remarks: &'a Remarks,
    ) -> Self {
        Self { value, path, place: file.place_of(raw), remarks }
    }

    /// The value at a path, unless it is absent or null.
    pub(super) fn find(&self, path: &[&str]) -> Option<&'a Value> {
        let mut value = self.value;
        for name in path {
            value = value.get(name)?;
        }
        (!value.is_null()).then_some(value)
    }

    /// A part of the item.
    pub(super) fn part(&self, path: &[&str]) -> Option<Item<'a>> {
        self.find(path).map(|value| self.child(value, self.path_to(path)))
    }

    /// The elements of an array; none when it is absent or null.
    pub(super) fn each(&self, path: &[&str]) -> impl Iterator<Item = Item<'a>> + use<'a, '_> {
        let found = self.find(path);
        let elements = found.and_then(Value::as_array);
        if found.is_some() && elements.is_none() {
            self.remarks.pass_over(|| self.path_to(path));
        }
        let array = self.path_to(path);
        elements
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(move |(index, value)| self.child(value, format!("{array}[{index}]")))
    }

    /// An identifier, without which the item is not recognized: a text that is not blank, or a whole number.
    pub(super) fn required_id(&self, path: &[&str]) -> Result<String, ReadError> {
        self.find(path).and_then(|value| self.as_id(value)).ok_or_else(|| self.unexpected(path, "an id"))
    }

    /// A text that must be there, though it may be empty.
    pub(super) fn required_text(&self, path: &[&str]) -> Result<String, ReadError> {
        match self.find(path) {
            Some(Value::String(text)) => Ok(self.remarks.clean(text)),
            Some(_) | None => Err(self.unexpected(path, "a text")),
        }
    }

    /// A part that must be there.
    pub(super) fn required_part(&self, path: &[&str]) -> Result<Item<'a>, ReadError> {
        self.part(path)
            .filter(|part| part.value.is_object())
            .ok_or_else(|| self.unexpected(path, "an object"))
    }

    /// An identifier, where there is one.
    pub(super) fn id(&self, path: &[&str]) -> Option<String> {
        self.read(path, |value| self.as_id(value))
    }

    /// A text, where there is one that is not blank.
    pub(super) fn text(&self, path: &[&str]) -> Option<String> {
        self.read(path, Value::as_str)
            .filter(|text| !text.trim().is_empty())
            .map(|text| self.remarks.clean(text))
            .filter(|text| !text.trim().is_empty())
    }

    /// Whether a switch is on; off when it is absent.
    pub(super) fn flag(&self, path: &[&str]) -> bool {
        self.read(path, Value::as_bool).unwrap_or_default()
    }

    /// A point in time.
    pub(super) fn instant(&self, path: &[&str]) -> Option<Instant> {
        self.filled(path, date::instant)
    }

    /// A day.
    pub(super) fn day(&self, path: &[&str]) -> Option<NaiveDate> {
        self.filled(path, date::day)
    }

    /// The day, in UTC, of a point in time.
    pub(super) fn day_in_utc(&self, path: &[&str]) -> Option<NaiveDate> {
        self.filled(path, |text| date::moment(text).map(|at| at.naive_utc().date()))
    }

    /// The day, in the offset that it is written with, of a point in time.
    pub(super) fn day_of(&self, path: &[&str]) -> Option<NaiveDate> {
        self.filled(path, |text| date::moment(text).map(|at| at.date_naive()))
    }

    /// A number of seconds, 0 or more.
    pub(super) fn seconds(&self, path: &[&str]) -> Option<i64> {
        self.read(path, |value| value.as_i64().filter(|seconds| *seconds >= 0))
    }

    /// A number, 0 or more; also one written as a text.
    pub(super) fn amount(&self, path: &[&str]) -> Option<f64> {
        let number = |value: &Value| match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        self.read(path, |value| number(value).filter(|number| number.is_finite() && *number >= 0.0))
    }

    /// The item itself as a text, where it is one that is not blank.
    pub(super) fn as_text(&self) -> Option<String> {
        self.text(&[])
    }

    /// A text made from the item, without what cannot be stored.
    pub(super) fn clean(&self, text: &str) -> String {
        self.remarks.clean(text)
    }

    fn filled<T>(&self, path: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.find(path).and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
            return None;
        }
        self.read(path, |value| value.as_str().and_then(&read))
    }

    fn read<T>(&self, path: &[&str], read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.find(path)?;
        let answer = read(value);
        if answer.is_none() {
            self.remarks.pass_over(|| self.path_to(path));
        }
        answer
    }

    fn as_id(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(self.remarks.clean(text.trim())).filter(|id| !id.is_empty()),
            Value::Number(number) if number.is_u64() => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn unexpected(&self, path: &[&str], expected: &'static str) -> ReadError {
        let mut value = Some(self.value);
        for name in path {
            value = value.and_then(|value| value.get(name));
        }
        let found = match value {
            Some(Value::String(text)) if text.trim().is_empty() => "an empty text",
            other => kind(other),
        };
        ReadError::Unexpected { path: self.path_to(path), expected, found, at: self.place.position() }
    }

    fn child(&self, value: &'a Value, path: String) -> Item<'a> {
        Item { value, path, place: self.place, remarks: self.remarks }
    }

    fn path_to(&self, path: &[&str]) -> String {
        let mut whole = self.path.clone();
        for name in path {
            if !whole.is_empty() {
                whole.push('.');
            }
            whole.push_str(name);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_required_is_named_with_its_path() {
        let file = Document::new(b"{\n  {}}").unwrap();
        let raw = &file.text()[4..];
        let remarks = Remarks::default();
        let value = json!({"id": 12, "fields": {"summary": 5, "key": " "}});
        let item = Item::new(&file, raw, &value, "issues[3]".to_owned(), &remarks);
        assert_eq!(item.required_id(&["id"]).unwrap(), "12");
        assert_eq!(
            item.required_text(&["fields", "summary"]).unwrap_err().to_string(),
            "`issues[3].fields.summary`: a text was expected, a number was found (item at line 2, column 3 (byte 4))"
        );
        let blank = item.required_id(&["fields", "key"]).unwrap_err().to_string();
        assert!(blank.contains("an empty text was found"), "{blank}");
        let absent = item.required_part(&["status"]).err().unwrap().to_string();
        assert!(absent.contains("nothing was found"), "{absent}");
    }

    #[test]
    fn what_is_odd_is_passed_over_and_counted() {
        let file = Document::new(b"{}").unwrap();
        let remarks = Remarks::default();
        let value = json!({
            "due": "soon", "spent": -5, "points": "3.5", "labels": "x", "name": "a\u{0}b", "void": "\u{0}"
        });
        let item = Item::new(&file, file.text(), &value, String::new(), &remarks);
        assert_eq!(item.instant(&["due"]), None);
        assert_eq!(item.seconds(&["spent"]), None);
        assert_eq!(item.amount(&["points"]), Some(3.5));
        assert_eq!(item.each(&["labels"]).count(), 0);
        assert_eq!(item.text(&["name"]).as_deref(), Some("ab"));
        assert_eq!(item.text(&["void"]), None);
        assert_eq!(item.day(&["absent"]), None);
        assert_eq!(
            remarks.into_notes(),
            [
                "3 values were not as expected and passed over, the first is `due`.",
                "2 NUL characters were removed from texts."
            ]
        );
    }
}
