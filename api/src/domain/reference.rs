//! References to goals in the texts of work: `[KR-12]`, `#KR-12`, `okr:kr-12`, `KR-12`, and pasted addresses.
//!
//! The rules are those of DOMAIN §3. A reading takes time in proportion to the text and never fails;
//! whether a code exists is not known here.

mod address;
mod boundary;
mod code_span;

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
#[must_use]
pub fn scan(field: ReferenceField, text: &str, rules: &ReferenceRules) -> Vec<Reference> {
    let scanner = Scanner::new(field, text, rules);
    let mut met = HashSet::new();
    let mut references = scanner.run();
    references.retain(|reference| met.insert(reference.code.clone()));
    references
}

/// A prefix in upper case.
struct Prefix {
    kind: GoalKind,
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
    addresses: Vec<address::Address>,
}

impl Scanner {
    fn new(field: ReferenceField, text: &str, rules: &ReferenceRules) -> Self {
        let text: Vec<char> = text.chars().collect();
        let (bare, has_code) = match field {
            ReferenceField::Name
            | ReferenceField::Label
            | ReferenceField::CustomField
            | ReferenceField::Section
            | ReferenceField::Epic => (true, false),
            ReferenceField::Description => (rules.bare_tokens, true),
            ReferenceField::Attachment | ReferenceField::RemoteLink => (false, false),
        };
        let key_results = rules.key_result_prefixes.iter().map(|text| (GoalKind::KeyResult, text));
        let objectives = rules.objective_prefixes.iter().map(|text| (GoalKind::Objective, text));
        let mut prefixes: Vec<Prefix> = key_results
            .chain(objectives)
            .map(|(kind, text)| Prefix::new(kind, text))
            .filter(|prefix| !prefix.characters.is_empty())
            .collect();
        // A prefix that begins with another one is tried before it.
        prefixes.sort_by_key(|prefix| std::cmp::Reverse(prefix.characters.len()));
        Self {
            in_code: if has_code { code_span::mask(&text) } else { Vec::new() },
            addresses: address::find(&text),
            public: rules.public_urls.iter().filter_map(|url| address::base(url)).collect(),
            text,
            bare,
            prefixes,
        }
    }

    fn run(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        let mut addresses = self.addresses.iter().peekable();
        // End of the reference before, after which `KR-12/KR-13` may go on.
        let mut last_end = None;
        let mut at = 0;
        while at < self.text.len() {
            while addresses.next_if(|address| address.end <= at).is_some() {}
            if self.in_code.get(at).copied().unwrap_or_default() {
                at += 1;
            } else if let Some(address) = addresses.next_if(|address| address.start <= at) {
                references.extend(self.pasted(address));
                at = address.end;
            } else if let Some((code, explicit, end)) = self.at(at, last_end) {
                references.push(self.reference(at, end, &code, explicit));
                at = end;
                last_end = Some(end);
            } else {
                at += 1;
            }
        }
        references
    }

    fn reference(&self, start: usize, end: usize, code: &Code<'_>, explicit: bool) -> Reference {
        let prefix: String = code.prefix.characters.iter().collect();
        Reference {
            code: format!("{prefix}-{}", code.number),
            kind: code.prefix.kind,
            text: self.text.get(start..end).unwrap_or_default().iter().collect(),
            position: i32::try_from(start).unwrap_or(i32::MAX),
            explicit,
        }
    }

    /// A reference that begins here: its code, whether it is explicit, and its end.
    fn at(&self, at: usize, last_end: Option<usize>) -> Option<(Code<'_>, bool, usize)> {
        let first = self.text.get(at)?;
        if *first == '[' {
            let code = self.code(self.past_marks(at + 1))?;
            let close = self.past_marks(code.end);
            return (self.text.get(close) == Some(&']')).then_some((code, true, close + 1));
        }
        let explicit_code = match first {
            '#' => self.code(at + 1),
            'o' | 'O' => self.past_okr(at).and_then(|start| self.code(start)),
            _ => None,
        };
        let explicit = explicit_code.is_some();
        let bare = |code: &Code<'_>| self.bare && (code.upper || !code.prefix.upper_only);
        let code = explicit_code.or_else(|| self.code(at).filter(bare))?;
        let goes_on = |next| self.code(next).is_some();
        let end = code.end;
        let apart = boundary::opens(&self.text, at, last_end) && boundary::closes(&self.text, end, goes_on);
        apart.then_some((code, explicit, end))
    }

    /// Where the code begins after `okr:` or, as GitLab scopes its labels, `okr::`.
    fn past_okr(&self, at: usize) -> Option<usize> {
        let word = self.text.get(at..at + 4)?;
        let okr = word.iter().map(char::to_ascii_lowercase).eq("okr:".chars());
        let second = usize::from(self.text.get(at + 4) == Some(&':'));
        okr.then_some(at + 4 + second)
    }

    /// The reference that a pasted address is, when it leads to this Throughline.
    fn pasted(&self, address: &address::Address) -> Option<Reference> {
        let rest = self.public.iter().find_map(|base| address.under(&self.text, base))?;
        let start = address::past(&self.text, rest, &['/', 'g', '/'])?;
        let code = self.code(start)?;
        let closed = code.end >= address.end
            || matches!(
                self.text.get(code.end),
                Some('/' | '?' | '#' | '.' | ',' | ';' | ':' | '!' | '\'' | '*')
            );
        closed.then(|| self.reference(address.start, code.end, &code, true))
    }

    /// A code that begins here, whatever stands around it.
    fn code(&self, at: usize) -> Option<Code<'_>> {
        self.prefixes.iter().find_map(|prefix| {
            let end = address::past(&self.text, at, &prefix.characters)?;
            let dash = self.past_marks(end);
            if !is_dash(*self.text.get(dash)?) {
                return None;
            }
            let start = self.past_marks(dash + 1);
            let digits = self.text.get(start..)?.iter().take(LONGEST_NUMBER + 1);
            let digits: String = digits.take_while(|character| character.is_ascii_digit()).collect();
            if digits.len() > LONGEST_NUMBER {
                return None;
            }
            let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
            let upper = self.text.get(at..end)? == prefix.characters;
            Some(Code { prefix, number, end: start + digits.len(), upper })
        })
    }

    /// The next place that holds no mark of writing direction, which editors put around hyphens.
    fn past_marks(&self, at: usize) -> usize {
        let marks = self.text.iter().skip(at).take(MOST_MARKS).take_while(|character| is_mark(**character));
        at + marks.count()
    }
}

impl Prefix {
    fn new(kind: GoalKind, text: &str) -> Self {
        let characters: Vec<char> = text.trim().chars().flat_map(char::to_uppercase).collect();
        let upper_only = kind == GoalKind::Objective || characters.len() == 1;
        Self { kind, characters, upper_only }
    }
}

#[cfg(test)]
mod tests;
