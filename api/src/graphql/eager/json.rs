//! Values as JSON text, the same bytes that the executor's answer would have.

use async_graphql::{ID, ScalarType, Value};
use serde::Serialize;

use crate::graphql::scalars::{Date, DateTime, Decimal, Url};

/// A plain value of the schema.
pub trait Json {
    /// Appends it as JSON.
    fn write(&self, out: &mut Vec<u8>);
}

/// Appends what cannot fail to serialize: texts and finite numbers.
fn append(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// Appends a value of the executor. Binary is JSON that was written before: no type of ours has bytes.
pub fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(value) => value.write(out),
        Value::Number(number) => append(number, out),
        Value::String(text) => append(text, out),
        Value::Enum(name) => append(name.as_str(), out),
        Value::Binary(written) => out.extend_from_slice(written),
        Value::List(values) => write_list(values, out, write_value),
        Value::Object(fields) => {
            out.push(b'{');
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                append(name.as_str(), out);
                out.push(b':');
                write_value(value, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends a list, each item by `write`.
pub(super) fn write_list<T>(items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

impl Json for &str {
    fn write(&self, out: &mut Vec<u8>) {
        append(*self, out);
    }
}

impl Json for ID {
    fn write(&self, out: &mut Vec<u8>) {
        append(self.as_str(), out);
    }
}

impl Json for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Json for i32 {
    fn write(&self, out: &mut Vec<u8>) {
        append(self, out);
    }
}

impl Json for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        append(self, out);
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

macro_rules! json_scalars {
    ($($scalar:ty),+) => {
        $(impl Json for $scalar {
            fn write(&self, out: &mut Vec<u8>) {
                write_value(&self.to_value(), out);
            }
        })+
    };
}
json_scalars!(Date, DateTime, Decimal, Url);

/// Declares how enumerations are written.
macro_rules! json_enums {
    ($($name:ident),+ $(,)?) => {
        $(impl $crate::graphql::eager::Json for $name {
            fn write(&self, out: &mut Vec<u8>) {
                // Names of the schema are letters and underscores: nothing to escape.
                let item = <Self as async_graphql::resolver_utils::EnumType>::items().iter().find(|item| item.value == *self);
                out.push(b'"');
                out.extend_from_slice(item.map_or("", |item| item.name).as_bytes());
                out.push(b'"');
            }
        })+
    };
}
pub(crate) use json_enums;
