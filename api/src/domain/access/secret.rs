//! What nobody may read back: settings that are secret, opaque tokens, and the randomness behind both.
//!
//! Randomness is a parameter ([`Entropy`]), so that tests and the demo are exact; this file is the only
//! place that asks the operating system for it.

use std::fmt;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

/// Text that must not reach a log, an answer or a panic message: printed as `***` everywhere, wiped from
/// memory when dropped, and not serializable.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself. Call it at the point of use only, and never keep the answer.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Where random bytes come from. Cheap to clone; clones share one stream.
#[derive(Clone)]
pub struct Entropy(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<SeededStream>>),
}

/// SHA-256 over a seed and a counter: the same seed gives the same bytes.
struct SeededStream {
    seed: u64,
    block: u64,
    left: Vec<u8>,
}

impl Entropy {
    /// The operating system's cryptographic source: the only one fit for secrets.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A stream that repeats for the same seed. For tests and demo data; anyone who knows the seed knows
    /// the bytes, so never for a secret that guards real data.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(SeededStream { seed, block: 0, left: Vec::new() }))))
    }

    /// Whether it gives the same bytes each time, by its seed.
    pub(in crate::domain) const fn repeats(&self) -> bool {
        matches!(self.0, Source::Seeded(_))
    }

    /// Fills a buffer with random bytes.
    ///
    /// Should the operating system refuse (no Linux does so after boot), the process ends: going on would
    /// mean guessable tokens and salts.
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System => fill_from_system(buffer),
            Source::Seeded(stream) => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).fill(buffer);
            }
        }
    }

    /// An array of random bytes.
    #[must_use]
    pub fn bytes<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut buffer = [0; LENGTH];
        self.fill(&mut buffer);
        buffer
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.0 {
            Source::System => "Entropy(system)",
            Source::Seeded(_) => "Entropy(seeded)",
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one gate to the operating system's randomness")]
fn fill_from_system(buffer: &mut [u8]) {
    if let Err(error) = getrandom::fill(buffer) {
        tracing::error!(%error, "the operating system gives no random bytes; stopping");
        std::process::abort();
    }
}

impl SeededStream {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.left.is_empty() {
                let mut hasher = Sha256::new();
                hasher.update(self.seed.to_le_bytes());
                hasher.update(self.block.to_le_bytes());
                self.left = hasher.finalize().to_vec();
                self.block = self.block.wrapping_add(1);
            }
            *byte = self.left.pop().unwrap_or_default();
        }
    }
}

/// What an opaque token is for. The prefix says it to people and to secret scanners, and keeps one kind
/// from being used as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpaqueKind {
    /// Continues a session: exchanged for a new access token, and replaced at each use.
    Refresh,
    /// Sets a password once: handed out by an invitation or a reset.
    SetUp,
    /// Lets a tool in, until it expires or is revoked.
    Service,
}

impl OpaqueKind {
    /// How the token's text begins.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "tlr_",
            Self::SetUp => "tls_",
            Self::Service => "tlk_",
        }
    }

    /// What the database keeps for a text that claims to be such a token: its SHA-256, or null when the
    /// text has not this kind's form, so that no look-up is needed.
    ///
    /// A plain hash is enough, because the token holds 256 random bits and cannot be guessed.
    #[must_use]
    pub fn stored_hash(self, text: &str) -> Option<Vec<u8>> {
        let body = text.strip_prefix(self.prefix())?;
        let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
        (bytes.len() == TOKEN_BYTES).then(|| digest(text))
    }
}

/// Random bytes in an opaque token.
const TOKEN_BYTES: usize = 32;

/// A token just made: the text goes to its holder once, the hash into the database.
#[derive(Clone, Debug)]
pub struct OpaqueToken {
    /// The text to hand over; it cannot be recovered later.
    pub text: Secret,
    /// SHA-256 of the text, 32 bytes.
    pub hash: Vec<u8>,
}

impl OpaqueToken {
    /// A new token: the kind's prefix and 32 random bytes in base64url.
    #[must_use]
    pub fn mint(kind: OpaqueKind, entropy: &Entropy) -> Self {
        let text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(entropy.bytes::<TOKEN_BYTES>()));
        let hash = digest(&text);
        Self { text: text.into(), hash }
    }
}

/// A random secret for signing access tokens: 32 bytes in base64url, 43 characters.
#[must_use]
pub fn signing_secret(entropy: &Entropy) -> Secret {
    URL_SAFE_NO_PAD.encode(entropy.bytes::<TOKEN_BYTES>()).into()
}

/// SHA-256 of a text, 32 bytes: how tokens and throttled addresses are stored.
#[must_use]
pub fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[must_use]
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let difference = left.iter().zip(right).fold(0_u8, |found, (a, b)| black_box(found | (a ^ b)));
    black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_nowhere_but_where_it_is_exposed() {
        let secret = Secret::from("canary-7f3a".to_owned());
        assert_eq!(format!("{secret:?} {secret} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.expose(), "canary-7f3a");
    }

    #[test]
    fn a_minted_token_is_found_again_by_its_hash_and_only_as_its_kind() {
        let token = OpaqueToken::mint(OpaqueKind::Refresh, &Entropy::system());
        let text = token.text.expose();
        assert!(text.starts_with("tlr_"), "the kind can be read");
        assert_eq!(text.len(), 4 + 43);
        assert_eq!(OpaqueKind::Refresh.stored_hash(text), Some(token.hash.clone()));
        assert_eq!(OpaqueKind::SetUp.stored_hash(text), None);
        assert_eq!(OpaqueKind::Refresh.stored_hash(&text[..text.len() - 1]), None, "a cut token");
        assert_eq!(OpaqueKind::Refresh.stored_hash("tlr_"), None);
        assert_eq!(token.hash.len(), 32);
        assert!(!format!("{token:?}").contains(text));
    }

    #[test]
    fn tokens_differ() {
        let entropy = Entropy::system();
        let first = OpaqueToken::mint(OpaqueKind::SetUp, &entropy);
        let second = OpaqueToken::mint(OpaqueKind::SetUp, &entropy);
        assert_ne!(first.hash, second.hash);
    }

    #[test]
    fn a_seed_repeats_its_stream_whatever_the_sizes_asked_for() {
        let (one, other) = (Entropy::seeded(7), Entropy::seeded(7));
        let whole = one.bytes::<80>();
        let mut parts = other.bytes::<33>().to_vec();
        parts.extend(other.bytes::<47>());
        assert_eq!(whole.to_vec(), parts);
        assert_ne!(Entropy::seeded(8).bytes::<32>(), Entropy::seeded(7).bytes::<32>());
    }

    #[test]
    fn bytes_are_compared_whole() {
        assert!(same_bytes(b"abc", b"abc"));
        assert!(!same_bytes(b"abc", b"abd"));
        assert!(!same_bytes(b"abc", b"bbc"));
        assert!(!same_bytes(b"abc", b"ab"));
        assert!(same_bytes(b"", b""));
    }
}
