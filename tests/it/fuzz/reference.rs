//! Texts of work that nobody thought of: nothing breaks the reading of references, and every reference stands
//! where it says.

use api::domain::reference::{Reference, ReferenceRules, scan};
use entity::ReferenceField;
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestCaseResult},
};

use super::search;

/// What references and their surroundings are made of.
const PIECES: [&str; 48] = [
    "KR-1",
    "kr-12",
    "O-3",
    "o-4",
    "[KR-4]",
    "[kr–5]",
    "#KR-5",
    "okr:KR-6",
    "OKR::o-7",
    "KR–007",
    "KR",
    "O",
    "-",
    "–",
    "－",
    "1",
    "12",
    "0",
    "[",
    "]",
    "#",
    "okr:",
    ":",
    "/",
    "://",
    "https",
    "https://okr.acme.test/g/KR-8",
    "www.",
    "okr.acme.test",
    "/g/",
    " ",
    " ",
    "\n",
    "\n\n",
    "`",
    "```",
    "~~~\n",
    "{code}",
    "{code:java}",
    "{{",
    "}}",
    "_",
    ".",
    "@",
    "(",
    ")",
    "\u{200f}",
    "目",
];

const FIELDS: [ReferenceField; 4] =
    [ReferenceField::Name, ReferenceField::Description, ReferenceField::Label, ReferenceField::Attachment];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn rules(bare_tokens: bool) -> ReferenceRules {
    ReferenceRules {
        objective_prefixes: vec!["O".to_owned(), "ZIEL".to_owned()],
        key_result_prefixes: vec!["KR".to_owned()],
        bare_tokens,
        public_urls: vec!["https://okr.acme.test".to_owned()],
    }
}

fn stands(text: &str, found: &[Reference]) -> TestCaseResult {
    let characters: Vec<char> = text.chars().collect();
    let mut end = 0;
    let mut codes = Vec::new();
    for reference in found {
        let start = usize::try_from(reference.position).expect("a place");
        prop_assert!(start >= end, "{text:?}: {reference:?} begins before the one before ended");
        end = start + reference.text.chars().count();
        prop_assert!(end <= characters.len(), "{text:?}: {reference:?} ends behind the text");
        let written: String = characters[start..end].iter().collect();
        prop_assert_eq!(&written, &reference.text, "{:?}", text);
        let (prefix, number) = reference.code.split_once('-').expect("a hyphen");
        prop_assert!(["KR", "O", "ZIEL"].contains(&prefix), "{text:?}: {reference:?}");
        prop_assert!(number.parse::<u64>().is_ok_and(|number| number > 0) && !number.starts_with('0'));
        prop_assert!(!codes.contains(&reference.code), "{text:?}: {reference:?} twice");
        codes.push(reference.code.clone());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn references_stand_where_they_say() {
    let cases = (texts(), prop::sample::select(FIELDS.to_vec()), any::<bool>());
    let met = std::cell::Cell::new(0);
    search(4_000, &cases, |(text, field, bare)| {
        let found = scan(field, &text, &rules(bare));
        met.set(met.get() + found.len());
        stands(&text, &found)?;
        prop_assert_eq!(scan(field, &text, &rules(bare)), found, "another reading of {:?}", text);
        Ok(())
    });
    assert!(met.get() > 1_000, "the texts hold too few references: {}", met.get());
}

#[tokio::test(flavor = "multi_thread")]
async fn text_before_changes_no_reference() {
    let cases = (texts(), prop::sample::select(FIELDS.to_vec()), any::<bool>());
    search(4_000, &cases, |(text, field, bare)| {
        let before = "Some words, and 2 more.\n\n";
        let alone = scan(field, &text, &rules(bare));
        let with = scan(field, &format!("{before}{text}"), &rules(bare));
        let shift =
            i32::try_from(before.chars().count()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let moved: Vec<Reference> = alone
            .into_iter()
            .map(|reference| Reference { position: reference.position + shift, ..reference })
            .collect();
        prop_assert_eq!(with, moved, "{:?}", text);
        Ok(())
    });
}
