//! Cells that a spreadsheet program would run as a formula are written with a `'` before them, and read
//! back without it.

/// Characters with which a spreadsheet program may take a cell for a formula: those of the ASCII table, their
/// wide forms, and the blanks that some programs skip.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether the text, or what stands behind its leading `'`, looks like a formula. Escaping a text that was
/// escaped adds another `'`, so that every text comes back as it was.
fn is_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// A text as it is written into a CSV cell.
pub(super) fn escaped(text: &str) -> String {
    if is_like_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// A text as it was read from a CSV cell.
pub(super) fn unescaped(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_like_formula(rest) => rest,
        Some(_) | None => text,
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
        ] {
            assert_eq!(escaped(text), written);
            assert_eq!(unescaped(written), text);
        }
    }
}
