//! Source text as words and signs, without comments and without what stands in quotes.

/// A word or a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// A word (`domain`), a path sign (`::`), or one other character.
    pub text: String,
    /// The line on which it stands, from 1.
    pub line: usize,
}

/// Cuts a text into words and signs. Comments, literals and lifetimes are left out.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { text, at: 0, line: 1, found: Vec::new() };
    while let Some(next) = reader.peek() {
        reader.step(next);
    }
    reader.found
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    found: Vec<Token>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.line += self.rest()[..bytes].matches('\n').count();
        self.at += bytes;
    }

    /// Goes behind the next occurrence of an end, or to the end of the text.
    fn skip_behind(&mut self, end: &str) {
        self.skip(self.rest().find(end).map_or(self.rest().len(), |at| at + end.len()));
    }

    fn push(&mut self, text: &str) {
        self.found.push(Token { text: text.to_owned(), line: self.line });
        self.skip(text.len());
    }

    fn step(&mut self, next: char) {
        let rest = self.rest();
        if rest.starts_with("//") {
            self.skip_behind("\n");
        } else if rest.starts_with("/*") {
            self.block_comment();
        } else if next == '"' {
            self.skip(1);
            self.quoted('"');
        } else if next == '\'' {
            self.character_or_lifetime();
        } else if is_word(next) {
            self.word();
        } else if rest.starts_with("::") {
            self.push("::");
        } else if next.is_whitespace() {
            self.skip(next.len_utf8());
        } else {
            self.push(&rest[..next.len_utf8()]);
        }
    }

    fn block_comment(&mut self) {
        self.skip(2);
        let mut depth = 1;
        while depth > 0 && !self.rest().is_empty() {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.skip(2);
            } else {
                self.skip(self.peek().map_or(0, char::len_utf8));
            }
        }
    }

    /// Goes behind the closing quote; the opening one is behind us.
    fn quoted(&mut self, quote: char) {
        while let Some(next) = self.peek() {
            self.skip(next.len_utf8());
            if next == '\\' {
                self.skip(self.peek().map_or(0, char::len_utf8));
            } else if next == quote {
                return;
            }
        }
    }

    fn character_or_lifetime(&mut self) {
        self.skip(1);
        let mut coming = self.rest().chars();
        let is_character = coming.next() == Some('\\') || coming.next() == Some('\'');
        if is_character {
            self.quoted('\'');
        } else {
            self.skip(self.word_length());
        }
    }

    fn word_length(&self) -> usize {
        self.rest().find(|next| !is_word(next)).unwrap_or(self.rest().len())
    }

    fn word(&mut self) {
        let length = self.word_length();
        let (word, behind) = self.rest().split_at(length);
        let hashes = behind.len() - behind.trim_start_matches('#').len();
        let is_raw = matches!(word, "r" | "br" | "cr") && behind[hashes..].starts_with('"');
        if is_raw {
            self.skip(length + hashes + 1);
            self.skip_behind(&format!("\"{}", "#".repeat(hashes)));
        } else if word == "r" && hashes == 1 {
            // `r#type` is the word `type`.
            self.skip(length + hashes);
        } else if matches!(word, "b" | "c") && behind.starts_with('"') {
            self.skip(length);
        } else if word == "b" && behind.starts_with('\'') {
            self.skip(length + 1);
            self.quoted('\'');
        } else {
            self.push(word);
        }
    }
}

fn is_word(next: char) -> bool {
    next.is_alphanumeric() || next == '_'
}
