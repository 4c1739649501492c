//! The hyphens that may stand in codes: what a text is searched for first, byte by byte.

use super::{
    MOST_MARKS, Prefix,
    address::same,
    boundary::{is_dash, is_mark},
    steps,
};

/// Places, counted in characters, of the hyphens that stand between the end of a prefix and a digit.
pub(super) fn in_codes(text: &str, prefixes: &[Prefix]) -> Vec<usize> {
    let bytes = text.as_bytes();
    steps::take(bytes.len());
    let mut places = Vec::new();
    // How many characters stand before a byte that was reached.
    let (mut counted, mut characters) = (0, 0);
    let mut from = 0;
    while let Some(at) = next_dash(bytes, from) {
        let Some(dash) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        from = at + dash.len_utf8();
        if is_dash(dash) && begins_number(text, from) && ends_prefix(text, at, prefixes) {
            characters += text.get(counted..at).map_or(0, |between| between.chars().count());
            counted = at;
            places.push(characters);
        }
    }
    places
}

/// The next byte at which a hyphen, or something typed for one, may begin: `-`, or the first byte of U+2000 to
/// U+2FFF and of U+F000 to U+FFFF.
fn next_dash(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter().position(|byte| matches!(byte, b'-' | 0xE2 | 0xEF)).map(|offset| from + offset)
}

fn begins_number(text: &str, at: usize) -> bool {
    let mut rest = text.get(at..).unwrap_or_default().chars().take(MOST_MARKS + 1);
    rest.find(|character| !is_mark(*character)).is_some_and(|first| first.is_ascii_digit())
}

fn ends_prefix(text: &str, at: usize, prefixes: &[Prefix]) -> bool {
    let mut before = text.get(..at).unwrap_or_default().chars().rev().take(MOST_MARKS + 1);
    let Some(last) = before.find(|character| !is_mark(*character)) else { return false };
    prefixes.iter().filter_map(|prefix| prefix.characters.last()).any(|end| same(last, *end))
}
