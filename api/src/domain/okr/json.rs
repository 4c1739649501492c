//! OKR files as JSON: a list of objects whose members are the columns. An objective may hold its key
//! results in `key_results`; they then need neither `type` nor parent.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    column::{Column, GoalType, no_column},
    export::{Exported, Value},
    fault::{Fault, FaultCode},
    sheet::{Cell, Entry, Lines, ROWS_AT_MOST, Sheet},
};

const KEY_RESULTS: &str = "key_results";

/// The members of an object in the order of the file, their values still as texts.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
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
        deserializer.deserialize_map(Each).map(Members)
    }
}

struct Reading<'t> {
    text: &'t str,
    lines: Lines,
    sheet: Sheet,
    /// Objects so far, those that cannot be read included.
    rows: usize,
    /// Whether a fault lists the names that there are.
    is_told: bool,
}

/// Reads a text.
pub(super) fn read(text: &str) -> Sheet {
    let list: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(list) => list,
        Err(_) if text.trim().is_empty() => {
            let message = "the file is empty: it is a list of objects";
            return Sheet::broken(Fault::at(1, FaultCode::Unreadable, message));
        }
        Err(error) => {
            let line = u64::try_from(error.line().max(1)).unwrap_or(u64::MAX);
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            let message = if error.is_data() {
                "the file is a list of objects: [{ \"type\": \"OBJECTIVE\", \"title\": … }]".to_owned()
            } else {
                format!("is no JSON at character {}: {said}", error.column())
            };
            return Sheet::broken(Fault::at(line, FaultCode::Unreadable, message));
        }
    };
    let lines = Lines::of(text);
    let mut reading = Reading { text, lines, sheet: Sheet::default(), rows: 0, is_told: false };
    for (at, raw) in list.into_iter().enumerate() {
        reading.entry(raw, format!("[{at}]"), None);
        if reading.rows > ROWS_AT_MOST {
            return Sheet::too_long();
        }
    }
    reading.sheet
}

impl<'t> Reading<'t> {
    fn line_of(&self, raw: &RawValue) -> u64 {
        self.lines.at((raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize))
    }

    fn entry(&mut self, raw: &'t RawValue, path: String, within: Option<usize>) {
        self.rows += 1;
        if self.rows > ROWS_AT_MOST {
            return;
        }
        let line = self.line_of(raw);
        let whole =
            |code, message: String| Fault { line, column: None, path: Some(path.clone()), code, message };
        let members: Members<'t> = match serde_json::from_str(raw.get()) {
            Ok(members) => members,
            Err(error) => {
                let said = error.to_string();
                let said = said.split(" at line ").next().unwrap_or_default();
                self.sheet.faults.push(whole(FaultCode::Unreadable, format!("is no object: {said}")));
                return;
            }
        };
        let implied = if within.is_some() { GoalType::KeyResult } else { GoalType::Objective };
        let mut entry =
            Entry { line, path: Some(path.clone()), within, implied: Some(implied), cells: BTreeMap::new() };
        let mut nested = None;
        let mut is_told = self.is_told;
        for (name, value) in members.0 {
            let line = self.line_of(value);
            let mut refuse = |code, message: String| {
                let (column, path) = (Some(name.clone()), Some(path.clone()));
                self.sheet.faults.push(Fault { line, column, path, code, message });
            };
            if name == KEY_RESULTS && within.is_none() {
                match serde_json::from_str::<Vec<&'t RawValue>>(value.get()) {
                    Ok(list) if nested.is_none() => nested = Some(list),
                    Ok(_) => refuse(FaultCode::Conflict, "stands twice in the object".to_owned()),
                    Err(_) => refuse(FaultCode::Invalid, "is a list of objects".to_owned()),
                }
                continue;
            }
            let Some(column) = Column::ALL.iter().copied().find(|column| column.name() == name) else {
                let message = no_column(&mut is_told, &format!(", {KEY_RESULTS}"));
                refuse(FaultCode::Invalid, message);
                continue;
            };
            match text_of(value) {
                Err(message) => refuse(FaultCode::Invalid, message),
                Ok(text) => {
                    if entry.cells.insert(column, Cell { text, line }).is_some() {
                        refuse(FaultCode::Conflict, "stands twice in the object".to_owned());
                    }
                }
            }
        }
        self.is_told = is_told;
        let at = self.sheet.entries.len();
        self.sheet.entries.push(entry);
        for (number, raw) in nested.into_iter().flatten().enumerate() {
            self.entry(raw, format!("{path}.{KEY_RESULTS}[{number}]"), Some(at));
            if self.rows > ROWS_AT_MOST {
                return;
            }
        }
    }
}

/// A value as the text of a cell; numbers as they are written, so that none is rounded.
fn text_of(value: &RawValue) -> Result<Option<String>, String> {
    let raw = value.get();
    match raw.bytes().next() {
        Some(b'n') => Ok(None),
        Some(b'"') => serde_json::from_str::<String>(raw)
            .map(|text| Some(text).filter(|text| !text.is_empty()))
            .map_err(|error| format!("is no text: {error}")),
        Some(b'[' | b'{') => Err("is a text, a number, true, false or null".to_owned()),
        Some(_) | None => Ok(Some(raw.to_owned())),
    }
}

/// Writes objectives with their key results within them; every member stands in every object.
#[must_use]
pub(super) fn write(rows: &[Exported]) -> String {
    let mut text = String::from("[");
    let mut open = None;
    for row in rows {
        match (row.goal, open) {
            (GoalType::Objective, before) => {
                text.push_str(match before {
                    None => "\n",
                    Some(0) => "] },\n",
                    Some(_) => "\n  ] },\n",
                });
                text.push_str(" { ");
                text.push_str(&members(row, GoalType::Objective));
                text.push_str(&format!(", \"{KEY_RESULTS}\": ["));
                open = Some(0);
            }
            (GoalType::KeyResult, before) => {
                let before = before.unwrap_or(0);
                text.push_str(if before == 0 { "\n" } else { ",\n" });
                text.push_str("   { ");
                text.push_str(&members(row, GoalType::KeyResult));
                text.push_str(" }");
                open = Some(before + 1);
            }
        }
    }
    text.push_str(match open {
        None => "]\n",
        Some(0) => "] }\n]\n",
        Some(_) => "\n  ] }\n]\n",
    });
    text
}

fn members(row: &Exported, goal: GoalType) -> String {
    let is_implied = |column: &Column| {
        goal == GoalType::KeyResult
            && matches!(column, Column::Type | Column::ParentExternalId | Column::ParentCode)
    };
    let columns = Column::ALL.iter().filter(|column| column.is_for(goal) && !is_implied(column));
    let each = columns.map(|column| {
        let value = match row.values.get(column) {
            None | Some(Value::Nothing) => "null".to_owned(),
            Some(Value::Number(text)) => text.clone(),
            Some(Value::Word(text)) if text == "true" || text == "false" => text.clone(),
            Some(Value::Text(text) | Value::Word(text) | Value::Decimal(text)) => {
                serde_json::Value::from(text.as_str()).to_string()
            }
        };
        format!("\"{}\": {value}", column.name())
    });
    each.collect::<Vec<_>>().join(", ")
}
