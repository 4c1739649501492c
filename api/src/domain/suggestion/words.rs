//! Words of a text, in any language: what similarity is told by.
//!
//! Nothing here knows a language. Letters are brought to one form (compatibility forms, case and accents are
//! given up), words are runs of letters and digits, and names such as `ListView2` count whole and by their
//! parts. Scripts that put no spaces between words give pairs of neighbouring characters instead.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Characters of a word at most; what is longer is a key or a picture, not a word.
const LONGEST: usize = 40;
/// Characters that the beginning of a word has.
const STEM: usize = 5;

/// The words of a text in their order, repeated ones too.
pub(super) fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfkd().filter(|letter| !is_accent(*letter)).nfc().collect();
    let mut found = Vec::new();
    for run in plain.split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter)) {
        let letters: Vec<char> = run.chars().collect();
        for part in letters.chunk_by(|one, next| is_unspaced(*one) == is_unspaced(*next)) {
            if part.first().is_some_and(|letter| is_unspaced(*letter)) {
                pairs(part, &mut found);
            } else {
                spaced(part, &mut found);
            }
        }
    }
    found
}

/// The beginning of a word, by which its inflected forms are recognized; none for a word that is no longer.
pub(super) fn stem(word: &str) -> Option<&str> {
    let (end, _) = word.char_indices().nth(STEM)?;
    word.get(..end)
}

/// Accents of European scripts. Marks of other scripts are vowels, and stay.
fn is_accent(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// Whether the letter belongs to a script that is written without spaces between words, or in which a word
/// ends in what belongs to the next (Korean).
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}')
}

fn pairs(letters: &[char], found: &mut Vec<String>) {
    if let [only] = letters {
        found.push(only.to_string());
    }
    found.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
}

fn spaced(letters: &[char], found: &mut Vec<String>) {
    let parts = parts(letters);
    push(letters, found);
    if parts.len() > 1 {
        parts.into_iter().for_each(|part| push(part, found));
    }
}

fn push(letters: &[char], found: &mut Vec<String>) {
    if (2..=LONGEST).contains(&letters.len()) {
        found.push(letters.iter().flat_map(|letter| letter.to_lowercase()).collect());
    }
}

/// `HTTPServer2` → `HTTP`, `Server`, `2`.
fn parts(letters: &[char]) -> Vec<&[char]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in 1..letters.len() {
        let (Some(before), Some(here)) = (letters.get(at - 1), letters.get(at)) else { break };
        let next = letters.get(at + 1);
        let is_border = (before.is_lowercase() && here.is_uppercase())
            || (before.is_uppercase() && here.is_uppercase() && next.is_some_and(|next| next.is_lowercase()))
            || before.is_numeric() != here.is_numeric();
        if is_border {
            parts.extend(letters.get(from..at));
            from = at;
        }
    }
    parts.extend(letters.get(from..));
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_many_languages() {
        for (text, expected) in [
            ("", &[][..]),
            ("Fix the check-out!", &["fix", "the", "check", "out"]),
            ("Größe über Straße", &["große", "uber", "straße"]),
            ("l'École à Orléans", &["ecole", "orleans"]),
            ("ﬁx １２ items", &["fix", "12", "items"]),
            ("HTTPServer ListView", &["httpserver", "http", "server", "listview", "list", "view"]),
            ("iOS12", &["ios12", "os", "12"]),
            ("snake_case_name", &["snake", "case", "name"]),
            ("ДОСТАВКА заказа", &["доставка", "заказа"]),
            ("हिन्दी", &["हिन्दी"]),
            ("検索速度", &["検索", "索速", "速度"]),
            ("검색 속도", &["검색", "속도"]),
            ("API検索", &["api", "検索"]),
            ("a 検 b", &["検"]),
            ("🚀 launch 🎉", &["launch"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert!(words(&"x".repeat(41)).is_empty());
    }

    #[test]
    fn forms_of_a_word_begin_alike() {
        assert_eq!(stem("notification"), stem("notify"));
        assert_eq!(stem("checkouts"), Some("check"));
        assert_eq!(stem("заказами"), Some("заказ"));
        assert_eq!(stem("speed"), None);
    }

    proptest! {
        #[test]
        fn any_text_has_short_folded_words(text in any::<String>()) {
            for word in words(&text) {
                prop_assert!(!word.is_empty() && word.chars().count() <= 3 * LONGEST);
                prop_assert!(stem(&word).is_none_or(|stem| word.starts_with(stem) && stem != word));
            }
        }
    }
}
