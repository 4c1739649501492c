//! A whole JSON file, checked from end to end before anything of it is used.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::error::{Position, ReadError};

/// A file that is text; knows the place of each of its parts.
pub(super) struct Document<'a> {
    bytes: &'a [u8],
    text: &'a str,
}

impl<'a> Document<'a> {
    /// Takes a file, without the byte order mark that some Windows programs put before UTF-8.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, ReadError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let offset = error.valid_up_to();
            let wide = matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
            // A character that the end of the file cuts is a cut file, not a wrong encoding.
            if error.error_len().is_none() && !wide {
                return ReadError::Truncated { at: Position::of(bytes, offset) };
            }
            let what = if wide { "the mark of UTF-16" } else { "a byte that no character has" };
            ReadError::NotUtf8 { what, at: Position::of(bytes, offset) }
        })?;
        Ok(Self { bytes, text: text.strip_prefix('\u{feff}').unwrap_or(text) })
    }

    /// The whole file as an object, its syntax checked to the last byte; `expected` says what it should be.
    pub(super) fn object(&self, expected: &'static str) -> Result<RawObject<'a>, ReadError> {
        let raw: &RawValue = self.parse(self.text)?;
        match raw.get().bytes().next() {
            Some(b'{') => self.parse(raw.get()),
            other => Err(ReadError::NotThis { expected, found: format!("it is {}", kind_at(other)) }),
        }
    }

    /// The elements of one of the file's arrays, or what was found in its place.
    pub(super) fn array(
        &self,
        raw: &'a RawValue,
    ) -> Result<Result<Vec<&'a RawValue>, &'static str>, ReadError> {
        match raw.get().bytes().next() {
            Some(b'[') => self.parse(raw.get()).map(Ok),
            other => Ok(Err(kind_at(other))),
        }
    }

    /// The whole text.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    /// One part of the file; the position of an error is one in the whole file.
    pub(super) fn parse<'p, T: Deserialize<'p>>(&self, part: &'p str) -> Result<T, ReadError> {
        serde_json::from_str(part).map_err(|error| {
            let line_start = match error.line().checked_sub(2) {
                None => 0,
                Some(newlines) => {
                    part.match_indices('\n').nth(newlines).map_or(part.len(), |(newline, _)| newline + 1)
                }
            };
            let within = line_start + error.column().saturating_sub(1);
            if error.is_eof() {
                return ReadError::Truncated { at: Position::of(self.bytes, self.bytes.len()) };
            }
            let said = error.to_string();
            let what = said.split(" at line ").next().unwrap_or_default().to_owned();
            // Of a control character the parser tells the place before it.
            let before = what.starts_with("control character")
                && part.as_bytes().get(within).is_some_and(|byte| *byte >= b' ');
            let offset = self.offset_of(part) + within + usize::from(before);
            ReadError::Syntax { what, at: Position::of(self.bytes, offset) }
        })
    }

    /// The members of an object without some of them, read as one value.
    pub(super) fn value_without(
        &self,
        object: &RawObject<'a>,
        left_out: &[&str],
    ) -> Result<Value, ReadError> {
        let kept = object.0.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        let members = kept.map(|(name, raw)| Ok((name.clone(), self.parse(raw.get())?)));
        members.collect::<Result<Map<String, Value>, ReadError>>().map(Value::Object)
    }

    /// Where a part of the file begins.
    pub(super) fn place_of(&self, part: &str) -> Place<'a> {
        Place { bytes: self.bytes, offset: self.offset_of(part) }
    }

    fn offset_of(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.bytes.as_ptr() as usize)
    }
}

/// A place in a file whose line is counted only when an error needs it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl Place<'_> {
    pub(super) fn position(self) -> Position {
        Position::of(self.bytes, self.offset)
    }
}

/// An object whose values are still the text that they came as, in the order of the file.
pub(super) struct RawObject<'a>(Vec<(String, &'a RawValue)>);

impl<'a> RawObject<'a> {
    /// A value; of a name given twice the last, as every JSON reader takes it.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The object as JSON again, without some of its members; the values are the very text of the file.
    pub(super) fn without(&self, left_out: &[&str]) -> String {
        let mut json = String::from("{");
        for (name, value) in self.0.iter().filter(|(name, _)| !left_out.contains(&name.as_str())) {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&Value::from(name.as_str()).to_string());
            json.push(':');
            json.push_str(value.get());
        }
        json.push('}');
        json
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Members).map(RawObject)
    }
}

/// What a value is, for an error message.
pub(super) const fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}

const fn kind_at(first: Option<u8>) -> &'static str {
    match first {
        None => "nothing",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a text",
        Some(b'n') => "null",
        Some(b't' | b'f') => "true or false",
        Some(_) => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> ReadError {
        Document::new(bytes).and_then(|file| file.object("a board").map(|_| ())).unwrap_err()
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "the file is cut short: its JSON is still open at its end, line 1, column 1 (byte 0)"),
            (
                b"{\"a\": [1,\n 2",
                "the file is cut short: its JSON is still open at its end, line 2, column 3 (byte 12)",
            ),
            (
                b"{\"a\": 1,\n \"b\" 2}",
                "the file is not valid JSON: expected `:` at line 2, column 6 (byte 14)",
            ),
            (
                "{\"é\": NaN}".as_bytes(),
                "the file is not valid JSON: expected value at line 1, column 7 (byte 7)",
            ),
            (b"{} {}", "the file is not valid JSON: trailing characters at line 1, column 4 (byte 3)"),
            (
                b"{\"a\": \"x\0y\"}",
                "the file is not valid JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1, column 9 (byte 8)",
            ),
            (b"[1]", "this is not a board: it is an array"),
            (
                b"{\"a\": \"\xE9t\xE9\"}",
                "the file is not UTF-8 text: a byte that no character has at line 1, column 8 (byte 7)",
            ),
            (
                b"\xFF\xFE{\0}\0",
                "the file is not UTF-8 text: the mark of UTF-16 at line 1, column 1 (byte 0)",
            ),
        ];
        for (bytes, said) in cases {
            assert_eq!(refusal(bytes).to_string(), said, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_counted() {
        let file = Document::new("\u{feff}{\"a\": 1}".as_bytes()).unwrap();
        assert_eq!(file.object("a board").unwrap().get("a").unwrap().get(), "1");
        assert_eq!(
            refusal("\u{feff}{x".as_bytes()).to_string(),
            "the file is not valid JSON: key must be a string at line 1, column 3 (byte 4)"
        );
    }

    #[test]
    fn faults_inside_a_part_are_placed_in_the_whole_file() {
        let text = format!("{{\"a\": 1,\n \"deep\": {}{}}}", "[".repeat(200), "]".repeat(200));
        let file = Document::new(text.as_bytes()).unwrap();
        let deep = file.object("a board").unwrap().get("deep").unwrap();
        let error = file.parse::<Value>(deep.get()).unwrap_err();
        let ReadError::Syntax { what, at } = error else { panic!("{error}") };
        assert_eq!(what, "recursion limit exceeded");
        assert_eq!((at.line, at.offset), (2, text.find('[').unwrap() + 127));
    }

    #[test]
    fn what_is_left_out_leaves_the_rest_as_it_was_written() {
        let text = r#"{"id" : "1", "cards": [1, 2], "n\u00e9": 1.50, "id": "2"}"#;
        let file = Document::new(text.as_bytes()).unwrap();
        let object = file.object("a board").unwrap();
        assert_eq!(object.get("id").unwrap().get(), "\"2\"");
        assert_eq!(object.without(&["cards"]), r#"{"id":"1","né":1.50,"id":"2"}"#);
    }
}
