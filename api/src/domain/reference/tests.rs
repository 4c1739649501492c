use super::*;

fn rules() -> ReferenceRules {
    ReferenceRules {
        objective_prefixes: vec!["O".to_owned()],
        key_result_prefixes: vec!["KR".to_owned()],
        bare_tokens: false,
        public_urls: vec!["https://okr.acme.test/".to_owned(), "acme.test/okr".to_owned()],
    }
}

/// Codes with `!` when they are explicit.
fn codes(field: ReferenceField, text: &str, rules: &ReferenceRules) -> String {
    let shown =
        |reference: &Reference| format!("{}{}", reference.code, if reference.explicit { "!" } else { "" });
    scan(field, text, rules).iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn names_by_hand() {
    for (text, expected) in [
        ("[KR-12] Faster start", "KR-12!"),
        ("[kr-12]", "KR-12!"),
        ("x[KR-12]y", "KR-12!"),
        ("#KR-12: Faster", "KR-12!"),
        ("okr:kr-12", "KR-12!"),
        ("OKR::KR-12", "KR-12!"),
        ("okr:o-3 and [o-4] and #o-5", "O-3! O-4! O-5!"),
        ("KR-12 Faster start", "KR-12"),
        ("faster start (kr-12)", "KR-12"),
        ("O-3 aim", "O-3"),
        ("o-3 sensor", ""),
        ("KR-012", "KR-12"),
        ("KR-0 KR-000", ""),
        ("KR-123456789012345678", "KR-123456789012345678"),
        ("KR-1234567890123456789", ""),
        ("KR-12, KR-13; KR-12", "KR-12 KR-13"),
        ("KR-12/KR-13/x", "KR-12"),
        ("KR-12/KR-13", "KR-12 KR-13"),
        ("web/KR-12 KR-13/web", ""),
        ("XKR-12 KR-12x KR12 KR -12", ""),
        ("FOO-KR-12", ""),
        ("KR-12-3 KR-12-login KR-12.5 KR-12.md", ""),
        ("KR-12. Then", "KR-12"),
        ("KR-12's", "KR-12"),
        ("foo_KR-12 KR-13_bar", ""),
        ("_KR-12_ **KR-13**", "KR-12 KR-13"),
        ("kr-12@acme.test @KR-13 C:\\KR-14", ""),
        ("foo#KR-12 /#KR-13", ""),
        ("##KR-12", "KR-12!"),
        ("#KR-12-3 okr:KR-13x xokr:KR-14x", ""),
        ("KR‐1 KR‑2 KR–3 KR—4 KR−5", "KR-1 KR-2 KR-3 KR-4 KR-5"),
        ("KR-12—finish, start—KR-13", "KR-12 KR-13"),
        ("KR-12–15", ""),
        ("🎯KR-12🚀", "KR-12"),
        ("\u{200f}KR\u{200e}-\u{200e}12\u{200f}", "KR-12"),
        ("[\u{200f}KR-12\u{200f}]", "KR-12!"),
        ("هدف KR-12 الآن", "KR-12"),
        ("目標KR-12達成", "KR-12"),
        ("ÄKR-12 KR-12é KR-12３", ""),
        ("ＫＲ-12", ""),
        ("https://jira.test/browse/KR-12?x=[KR-13]", ""),
        ("jira.test/browse?id=KR-12", ""),
        ("https://okr.acme.test/g/KR-12", "KR-12!"),
        ("(HTTP://OKR.acme.test/g/kr-12?tab=1).", "KR-12!"),
        ("https://acme.test/okr/g/O-3", "O-3!"),
        ("okr.acme.test/g/KR-12", "KR-12!"),
        ("https://okr.acme.test/g/KR-12-3 https://okr.acme.test/x/g/KR-13", ""),
        ("https://okr.acme.test.evil.test/g/KR-12", ""),
        ("[KR-12](https://jira.test/KR-13)", "KR-12!"),
        ("[KR-12, KR-13]", "KR-12 KR-13"),
        ("[KR-12", "KR-12"),
        ("KR- KR-x [KR-] #KR okr: -", ""),
        ("`KR-12`", "KR-12"),
        ("", ""),
    ] {
        assert_eq!(codes(ReferenceField::Name, text, &rules()), expected, "{text}");
    }
}

#[test]
fn bare_codes_count_by_field() {
    let text = "KR-12 and [KR-13]";
    for (field, expected) in [
        (ReferenceField::Name, "KR-12 KR-13!"),
        (ReferenceField::Label, "KR-12 KR-13!"),
        (ReferenceField::CustomField, "KR-12 KR-13!"),
        (ReferenceField::Section, "KR-12 KR-13!"),
        (ReferenceField::Epic, "KR-12 KR-13!"),
        (ReferenceField::Description, "KR-13!"),
        (ReferenceField::Attachment, "KR-13!"),
        (ReferenceField::RemoteLink, "KR-13!"),
    ] {
        assert_eq!(codes(field, text, &rules()), expected, "{field:?}");
    }
    let bare = ReferenceRules { bare_tokens: true, ..rules() };
    assert_eq!(codes(ReferenceField::Description, text, &bare), "KR-12 KR-13!");
    assert_eq!(codes(ReferenceField::Attachment, text, &bare), "KR-13!");
}

#[test]
fn code_in_descriptions_holds_no_reference() {
    for (text, expected) in [
        ("`[KR-1]` [KR-2]", "KR-2!"),
        ("```\n[KR-1]\nhttps://okr.acme.test/g/KR-3\n```\n#KR-2", "KR-2!"),
        ("{code}[KR-1]{code} [KR-2] {{[KR-3]}}", "KR-2!"),
        ("it`s [KR-1]\n\nit`s", "KR-1!"),
    ] {
        assert_eq!(codes(ReferenceField::Description, text, &rules()), expected, "{text}");
    }
}

#[test]
fn texts_and_places_are_as_written() {
    let found = scan(ReferenceField::Name, "é🎯 [kr–012] https://okr.acme.test/g/O-3#x", &rules());
    let expected = [
        ("KR-12", GoalKind::KeyResult, "[kr–012]", 3, true),
        ("O-3", GoalKind::Objective, "https://okr.acme.test/g/O-3", 12, true),
    ];
    let expected = expected.map(|(code, kind, text, position, explicit)| Reference {
        code: code.to_owned(),
        kind,
        text: text.to_owned(),
        position,
        explicit,
    });
    assert_eq!(found, expected);
}

#[test]
fn prefixes_are_the_organizations() {
    let own = ReferenceRules {
        objective_prefixes: vec!["ziel".to_owned(), "O".to_owned()],
        key_result_prefixes: vec!["Z".to_owned(), "MÜ".to_owned(), " ".to_owned()],
        ..rules()
    };
    let text = "ZIEL-1 ziel-2 [ziel-3] Z-4 z-5 mü-6 O-7 KR-8";
    assert_eq!(codes(ReferenceField::Name, text, &own), "ZIEL-1 ZIEL-3! Z-4 MÜ-6 O-7");
    let none = ReferenceRules { objective_prefixes: vec![], key_result_prefixes: vec![], ..own };
    assert_eq!(codes(ReferenceField::Name, text, &none), "");
}

/// A small generator of numbers, the same in every run.
fn numbers() -> impl Iterator<Item = usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    })
}

#[test]
fn any_text_is_survived_and_every_reference_stands_where_it_says() {
    const PIECES: [&str; 42] = [
        "KR-1",
        "kr-12",
        "O-3",
        "[KR-4]",
        "#KR-5",
        "okr:KR-6",
        "KR–007",
        "https://okr.acme.test/g/KR-8",
        "KR",
        "kr",
        "O",
        "-",
        "–",
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
        "okr.acme.test",
        "/g/",
        " ",
        " ",
        " ",
        "\n",
        "`",
        "```",
        "~~~",
        "{code}",
        "{{",
        "}}",
        "_",
        ".",
        "@",
        "(",
        "\u{200f}",
        "目",
    ];
    let fields = [ReferenceField::Name, ReferenceField::Description, ReferenceField::Attachment];
    let mut numbers = numbers();
    let mut next = |limit: usize| numbers.next().unwrap() % limit;
    let mut found = 0;
    for round in 0..20_000 {
        let length = next(24);
        let text: String = (0..length).map(|_| PIECES[next(PIECES.len())]).collect();
        let bare = ReferenceRules { bare_tokens: round % 2 == 0, ..rules() };
        for reference in scan(fields[round % fields.len()], &text, &bare) {
            let characters: Vec<char> = text.chars().collect();
            let start = usize::try_from(reference.position).unwrap();
            let written: String = characters[start..start + reference.text.chars().count()].iter().collect();
            assert_eq!(written, reference.text, "{text:?}");
            let (prefix, number) = reference.code.split_once('-').unwrap();
            assert!(prefix == "KR" || prefix == "O", "{text:?}: {reference:?}");
            assert!(
                number.parse::<u64>().unwrap() > 0 && !number.starts_with('0'),
                "{text:?}: {reference:?}"
            );
            found += 1;
        }
    }
    assert!(found > 1_000, "the corpus holds too few references: {found}");
}

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    let seeds = [
        "[",
        "#",
        "okr:",
        "KR-",
        "KR-1",
        "KR-1/",
        "a.",
        "a.b/",
        "://",
        "`",
        "`` ` ",
        "```\n",
        "{{",
        "{code}",
        "{code:",
        "_",
        "\u{200f}",
        "https://",
        "(",
        "KR-1234567890123456789",
        "www.",
        "-",
        "0",
        "o",
        "~~~\n",
    ];
    for seed in seeds {
        let text = seed.repeat(40_000 / seed.len());
        let start = std::time::Instant::now();
        let found =
            scan(ReferenceField::Description, &text, &ReferenceRules { bare_tokens: true, ..rules() });
        assert!(found.len() <= 1, "{seed}");
        // A tenth of a second when this is linear, minutes when it is quadratic.
        assert!(start.elapsed().as_secs() < 15, "{seed}: {:?}", start.elapsed());
    }
}
