//! Texts with the answers that a person gave: what a reader would take for a reference to a goal.
//!
//! The organization has objectives `O-…` and key results `KR-…`, had `OBJ-…` before, and is reached under
//! `https://okr.acme.test`; bare codes in descriptions do not count. `!` marks what was written as a
//! reference. Whether a goal of the code exists, is over or has another code by now is asked of the
//! database, in `tests/it/reference`.

use ReferenceField::{Attachment, CustomField, Description, Epic, Label, Name, RemoteLink, Section};

use super::*;

type Case = (ReferenceField, &'static str, &'static str);

/// How people write codes.
const WRITTEN: [Case; 16] = [
    (Name, "[KR-12] Faster start", "KR-12!"),
    (Name, "Faster start [kr-12]", "KR-12!"),
    (Name, "KR-12: faster start", "KR-12"),
    (Name, "Faster start (KR-12)", "KR-12"),
    (Name, "Faster start #KR-12", "KR-12!"),
    (Name, "okr:kr-12 faster start", "KR-12!"),
    (Label, "OKR::KR-12", "KR-12!"),
    (Label, "kr-12", "KR-12"),
    (Label, "goal=KR-12", "KR-12"),
    (Section, "Doing for KR-12", "KR-12"),
    (Epic, "KR-12 Onboarding", "KR-12"),
    (CustomField, "KR-12", "KR-12"),
    (Name, "“KR-12”, ‘KR-13’ and «KR-14»", "KR-12 KR-13 KR-14"),
    (Name, "**KR-12** _KR-13_ ~~KR-14~~", "KR-12 KR-13 KR-14"),
    (Name, "KR-0012 and KR-12", "KR-12"),
    (Name, "OBJ-3, the old name of O-4", "OBJ-3 O-4"),
];

/// Several in one text, in their order, each once.
const SEVERAL: [Case; 8] = [
    (Name, "KR-12, KR-13 & KR-14", "KR-12 KR-13 KR-14"),
    (Name, "KR-12/KR-13", "KR-12 KR-13"),
    (Name, "[KR-12][KR-13]", "KR-12! KR-13!"),
    (Name, "KR-13 before KR-12 before KR-13", "KR-13 KR-12"),
    (Name, "#KR-12 #O-3", "KR-12! O-3!"),
    (Name, "[O-3] KR-12", "O-3! KR-12"),
    (Description, "[KR-12]\n\n* #KR-13\n* okr:O-3\n", "KR-12! KR-13! O-3!"),
    (Name, "KR-12+KR-13=O-3", "KR-12 KR-13 O-3"),
];

/// Small letters: a key result's code is no word of any text, `o-2` is one.
const SMALL: [Case; 5] = [
    (Name, "kr-12", "KR-12"),
    (Name, "Kr-12", "KR-12"),
    (Name, "o-2 sensor, h-2-o", ""),
    (Name, "[o-2] sensor", "O-2!"),
    (Name, "obj-2", ""),
];

/// Codes within words.
const WORDS: [Case; 10] = [
    (Name, "BAKR-12", ""),
    (Name, "KR-12th place", ""),
    (Name, "KR-12b", ""),
    (Name, "CO-2 and VO-2", ""),
    (Name, "KR12, KR 12, KR_12, KR.12", ""),
    (Name, "Krämer-KR-12", ""),
    (Name, "ÖKR-12", ""),
    (Name, "snake_KR-12_case", ""),
    (Name, "KR-12-based", ""),
    (Name, "O-1B visa", ""),
];

/// Keys and numbers of other things.
const OTHERS: [Case; 12] = [
    (Name, "DAEMON-48 blocks it", ""),
    (Name, "WEB-KR-12", ""),
    (Name, "KR-12-3", ""),
    (Name, "KR-12.5 million", ""),
    (Name, "KR-12–15 of the list", ""),
    (Name, "acme/web#12 and !34", ""),
    (Name, "acme/KR-12", ""),
    (Name, "report-KR-12.pdf", ""),
    (Name, "KR-12.pdf", ""),
    (Name, "kr-12@acme.test", ""),
    (Name, "@KR-12", ""),
    (Name, "KR-0", ""),
];

/// Addresses: one that leads to a goal here is a reference, in every other a code is a part of it.
const ADDRESSES: [Case; 13] = [
    (Name, "https://acme.test/browse/KR-12", ""),
    (Name, "acme.test/KR-12", ""),
    (Name, "www.acme.test?goal=[KR-12]", ""),
    (Description, "see https://okr.acme.test/g/KR-12 there", "KR-12!"),
    (Description, "<https://okr.acme.test/g/kr-12>", "KR-12!"),
    (Description, "https://okr.acme.test/g/KR-12?tab=links#top", "KR-12!"),
    (Description, "okr.acme.test/g/O-3", "O-3!"),
    (Attachment, "https://okr.acme.test/g/KR-12", "KR-12!"),
    (RemoteLink, "https://okr.acme.test/g/KR-12/", "KR-12!"),
    (Description, "https://okr.acme.test/goals/KR-12", ""),
    (Description, "https://okr.acme.test.evil.test/g/KR-12", ""),
    (
        Description,
        "[the goal](https://okr.acme.test/g/KR-12) and [KR-13](https://x.test/KR-14)",
        "KR-12! KR-13!",
    ),
    (Description, "https://okr.acme.test/g/KR-12x", ""),
];

/// Where a bare code counts, and where it does not.
const FIELDS: [Case; 6] = [
    (Description, "for KR-12", ""),
    (Description, "for [KR-12]", "KR-12!"),
    (Attachment, "KR-12 draft.pdf", ""),
    (Attachment, "[KR-12] draft.pdf", "KR-12!"),
    (RemoteLink, "KR-12", ""),
    (RemoteLink, "#KR-12", "KR-12!"),
];

/// Code in descriptions is no text; in a name a backtick is a mark like any other.
const CODE: [Case; 9] = [
    (Description, "`[KR-12]`", ""),
    (Description, "``[KR-12] ` `` [KR-13]", "KR-13!"),
    (Description, "```\n[KR-12]\n```\n[KR-13]", "KR-13!"),
    (Description, "~~~sh\necho '#KR-12'\n~~~", ""),
    (Description, "{code:java}[KR-12]{code} [KR-13]", "KR-13!"),
    (Description, "{noformat}\n[KR-12]\n{noformat}", ""),
    (Description, "{{[KR-12]}}", ""),
    (Description, "one ` alone, [KR-12]", "KR-12!"),
    (Name, "`KR-12`", "KR-12"),
];

/// Scripts, marks and signs of all kinds.
const SCRIPTS: [Case; 13] = [
    (Name, "🎯 KR-12 🚀", "KR-12"),
    (Name, "🎯KR-12🚀", "KR-12"),
    (Name, "👩‍👩‍👧‍👦[KR-12]", "KR-12!"),
    (Name, "הדבר החשוב KR-12 עכשיו", "KR-12"),
    (Name, "\u{200f}KR\u{200e}-\u{200e}12\u{200f} מטרה", "KR-12"),
    (Name, "الهدف [\u{200e}KR-12\u{200e}]", "KR-12!"),
    (Name, "目標KR-12達成", "KR-12"),
    (Name, "목표KR-12", "KR-12"),
    (Name, "KR‑12 KR–13 KR−14 KR—15", "KR-12 KR-13 KR-14 KR-15"),
    (Name, "KR－12", "KR-12"),
    (Name, "KR-１２", ""),
    (Name, "ΚR-12", ""),
    (Name, "KR-12\u{301}", "KR-12"),
];

/// What is broken, empty or far too large.
const ODD: [Case; 8] = [
    (Name, "", ""),
    (Name, "KR-", ""),
    (Name, "[KR-]", ""),
    (Name, "[KR-12", "KR-12"),
    (Name, "KR-12]", "KR-12"),
    (Name, "KR-99999999999999999999", ""),
    (Name, "-KR-12-", "KR-12"),
    (Name, "KR--12", ""),
];

#[test]
fn every_text_is_read_as_a_person_reads_it() {
    let rules = ReferenceRules {
        objective_prefixes: vec!["O".to_owned(), "OBJ".to_owned()],
        key_result_prefixes: vec!["KR".to_owned()],
        bare_tokens: false,
        public_urls: vec!["https://okr.acme.test".to_owned()],
    };
    let corpus: [&[Case]; 10] =
        [&WRITTEN, &SEVERAL, &SMALL, &WORDS, &OTHERS, &ADDRESSES, &FIELDS, &CODE, &SCRIPTS, &ODD];
    let cases = || corpus.iter().copied().flatten();
    assert!(cases().count() >= 80, "the corpus has become small");
    let mut wrong = Vec::new();
    for (field, text, expected) in cases() {
        let mark = |reference: &Reference| if reference.explicit { "!" } else { "" };
        let found = scan(*field, text, &rules);
        let found: Vec<_> = found.iter().map(|one| format!("{}{}", one.code, mark(one))).collect();
        let found = found.join(" ");
        if found != *expected {
            wrong.push(format!("{field:?} {text:?}: {expected:?} was expected, {found:?} was read"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_work_grows_with_the_text_and_no_faster() {
    let rules = ReferenceRules {
        objective_prefixes: vec!["O".to_owned()],
        key_result_prefixes: vec!["KR".to_owned()],
        bare_tokens: true,
        public_urls: vec!["https://okr.acme.test".to_owned()],
    };
    // Each ends in a reference, for without one a text is looked through once only.
    let seeds = [
        "[",
        "#",
        "okr:",
        "KR-",
        "KR-KR-",
        "KR-1",
        "KR-1 ",
        "KR-1/",
        "[KR-1",
        "#KR-1#",
        "a.",
        "a.b/",
        "://",
        "https://",
        "https://okr.acme.test/g/",
        "https://okr.acme.test/g/KR-1",
        "www.",
        "`",
        "`` ` ",
        "```\n",
        "~~~\n",
        "{{",
        "{{a\n",
        "{code}",
        "{code:",
        "{code:KR-1",
        "{noformat}{code}",
        "_",
        "_KR-1_",
        "\u{200f}",
        "KR\u{200f}-\u{200f}1",
        "(",
        ")",
        "-",
        "–",
        "0",
        "KR-1234567890123456789",
        " ",
        "\n",
        "目",
        "KR-1-",
        "KR-1.",
    ];
    for seed in seeds {
        let steps = |size: usize| {
            let text = format!("{} [KR-7]", seed.repeat(size / seed.len()));
            let taken = steps::of(|| scan(Description, &text, &rules));
            (taken, text.len())
        };
        let (small, size) = steps(4_000);
        let (large, length) = steps(64_000);
        assert!(small >= size, "{seed:?}: {small} steps for {size} bytes are not all that were taken");
        let per_byte = |steps: usize, bytes: usize| steps * 100 / bytes;
        assert!(
            per_byte(large, length) <= per_byte(small, size) * 11 / 10 + 10,
            "{seed:?}: {small} steps for {size} bytes became {large} for {length}"
        );
        assert!(per_byte(large, length) <= 1_200, "{seed:?}: {large} steps for {length} bytes");
    }
}
