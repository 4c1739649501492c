//! Texts as documents of Cloud, and back.

use serde_json::{Value, json};

/// A document with a paragraph for each line.
pub(super) fn of_text(text: &str) -> Value {
    let paragraphs: Vec<_> = text.split('\n').map(paragraph).collect();
    json!({ "type": "doc", "version": 1, "content": paragraphs })
}

fn paragraph(line: &str) -> Value {
    if line.is_empty() {
        return json!({ "type": "paragraph", "content": [] });
    }
    json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] })
}

/// Whether a value is a document.
pub(super) fn is_document(value: &Value) -> bool {
    value["type"] == "doc" && value["content"].is_array()
}

/// The text of a document: a line for each block that holds text.
pub(super) fn to_text(document: &Value) -> String {
    let mut lines = Vec::new();
    collect(document, &mut lines);
    lines.join("\n")
}

fn collect(node: &Value, lines: &mut Vec<String>) {
    let children = || node["content"].as_array().into_iter().flatten();
    let holds_text = children().any(|child| child["type"] == "text");
    if holds_text || node["type"] == "paragraph" {
        lines.push(children().filter_map(|child| child["text"].as_str()).collect());
        return;
    }
    children().for_each(|child| collect(child, lines));
}
