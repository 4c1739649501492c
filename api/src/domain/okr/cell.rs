//! Cells that a spreadsheet program would run as a formula are written with a `'` before them, and read
//! back without it.
//!
//! A program that separates cells elsewhere than the file does sees cells that begin within a text, and quotes
//! around a text then mean nothing to it: what follows a `;` or a tab is therefore held to the same. A line break
//! within a text is not, for lists in Markdown begin their lines with `-`.

use std::borrow::Cow;

/// Characters with which a spreadsheet program may take a cell for a formula: those of the ASCII table, their
/// wide forms, and the blanks that some programs skip.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// What separates cells for other programs.
const SEPARATORS: [char; 2] = [';', '\t'];

/// Quotes around a cell, and those that an earlier escape put there.
const QUOTES: [char; 2] = ['\'', '"'];

/// Whether a cell that begins so, or what stands behind its leading quotes, looks like a formula. Escaping a text
/// that was escaped adds another `'`, so that every text comes back as it was.
fn is_like_formula(cell: &str) -> bool {
    cell.trim_start_matches(QUOTES).starts_with(FORMULA)
}

/// The texts that some program may take for a cell each; put together they are the whole text again.
fn cells(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(SEPARATORS)
}

/// A text as it is written into a CSV cell.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 1);
    let mut rest = text;
    for cell in cells(text) {
        // Looked at to the end of the text, for a separator may be what makes it look like a formula.
        if is_like_formula(rest) {
            written.push('\'');
        }
        written.push_str(cell);
        rest = rest.get(cell.len()..).unwrap_or_default();
    }
    written
}

/// A text as it was read from a CSV cell.
pub(super) fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    for cell in cells(text) {
        let is_escaped = is_like_formula(rest);
        read.push_str(cell.strip_prefix('\'').filter(|_| is_escaped).unwrap_or(cell));
        rest = rest.get(cell.len()..).unwrap_or_default();
    }
    read
}

/// A cell between its separators: quoted where it holds one, of this file or of other programs, or a quote or a
/// line break.
pub(super) fn delimited(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', ';', '\t', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_escaped_once_and_comes_back() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("-5", "'-5"),
            ("+49", "'+49"),
            ("@home", "'@home"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'tis", "'tis"),
            ("plain", "plain"),
            ("a=b", "a=b"),
            ("", ""),
            ("'", "'"),
            ("Grow;=HYPERLINK(1)", "Grow;'=HYPERLINK(1)"),
            ("Grow;'=1", "Grow;''=1"),
            ("a;\"=1", "a;'\"=1"),
            ("a\t@b;+c", "a\t'@b;'+c"),
            ("a;\t=b", "a;'\t'=b"),
            ("a; b;c-d;", "a; b;c-d;"),
            ("List:\n- one", "List:\n- one"),
            ("\"=1", "'\"=1"),
        ] {
            assert_eq!(escaped(text), written);
            assert_eq!(unescaped(written), text);
        }
    }
}
