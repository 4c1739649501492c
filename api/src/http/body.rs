//! The parameters of a GraphQL request, read strictly: what is not of the form is told, never guessed.

use serde_json::{Map, Value};

use super::persisted::Source;

/// One operation with its document.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
}

/// One operation as it was asked for: the document may be named instead of written.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) source: Source,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
}

/// What a body asks for.
#[derive(Debug)]
pub(super) enum Body {
    Single(Wanted),
    Batch(Vec<Wanted>),
}

/// Reads a body; the error says what is wrong with its form.
pub(super) fn read(bytes: &[u8], batch_limit: usize) -> Result<Body, String> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| format!("the body is not JSON: line {}, column {}", error.line(), error.column()))?;
    match value {
        Value::Object(object) => wanted(object).map(Body::Single),
        Value::Array(items) if items.is_empty() => Err("a batch holds at least one operation".into()),
        Value::Array(items) if items.len() > batch_limit => {
            Err(format!("a batch holds at most {batch_limit} operations"))
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(object) => wanted(object),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                    Err("each operation of a batch is a JSON object".to_owned())
                }
            })
            .collect::<Result<_, _>>()
            .map(Body::Batch),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err("the body is a JSON object with the member \"query\"".into())
        }
    }
}

/// Reads the parameters of one operation.
pub(super) fn wanted(mut object: Map<String, Value>) -> Result<Wanted, String> {
    let query = text(&mut object, "query")?;
    let document_id = text(&mut object, "documentId")?;
    let operation_name = text(&mut object, "operationName")?;
    let variables = match object.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => {
            if variables.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)) {
                return Err("a text may not contain the NUL character".into());
            }
            variables
        }
        Some(_) => return Err("\"variables\" is an object or null".into()),
    };
    let extensions = match object.remove("extensions") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(extensions)) => extensions,
        Some(_) => return Err("\"extensions\" is an object or null".into()),
    };
    let source = Source::read(query, document_id, &extensions)?;
    Ok(Wanted { source, operation_name, variables })
}

fn text(object: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match object.remove(name) {
        // Null counts as left out, but a document is there or not.
        None => Ok(None),
        Some(Value::Null) if name != "query" => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) if name == "query" => Err("\"query\" is a string".into()),
        Some(_) => Err(format!("\"{name}\" is a string or null")),
    }
}

/// NUL is refused at the door: PostgreSQL texts cannot hold it.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
