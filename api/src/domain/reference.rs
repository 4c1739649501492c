//! References to goals in the texts of work: `[KR-12]`, `#KR-12`, `okr:kr-12`, `KR-12`, and pasted addresses.
//!
//! The rules are those of DOMAIN §3. A reading takes time in proportion to the text and never fails;
//! whether a code exists is not known here.

mod address;
mod boundary;
mod code_span;
mod hyphen;
mod steps;

use std::collections::HashSet;

use entity::ReferenceField;

use self::boundary::{is_dash, is_mark};

/// Longest number of a code, in digits: what fits a 64-bit integer.
const LONGEST_NUMBER: usize = 18;
/// Most invisible marks that are looked through at one place inside a reference.
const MOST_MARKS: usize = 4;

/// What kind of goal a code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GoalKind {
    /// An objective, `O-3`.
    Objective,
    /// A key result, `KR-12`.
    KeyResult,
}

/// A code found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The code in its one way of writing, `KR-12`: upper case, plain hyphen, no leading zeros.
    pub code: String,
    /// What it names, by its prefix.
    pub kind: GoalKind,
    /// The reference as it was written, `[kr–012]`; of an address all up to the code.
    pub text: String,
    /// Place of its first character, counted in characters from 0.
    pub position: i32,
    /// Whether it was written as a reference (brackets, `#`, `okr:`, address), not as a bare code.
    pub explicit: bool,
}

/// What counts as a reference in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRules {
    /// Prefixes of objectives, old ones too, `O`.
    pub objective_prefixes: Vec<String>,
    /// Prefixes of key results, old ones too, `KR`.
    pub key_result_prefixes: Vec<String>,
    /// Whether bare codes count in descriptions.
    pub bare_tokens: bool,
    /// Addresses under which this Throughline is reached, with or without scheme: `https://okr.acme.com`,
    /// `acme.com/okr`. A pasted `…/g/KR-12` under one of them is a reference.
    pub public_urls: Vec<String>,
}

/// The references in one text of an item, in the order in which they stand; of each code the first.
///
/// A code within a word, within another tracker's key (`FOO-KR-12`, `KR-12-3`), within a foreign address
/// or, in a description, within code is none.
///
/// Every reference holds a hyphen between a prefix and a digit, and most texts have none such: they are looked
/// through once and no more. Only around such hyphens is anything else looked at.
#[must_use]
pub fn scan(field: ReferenceField, text: &str, rules: &ReferenceRules) -> Vec<Reference> {
    let prefixes = Prefix::all(rules);
    let hyphens = hyphen::in_codes(text, &prefixes);
    if hyphens.is_empty() {
        return Vec::new();
    }
    Scanner::new(field, text, rules, prefixes).run(&hyphens)
}

/// A prefix in upper case.
struct Prefix {
    kind: GoalKind,
    /// Tells it apart from the others.
    place: usize,
    characters: Vec<char>,
    /// Whether bare codes must be written in upper case: `o-2` and `k-9` are words of many texts.
    upper_only: bool,
}

/// A code at some place, before its surroundings were looked at.
struct Code<'r> {
    prefix: &'r Prefix,
    number: u64,
    end: usize,
    upper: bool,
}

struct Scanner {
    text: Vec<char>,
    bare: bool,
    prefixes: Vec<Prefix>,
    public: Vec<Vec<char>>,
    in_code: Vec<bool>,
}

impl Scanner {
    fn new(field: ReferenceField, text: &str, rules: &ReferenceRules, prefixes: Vec<Prefix>) -> Self {
        let text: Vec<char> = text.chars().collect();
        steps::take(text.len());
        let (bare, has_code) = match field {
            ReferenceField::Name
            | ReferenceField::Label
            | ReferenceField::CustomField
            | ReferenceField::Section
            | ReferenceField::Epic => (true, false),
            ReferenceField::Description => (rules.bare_tokens, true),
            ReferenceField::Attachment | ReferenceField::RemoteLink => (false, false),
        };
        Self {
            in_code: if has_code { code_span::mask(&text) } else { Vec::new() },
            public: rules.public_urls.iter().filter_map(|url| address::base(url)).collect(),
            text,
            bare,
            prefixes,
        }
    }

    /// The references around these hyphens, which are places of characters in ascending order.
    fn run(&self, hyphens: &[usize]) -> Vec<Reference> {
        let mut references = Vec::new();
        let mut met = HashSet::new();
        let mut addresses = address::Around::new(&self.text);
        // Where the last reference or address ended; the next one begins there or later.
        let mut done = 0;
        // End of the reference before, after which `KR-12/KR-13` may go on.
        let mut last_end = None;
        for hyphen in hyphens.iter().copied() {
            steps::take(1);
            let Some(start) = self.code_start(hyphen).filter(|start| *start >= done) else { continue };
            if let Some(address) = addresses.at(start) {
                if !self.is_code(start) {
                    self.keep(self.pasted(&address), &mut met, &mut references);
                }
                done = address.end;
                continue;
            }
            let Some((start, code, explicit, end)) = self.around(start, done, last_end) else { continue };
            self.keep(Some((start, end, code, explicit)), &mut met, &mut references);
            done = end;
            last_end = Some(end);
        }
        references
    }

    /// Keeps a reference, of each code the first.
    fn keep(
        &self,
        found: Option<(usize, usize, Code<'_>, bool)>,
        met: &mut HashSet<(usize, u64)>,
        references: &mut Vec<Reference>,
    ) {
        let Some((start, end, code, explicit)) = found else { return };
        if !met.insert((code.prefix.place, code.number)) {
            return;
        }
        let prefix: String = code.prefix.characters.iter().collect();
        references.push(Reference {
            code: format!("{prefix}-{}", code.number),
            kind: code.prefix.kind,
            text: self.text.get(start..end).unwrap_or_default().iter().collect(),
            position: i32::try_from(start).unwrap_or(i32::MAX),
            explicit,
        });
    }

    /// Whether a place is in code.
    fn is_code(&self, at: usize) -> bool {
        self.in_code.get(at).copied().unwrap_or_default()
    }

    /// Where the code begins whose hyphen this is: at the longest prefix that ends before it.
    fn code_start(&self, hyphen: usize) -> Option<usize> {
        let end = self.before_marks(hyphen);
        self.prefixes.iter().find_map(|prefix| {
            let start = end.checked_sub(prefix.characters.len())?;
            address::past(&self.text, start, &prefix.characters).map(|_| start)
        })
    }

    /// The reference that holds the code which begins here: its start, code, whether it is explicit, and end.
    fn around(
        &self,
        at: usize,
        done: usize,
        last_end: Option<usize>,
    ) -> Option<(usize, Code<'_>, bool, usize)> {
        let begins = |start: usize| start >= done && !self.is_code(start);
        let apart = |start: usize, end: usize| {
            let goes_on = |next| self.code(next).is_some();
            boundary::opens(&self.text, start, last_end) && boundary::closes(&self.text, end, goes_on)
        };
        let code = self.code(at)?;
        let end = code.end;
        let bracket = self.before_marks(at).checked_sub(1);
        let bracket = bracket.filter(|start| self.text.get(*start) == Some(&'[') && begins(*start));
        if let Some(start) = bracket {
            let close = self.past_marks(end);
            if self.text.get(close) == Some(&']') {
                return Some((start, code, true, close + 1));
            }
        }
        let hash = at.checked_sub(1).filter(|start| self.text.get(*start) == Some(&'#'));
        let explicit = hash.or_else(|| self.before_okr(at));
        if let Some(start) = explicit.filter(|start| begins(*start) && apart(*start, end)) {
            return Some((start, code, true, end));
        }
        let counts = self.bare && (code.upper || !code.prefix.upper_only);
        (counts && begins(at) && apart(at, end)).then_some((at, code, false, end))
    }

    /// Where `okr:` or, as GitLab scopes its labels, `okr::` begins that ends here.
    fn before_okr(&self, at: usize) -> Option<usize> {
        [4, 5].into_iter().find_map(|length| {
            let start = at.checked_sub(length)?;
            let word = self.text.get(start..at)?;
            let okr = word.iter().map(char::to_ascii_lowercase).eq("okr::".chars().take(length));
            okr.then_some(start)
        })
    }

    /// The reference that a pasted address is, when it leads to this Throughline.
    fn pasted(&self, address: &address::Address) -> Option<(usize, usize, Code<'_>, bool)> {
        let rest = self.public.iter().find_map(|base| address.under(&self.text, base))?;
        let start = address::past(&self.text, rest, &['/', 'g', '/'])?;
        let code = self.code(start)?;
        let closed = code.end >= address.end
            || matches!(
                self.text.get(code.end),
                Some('/' | '?' | '#' | '.' | ',' | ';' | ':' | '!' | '\'' | '*')
            );
        closed.then_some((address.start, code.end, code, true))
    }

    /// A code that begins here, whatever stands around it.
    fn code(&self, at: usize) -> Option<Code<'_>> {
        steps::take(1);
        self.prefixes.iter().find_map(|prefix| {
            let end = address::past(&self.text, at, &prefix.characters)?;
            let dash = self.past_marks(end);
            if !is_dash(*self.text.get(dash)?) {
                return None;
            }
            let start = self.past_marks(dash + 1);
            let digits = self.text.get(start..)?.iter().map_while(|character| character.to_digit(10));
            let (mut number, mut length) = (0_u64, 0);
            for digit in digits.take(LONGEST_NUMBER + 1) {
                number = number * 10 + u64::from(digit);
                length += 1;
            }
            if length > LONGEST_NUMBER || number == 0 {
                return None;
            }
            let upper = self.text.get(at..end)? == prefix.characters;
            Some(Code { prefix, number, end: start + length, upper })
        })
    }

    /// The next place that holds no mark of writing direction, which editors put around hyphens.
    fn past_marks(&self, at: usize) -> usize {
        let marks = self.text.iter().skip(at).take(MOST_MARKS).take_while(|character| is_mark(**character));
        at + marks.count()
    }

    /// The same backwards: the place before which no mark stands.
    fn before_marks(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default().iter().rev().take(MOST_MARKS);
        at - before.take_while(|character| is_mark(**character)).count()
    }
}

impl Prefix {
    /// The prefixes of an organization; one that ends with another one is tried before it.
    fn all(rules: &ReferenceRules) -> Vec<Self> {
        let key_results = rules.key_result_prefixes.iter().map(|text| (GoalKind::KeyResult, text));
        let objectives = rules.objective_prefixes.iter().map(|text| (GoalKind::Objective, text));
        let mut prefixes: Vec<Self> = key_results
            .chain(objectives)
            .enumerate()
            .map(|(place, (kind, text))| Self::new(kind, place, text))
            .filter(|prefix| !prefix.characters.is_empty())
            .collect();
        prefixes.sort_by_key(|prefix| std::cmp::Reverse(prefix.characters.len()));
        prefixes
    }

    fn new(kind: GoalKind, place: usize, text: &str) -> Self {
        let characters: Vec<char> = text.trim().chars().flat_map(char::to_uppercase).collect();
        let upper_only = kind == GoalKind::Objective || characters.len() == 1;
        Self { kind, place, characters, upper_only }
    }
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
