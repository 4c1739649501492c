//! The words, texts and signs of a query.

/// Characters that stand in a query between quotes only.
const RESERVED: &str = "+.;?|*/%^$#@[]{}~&\\";

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word as it stands.
    Word(String),
    /// What stands between quotes.
    Quoted(String),
    /// `=`, `>=`, a comma or the like.
    Sign(String),
}

/// Takes a query apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            space if space.is_whitespace() => {}
            '"' | '\'' => {
                let mut inner = String::new();
                loop {
                    match rest.next() {
                        Some('\\') => inner.extend(rest.next()),
                        Some(end) if end == first => break,
                        Some(other) => inner.push(other),
                        None => return Err(format!("The quoted string '{inner}' has not been completed.")),
                    }
                }
                found.push(Token::Quoted(inner));
            }
            '(' | ')' | ',' => found.push(Token::Sign(first.to_string())),
            '=' | '<' | '>' | '!' => {
                let second = rest.next_if_eq(&'=').map(String::from).unwrap_or_default();
                found.push(Token::Sign(format!("{first}{second}")));
            }
            reserved if RESERVED.contains(reserved) => {
                return Err(format!("The character '{reserved}' is a reserved JQL character."));
            }
            _ => {
                let mut word = first.to_string();
                while let Some(next) = rest.next_if(|next| !ends_word(*next)) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || "\"'(),=<>!".contains(character) || RESERVED.contains(character)
}
