//! Access tokens as an identity provider would make them.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use uuid::Uuid;

/// The HS256 secret of every test server; no secret anywhere else.
pub const HS256_SECRET: &str = "kL7v2Qx9ZrT4mYw1NpB8sHc3JdF6gEuA5iXoRbVqWn0=";
/// `iss` of every test server's tokens.
pub const ISSUER: &str = "https://throughline.test";
/// `aud` of every test server's tokens.
pub const AUDIENCE: &str = "throughline-test";

/// How long a test's token lives, in seconds.
const LIFETIME_SECONDS: i64 = 3_600;

/// The claims of an access token; change one to make a token that must be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenClaims {
    /// Who made it.
    pub iss: String,
    /// For whom it is meant.
    pub aud: String,
    /// The person's id.
    pub sub: String,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it begins, in seconds since 1970.
    pub nbf: i64,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
}

impl TokenClaims {
    /// Claims of a good token of a person, made at `now` (seconds since 1970).
    #[must_use]
    pub fn of(person: Uuid, now: i64) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: person.to_string(),
            exp: now + LIFETIME_SECONDS,
            nbf: now,
            iat: now,
        }
    }

    /// The token, signed with HS256 and a secret.
    #[must_use]
    pub fn sign(&self, secret: &str) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), self, &key).expect("claims can be signed")
    }
}

/// A good token of a person, made at `now` (seconds since 1970).
#[must_use]
pub fn access_token(person: Uuid, now: i64) -> String {
    TokenClaims::of(person, now).sign(HS256_SECRET)
}
