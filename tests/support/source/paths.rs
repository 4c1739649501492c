//! The paths that a file names, in `use` and in between, as seen from the root of its crate.

use super::tokens::{Token, tokens};

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its words; `crate` first if it leads into the file's own crate, else as it is written. A glob ends
    /// in `*`.
    pub words: Vec<String>,
    /// The line on which it stands, from 1.
    pub line: usize,
}

impl Named {
    /// As it would be written.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.join("::")
    }
}

/// Every path of more than one word in a text, and every word of a `use`. `module` is the file's own place
/// below its crate's root: `["domain", "clock"]` for `src/domain/clock.rs`.
#[must_use]
pub fn paths(module: &[&str], text: &str) -> Vec<Named> {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        module: module.iter().map(ToString::to_string).collect(),
        blocks: Vec::new(),
        found: Vec::new(),
    };
    reader.read();
    reader.found
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// Where we are, modules inside the file included.
    module: Vec<String>,
    /// The open braces: whether each belongs to a module.
    blocks: Vec<bool>,
    found: Vec<Named>,
}

impl Reader<'_> {
    fn word(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| &token.text)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    fn read(&mut self) {
        while self.at < self.tokens.len() {
            match self.word(0) {
                "use" if !is_start(self.word(1)) => self.at += 1,
                "use" => {
                    self.at += 1;
                    self.tree(&[]);
                }
                "mod" if self.word(2) == "{" => {
                    self.module.push(self.word(1).to_owned());
                    self.blocks.push(true);
                    self.at += 3;
                }
                "{" => {
                    self.blocks.push(false);
                    self.at += 1;
                }
                "}" => {
                    if self.blocks.pop() == Some(true) {
                        self.module.pop();
                    }
                    self.at += 1;
                }
                _ => self.path_in_between(),
            }
        }
    }

    /// A branch of a `use`: `a::{b, c::*}`, with what stands before it.
    fn tree(&mut self, before: &[String]) {
        let line = self.line();
        let mut words = before.to_vec();
        loop {
            match self.word(0) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !matches!(self.word(0), "}" | "") {
                        self.tree(&words);
                        if self.word(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    words.push("*".to_owned());
                    self.at += 1;
                    break;
                }
                word if is_name(word) => {
                    words.push(word.to_owned());
                    self.at += 1;
                    if self.word(0) == "as" {
                        self.at += 2;
                    }
                }
                _ => break,
            }
        }
        self.name(words, line);
    }

    /// `crate::domain::Clock` between other text. A leading `::` changes nothing for us.
    fn path_in_between(&mut self) {
        let line = self.line();
        let mut words = Vec::new();
        while is_name(self.word(0)) {
            words.push(self.word(0).to_owned());
            self.at += 1;
            if self.word(0) != "::" || !is_name(self.word(1)) {
                break;
            }
            self.at += 1;
        }
        match words.len() {
            0 => self.at += 1,
            1 => {}
            _ => self.name(words, line),
        }
    }

    /// Notes a path, seen from the root of the crate.
    fn name(&mut self, words: Vec<String>, line: usize) {
        let mut rest = words.as_slice();
        let mut base: Option<Vec<String>> = None;
        while let Some((first, behind)) = rest.split_first() {
            base = Some(match (first.as_str(), base) {
                ("crate", None) => Vec::new(),
                ("self", None) => self.module.clone(),
                ("super", base) => {
                    let mut base = base.unwrap_or_else(|| self.module.clone());
                    base.pop();
                    base
                }
                (_, Some(base)) => {
                    self.push_own(&base, rest, line);
                    return;
                }
                (_, None) => {
                    self.found.push(Named { words, line });
                    return;
                }
            });
            rest = behind;
        }
        if let Some(base) = base {
            self.push_own(&base, &[], line);
        }
    }

    fn push_own(&mut self, base: &[String], rest: &[String], line: usize) {
        // `use a::{self}` names `a`.
        let rest = rest.iter().filter(|word| *word != "self");
        let words = std::iter::once("crate".to_owned()).chain(base.iter().chain(rest).cloned()).collect();
        self.found.push(Named { words, line });
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !matches!(
            word,
            "use" | "mod" | "as" | "pub" | "in" | "fn" | "impl" | "dyn" | "mut" | "ref" | "for"
        )
}

/// Whether a `use` can go on so: `impl Trait + use<'a>` is no import.
fn is_start(word: &str) -> bool {
    matches!(word, "::" | "{" | "*") || is_name(word)
}
