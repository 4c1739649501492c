//! Well-typed values of the schema's inputs, odd ones among them.

use serde_json::{Map, Value, json};
use support::ApiSchema;

use super::dice::Dice;

pub(crate) const TEXTS: [&str; 21] = [
    "",
    "a",
    "A",
    "%",
    "_",
    "\\",
    "*[?",
    "'",
    "\"",
    "alpha",
    "O-1",
    "ä",
    "Ä",
    "İ",
    "ß",
    "😀🏴‍☠️",
    "\u{202e}txt",
    "\u{feff}",
    "a\r\nb",
    "a\0b",
    "\u{fffe}",
];
/// The last lies between two floats: it is refused.
pub(crate) const NUMBERS: [&str; 13] = [
    "0",
    "1",
    "-1",
    "0.5",
    "0.1",
    "-0.0",
    "5e-324",
    "1.7976931348623157e308",
    "-1.7976931348623157e308",
    "1e-7",
    "2147483648",
    "0.30000000000000004",
    "9007199254740993",
];
const INTS: [i64; 8] = [0, 1, -1, 3, 200, 201, 2_147_483_647, -2_147_483_648];
const DECIMALS: [&str; 12] = [
    "0",
    "1.5",
    "-0.000001",
    "9223372036854.775807",
    "-9223372036854.775808",
    "9223372036854.775808",
    "0.0000001",
    "NaN",
    "",
    "1e3",
    "007",
    "-",
];
pub(crate) const DAYS: [&str; 12] = [
    "2026-03-01",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "10000-01-01",
    "0000-12-31",
    "P2W",
    "-P36500D",
    "P36525D",
    "P99999999999W",
    "PT1H",
    "1970-1-1",
];
pub(crate) const TIMES: [&str; 11] = [
    "2026-03-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-01:00",
    "2026-12-31T23:59:60Z",
    "2026-03-01T00:00:00.1234567+14:00",
    "-P100000D",
    "P36525D",
    "-PT1S",
    "2026-03-01",
    "now",
];
const SPANS: [&str; 6] = ["P2W", "-PT12H", "P36525D", "P1M", "", "PT9223372036854775807S"];
const ADDRESSES: [&str; 4] = ["https://example.com/x", "http://[::1]", "javascript:alert(1)", "https://a b"];

/// Makes values of the types of a schema.
pub(crate) struct Values<'a> {
    pub(crate) schema: &'a ApiSchema,
    /// Ids that there are, so that not all of them lead nowhere.
    pub(crate) ids: &'a [String],
}

impl Values<'_> {
    /// A value of a type as it is written in a document, `[ID!]!`; `depth` bounds objects within one another.
    pub(crate) fn of(&self, dice: &mut Dice<'_>, written: &str, depth: usize) -> Value {
        let inner = match written.strip_suffix('!') {
            Some(inner) => inner,
            None if dice.chance(12) => return Value::Null,
            None => written,
        };
        if let Some(item) = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            let count = dice.roll(4);
            return (0..count).map(|_| self.of(dice, item, depth)).collect();
        }
        match inner {
            "Int" => json!(*dice.one_of(&INTS)),
            "Float" => number(dice.one_of::<&str>(&NUMBERS)),
            "Boolean" => json!(dice.chance(2)),
            "String" if dice.chance(60) => json!("x".repeat(100_000)),
            "String" => json!(*dice.one_of(&TEXTS)),
            "ID" if !self.ids.is_empty() && !dice.chance(4) => json!(dice.one_of(self.ids)),
            "ID" => json!(*dice.one_of(&[
                "obj_",
                "tsk_00000000000000000000000000000000",
                "per_x",
                "",
                "O-1",
                "a\0b"
            ])),
            "Decimal" => json!(*dice.one_of(&DECIMALS)),
            "Date" | "DateOrDuration" => json!(*dice.one_of(&DAYS)),
            "DateTime" | "DateTimeOrDuration" => json!(*dice.one_of(&TIMES)),
            "Duration" => json!(*dice.one_of(&SPANS)),
            "URL" => json!(*dice.one_of(&ADDRESSES)),
            name => self.named(dice, name, depth),
        }
    }

    fn named(&self, dice: &mut Dice<'_>, name: &str, depth: usize) -> Value {
        let one = self.schema.named(name);
        if one.kind == "ENUM" {
            return json!(dice.one_of(&one.values));
        }
        assert_eq!(one.kind, "INPUT_OBJECT", "{name} has no samples: add some");
        let mut object = Map::new();
        let optional: Vec<_> = one.inputs.iter().filter(|input| !input.is_required).collect();
        let mut chosen: Vec<_> = one.inputs.iter().filter(|input| input.is_required).collect();
        for _ in 0..dice.roll(4) {
            if let Some(input) = optional.get(dice.roll(optional.len())) {
                chosen.push(input);
            }
        }
        for input in chosen {
            let is_object = self.schema.named(&input.takes.name).kind == "INPUT_OBJECT";
            if depth == 0 && is_object && !input.is_required {
                continue;
            }
            let value = self.of(dice, &input.takes.text, depth.saturating_sub(1));
            object.insert(input.name.clone(), value);
        }
        Value::Object(object)
    }

    /// A value as it is written in a document; enumerations are told from texts by the type.
    pub(crate) fn literal(&self, written: &str, value: &Value) -> String {
        let inner = written.trim_end_matches('!');
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::String(text) if self.schema.named(inner.trim_matches(['[', ']', '!'])).kind == "ENUM" => {
                text.clone()
            }
            Value::String(_) => value.to_string(),
            Value::Array(items) => {
                let item = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(inner);
                let items: Vec<_> = items.iter().map(|value| self.literal(item, value)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) => {
                let inputs = self.schema.fields_of_input(inner);
                let fields = fields.iter().map(|(name, value)| {
                    let input = inputs.iter().find(|input| input.name == *name).expect("a field of the type");
                    format!("{name}: {}", self.literal(&input.takes.text, value))
                });
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A number as JSON.
pub(crate) fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}
