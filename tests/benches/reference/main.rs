//! How long it takes to find the references in 100 kB of text: in plain ones, and in such as are made to make a
//! reader slow. `cargo bench -p throughline-tests --bench reference`
//!
//! Each text is read many times; told are the median and the best, and by how much ten times the text takes
//! longer, which is 10 where the time grows with the length. A plain text of 100 kB is to take less than a
//! millisecond; the run fails where the median is above that.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it saw")]

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use api::domain::reference::{ReferenceRules, scan};
use entity::ReferenceField;

const LENGTH: usize = 100_000;
const READINGS: usize = 200;
const WANTED: Duration = Duration::from_millis(1);

/// What people write: prose, lists, code and addresses, with a reference now and then.
const PLAIN: [(&str, &str); 5] = [
    ("prose", "The report of 2026-11-27 says that sign-ups grew by 12 per cent, well above the plan.\n"),
    (
        "prose with references",
        "Faster sign-up serves [KR-12]; the e-mail re-try of last week, #KR-13, is done.\n",
    ),
    (
        "other trackers' keys",
        "DAEMON-48 blocks WEB-12, see UTF-8, ISO-8601 and COVID-19 for the reasons of it.\n",
    ),
    (
        "markdown with code",
        "* Fixed the re-try (`mail-1.2`), see https://acme.test/a/b?x=1\n```\nlet a = 1;\n```\n",
    ),
    ("many scripts", "Größere Änderungen über naïve Façaden — 目標は達成 🎯 הכל KR-12 בסדר.\n"),
];

/// What nobody writes who means well.
const HOSTILE: [(&str, &str); 16] = [
    ("brackets", "["),
    ("prefixes", "KR-KR-KR-"),
    ("codes", "KR-1 "),
    ("codes in brackets", "[KR-1]"),
    ("codes and slashes", "KR-1/"),
    ("backticks", "`"),
    ("backticks of two lengths", "`` ` "),
    ("braces", "{{"),
    ("openers of code", "{code:"),
    ("one long address", "https://okr.acme.test/g/"),
    ("addresses of goals", "https://okr.acme.test/g/KR-1 "),
    ("hosts", "a.b/"),
    ("underscores", "_"),
    ("hyphens", "-"),
    ("numbers after hyphens", "R-1"),
    ("marks of direction", "\u{200f}"),
];

fn text(seed: &str, length: usize) -> String {
    // A reference at the end: without any, a text is looked through only once.
    format!("{} [KR-7]", seed.repeat(length / seed.len()))
}

fn readings(text: &str, rules: &ReferenceRules) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..READINGS)
        .map(|_| {
            let start = Instant::now();
            black_box(scan(ReferenceField::Description, black_box(text), rules));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[READINGS / 2], times[0])
}

fn main() -> ExitCode {
    let rules = ReferenceRules {
        objective_prefixes: vec!["O".to_owned()],
        key_result_prefixes: vec!["KR".to_owned()],
        bare_tokens: true,
        public_urls: vec!["https://okr.acme.test".to_owned()],
    };
    let mut slow = Vec::new();
    println!("{:<28} {:>10} {:>10} {:>8}", "100 kB of", "median", "best", "x 10");
    for (plain, (name, seed)) in
        PLAIN.iter().map(|text| (true, text)).chain(HOSTILE.iter().map(|text| (false, text)))
    {
        let (median, best) = readings(&text(seed, LENGTH), &rules);
        let (_, tenfold) = readings(&text(seed, LENGTH * 10), &rules);
        let growth = tenfold.as_secs_f64() / best.as_secs_f64();
        println!("{name:<28} {median:>10.1?} {best:>10.1?} {growth:>8.1}");
        if plain && median > WANTED {
            slow.push(*name);
        }
    }
    if slow.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("above {WANTED:?}: {}", slow.join(", "));
    ExitCode::FAILURE
}
