//! Writes documents that are mostly valid for the schema: every field, argument, fragment and directive of it.

use serde_json::{Map, Value};
use support::{ApiField, ApiSchema};

use super::{dice::Dice, value::Values};

/// Fields of a document at most.
const FIELDS: usize = 60;

/// One document being written.
pub(crate) struct Writer<'a> {
    values: Values<'a>,
    dice: Dice<'a>,
    declared: Vec<String>,
    given: Map<String, Value>,
    fragments: Vec<String>,
    left: usize,
}

/// A document with its variables.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) variables: Map<String, Value>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(schema: &'a ApiSchema, ids: &'a [String], bytes: &'a [u8]) -> Self {
        Self {
            values: Values { schema, ids },
            dice: Dice::new(bytes),
            declared: Vec::new(),
            given: Map::new(),
            fragments: Vec::new(),
            left: FIELDS,
        }
    }

    pub(crate) fn document(mut self) -> Written {
        let (keyword, root) = *self.dice.one_of(&[
            ("query", "Query"),
            ("query", "Query"),
            ("query", "Query"),
            ("mutation", "Mutation"),
            ("subscription", "Subscription"),
        ]);
        let depth = 1 + self.dice.roll(6);
        let selection = self.selection(root, depth);
        let name = if self.dice.chance(4) { " Named" } else { "" };
        let variables =
            if self.declared.is_empty() { String::new() } else { format!("({})", self.declared.join(", ")) };
        let mut text = if keyword == "query" && name.is_empty() && variables.is_empty() && self.dice.chance(2)
        {
            selection
        } else {
            format!("{keyword}{name}{variables} {selection}")
        };
        for fragment in &self.fragments {
            text.push_str(fragment);
        }
        Written { text, variables: self.given }
    }

    fn selection(&mut self, of: &str, depth: usize) -> String {
        let count = if matches!(of, "Subscription") { 1 } else { 1 + self.dice.roll(4) };
        let mut parts = Vec::new();
        for _ in 0..count {
            parts.push(self.part(of, depth));
        }
        format!("{{ {} }}", parts.join(" "))
    }

    fn part(&mut self, of: &str, depth: usize) -> String {
        self.left = self.left.saturating_sub(1);
        if self.dice.chance(10) && depth > 0 {
            let inside = self.selection(of, depth - 1);
            let condition = if self.dice.chance(2) { format!(" on {of}") } else { String::new() };
            let directive = self.directive();
            return format!("...{condition}{directive} {inside}");
        }
        if self.dice.chance(12) && depth > 0 {
            let name = format!("f{}", self.fragments.len());
            self.fragments.push(String::new());
            let at = self.fragments.len() - 1;
            let inside = self.selection(of, depth - 1);
            self.fragments[at] = format!(" fragment {name} on {of} {inside}");
            return format!("...{name}");
        }
        let alias = if self.dice.chance(8) { format!("a{}: ", self.dice.roll(50)) } else { String::new() };
        let directive = self.directive();
        match self.field(of, depth).cloned() {
            None => format!("{alias}__typename{directive}"),
            Some(field) => {
                let arguments = self.arguments(&field);
                let inside = if self.values.schema.is_leaf(&field.gives.name) {
                    String::new()
                } else {
                    format!(" {}", self.selection(&field.gives.name, depth.saturating_sub(1)))
                };
                format!("{alias}{}{arguments}{directive}{inside}", field.name)
            }
        }
    }

    /// A field of a type; a leaf where it may go no deeper.
    fn field(&mut self, of: &str, depth: usize) -> Option<&'a ApiField> {
        let schema = self.values.schema;
        let is_end = depth == 0 || self.left == 0;
        let fields: Vec<_> = schema
            .named(of)
            .fields
            .iter()
            .filter(|field| !is_end || schema.is_leaf(&field.gives.name))
            .collect();
        if fields.is_empty() || self.dice.chance(15) { None } else { Some(*self.dice.one_of(&fields)) }
    }

    fn arguments(&mut self, field: &ApiField) -> String {
        let mut written = Vec::new();
        for argument in &field.arguments {
            if !argument.is_required && !self.dice.chance(3) {
                continue;
            }
            let value = if matches!(argument.name.as_str(), "first" | "last") && !self.dice.chance(4) {
                Value::from(self.dice.roll(6))
            } else {
                self.values.of(&mut self.dice, &argument.takes.text, 2)
            };
            let shown = if self.dice.chance(3) {
                self.variable(&argument.takes.text, value)
            } else {
                self.values.literal(&argument.takes.text, &value)
            };
            written.push(format!("{}: {shown}", argument.name));
        }
        if written.is_empty() { String::new() } else { format!("({})", written.join(", ")) }
    }

    /// Passes a value by variable: given, or as a default, or left out where it may be.
    fn variable(&mut self, written: &str, value: Value) -> String {
        let name = format!("v{}", self.declared.len());
        match self.dice.roll(4) {
            0 | 1 => {
                self.declared.push(format!("${name}: {written}"));
                self.given.insert(name.clone(), value);
            }
            2 => {
                let default = self.values.literal(written, &value);
                self.declared.push(format!("${name}: {} = {default}", written.trim_end_matches('!')));
            }
            _ => self.declared.push(format!("${name}: {written}")),
        }
        format!("${name}")
    }

    fn directive(&mut self) -> String {
        if !self.dice.chance(10) {
            return String::new();
        }
        let name = *self.dice.one_of(&["include", "skip"]);
        let value = Value::Bool(self.dice.chance(2));
        let condition =
            if self.dice.chance(2) { self.variable("Boolean!", value) } else { value.to_string() };
        format!(" @{name}(if: {condition})")
    }
}

/// Pieces that mean something to one reader or another.
pub(crate) const PIECES: [&str; 52] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "!",
    "$",
    "$v0",
    ":",
    "=",
    "@",
    "|",
    "&",
    "...",
    "\"",
    "\"\"",
    "\"\"\"",
    "\"\"\"\"",
    "\\\"\"\"",
    "\\",
    "\\u{1F600}",
    "\\uD83D\\uDE00",
    "\\uD800",
    "#",
    "\n",
    "\r",
    ",",
    "\u{feff}",
    "\0",
    "é",
    "😀",
    "null",
    "true",
    "-0",
    "1e999",
    "99999999999999999999",
    "0.1.2",
    "query",
    "mutation",
    "subscription",
    "fragment f on Query",
    "on",
    "...f0",
    "...on Query",
    "@include(if: true)",
    "@skip(if: $v0)",
    "__typename",
    "__schema { types { name } }",
    "type A { a: Int }",
    "a: ",
    "input: {}",
];

/// Breaks a document in places.
pub(crate) fn mutate(text: &str, dice: &mut Dice<'_>) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..dice.roll(5) {
        let at = dice.roll(characters.len() + 1);
        let until = (at + dice.roll(40)).min(characters.len());
        match dice.roll(4) {
            0 => {
                let piece = *dice.one_of(&PIECES);
                characters.splice(at..at, piece.chars());
            }
            1 => drop(characters.drain(at..until)),
            2 => {
                let again: Vec<_> = characters[at..until].to_vec();
                characters.splice(at..at, again);
            }
            _ => {
                let piece = *dice.one_of(&PIECES);
                characters.splice(at..until, piece.chars());
            }
        }
    }
    characters.into_iter().collect()
}
