//! Credentials of tools at rest: sealed with a key that is not in the database, so that whoever reads the
//! database alone, or a backup of it, cannot speak to a tool in an organization's name.
//!
//! Keys change over time: the first one seals, every one unseals, and what an older one sealed is sealed anew
//! when it is next written.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret as _, SecretBox, SecretString, zeroize::Zeroizing};

use super::{
    access::secret::{Entropy, Secret},
    error::{DomainError, Result, UserErrorCode},
};

/// Bytes of a key: AES-256.
const KEY_BYTES: usize = 32;
/// The most characters of a key's id.
const MAX_ID: usize = 32;

/// Why an entry of the setting is no key; entries count from 1. No part of a key is in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingKeyRejected {
    /// There is no colon in it.
    #[error(
        "entry {0} has no id: write id:key, such as 2026-01: and the output of `openssl rand -base64 32`"
    )]
    NoId(usize),
    /// What stands before the colon is no id.
    #[error("the id of entry {0} is not one: use 1–32 characters of a–z, 0–9 and -, such as 2026-01")]
    Id(usize),
    /// What stands behind the colon is no key.
    #[error("the key of entry {0} is not 32 bytes in base64: make one with `openssl rand -base64 32`")]
    Key(usize),
    /// Nobody could tell which of two keys sealed a thing.
    #[error("two keys have the id {0}: give each an id of its own")]
    SameId(String),
}

/// The keys that seal credentials: the first seals, all unseal. With none, nothing can be sealed.
#[derive(Default)]
pub struct SealingKeys {
    keys: Vec<SealingKey>,
}

/// A key under its name. Wiped from memory when dropped.
struct SealingKey {
    id: String,
    secret: SecretBox<[u8; KEY_BYTES]>,
}

/// A text that only a key opens again: what the database keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which key sealed it.
    pub key_id: String,
    /// A random nonce of 12 bytes, the text enciphered with AES-256-GCM, and its tag of 16 bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl SealingKeys {
    /// Reads the entries of the setting `integrations.sealing_keys`, each `id:key`, the newest first.
    ///
    /// # Errors
    /// [`SealingKeyRejected`] for the first entry that is no key.
    pub fn from_settings(entries: &[Secret]) -> Result<Self, SealingKeyRejected> {
        let mut keys: Vec<SealingKey> = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let key = SealingKey::read(at + 1, entry)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(SealingKeyRejected::SameId(key.id));
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// Whether anything can be sealed: to be asked before work that would be in vain without.
    ///
    /// # Errors
    /// A user error when there is no key.
    pub fn must_seal(&self) -> Result<()> {
        self.first().map(|_| ())
    }

    fn first(&self) -> Result<&SealingKey> {
        self.keys.first().ok_or_else(no_key)
    }

    /// Seals a text with the first key. `bound_to` names the place where it is kept, organization and integration:
    /// it opens there only, so that a row copied to another place is worth nothing. It is not kept with the text.
    ///
    /// # Errors
    /// A user error when there is no key.
    pub fn seal(&self, clear: &SecretString, bound_to: &[u8]) -> Result<Sealed> {
        let key = self.first()?;
        let cipher = key.cipher()?;
        // Never a clock's randomness: one that repeats its nonces, as in tests and for the demo, gives away what
        // is sealed, and nobody needs to foresee these bytes.
        let nonce = Entropy::system().bytes::<NONCE_LEN>();
        let clear = clear.expose_secret().as_bytes();
        // Room for all of it from the start: a vector that grows leaves clear text behind in memory.
        let mut bytes = Vec::with_capacity(NONCE_LEN + clear.len() + MAX_TAG_LEN);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(clear);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = cipher
            .seal_in_place_separate_tag(nonce, Aad::from(bound_to), &mut bytes[NONCE_LEN..])
            .map_err(|_| DomainError::Internal("a credential is too long to be sealed".to_owned()))?;
        bytes.extend_from_slice(tag.as_ref());
        Ok(Sealed { key_id: key.id.clone(), bytes })
    }

    /// The text again, where it was sealed for this very place.
    ///
    /// # Errors
    /// A user error when its key is not among ours; `INTERNAL` when it was altered or belongs to another place.
    pub fn unseal(&self, sealed: &Sealed, bound_to: &[u8]) -> Result<SecretString> {
        let key = self.keys.iter().find(|key| key.id == sealed.key_id);
        let cipher = key.ok_or_else(|| unknown_key(&sealed.key_id))?.cipher()?;
        let (nonce, enciphered) = sealed.bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(altered)?;
        let mut buffer = Zeroizing::new(enciphered.to_vec());
        let clear = cipher
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound_to), &mut buffer)
            .map_err(|_| altered())?;
        let text = std::str::from_utf8(clear).map_err(|_| altered())?;
        Ok(SecretString::from(text))
    }

    /// Whether another key than the first sealed it: it is to be sealed anew when it is next written.
    #[must_use]
    pub fn needs_new_key(&self, sealed: &Sealed) -> bool {
        self.keys.first().is_some_and(|first| first.id != sealed.key_id)
    }
}

impl SealingKey {
    /// Reads `id:key`; the entry's number is for the message.
    fn read(number: usize, entry: &Secret) -> Result<Self, SealingKeyRejected> {
        let (id, text) = entry.expose().split_once(':').ok_or(SealingKeyRejected::NoId(number))?;
        let is_id = (1..=MAX_ID).contains(&id.len())
            && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !is_id {
            return Err(SealingKeyRejected::Id(number));
        }
        let bytes = STANDARD.decode(text).map(Zeroizing::new).ok();
        let bytes = bytes.filter(|bytes| bytes.len() == KEY_BYTES).ok_or(SealingKeyRejected::Key(number))?;
        let secret = SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| key.copy_from_slice(&bytes));
        Ok(Self { id: id.to_owned(), secret })
    }

    /// The key as the library uses it. Made for each use, for the library does not wipe it.
    fn cipher(&self) -> Result<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, self.secret.expose_secret())
            .map(LessSafeKey::new)
            .map_err(|_| DomainError::Internal("a sealing key has not the length of its cipher".to_owned()))
    }
}

fn no_key() -> DomainError {
    DomainError::user(
        "",
        UserErrorCode::NotNow,
        "no key is set that credentials are sealed with: whoever runs the server sets \
         integrations.sealing_keys (THROUGHLINE_INTEGRATIONS__SEALING_KEYS) to 2026-01: and the output of \
         `openssl rand -base64 32`",
    )
}

fn unknown_key(id: &str) -> DomainError {
    DomainError::user(
        "",
        UserErrorCode::NotNow,
        format!(
            "the credential was sealed with the key {id}, which is not in integrations.sealing_keys: put it back \
             there, behind the newer ones, or give the credential anew"
        ),
    )
}

/// Altered, cut, or copied from another place: which of them cannot be told.
fn altered() -> DomainError {
    DomainError::Internal("a sealed credential was altered, or belongs to another integration".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "2025-07:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "2026-01:4Jb5Vw0o1xKqT3cYyD7m2hS8uZrN6fPgEaLkQiXtBvM=";
    const HERE: &[u8] = b"organization 1, integration 1";
    const CLEAR: &str = r#"{"email":"ada@acme.test","token":"canary-7f3a"}"#;

    fn keys(entries: &[&str]) -> SealingKeys {
        read(entries).unwrap()
    }

    fn read(entries: &[&str]) -> Result<SealingKeys, SealingKeyRejected> {
        let entries: Vec<Secret> = entries.iter().map(|entry| Secret::from(*entry)).collect();
        SealingKeys::from_settings(&entries)
    }

    fn sealed_with(keys: &SealingKeys) -> Sealed {
        keys.seal(&CLEAR.into(), HERE).unwrap()
    }

    #[track_caller]
    fn is_refused_as_altered(keys: &SealingKeys, sealed: &Sealed, bound_to: &[u8]) {
        let error = keys.unseal(sealed, bound_to).unwrap_err();
        assert!(matches!(error, DomainError::Internal(_)), "{error}");
        assert!(error.to_string().contains("altered"), "{error}");
    }

    #[test]
    fn what_is_sealed_opens_again_and_shows_nothing() {
        let keys = keys(&[NEW]);
        for clear in ["", "x", CLEAR, "Zürich 東京", &"long".repeat(20_000)] {
            let sealed = keys.seal(&clear.into(), HERE).unwrap();
            assert_eq!(sealed.bytes.len(), NONCE_LEN + clear.len() + MAX_TAG_LEN);
            assert_eq!(sealed.key_id, "2026-01");
            assert_eq!(keys.unseal(&sealed, HERE).unwrap().expose_secret(), clear);
        }
        let sealed = sealed_with(&keys);
        assert!(!sealed.bytes.windows(6).any(|part| part == b"canary"));
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        let keys = keys(&[NEW]);
        let (one, other) = (sealed_with(&keys), sealed_with(&keys));
        assert_ne!(one.bytes[..NONCE_LEN], other.bytes[..NONCE_LEN]);
        assert_ne!(one.bytes[NONCE_LEN..], other.bytes[NONCE_LEN..]);
    }

    #[test]
    fn an_altered_byte_anywhere_is_refused() {
        let keys = keys(&[NEW]);
        let sealed = sealed_with(&keys);
        for at in 0..sealed.bytes.len() {
            let mut altered = sealed.clone();
            altered.bytes[at] ^= 1;
            is_refused_as_altered(&keys, &altered, HERE);
        }
        for length in 0..sealed.bytes.len() {
            let cut = Sealed { bytes: sealed.bytes[..length].to_vec(), ..sealed.clone() };
            is_refused_as_altered(&keys, &cut, HERE);
        }
        let mut longer = sealed;
        longer.bytes.push(0);
        is_refused_as_altered(&keys, &longer, HERE);
    }

    #[test]
    fn it_opens_only_where_it_was_sealed_for() {
        let keys = keys(&[NEW]);
        let sealed = sealed_with(&keys);
        for elsewhere in [b"organization 1, integration 2".as_slice(), b"organization 2, integration 1", b""]
        {
            is_refused_as_altered(&keys, &sealed, elsewhere);
        }
    }

    #[test]
    fn after_a_rotation_the_old_key_opens_and_the_new_one_seals() {
        let (before, after) = (keys(&[OLD]), keys(&[NEW, OLD]));
        let old = sealed_with(&before);
        assert!(!before.needs_new_key(&old));
        assert!(after.needs_new_key(&old));
        let clear = after.unseal(&old, HERE).unwrap();
        assert_eq!(clear.expose_secret(), CLEAR);
        let anew = after.seal(&clear, HERE).unwrap();
        assert_eq!(anew.key_id, "2026-01");
        assert!(!after.needs_new_key(&anew));
        assert_eq!(keys(&[NEW]).unseal(&anew, HERE).unwrap().expose_secret(), CLEAR);
    }

    #[test]
    fn an_unknown_key_is_told_by_its_id() {
        let sealed = sealed_with(&keys(&[OLD]));
        for present in [keys(&[NEW]), SealingKeys::default()] {
            let error = present.unseal(&sealed, HERE).unwrap_err();
            assert!(matches!(error, DomainError::User(_)), "{error}");
            assert!(error.to_string().contains("the key 2025-07,"), "{error}");
        }
        let renamed = Sealed { key_id: "2026-01".to_owned(), ..sealed };
        is_refused_as_altered(&keys(&[NEW, OLD]), &renamed, HERE);
    }

    #[test]
    fn without_a_key_it_is_told_what_to_set() {
        let none = SealingKeys::default();
        for error in [none.must_seal().unwrap_err(), none.seal(&CLEAR.into(), HERE).unwrap_err()] {
            assert!(matches!(error, DomainError::User(_)), "{error}");
            let told = error.to_string();
            assert!(told.contains("integrations.sealing_keys"), "{told}");
            assert!(told.contains("`openssl rand -base64 32`"), "{told}");
        }
        keys(&[NEW]).must_seal().unwrap();
        assert!(!none.needs_new_key(&sealed_with(&keys(&[NEW]))), "there is none to be sealed with");
    }

    #[test]
    fn entries_that_are_no_keys_are_refused_without_being_repeated() {
        let bytes = |count: usize| STANDARD.encode(vec![7_u8; count]);
        let unpadded = bytes(32).trim_end_matches('=').to_owned();
        let long_id = "a".repeat(33);
        for (entry, expected) in [
            ("canary".to_owned(), SealingKeyRejected::NoId(2)),
            (String::new(), SealingKeyRejected::NoId(2)),
            (bytes(32), SealingKeyRejected::NoId(2)),
            (format!(":{}", bytes(32)), SealingKeyRejected::Id(2)),
            (format!("Canary:{}", bytes(32)), SealingKeyRejected::Id(2)),
            (format!("can ary:{}", bytes(32)), SealingKeyRejected::Id(2)),
            (format!("canäry:{}", bytes(32)), SealingKeyRejected::Id(2)),
            (format!("{long_id}:{}", bytes(32)), SealingKeyRejected::Id(2)),
            ("a:".to_owned(), SealingKeyRejected::Key(2)),
            ("a:canary".to_owned(), SealingKeyRejected::Key(2)),
            (format!("a:{}", bytes(31)), SealingKeyRejected::Key(2)),
            (format!("a:{}", bytes(33)), SealingKeyRejected::Key(2)),
            (format!("a: {}", bytes(32)), SealingKeyRejected::Key(2)),
            (format!("a:{unpadded}"), SealingKeyRejected::Key(2)),
            (format!("2026-01:{}", bytes(32)), SealingKeyRejected::SameId("2026-01".to_owned())),
        ] {
            let refused = read(&[NEW, &entry]).unwrap_err();
            assert_eq!(refused, expected, "{entry}");
            assert!(!refused.to_string().contains("canary"), "{refused}");
        }
        let longest = format!("{}:{}", "a".repeat(32), bytes(32));
        assert_eq!(keys(&[longest.as_str(), NEW, OLD]).keys.len(), 3);
    }

    #[test]
    fn keys_do_not_show_in_debug() {
        assert_eq!(format!("{:?}", keys(&[NEW, OLD])), r#"["2026-01", "2025-07"]"#);
    }
}
