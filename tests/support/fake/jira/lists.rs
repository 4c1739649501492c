//! Lists that go on by counting.

use serde_json::{Value, json};

use crate::fake::call::Call;

/// Where a page begins, what stands on it, and how many there are in all.
pub(super) fn slice(call: &Call, all: Vec<Value>, usual: usize, most: usize) -> (usize, Vec<Value>, usize) {
    let number = |name| call.number(name).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    let start = number("startAt").unwrap_or(0);
    let count = number("maxResults").unwrap_or(usual).clamp(1, most);
    let total = all.len();
    (start, all.into_iter().skip(start).take(count).collect(), total)
}

/// A page as most lists of Cloud have it.
pub(super) fn page(call: &Call, address: &str, all: Vec<Value>, usual: usize, most: usize) -> Value {
    let (start, values, total) = slice(call, all, usual, most);
    let next = start + values.len();
    let is_last = values.is_empty() || next >= total;
    let mut page = json!({
        "self": format!("{address}?startAt={start}"), "startAt": start, "maxResults": values.len(),
        "total": total, "isLast": is_last, "values": values,
    });
    if !is_last {
        page["nextPage"] = json!(format!("{address}?startAt={next}"));
    }
    page
}
