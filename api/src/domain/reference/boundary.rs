//! Where a code may begin and end.

/// Whether a character is a hyphen or is typed for one.
pub(super) const fn is_dash(character: char) -> bool {
    is_hyphen(character) || is_long_dash(character)
}

/// Hyphens and the minus sign, which join words.
const fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// Figure dash, en dash and em dash, which also part sentences.
const fn is_long_dash(character: char) -> bool {
    matches!(character, '\u{2012}'..='\u{2014}')
}

/// Whether a character is an invisible mark of writing direction or joining.
pub(super) const fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}'
            | '\u{061c}' | '\u{feff}'
    )
}

/// Whether a character makes one word with a code beside it. Scripts that are written without spaces
/// between words (Thai to Chinese and Korean) do not: `目標KR-12達成` names a goal.
pub(super) fn joins(character: char) -> bool {
    let without_spaces = matches!(
        u32::from(character),
        0x0E00..=0x0EFF | 0x1000..=0x11FF | 0x1780..=0x17FF | 0x2E80..=0x9FFF | 0xA960..=0xA97F
            | 0xAC00..=0xD7FF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF
    );
    character.is_alphanumeric() && !without_spaces
}

/// Whether a reference may begin here; `last_end` is where the reference before ended.
pub(super) fn opens(text: &[char], at: usize, last_end: Option<usize>) -> bool {
    let Some(index) = at.checked_sub(1) else { return true };
    let Some(before) = text.get(index).copied() else { return true };
    let joined = |index: usize| {
        index.checked_sub(1).and_then(|index| text.get(index)).is_some_and(|before| joins(*before))
    };
    match before {
        '_' => {
            let underscores = text.iter().take(at).rev().take_while(|character| **character == '_').count();
            super::steps::take(underscores);
            !joined(at - underscores)
        }
        '/' => last_end == Some(index),
        '@' | '\\' => false,
        '#' => index
            .checked_sub(1)
            .and_then(|index| text.get(index))
            .is_none_or(|before| !joins(*before) && !matches!(before, '/' | '_' | '-' | '.')),
        '.' => !joined(index),
        hyphen if is_hyphen(hyphen) => !joined(index),
        other => !joins(other),
    }
}

/// Whether a reference may end here; `goes_on` tells whether another code begins at a place.
pub(super) fn closes(text: &[char], end: usize, goes_on: impl Fn(usize) -> bool) -> bool {
    let joined = |index: usize| text.get(index).is_some_and(|after| joins(*after));
    match text.get(end).copied() {
        None => true,
        Some('_') => {
            let underscores = text.iter().skip(end).take_while(|character| **character == '_').count();
            super::steps::take(underscores);
            !joined(end + underscores)
        }
        Some('@') => false,
        Some('/') => !joined(end + 1) || goes_on(end + 1),
        Some('.') => !joined(end + 1),
        Some(hyphen) if is_hyphen(hyphen) => !joined(end + 1),
        Some(dash) if is_long_dash(dash) => !text.get(end + 1).is_some_and(char::is_ascii_digit),
        Some(other) => !joins(other),
    }
}
