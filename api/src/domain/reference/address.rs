//! Addresses in texts: with a scheme, with `www.`, or a host name with a path.

/// Longest scheme looked for, in characters.
const LONGEST_SCHEME: usize = 32;

/// An address in a text, from its first character to the one after its last.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Address {
    /// The place after a base (host and path without scheme), when the address is under it.
    pub(super) fn under(&self, text: &[char], base: &[char]) -> Option<usize> {
        let whole = text.get(self.start..self.end)?;
        let colon = whole.iter().take(LONGEST_SCHEME + 1).position(|character| *character == ':');
        let schemed =
            colon.filter(|colon| whole.get(*colon..).is_some_and(|rest| rest.starts_with(&[':', '/', '/'])));
        let host = schemed.map_or(self.start, |colon| self.start + colon + 3);
        past(text, host, base)
    }
}

/// The place after some characters, whatever their case, when they stand here.
pub(super) fn past(text: &[char], at: usize, characters: &[char]) -> Option<usize> {
    let end = at.checked_add(characters.len())?;
    text.get(at..end)?.iter().zip(characters).all(|(one, other)| same(*one, *other)).then_some(end)
}

/// Whether two characters are the same but for their case.
pub(super) fn same(one: char, other: char) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(&other);
    }
    one == other || one.to_uppercase().eq(other.to_uppercase())
}

/// The host and path of an address, without scheme and closing slash.
pub(super) fn base(url: &str) -> Option<Vec<char>> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    (!rest.is_empty()).then(|| rest.chars().collect())
}

/// The addresses around places that are asked for in ascending order.
///
/// An address holds no white space, so that only what stands between two blanks is looked through, once.
pub(super) struct Around<'t> {
    text: &'t [char],
    /// End of what was looked through.
    looked: usize,
    found: std::vec::IntoIter<Address>,
    current: Option<Address>,
}

impl<'t> Around<'t> {
    pub(super) fn new(text: &'t [char]) -> Self {
        Self { text, looked: 0, found: Vec::new().into_iter(), current: None }
    }

    /// The address in which a place lies.
    pub(super) fn at(&mut self, place: usize) -> Option<Address> {
        if place >= self.looked {
            let blank = |character: &char| character.is_whitespace();
            let before = self.text.get(self.looked..place).unwrap_or_default();
            let start = before.iter().rposition(blank).map_or(self.looked, |offset| self.looked + offset + 1);
            let after = self.text.get(place..).unwrap_or_default();
            let end = after.iter().position(blank).map_or(self.text.len(), |offset| place + offset);
            super::steps::take(end - self.looked);
            self.looked = end;
            self.found = find(self.text, start, end).into_iter();
            self.current = self.found.next();
        }
        while self.current.as_ref().is_some_and(|address| address.end <= place) {
            self.current = self.found.next();
        }
        self.current.as_ref().filter(|address| address.start <= place).copied()
    }
}

/// The addresses in a part of a text between two blanks, in order, without overlap.
fn find(text: &[char], from: usize, to: usize) -> Vec<Address> {
    let mut addresses: Vec<Address> = Vec::new();
    let mut at = from;
    // Where the word begins that may turn out to be a host.
    let mut word = from;
    super::steps::take(to - from);
    while let Some(character) = text.get(at).filter(|_| at < to) {
        let start = match character {
            ':' if text.get(at..).is_some_and(|rest| rest.starts_with(&[':', '/', '/'])) => {
                scheme_start(text, at).map(|start| start.max(word))
            }
            '/' => is_host(text.get(word..at).unwrap_or_default()).then_some(word),
            'w' | 'W' if at == word => past(text, at, &['w', 'w', 'w', '.']).map(|_| at),
            _ => None,
        };
        if let Some(start) = start {
            let end = end_of(text, at);
            addresses.push(Address { start, end });
            at = end;
            word = end;
        } else {
            at += 1;
            if !(character.is_alphanumeric() || matches!(character, '.' | '-' | ':')) {
                word = at;
            }
        }
    }
    addresses
}

/// Where the scheme before a `://` begins; nothing when there is none.
fn scheme_start(text: &[char], colon: usize) -> Option<usize> {
    let letters = text.iter().take(colon).rev().take(LONGEST_SCHEME);
    let length =
        letters.take_while(|character| character.is_ascii_alphanumeric() || **character == '+').count();
    (length > 0).then(|| colon - length)
}

/// Whether a word is a host name: labels joined by dots, the last of letters; a port may follow.
fn is_host(word: &[char]) -> bool {
    let mut parts = word.split(|character| *character == ':');
    let host = parts.next().unwrap_or_default();
    let port = parts.next();
    let numeric = |port: &[char]| !port.is_empty() && port.iter().all(char::is_ascii_digit);
    if parts.next().is_some() || port.is_some_and(|port| !numeric(port)) {
        return false;
    }
    let mut labels = host.rsplit(|character| *character == '.');
    let top = labels.next().unwrap_or_default();
    let mut others = labels.peekable();
    top.len() >= 2
        && top.iter().all(char::is_ascii_alphabetic)
        && others.peek().is_some()
        && others.all(|label| !label.is_empty())
}

/// Where an address ends: at white space, a quote or angle bracket, or a bracket that it did not open.
fn end_of(text: &[char], start: usize) -> usize {
    let (mut round, mut square) = (0_usize, 0_usize);
    for (offset, character) in text.iter().skip(start).enumerate() {
        let open = match character {
            '(' => {
                round += 1;
                true
            }
            '[' => {
                square += 1;
                true
            }
            ')' => round.checked_sub(1).inspect(|left| round = *left).is_some(),
            ']' => square.checked_sub(1).inspect(|left| square = *left).is_some(),
            '<' | '>' | '"' | '`' | '|' | '{' | '}' | '“' | '”' | '«' | '»' | '、' | '。' | '，' | '）'
            | '」' | '】' => false,
            other => !other.is_whitespace() && !super::is_mark(*other),
        };
        if !open {
            super::steps::take(offset);
            return start + offset;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {

    fn found(text: &str) -> Vec<String> {
        let text: Vec<char> = text.chars().collect();
        let blanks = text.iter().enumerate().filter(|(_, one)| one.is_whitespace()).map(|(place, _)| place);
        let ends: Vec<usize> = blanks.chain([text.len()]).collect();
        let mut from = 0;
        let mut addresses = Vec::new();
        for end in ends {
            addresses.extend(super::find(&text, from, end));
            from = end + 1;
        }
        addresses.iter().map(|address| text[address.start..address.end].iter().collect()).collect()
    }

    #[test]
    fn addresses_are_found_with_their_ends() {
        let cases: [(&str, &[&str]); 9] = [
            ("see https://a.test/x?y=1#z now", &["https://a.test/x?y=1#z"]),
            ("(http://a.test/x_(y)) and <ftp://b>", &["http://a.test/x_(y)", "ftp://b"]),
            ("[text|https://a.test/x] [md](https://b.test)", &["https://a.test/x", "https://b.test"]),
            ("www.a.test, a.test/b and a.test:8080/b", &["www.a.test,", "a.test/b", "a.test:8080/b"]),
            ("and/or 1/2 v1.2/3 e.g. x", &[]),
            ("://x a://", &["a://"]),
            ("https://a.test。次", &["https://a.test"]),
            ("https://a.test/[b]/c", &["https://a.test/[b]/c"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
