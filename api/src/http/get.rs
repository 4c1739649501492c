//! A query in the address: `GET /graphql?query=…&variables=…&operationName=…&extensions=…`.
//!
//! Across sites a browser sends such a request without asking first. That does no harm: only queries run by
//! GET, the answer is not readable from a foreign page, and who asks is told by a bearer token, which no
//! browser adds by itself. So no further header is asked for, which the GraphQL-over-HTTP specification
//! would not know.

use serde_json::{Map, Value};

use super::body::{self, Wanted};

/// Whether the address holds any parameter of an operation; without one it is a person looking around.
pub(super) fn asks(query: Option<&str>) -> bool {
    parameters(query).any(|(name, _)| ["query", "documentId", "extensions"].contains(&&*name))
}

/// Reads the parameters; the error says what is wrong with their form.
pub(super) fn read(query: Option<&str>) -> Result<Wanted, String> {
    let mut object = Map::new();
    for (name, value) in parameters(query) {
        let value = match &*name {
            "query" | "operationName" | "documentId" => Value::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| format!("\"{name}\" is not JSON: write an object, encoded for an address"))?,
            _ => continue,
        };
        if object.insert(name.clone().into_owned(), value).is_some() {
            return Err(format!("\"{name}\" is given twice"));
        }
    }
    body::wanted(object)
}

fn parameters(
    query: Option<&str>,
) -> impl Iterator<Item = (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::persisted::Source;
    use super::*;

    #[test]
    fn parameters_are_read_as_a_body_is() {
        let wanted =
            read(Some("query=%7B+a%20%7D&operationName=A&variables=%7B%22x%22%3A1%7D&extensions=&other=1"))
                .unwrap();
        assert_eq!(wanted.source, Source::Text("{ a }".to_owned()));
        assert_eq!(wanted.operation_name.as_deref(), Some("A"));
        assert_eq!(wanted.variables["x"], 1);
        for (query, expected) in [
            ("query=a&query=b", "given twice"),
            ("query=a&variables=%7B", "not JSON"),
            ("query=a&variables=1", "is an object"),
            ("query=a&extensions=%5B%5D", "is an object"),
            ("operationName=a", "is missing"),
            ("query=a&variables=%7B%22x%22%3A%22%5Cu0000%22%7D", "NUL"),
        ] {
            let refused = read(Some(query)).unwrap_err();
            assert!(refused.contains(expected), "{query}: {refused}");
        }
        assert!(asks(Some("query=x")) && !asks(Some("x=query")) && !asks(None));
    }
}
