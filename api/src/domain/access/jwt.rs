//! Access tokens: signed statements of who asks, checked before anything else of a request.
//!
//! The rules, so that no token can choose how it is checked:
//! - Every key has exactly one algorithm, by configuration. A token is tried only against keys of the
//!   algorithm in its header, so `none`, another algorithm, or a public key used as an HMAC secret finds
//!   no key at all.
//! - `kid` chooses among configured keys and nothing else. Headers that bring or point to a key (`jwk`,
//!   `jku`, `x5u`, `x5c`), that ask for extensions (`crit`, `b64`) or wrap another token (`enc`, `zip`,
//!   `cty`) are refused.
//! - The signature is checked before the claims are read.
//! - `exp`, `iss`, `aud` and `sub` are required and pinned; `nbf` is required of nobody but checked when it
//!   is there (identity providers often leave it out; our own tokens carry it). Time is the caller's clock.
//! - Tokens that we sign carry `kind: "access"`; a token with another kind is refused, and only in tokens
//!   with that kind are `sid` and `org` ours to read.
//! - Outside, every refusal looks alike; [`TokenRejected::reason`] is for the debug log and holds no text
//!   of the token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::Instant;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, crypto};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

mod keys;
mod remembered;
#[cfg(test)]
mod tests;

pub use keys::{KeyRejected, PublicKey, SigningKey, TokenAlgorithm, TokenSettings};

use remembered::Remembered;

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// How a person's global id begins; a subject may be written so, or as a bare UUID.
const PERSON_PREFIX: &str = "per_";

/// The `kind` claim of our access tokens: a token made for something else is never taken for one.
const ACCESS_KIND: &str = "access";

/// What a valid access token says. Rights are not in it: they are loaded by the subject at each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the person who asks.
    pub person: Uuid,
    /// `sid`: the session that the token came from, so that ending the session ends the token; none for
    /// tokens of the command line and of other issuers.
    pub session: Option<Uuid>,
    /// `org`: the organization that the token is meant for; none leaves it to the person's row.
    pub organization: Option<Uuid>,
    /// `iat`: when it was issued; none where another issuer does not say.
    pub issued_at: Option<Instant>,
    /// `exp`: when it ends, to the second; the leeway comes on top.
    pub expires_at: Instant,
}

/// A token that is not accepted. Its message is the same for every cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access token is not valid")]
pub struct TokenRejected {
    reason: &'static str,
}

impl TokenRejected {
    /// Why, for the debug log only: a fixed text without anything of the token.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

fn rejected(reason: &'static str) -> TokenRejected {
    TokenRejected { reason }
}

/// A token could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningFailed {
    /// No signing key is configured: sign-in is off here.
    #[error("no signing key is configured, so this server issues no tokens")]
    NoSigningKey,
    /// The cryptography library refused.
    #[error("the token could not be signed")]
    Refused,
}

/// The keys and pinned values that access tokens are checked against and, if so configured, signed with.
pub struct TokenKeys {
    issuer: String,
    audience: String,
    leeway_seconds: i64,
    verifying: Vec<VerifyingKey>,
    signing: Option<Signer>,
    remembered: Remembered,
}

struct VerifyingKey {
    algorithm: TokenAlgorithm,
    kid: Option<String>,
    key: DecodingKey,
}

struct Signer {
    algorithm: TokenAlgorithm,
    kid: Option<String>,
    key: EncodingKey,
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let algorithms: Vec<_> = self.verifying.iter().map(|key| key.algorithm).collect();
        out.debug_struct("TokenKeys")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("algorithms", &algorithms)
            .field("can_sign", &self.can_sign())
            .finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// Whether this server issues tokens itself; without it sign-in is off.
    #[must_use]
    pub fn can_sign(&self) -> bool {
        self.signing.is_some()
    }

    /// Whether any key is configured; without one every token is refused.
    #[must_use]
    pub fn can_verify(&self) -> bool {
        !self.verifying.is_empty()
    }

    /// Checks a token (without the word `Bearer`) at a moment and tells what it says.
    ///
    /// # Errors
    /// [`TokenRejected`] whatever is wrong with it.
    pub fn verify(&self, token: &str, now: Instant) -> Result<Claims, TokenRejected> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(rejected("longer than 8 KiB"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or(rejected("not three parts"))?;
        let (header, payload) = message.split_once('.').ok_or(rejected("not three parts"))?;
        if payload.contains('.') {
            return Err(rejected("not three parts"));
        }
        let header: WireHeader = decode_part(header).ok_or(rejected("the header cannot be read"))?;
        let algorithm = header.acceptable_algorithm()?;
        if !self.signature_holds(algorithm, header.kid.as_deref(), message, signature) {
            return Err(rejected("no configured key made this signature"));
        }
        let claims: WireClaims = decode_part(payload).ok_or(rejected("the claims cannot be read"))?;
        self.judge(&claims, now)
    }

    fn signature_holds(
        &self,
        algorithm: TokenAlgorithm,
        kid: Option<&str>,
        message: &str,
        signature: &str,
    ) -> bool {
        let named = kid.is_some() && self.verifying.iter().any(|key| key.kid.as_deref() == kid);
        self.verifying
            .iter()
            .filter(|key| key.algorithm == algorithm)
            // A token's kid leads to the key of that name, else to the keys without a name; a token without
            // one is tried against all.
            .filter(|key| match (kid, key.kid.as_deref()) {
                (None, _) => true,
                (Some(wanted), Some(name)) => wanted == name,
                (Some(_), None) => !named,
            })
            .any(|key| {
                let algorithm = key.algorithm.library_name();
                crypto::verify(signature, message.as_bytes(), &key.key, algorithm).unwrap_or(false)
            })
    }

    fn judge(&self, claims: &WireClaims, now: Instant) -> Result<Claims, TokenRejected> {
        if claims.iss.as_deref() != Some(self.issuer.as_str()) {
            return Err(rejected("another issuer, or none"));
        }
        if !claims.aud.as_ref().is_some_and(|audience| audience.names(&self.audience)) {
            return Err(rejected("for another audience, or for none"));
        }
        if claims.kind.as_deref().is_some_and(|kind| kind != ACCESS_KIND) {
            return Err(rejected("not an access token"));
        }
        let expires_at = claims.exp.ok_or(rejected("no expiry"))?.0;
        self.must_last(expires_at, now)?;
        if claims.nbf.is_some_and(|from| now < from.0.plus_seconds(-self.leeway_seconds)) {
            return Err(rejected("not valid yet"));
        }
        // Other issuers use the names `sid` and `org` for things of their own.
        let ours = claims.kind.is_some();
        let subject = claims.sub.as_deref().ok_or(rejected("no subject"))?;
        let person = Uuid::try_parse(subject.strip_prefix(PERSON_PREFIX).unwrap_or(subject))
            .map_err(|_| rejected("the subject is not a person's id"))?;
        Ok(Claims {
            person,
            session: claims.sid.filter(|_| ours),
            organization: claims.org.filter(|_| ours),
            issued_at: claims.iat.map(|at| at.0),
            expires_at,
        })
    }

    fn must_last(&self, expires_at: Instant, now: Instant) -> Result<(), TokenRejected> {
        if now >= expires_at.plus_seconds(self.leeway_seconds) { Err(rejected("expired")) } else { Ok(()) }
    }

    /// Makes an access token of these claims, with the pinned issuer and audience, valid from `issued_at`
    /// (from ever, if none) until `expires_at`, both cut to seconds.
    ///
    /// # Errors
    /// [`SigningFailed::NoSigningKey`] unless [`Self::can_sign`].
    pub fn sign(&self, claims: &Claims) -> Result<String, SigningFailed> {
        let signer = self.signing.as_ref().ok_or(SigningFailed::NoSigningKey)?;
        let mut header = Header::new(signer.algorithm.library_name());
        header.typ = Some("at+jwt".to_owned());
        header.kid.clone_from(&signer.kid);
        let issued_at = claims.issued_at.map(Seconds);
        let wire = WireClaims {
            iss: Some(self.issuer.clone()),
            aud: Some(Audience::One(self.audience.clone())),
            sub: Some(format!("{PERSON_PREFIX}{}", claims.person)),
            sid: claims.session,
            org: claims.organization,
            kind: Some(ACCESS_KIND.to_owned()),
            iat: issued_at,
            nbf: issued_at,
            exp: Some(Seconds(claims.expires_at)),
        };
        jsonwebtoken::encode(&header, &wire, &signer.key).map_err(|_| SigningFailed::Refused)
    }
}

/// Strict base64url without padding, then JSON without repeated names.
fn decode_part<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[derive(Deserialize)]
struct WireHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "presence")]
    jku: bool,
    #[serde(default, deserialize_with = "presence")]
    jwk: bool,
    #[serde(default, deserialize_with = "presence")]
    x5u: bool,
    #[serde(default, deserialize_with = "presence")]
    x5c: bool,
    #[serde(default, deserialize_with = "presence")]
    crit: bool,
    #[serde(default, deserialize_with = "presence")]
    b64: bool,
    #[serde(default, deserialize_with = "presence")]
    enc: bool,
    #[serde(default, deserialize_with = "presence")]
    zip: bool,
    #[serde(default, deserialize_with = "presence")]
    cty: bool,
}

/// True whatever the value is, null too: the name alone is what is refused.
fn presence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl WireHeader {
    fn acceptable_algorithm(&self) -> Result<TokenAlgorithm, TokenRejected> {
        if self.jku || self.jwk || self.x5u || self.x5c {
            return Err(rejected("the header brings or points to a key"));
        }
        if self.crit || self.b64 || self.enc || self.zip || self.cty {
            return Err(rejected("the header asks for an extension"));
        }
        if let Some(kind) = &self.typ {
            // Media types are compared without case, and may be written in full (RFC 7515 §4.1.9).
            let kind = kind.to_ascii_lowercase();
            if !matches!(kind.strip_prefix("application/").unwrap_or(&kind), "jwt" | "at+jwt") {
                return Err(rejected("the header names another type"));
            }
        }
        TokenAlgorithm::from_name(&self.alg).ok_or(rejected("the header names another algorithm"))
    }
}

#[derive(Serialize, Deserialize)]
struct WireClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "id_or_none")]
    sid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "id_or_none")]
    org: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<Seconds>,
}

/// Ids of ours are UUIDs; whatever else stands there belongs to another issuer and is left out.
fn id_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Id(Uuid),
        Other(IgnoredAny),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Id(id) => Some(id),
        Written::Other(IgnoredAny) => None,
    })
}

/// `aud` is one name or a list of names (RFC 7519 §4.1.3).
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(name) => name == wanted,
            Self::Several(names) => names.iter().any(|name| name == wanted),
        }
    }
}

/// A NumericDate (RFC 7519 §2): seconds since 1970, whole or with a fraction.
#[derive(Clone, Copy)]
struct Seconds(Instant);

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Serialize for Seconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.0.div_euclid(MICROS_PER_SECOND))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let micros = match number.as_i64() {
            Some(whole) => whole.checked_mul(MICROS_PER_SECOND),
            // A float as large as the range of instants has no fraction left; the cast holds at its ends.
            None => number.as_f64().map(|seconds| (seconds * 1e6) as i64),
        };
        micros.map(|micros| Self(Instant(micros))).ok_or_else(|| serde::de::Error::custom("out of range"))
    }
}
