//! The first look at a text, before any parser.
//!
//! The parser has limits of its own; this is the wall before it, which tells one that lies beyond them what
//! to do, and reads no further.

use super::{DocumentLimits, Refusal, refuse};

/// Counts tokens and nesting on the text, before any parser.
pub(super) fn guard(text: &str, limits: &DocumentLimits) -> Result<(), Refusal> {
    // Four quotes in a row are two empty strings to one reader and an open block string to another. No
    // reading of such a text is trusted: all its brackets count.
    let ambiguous = text.contains("\"\"\"\"");
    let (mut depth, mut deepest, mut tokens) = (0_usize, 0_usize, 0_usize);
    let mut rest = text;
    let mut in_word = false;
    while let Some(character) = rest.chars().next() {
        let mut step = character.len_utf8();
        let word = character.is_ascii_alphanumeric() || character == '_';
        if word && !in_word {
            tokens += 1;
        }
        in_word = word;
        match character {
            '"' if !ambiguous => {
                tokens += 1;
                step = string_length(rest);
            }
            '#' if !ambiguous => step = rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '{' | '[' | '(' => {
                depth += 1;
                deepest = deepest.max(depth);
                tokens += 1;
            }
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                tokens += 1;
            }
            '!' | '$' | '&' | ':' | '=' | '@' | '|' | '"' | '.' => tokens += 1,
            _ => {}
        }
        if tokens > limits.tokens {
            return refuse(
                "QUERY_TOO_COMPLEX",
                format!("the document has more than {} tokens: pass long values as variables", limits.tokens),
            );
        }
        rest = &rest[step..];
    }
    if deepest > limits.nesting {
        return refuse(
            "QUERY_TOO_DEEP",
            format!("the document nests brackets more than {} deep", limits.nesting),
        );
    }
    Ok(())
}

/// Length of the string that `text` begins with, as far as it goes.
fn string_length(text: &str) -> usize {
    if let Some(inside) = text.strip_prefix("\"\"\"") {
        let mut from = 0;
        while let Some(at) = inside[from..].find("\"\"\"") {
            let at = from + at;
            if inside[..at].ends_with('\\') {
                from = at + 3;
            } else {
                return at + 6;
            }
        }
        return text.len();
    }
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            // A line's end closes no string, but no string goes beyond it.
            '\n' | '\r' => return at,
            _ => {}
        }
    }
    text.len()
}
