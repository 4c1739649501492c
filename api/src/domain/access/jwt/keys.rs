//! From settings to keys: everything that can be wrong with a key is found here, when the server starts.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde::{Deserialize, Deserializer};

use super::{Signer, TokenKeys, VerifyingKey, remembered::Remembered};
use crate::domain::access::secret::Secret;

/// The shortest HMAC secret: as long as the hash (RFC 7518 §3.2).
const MIN_SECRET_BYTES: usize = 32;
/// The most clock difference that is forgiven, in seconds.
const MAX_LEEWAY_SECONDS: u32 = 60;
/// More keys than any rotation needs; each costs a signature check for a token without `kid`.
const MAX_PUBLIC_KEYS: usize = 16;
/// A DER public key of 2048 bits, the least that RFC 7518 §3.3 allows, is longer than this.
const MIN_RSA_DER_BYTES: usize = 256;
/// An Ed25519 public key.
const ED25519_BYTES: usize = 32;

/// How a token is signed. The set is closed: nothing else is accepted, whatever a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256: one secret both signs and checks.
    Hs256,
    /// RSA PKCS #1 v1.5 with SHA-256, 2048 bits or more.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl<'de> Deserialize<'de> for TokenAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| {
            serde::de::Error::custom(format!("{name:?} is not an algorithm: use RS256, ES256 or EdDSA"))
        })
    }
}

impl TokenAlgorithm {
    /// The name in a token's header and in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa].into_iter().find(|known| known.name() == name)
    }

    pub(super) const fn library_name(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// What is pinned about access tokens, and the keys: plain values, so that this module knows no
/// configuration file.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// `iss` that every token must have.
    pub issuer: String,
    /// `aud` that every token must have, alone or among others.
    pub audience: String,
    /// Clock difference that is forgiven at `exp` and `nbf`, in seconds, 0–60.
    pub leeway_seconds: u32,
    /// The HMAC secret, 32 bytes or more, if HS256 tokens are accepted.
    pub hs256_secret: Option<Secret>,
    /// Public keys of accepted issuers, at most 16.
    pub public_keys: Vec<PublicKey>,
    /// The private key that our own tokens are signed with; its public key must be among `public_keys`.
    pub signing_key: Option<SigningKey>,
    /// Whether our own tokens are signed with the HMAC secret when there is no `signing_key`.
    pub sign_with_secret: bool,
}

/// A public key that tokens are checked with.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// The one algorithm that it is used with; not HS256.
    pub algorithm: TokenAlgorithm,
    /// Its name in token headers, if the issuer gives one.
    pub kid: Option<String>,
    /// The key, PEM (`BEGIN PUBLIC KEY`).
    pub pem: String,
}

/// A private key that tokens are signed with.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// Its algorithm; not HS256.
    pub algorithm: TokenAlgorithm,
    /// The name to write in token headers.
    pub kid: Option<String>,
    /// The key, PEM (PKCS #8, `BEGIN PRIVATE KEY`).
    pub pem: Secret,
}

/// What is wrong with a key or a pinned value, and how to mend it; no part of a key is in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRejected {
    /// Nothing would be pinned.
    #[error("the {0} of access tokens is empty: set it to the name that your tokens carry")]
    Unpinned(&'static str),
    /// Too much clock difference.
    #[error("a leeway of {0} s is too much: set it to 0–60 seconds")]
    Leeway(u32),
    /// A secret that can be guessed.
    #[error("the HS256 secret has {0} bytes: use 32 or more random bytes, such as `openssl rand -base64 32`")]
    WeakSecret(usize),
    /// A secret with too little variety to be random.
    #[error("the HS256 secret is not random: make one with `openssl rand -base64 32`")]
    PlainSecret,
    /// An HMAC key among public keys.
    #[error("HS256 has no public or private key: set the secret as hs256_secret")]
    SecretAsKey,
    /// The PEM does not hold what it should.
    #[error("{which} is not a {algorithm} {half} key in PEM: {hint}")]
    NotAKey {
        /// Which setting, counted from 1.
        which: String,
        /// The algorithm it was configured for.
        algorithm: &'static str,
        /// `public` or `private`.
        half: &'static str,
        /// How to make one.
        hint: &'static str,
    },
    /// An RSA key under 2048 bits.
    #[error("{0} is an RSA key of less than 2048 bits: make a larger one")]
    SmallRsa(String),
    /// Too many keys.
    #[error("{0} public keys are configured: at most 16 are used, remove those that are out of use")]
    TooManyKeys(usize),
    /// We would not accept our own tokens.
    #[error(
        "no public key belongs to the signing key: add its public half to public_keys, with the same kid"
    )]
    SigningKeyUnknown,
}

impl TokenKeys {
    /// Reads the keys and pins the values.
    ///
    /// # Errors
    /// [`KeyRejected`] for the first setting that would be unsafe or useless.
    pub fn from_settings(settings: &TokenSettings) -> Result<Self, KeyRejected> {
        for (name, value) in [("issuer", &settings.issuer), ("audience", &settings.audience)] {
            if value.trim().is_empty() {
                return Err(KeyRejected::Unpinned(name));
            }
        }
        if settings.leeway_seconds > MAX_LEEWAY_SECONDS {
            return Err(KeyRejected::Leeway(settings.leeway_seconds));
        }
        if settings.public_keys.len() > MAX_PUBLIC_KEYS {
            return Err(KeyRejected::TooManyKeys(settings.public_keys.len()));
        }
        let mut keys = Self {
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            leeway_seconds: i64::from(settings.leeway_seconds),
            verifying: Vec::with_capacity(settings.public_keys.len() + 1),
            signing: None,
            remembered: Remembered::default(),
        };
        if let Some(secret) = &settings.hs256_secret {
            keys.take_secret(secret, settings.sign_with_secret)?;
        }
        for (index, key) in settings.public_keys.iter().enumerate() {
            keys.verifying.push(read_public_key(key, &format!("public key {}", index + 1))?);
        }
        if let Some(key) = &settings.signing_key {
            keys.take_signing_key(key)?;
        }
        Ok(keys)
    }

    fn take_secret(&mut self, secret: &Secret, signs: bool) -> Result<(), KeyRejected> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(KeyRejected::WeakSecret(bytes.len()));
        }
        let mut different = bytes.to_vec();
        different.sort_unstable();
        different.dedup();
        if different.len() < 8 {
            return Err(KeyRejected::PlainSecret);
        }
        let algorithm = TokenAlgorithm::Hs256;
        self.verifying.push(VerifyingKey { algorithm, kid: None, key: DecodingKey::from_secret(bytes) });
        if signs {
            self.signing = Some(Signer { algorithm, kid: None, key: EncodingKey::from_secret(bytes) });
        }
        Ok(())
    }

    fn take_signing_key(&mut self, key: &SigningKey) -> Result<(), KeyRejected> {
        let signer = read_signing_key(key)?;
        let algorithm = signer.algorithm.library_name();
        let probe = b"probe";
        let signature =
            crypto::sign(probe, &signer.key, algorithm).map_err(|_| not_private(signer.algorithm))?;
        let known = self
            .verifying
            .iter()
            .filter(|key| key.algorithm == signer.algorithm && key.kid == signer.kid)
            .any(|key| crypto::verify(&signature, probe, &key.key, algorithm).unwrap_or(false));
        if !known {
            return Err(KeyRejected::SigningKeyUnknown);
        }
        self.signing = Some(signer);
        Ok(())
    }
}

fn read_public_key(key: &PublicKey, which: &str) -> Result<VerifyingKey, KeyRejected> {
    let algorithm = key.algorithm;
    let pem = key.pem.as_bytes();
    let refused = || KeyRejected::NotAKey {
        which: which.to_owned(),
        algorithm: algorithm.name(),
        half: "public",
        hint: "write it with `openssl pkey -in private.pem -pubout`",
    };
    // The library would take a private key here too, and then refuse every token.
    if key.pem.contains("PRIVATE KEY") {
        return Err(refused());
    }
    let read = match algorithm {
        TokenAlgorithm::Hs256 => return Err(KeyRejected::SecretAsKey),
        TokenAlgorithm::Rs256 => DecodingKey::from_rsa_pem(pem),
        TokenAlgorithm::Es256 => DecodingKey::from_ec_pem(pem),
        TokenAlgorithm::EdDsa => DecodingKey::from_ed_pem(pem),
    };
    let decoded = read.map_err(|_| refused())?;
    let bytes = decoded.try_get_as_bytes().map_err(|_| refused())?.len();
    match algorithm {
        TokenAlgorithm::Rs256 if bytes < MIN_RSA_DER_BYTES => {
            return Err(KeyRejected::SmallRsa(which.to_owned()));
        }
        TokenAlgorithm::EdDsa if bytes != ED25519_BYTES => return Err(refused()),
        TokenAlgorithm::Hs256 | TokenAlgorithm::Rs256 | TokenAlgorithm::Es256 | TokenAlgorithm::EdDsa => {}
    }
    // A key on another curve shows itself when it is first used; let that be now.
    crypto::verify("", b"", &decoded, algorithm.library_name()).map_err(|_| refused())?;
    Ok(VerifyingKey { algorithm, kid: key.kid.clone(), key: decoded })
}

fn not_private(algorithm: TokenAlgorithm) -> KeyRejected {
    KeyRejected::NotAKey {
        which: "the signing key".to_owned(),
        algorithm: algorithm.name(),
        half: "private",
        hint: "bring it into PKCS #8 with `openssl pkcs8 -topk8 -nocrypt`",
    }
}

fn read_signing_key(key: &SigningKey) -> Result<Signer, KeyRejected> {
    let algorithm = key.algorithm;
    let pem = key.pem.expose().as_bytes();
    let read = match algorithm {
        TokenAlgorithm::Hs256 => return Err(KeyRejected::SecretAsKey),
        TokenAlgorithm::Rs256 => EncodingKey::from_rsa_pem(pem),
        TokenAlgorithm::Es256 => EncodingKey::from_ec_pem(pem),
        TokenAlgorithm::EdDsa => EncodingKey::from_ed_pem(pem),
    };
    let key_kid = key.kid.clone();
    read.map(|key| Signer { algorithm, kid: key_kid, key }).map_err(|_| not_private(algorithm))
}
