//! Signatures of deliveries: a tag over the raw bytes, made with a secret that only the tool and we know.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::sync::port::{NotHeard, Received};

/// The hash that a tool makes its tags with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hash {
    /// Broken for documents, not for tags (RFC 6194 §3.3); Trello has no other.
    Sha1,
    /// What all others take.
    Sha256,
}

/// Checks in constant time that `tag` is the HMAC of the bytes `signed`.
///
/// # Errors
/// [`NotHeard::Forged`] when it is not, and for an empty secret, with which anyone could sign.
pub(super) fn verify(hash: Hash, secret: &SecretString, signed: &[u8], tag: &[u8]) -> Result<(), NotHeard> {
    let secret = secret.expose_secret().as_bytes();
    if secret.is_empty() {
        return Err(NotHeard::Forged);
    }
    let algorithm = match hash {
        Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => hmac::HMAC_SHA256,
    };
    hmac::verify(&hmac::Key::new(algorithm, secret), signed, tag).map_err(|_| NotHeard::Forged)
}

/// The value of a header on which trust stands; none when it is absent. `name` is in lower case.
///
/// # Errors
/// [`NotHeard::Unsigned`] when it stands there twice: which of the two counts is not to be guessed.
pub(super) fn header<'r>(received: Received<'r>, name: &str) -> Result<Option<&'r str>, NotHeard> {
    let mut values =
        received.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(NotHeard::Unsigned),
    }
}

/// Reads pairs of hexadecimal digits in either case; none when it is anything else.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some((digit(high)? << 4) | digit(low)?)).collect()
}

/// Reads base64 with the usual alphabet and its padding; none when it is anything else.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hash, secret, what is signed, tag: the vectors of Jira (Atlassian's own) and of Trello.
    fn vectors() -> [(Hash, &'static str, String, Vec<u8>); 3] {
        let trello = "https://okr.example.com/hooks/trello/1?x=1";
        [
            (
                Hash::Sha256,
                "It's a Secret to Everybody",
                "Hello World!".to_owned(),
                from_hex("a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9").unwrap(),
            ),
            (
                Hash::Sha1,
                "trello-oauth1-secret",
                format!(
                    r#"{{"action":{{"type":"updateCard"}},"model":{{"id":"5abbe4b7ddc1b351ef961414"}}}}{trello}"#
                ),
                from_base64("q8ERU1EY+rZlI1J5pPmKs7iSGwE=").unwrap(),
            ),
            (
                Hash::Sha1,
                "trello-oauth1-secret",
                format!(r#"{{"text":"Zielgröße ✓"}}{trello}"#),
                from_base64("74O4n1i6W3BwbQsnguLFPQroEAc=").unwrap(),
            ),
        ]
    }

    #[test]
    fn a_tag_holds_for_its_secret_and_bytes_only() {
        for (hash, secret, signed, tag) in vectors() {
            let judge = |secret: &str, signed: &str, tag: &[u8]| {
                verify(hash, &SecretString::from(secret), signed.as_bytes(), tag)
            };
            assert_eq!(judge(secret, &signed, &tag), Ok(()));
            assert_eq!(judge("another", &signed, &tag), Err(NotHeard::Forged));
            assert_eq!(judge(secret, &format!("{signed} "), &tag), Err(NotHeard::Forged));
            assert_eq!(judge(secret, &signed, &tag[1..]), Err(NotHeard::Forged));
            assert_eq!(judge(secret, &signed, b""), Err(NotHeard::Forged));
            for at in 0..tag.len() {
                let mut altered = tag.clone();
                altered[at] ^= 1;
                assert_eq!(judge(secret, &signed, &altered), Err(NotHeard::Forged), "byte {at}");
            }
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b""), b"{}");
        let secret = SecretString::from("");
        assert_eq!(verify(Hash::Sha256, &secret, b"{}", tag.as_ref()), Err(NotHeard::Forged));
    }

    #[test]
    fn digits_are_read_strictly() {
        assert_eq!(from_hex("00ff7A"), Some(vec![0, 255, 0x7a]));
        assert_eq!(from_hex(""), Some(Vec::new()));
        for text in ["0", "0g", "+f", "0x0f", "ff ", "é"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
        assert_eq!(from_base64("+/8="), Some(vec![0xfb, 0xff]));
        for text in ["+/8", "-_8=", "+/8= ", "+/9=", "="] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn a_header_stands_once() {
        let headers: Vec<(String, String)> = [("a", "1"), ("b", "2"), ("b", "2")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let received = Received { headers: &headers, body: b"", url: "" };
        assert_eq!(header(received, "a"), Ok(Some("1")));
        assert_eq!(header(received, "b"), Err(NotHeard::Unsigned));
        assert_eq!(header(received, "c"), Ok(None));
    }
}
