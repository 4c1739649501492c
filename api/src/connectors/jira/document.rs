//! Cloud's documents (Atlassian Document Format) as plain text with a little Markdown.
//!
//! Paragraphs, list items and rows stay apart, code stays recognizable as code (references in it do not
//! count), and addresses that only a link or card holds are written out.

use std::fmt::Write;

use chrono::DateTime;
use serde_json::Value;

/// Whether a value is a document.
pub(super) fn is_document(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("doc") && value.get("content").is_some()
}

/// The text of a document. The parser's limit on nesting bounds the depth.
pub(super) fn to_text(document: &Value) -> String {
    let mut text = String::new();
    blocks(document, "", &mut text);
    text.truncate(text.trim_end().len());
    text
}

fn children(node: &Value) -> &[Value] {
    node.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn kind(node: &Value) -> &str {
    node.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn attribute<'a>(node: &'a Value, name: &str) -> Option<&'a str> {
    node.get("attrs")?.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Writes the blocks of a node, each on lines of its own that begin with `indent`.
fn blocks(node: &Value, indent: &str, text: &mut String) {
    for (index, child) in children(node).iter().enumerate() {
        match kind(child) {
            "bulletList" | "decisionList" | "taskList" => items(child, indent, |_| "- ".to_owned(), text),
            "orderedList" => items(child, indent, |number| format!("{number}. "), text),
            "codeBlock" => code(child, indent, text),
            "table" => rows(child, indent, text),
            "rule" => line(indent, "---", text),
            "blockCard" | "embedCard" => line(indent, attribute(child, "url").unwrap_or_default(), text),
            "media" | "mediaInline" => line(indent, attribute(child, "alt").unwrap_or_default(), text),
            "expand" | "nestedExpand" => {
                line(indent, attribute(child, "title").unwrap_or_default(), text);
                blocks(child, indent, text);
            }
            "paragraph" | "heading" | "taskItem" | "decisionItem" | "caption" => {
                let mut inner = String::new();
                inline(child, &mut inner);
                line(indent, &inner, text);
            }
            _ if is_inline(child) => {
                // Text without a paragraph around it: all of it is one line.
                if index == 0 || !children(node).get(index - 1).is_some_and(is_inline) {
                    let mut inner = String::new();
                    let run = children(node).iter().skip(index).take_while(|node| is_inline(node));
                    run.for_each(|node| piece(node, &mut inner));
                    line(indent, &inner, text);
                }
            }
            // Panels, quotes, columns, list items, and what Atlassian will think of next.
            _ => blocks(child, indent, text),
        }
    }
}

fn is_inline(node: &Value) -> bool {
    matches!(
        kind(node),
        "text" | "hardBreak" | "mention" | "emoji" | "inlineCard" | "date" | "status" | "placeholder"
    )
}

fn items(list: &Value, indent: &str, mark: impl Fn(usize) -> String, text: &mut String) {
    for (index, item) in children(list).iter().enumerate() {
        let mut inner = String::new();
        match kind(item) {
            "taskItem" | "decisionItem" => inline(item, &mut inner),
            // Nested lists of tasks stand beside the items.
            "taskList" | "decisionList" => blocks(&serde_json::json!({ "content": [item] }), "", &mut inner),
            _ => blocks(item, "", &mut inner),
        }
        let mark = mark(index + 1);
        let rest = " ".repeat(mark.len());
        for (number, content) in inner.trim_end().split('\n').enumerate() {
            let lead = if number == 0 { &mark } else { &rest };
            line(indent, &format!("{lead}{content}"), text);
        }
    }
}

fn rows(table: &Value, indent: &str, text: &mut String) {
    for row in children(table) {
        let cells = children(row).iter().map(|cell| {
            let mut inner = String::new();
            blocks(cell, "", &mut inner);
            inner.trim().replace('\n', " ")
        });
        line(indent, &cells.collect::<Vec<_>>().join(" | "), text);
    }
}

fn code(block: &Value, indent: &str, text: &mut String) {
    let inner: String = children(block).iter().filter_map(|node| node.get("text")?.as_str()).collect();
    let longest = inner.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    line(indent, &fence, text);
    inner.split('\n').for_each(|content| line(indent, content, text));
    line(indent, &fence, text);
}

fn line(indent: &str, content: &str, text: &mut String) {
    text.push_str(indent);
    text.push_str(content);
    text.push('\n');
}

fn inline(node: &Value, text: &mut String) {
    children(node).iter().for_each(|child| piece(child, text));
}

fn piece(node: &Value, text: &mut String) {
    match kind(node) {
        "text" => marked(node, text),
        "hardBreak" => text.push('\n'),
        "mention" | "status" | "placeholder" => text.push_str(attribute(node, "text").unwrap_or_default()),
        "emoji" => {
            let emoji = attribute(node, "text").or_else(|| attribute(node, "shortName"));
            text.push_str(emoji.unwrap_or_default());
        }
        "inlineCard" => text.push_str(attribute(node, "url").unwrap_or_default()),
        "date" => {
            let millis = attribute(node, "timestamp").and_then(|millis| millis.parse().ok());
            if let Some(day) = millis.and_then(DateTime::from_timestamp_millis) {
                // Writing to a String cannot fail.
                let _ = write!(text, "{}", day.date_naive());
            }
        }
        _ => inline(node, text),
    }
}

/// A text with its marks: code in backticks, and the address of a link that does not show it.
fn marked(node: &Value, text: &mut String) {
    let words = node.get("text").and_then(Value::as_str).unwrap_or_default();
    let marks = node.get("marks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if marks.iter().any(|mark| kind(mark) == "code") && !words.contains('`') {
        text.push('`');
        text.push_str(words);
        text.push('`');
    } else {
        text.push_str(words);
    }
    let address = marks.iter().filter(|mark| kind(mark) == "link").find_map(|mark| attribute(mark, "href"));
    if let Some(address) = address.filter(|address| *address != words) {
        text.push_str(" (");
        text.push_str(address);
        text.push(')');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paragraph(text: &str) -> Value {
        json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
    }

    #[test]
    fn blocks_stay_apart_and_lists_keep_their_marks() {
        let document = json!({"type": "doc", "version": 1, "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Aim"}]},
            paragraph("Faster start."),
            {"type": "bulletList", "content": [
                {"type": "listItem", "content": [paragraph("one"), {"type": "orderedList", "content": [
                    {"type": "listItem", "content": [paragraph("deep")]}]}]},
                {"type": "listItem", "content": [paragraph("two")]}]},
            {"type": "taskList", "content": [{"type": "taskItem", "content": [{"type": "text", "text": "check"}]}]},
            {"type": "panel", "content": [paragraph("[KR-12]")]},
            {"type": "table", "content": [{"type": "tableRow", "content": [
                {"type": "tableCell", "content": [paragraph("a")]},
                {"type": "tableCell", "content": [paragraph("b")]}]}]},
            {"type": "unheardOf", "content": [paragraph("kept")]}]});
        assert!(is_document(&document));
        assert_eq!(
            to_text(&document),
            "Aim\nFaster start.\n- one\n  1. deep\n- two\n- check\n[KR-12]\na | b\nkept"
        );
    }

    #[test]
    fn what_only_attributes_hold_is_written_out() {
        let document = json!({"type": "doc", "content": [{"type": "paragraph", "content": [
            {"type": "mention", "attrs": {"id": "1", "text": "@Ana"}},
            {"type": "text", "text": " see "},
            {"type": "inlineCard", "attrs": {"url": "https://okr.acme.test/g/KR-12"}},
            {"type": "text", "text": " or "},
            {"type": "text", "text": "the plan", "marks": [{"type": "link", "attrs": {"href": "https://acme.test/p"}}]},
            {"type": "hardBreak"},
            {"type": "date", "attrs": {"timestamp": "1463066958000"}},
            {"type": "text", "text": " "},
            {"type": "emoji", "attrs": {"shortName": ":ok:"}}]}]});
        assert_eq!(
            to_text(&document),
            "@Ana see https://okr.acme.test/g/KR-12 or the plan (https://acme.test/p)\n2016-05-12 :ok:"
        );
    }

    #[test]
    fn code_stays_code() {
        let document = json!({"type": "doc", "content": [
            {"type": "codeBlock", "content": [{"type": "text", "text": "a ``` b\nKR-1"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "KR-2", "marks": [{"type": "code"}]}]},
            {"type": "text", "text": "bare"}, {"type": "text", "text": " run"}]});
        assert_eq!(to_text(&document), "````\na ``` b\nKR-1\n````\n`KR-2`\nbare run");
    }

    #[test]
    fn odd_documents_are_survived() {
        for odd in
            [json!({"type": "doc", "content": 5}), json!({"type": "doc", "content": [1, null, "x", {}]})]
        {
            assert_eq!(to_text(&odd), "");
        }
        assert!(!is_document(&json!("doc")));
    }
}
