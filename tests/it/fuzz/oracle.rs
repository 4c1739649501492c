//! What a filter means, said once more in the plainest way: over rows as the API itself gives them.

use serde_json::{Map, Value};

/// Whether a row fits a filter of scalar fields with `and`, `or` and `not`. Null as a test is as none.
pub(crate) fn fits(filter: &Map<String, Value>, row: &Value) -> bool {
    filter.iter().all(|(field, test)| match (field.as_str(), test) {
        (_, Value::Null) => true,
        ("and", Value::Array(all)) => all.iter().all(|filter| fits(object(filter), row)),
        ("or", Value::Array(any)) => any.iter().any(|filter| fits(object(filter), row)),
        ("not", filter) => !fits(object(filter), row),
        (field, test) => object(test).iter().all(|(test, with)| passes(test, with, &row[field])),
    })
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

fn passes(test: &str, with: &Value, is: &Value) -> bool {
    if with.is_null() {
        return true;
    }
    let list = || with.as_array().expect("a list").iter();
    let text = || (is.as_str().unwrap_or_default(), with.as_str().expect("a text"));
    let folded = || (text().0.to_lowercase(), text().1.to_lowercase());
    match (test, is) {
        ("null", _) => is.is_null() == with.as_bool().expect("yes or no"),
        ("neq", Value::Null) | ("nin", Value::Null) => true,
        (_, Value::Null) => false,
        ("eq", _) => same(is, with),
        ("neq", _) => !same(is, with),
        ("in", _) => list().any(|one| same(is, one)),
        ("nin", _) => !list().any(|one| same(is, one)),
        ("lt", _) => before(is, with),
        ("lte", _) => before(is, with) || same(is, with),
        ("gt", _) => before(with, is),
        ("gte", _) => before(with, is) || same(is, with),
        ("contains", _) => text().0.contains(text().1),
        ("startsWith", _) => text().0.starts_with(text().1),
        ("endsWith", _) => text().0.ends_with(text().1),
        ("eqIgnoreCase", _) => folded().0 == folded().1,
        ("containsIgnoreCase", _) => folded().0.contains(&folded().1),
        ("startsWithIgnoreCase", _) => folded().0.starts_with(&folded().1),
        (other, _) => panic!("what `{other}` means is not said here"),
    }
}

/// Numbers by value, points in time by what they mean, anything else by letter.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64(), time(one), time(other)) {
        (Some(one), Some(other), _, _) => one == other,
        (_, _, Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn before(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64(), time(one), time(other)) {
        (Some(one), Some(other), _, _) => one < other,
        (_, _, Some(one), Some(other)) => one < other,
        _ => one.as_str() < other.as_str(),
    }
}

fn time(value: &Value) -> Option<i64> {
    Some(chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok()?.timestamp_micros())
}
