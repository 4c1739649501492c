//! Texts of a tool as they may be stored: a tool's text is mended, never refused.

use crate::domain::text::{DESCRIPTION_MAX, TITLE_MAX};

/// A one-line text: without NUL and control characters, blanks around it and too great a length.
///
/// The first of the texts that is not empty then; an item without any is still an item.
pub(super) fn title(texts: &[&str]) -> String {
    texts.iter().map(|text| line(text)).find(|line| !line.is_empty()).unwrap_or_else(|| "?".to_owned())
}

/// A one-line text, which may be empty.
pub(super) fn line(text: &str) -> String {
    let one_line: String =
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    one_line.trim().chars().take(TITLE_MAX).collect::<String>().trim_end().to_owned()
}

/// A one-line text that may be left out; an empty one is none.
pub(super) fn optional_line(text: Option<&str>) -> Option<String> {
    text.map(line).filter(|text| !text.is_empty())
}

/// A longer text without NUL; an empty one is none.
pub(super) fn long(text: Option<&str>) -> Option<String> {
    let text = text?;
    let whole: String = text.chars().filter(|character| *character != '\0').take(DESCRIPTION_MAX).collect();
    (!whole.trim().is_empty()).then_some(whole)
}

/// Addresses and ids: nothing but NUL is taken out, and an empty one is none.
pub(super) fn exact(text: Option<&str>) -> Option<String> {
    text.map(|text| text.replace('\0', "")).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_and_never_empty() {
        assert_eq!(title(&[" a\nb\0c ", "KEY-1"]), "a b c");
        assert_eq!(title(&["\t\n", "KEY-1"]), "KEY-1");
        assert_eq!(title(&["", ""]), "?");
        assert_eq!(title(&[&"é".repeat(600)]).chars().count(), TITLE_MAX);
    }

    #[test]
    fn an_empty_text_is_none() {
        assert_eq!(long(Some(" \n\0")), None);
        assert_eq!(long(Some("a\0b\n")), Some("ab\n".to_owned()));
        assert_eq!(optional_line(Some("  ")), None);
        assert_eq!(exact(Some("")), None);
    }
}
