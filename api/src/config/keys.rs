//! Where the keys of `[auth]` come from, and how they reach `domain::access::jwt`.

use std::path::Path;

use super::{Auth, ConfigError};
use crate::domain::access::jwt::{PublicKey, SigningKey, TokenSettings};

impl Auth {
    /// Fills every `pem` from its `file`, so that files are read once, at the start.
    pub(super) fn read_key_files(&mut self) -> Result<(), ConfigError> {
        for (index, key) in self.public_keys.iter_mut().enumerate() {
            let which = format!("auth.public_keys[{index}]");
            if let Some(text) = text_of_file(&which, key.pem.is_some(), key.file.as_deref())? {
                key.pem = Some(text);
            }
        }
        if let Some(key) = &mut self.signing_key
            && let Some(text) = text_of_file("auth.signing_key", key.pem.is_some(), key.file.as_deref())?
        {
            key.pem = Some(text.into());
        }
        Ok(())
    }

    /// What tokens are checked against and signed with, for [`TokenKeys::from_settings`].
    ///
    /// [`TokenKeys::from_settings`]: crate::domain::access::jwt::TokenKeys::from_settings
    #[must_use]
    pub fn token_settings(&self) -> TokenSettings {
        TokenSettings {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            leeway_seconds: self.leeway_seconds,
            hs256_secret: self.hs256_secret.clone(),
            public_keys: self
                .public_keys
                .iter()
                .map(|key| PublicKey {
                    algorithm: key.algorithm,
                    kid: key.kid.clone(),
                    pem: key.pem.clone().unwrap_or_default(),
                })
                .collect(),
            signing_key: self.signing_key.as_ref().filter(|_| self.sign_in).map(|key| SigningKey {
                algorithm: key.algorithm,
                kid: key.kid.clone(),
                pem: key.pem.clone().unwrap_or_else(|| "".into()),
            }),
            sign_with_secret: self.sign_in,
        }
    }
}

fn text_of_file(which: &str, has_text: bool, file: Option<&Path>) -> Result<Option<String>, ConfigError> {
    match (has_text, file) {
        (true, None) => Ok(None),
        (false, Some(path)) => {
            std::fs::read_to_string(path).map(Some).map_err(|source| ConfigError::Unreadable {
                what: format!("the key file of {which}"),
                path: path.to_owned(),
                source,
            })
        }
        (true, Some(_)) | (false, None) => {
            Err(ConfigError::Unusable(format!("{which} needs either pem or file, and only one of them")))
        }
    }
}
