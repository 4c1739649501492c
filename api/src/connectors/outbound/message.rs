//! What a tool says about a request that it did not take.

use serde_json::Value;

/// Most characters of it that are repeated.
const CHARACTERS: usize = 300;

/// Where tools put their messages: Jira has the first two, Asana and monday.com the second, Notion and Trello the
/// third.
const MEMBERS: [&str; 6] =
    ["errorMessages", "errors", "message", "error_message", "error_description", "error"];

/// The messages in a body of JSON, or the body itself where it is plain text; empty where there is nothing that a
/// person would read, such as a page.
pub(super) fn of(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => one_line(&messages(&json).join("; ")),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let is_page = text.trim_start().starts_with('<');
            if is_page { String::new() } else { one_line(&text) }
        }
    }
}

/// As much of a text as is repeated.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(CHARACTERS).collect()
}

/// Without line breaks and other characters that control.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Messages by their well-known members, or else, as Jira names the faults of each field, all texts.
fn messages(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(messages).collect(),
        Value::Object(members) => {
            let known: Vec<String> =
                MEMBERS.iter().filter_map(|name| members.get(*name)).flat_map(messages).collect();
            if !known.is_empty() {
                return known;
            }
            let all = members.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_str()?)));
            all.collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_each_tool_are_found() {
        for (body, said) in [
            (
                r#"{"errorMessages": ["The value 'X' does not exist."], "errors": {}}"#,
                "The value 'X' does not exist.",
            ),
            (
                r#"{"errorMessages": [], "errors": {"project": "is required", "n": 1}}"#,
                "project: is required",
            ),
            (r#"{"errors": [{"message": "Not a GID", "help": "h"}]}"#, "Not a GID"),
            (r#"{"object": "error", "code": "validation_error", "message": "body failed"}"#, "body failed"),
            (r#"{"error": "invalid_grant", "error_description": "expired"}"#, "expired; invalid_grant"),
            ("invalid\r\n\tkey\u{0}\n", "invalid key"),
            ("\"quoted\"", "quoted"),
            ("<html><body>no</body></html>", ""),
            (" \n<!doctype html>", ""),
            ("", ""),
            ("null", ""),
            ("[]", ""),
        ] {
            assert_eq!(of(body.as_bytes()), said, "{body}");
        }
    }

    #[test]
    fn only_its_beginning_is_repeated() {
        assert_eq!(shortened(&"ß".repeat(1_000)).chars().count(), 300);
        assert_eq!(shortened("short"), "short");
    }
}
