//! Pages that come newest first, and parts of things.

use serde_json::{Map, Value};

use super::{dates, refusal};
use crate::fake::{call::Call, reply::Reply};

/// How much a page holds, at most.
pub(super) const MOST: usize = 1_000;

/// Which of a list are wanted: those with ids between two others, the newest of them first.
pub(super) struct Page {
    after: Option<String>,
    before: Option<String>,
    skipped: usize,
    most: usize,
}

impl Page {
    /// Reads `since`, `before`, `limit` and `page`; `usual` is how many are told where nothing is said.
    pub(super) fn read(call: &Call, usual: usize) -> Result<Self, Reply> {
        let bound = |name: &str| match call.parameter(name).filter(|text| !text.is_empty() && *text != "null")
        {
            None => Ok(None),
            Some(text) => match dates::bound(text) {
                Some(bound) => Ok(Some(bound)),
                None => Err(refusal::bad(format!("invalid value for {name}"))),
            },
        };
        let limit = match call.parameter("limit") {
            None => usual,
            Some(text) => match text.parse::<usize>() {
                Ok(limit) if limit <= MOST => limit,
                Ok(_) | Err(_) => return Err(refusal::bad("invalid value for limit")),
            },
        };
        let page = call.number("page").unwrap_or(0);
        let page = usize::try_from(page).unwrap_or(usize::MAX);
        Ok(Self {
            after: bound("since")?,
            before: bound("before")?,
            skipped: page.saturating_mul(limit),
            most: limit,
        })
    }

    /// The page of things that come newest first.
    pub(super) fn of<T>(&self, newest_first: impl Iterator<Item = T>, id: impl Fn(&T) -> &str) -> Vec<T> {
        newest_first
            .filter(|thing| self.after.as_ref().is_none_or(|after| id(thing) > after.as_str()))
            .filter(|thing| self.before.as_ref().is_none_or(|before| id(thing) < before.as_str()))
            .skip(self.skipped)
            .take(self.most)
            .collect()
    }
}

/// The fields of a thing that are asked for by a parameter; its id is always among them, and all are where nothing
/// is said.
pub(super) fn part(call: &Call, parameter: &str, thing: Value) -> Value {
    let wanted = call.list(parameter);
    if wanted.is_empty() || wanted.iter().any(|name| name == "all") {
        return thing;
    }
    let Value::Object(fields) = thing else { return thing };
    let kept = fields.into_iter().filter(|(name, _)| name == "id" || wanted.contains(name));
    Value::Object(kept.collect::<Map<_, _>>())
}

/// The same for each of several.
pub(super) fn parts(call: &Call, parameter: &str, things: impl Iterator<Item = Value>) -> Value {
    things.map(|thing| part(call, parameter, thing)).collect()
}

/// Whether a parameter asks for something to be added.
pub(super) fn asks(call: &Call, parameter: &str) -> bool {
    call.parameter(parameter).is_some_and(|value| !matches!(value, "" | "false" | "none"))
}
