//! Passwords: what may be one, how it is stored, and how it is checked without telling who has an account.

use std::sync::Arc;

use argon2::password_hash::phc::{self, Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{AcquireError, Semaphore};
use tokio::task::JoinError;

use super::secret::{Entropy, Secret};

/// Memory of one hash, in KiB. This and the next two: the OWASP Password Storage Cheat Sheet's
/// recommendation for Argon2id with one lane.
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Bytes of salt, as the PHC string format advises.
const SALT_BYTES: usize = 16;
/// Bytes of hash.
const HASH_BYTES: usize = 32;

/// The fewest characters of a password.
const MIN_CHARACTERS: usize = 10;
/// The most bytes of a password: more would only be work for the server.
const MAX_BYTES: usize = 256;

/// Why a text may not be somebody's password. As NIST SP 800-63B has it, there are no rules on which kinds
/// of characters it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Fewer than 10 characters.
    #[error("the password is too short: use 10 characters or more")]
    TooShort,
    /// More than 256 bytes.
    #[error("the password is too long: use at most 256 bytes")]
    TooLong,
    /// Nothing but spaces.
    #[error("the password is blank: use something that only you would type")]
    Blank,
    /// The e-mail address again.
    #[error("the password is the e-mail address: use something that only you would type")]
    SameAsEmail,
}

/// Whether a text may be the password of the person with this e-mail address.
///
/// # Errors
/// [`PasswordRefused`] with a sentence for the person.
pub fn acceptable(password: &Secret, email: &str) -> Result<(), PasswordRefused> {
    let text = password.expose();
    if text.len() > MAX_BYTES {
        return Err(PasswordRefused::TooLong);
    }
    if text.trim().is_empty() {
        return Err(PasswordRefused::Blank);
    }
    if text.chars().count() < MIN_CHARACTERS {
        return Err(PasswordRefused::TooShort);
    }
    if text.trim().to_lowercase() == email.trim().to_lowercase() {
        return Err(PasswordRefused::SameAsEmail);
    }
    Ok(())
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Right {
        /// The stored hash was made with other parameters than today's: store a new one now, while the
        /// password is at hand.
        rehash: bool,
    },
    /// It is wrong, or there is no password to compare with.
    Wrong,
}

/// Hashing failed for a reason that is ours.
#[derive(Debug, thiserror::Error)]
pub enum HashingFailed {
    /// The library refused.
    #[error("the password could not be hashed: {0}")]
    Library(#[from] argon2::password_hash::Error),
    /// The parameters in this file are not valid.
    #[error("the parameters of the password hash are not valid: {0}")]
    Parameters(#[from] argon2::Error),
    /// The worker thread ended early.
    #[error("the password worker stopped")]
    Worker(#[from] JoinError),
    /// The server is stopping.
    #[error("the password workers are closed")]
    Closed(#[from] AcquireError),
}

/// Hashes and checks passwords on worker threads, a bounded number at once: a flood of sign-ins waits in
/// line, and neither holds up other requests nor takes more than 19 MiB a worker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords {
    workers: Arc<Semaphore>,
    entropy: Entropy,
    /// Compared with when an account has no password or does not exist, so that the answer takes as long.
    dummy: Arc<PasswordHash>,
}

impl Passwords {
    /// With twice as many workers as the machine has cores.
    ///
    /// # Errors
    /// [`HashingFailed::Parameters`] or [`HashingFailed::Library`] if the constants here are not valid.
    pub fn new(entropy: Entropy) -> Result<Self, HashingFailed> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let dummy = dummy_hash(&entropy)?;
        Ok(Self { workers: Arc::new(Semaphore::new(2 * cores)), entropy, dummy: Arc::new(dummy) })
    }

    /// The text to store for a password: Argon2id in PHC form, with a fresh salt.
    ///
    /// # Errors
    /// [`HashingFailed`]; never because of what the password is (see [`acceptable`]).
    pub async fn hash(&self, password: &Secret) -> Result<String, HashingFailed> {
        let salt = self.entropy.bytes::<SALT_BYTES>();
        let password = password.clone();
        self.on_a_worker(move || {
            let hash = hasher()?.hash_password_with_salt(password.expose().as_bytes(), &salt)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether a password is the stored one. Without a stored one, or with one that cannot be read, the
    /// answer is [`Verdict::Wrong`] after the same work.
    ///
    /// # Errors
    /// [`HashingFailed`] if no verdict could be reached.
    pub async fn verify(&self, password: &Secret, stored: Option<&str>) -> Result<Verdict, HashingFailed> {
        if password.expose().len() > MAX_BYTES {
            // No account has such a password, and it is the asker who knows its length.
            return Ok(Verdict::Wrong);
        }
        let parsed = stored.and_then(|text| {
            PasswordHash::new(text)
                .inspect_err(|_| tracing::error!("a stored password hash cannot be read; ask for a reset"))
                .ok()
        });
        let real = parsed.is_some();
        let expected = parsed.map_or_else(|| Arc::clone(&self.dummy), Arc::new);
        let password = password.clone();
        self.on_a_worker(move || {
            let matches = match hasher()?.verify_password(password.expose().as_bytes(), &*expected) {
                Ok(()) => true,
                Err(argon2::password_hash::Error::PasswordInvalid) => false,
                Err(other) => return Err(other.into()),
            };
            Ok(if matches && real {
                Verdict::Right { rehash: is_outdated(&expected)? }
            } else {
                Verdict::Wrong
            })
        })
        .await
    }

    /// The permit goes with the work, so that requests which were given up still count until their work
    /// is done.
    async fn on_a_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingFailed> + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let permit = Arc::clone(&self.workers).acquire_owned().await?;
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(permit);
            outcome
        })
        .await?
    }
}

/// A stored hash that no password leads to: random bytes stand where the hash would.
fn dummy_hash(entropy: &Entropy) -> Result<PasswordHash, HashingFailed> {
    let parts = || -> Result<PasswordHash, phc::Error> {
        Ok(PasswordHash {
            algorithm: Ident::new(ARGON2ID_IDENT.as_str())?,
            version: Some(Version::V0x13.into()),
            params: ParamsString::default(),
            salt: Some(Salt::new(&entropy.bytes::<SALT_BYTES>())?),
            hash: Some(Output::new(&entropy.bytes::<HASH_BYTES>())?),
        })
    };
    let mut dummy = parts().map_err(argon2::password_hash::Error::from)?;
    dummy.params = ParamsString::try_from(&parameters()?)?;
    Ok(dummy)
}

fn parameters() -> Result<Params, argon2::Error> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES))
}

fn hasher() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters()?))
}

fn is_outdated(stored: &PasswordHash) -> Result<bool, HashingFailed> {
    let today = parameters()?;
    let theirs = Params::try_from(stored)?;
    let same_costs = (theirs.m_cost(), theirs.t_cost(), theirs.p_cost())
        == (today.m_cost(), today.t_cost(), today.p_cost());
    let same_form = stored.algorithm == ARGON2ID_IDENT
        && stored.version == Some(Version::V0x13.into())
        && stored.hash.as_ref().is_some_and(|hash| hash.len() == HASH_BYTES);
    Ok(!(same_costs && same_form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Entropy::seeded(1)).unwrap()
    }

    #[test]
    fn what_may_be_a_password() {
        let email = "ada@example.com";
        for (text, expected) in [
            ("correct horse", Ok(())),
            ("          x", Ok(())),
            ("ääääääääää", Ok(())),
            ("123456789", Err(PasswordRefused::TooShort)),
            ("", Err(PasswordRefused::Blank)),
            ("              ", Err(PasswordRefused::Blank)),
            (" ADA@example.com", Err(PasswordRefused::SameAsEmail)),
        ] {
            assert_eq!(acceptable(&text.into(), email), expected, "{text:?}");
        }
        assert_eq!(acceptable(&"x".repeat(256).into(), email), Ok(()));
        assert_eq!(acceptable(&"x".repeat(257).into(), email), Err(PasswordRefused::TooLong));
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_its_own_salt_and_only_its_password_fits() {
        let passwords = passwords();
        let password = Secret::from("correct horse");
        let hash = passwords.hash(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(passwords.hash(&password).await.unwrap(), hash);
        let verdict = passwords.verify(&password, Some(&hash)).await.unwrap();
        assert_eq!(verdict, Verdict::Right { rehash: false });
        let verdict = passwords.verify(&"correct horsf".into(), Some(&hash)).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn no_account_and_no_password_are_wrong_after_the_same_work() {
        let passwords = passwords();
        let password = Secret::from("correct horse");
        let hash = passwords.hash(&password).await.unwrap();
        let mut spent = Vec::new();
        for stored in [Some(hash.as_str()), None, Some("not a hash")] {
            let start = std::time::Instant::now();
            let verdict = passwords.verify(&"another guess".into(), stored).await.unwrap();
            spent.push(start.elapsed());
            assert_eq!(verdict, Verdict::Wrong);
        }
        // Without the work they would take a thousandth; the rest is room for a busy machine.
        assert!(spent[1] > spent[0] / 20 && spent[2] > spent[0] / 20, "{spent:?}");
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_still_fits_and_asks_to_be_made_anew() {
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap())
            .hash_password_with_salt(b"correct horse", b"salt of 16 bytes")
            .unwrap()
            .to_string();
        let verdict = passwords().verify(&"correct horse".into(), Some(&old)).await.unwrap();
        assert_eq!(verdict, Verdict::Right { rehash: true });
    }

    #[tokio::test]
    async fn only_so_many_are_hashed_at_once() {
        let passwords = passwords();
        let cores = std::thread::available_parallelism().unwrap().get();
        assert_eq!(passwords.workers.available_permits(), 2 * cores);
        let _all = passwords.workers.acquire_many(u32::try_from(2 * cores).unwrap()).await.unwrap();
        let password = Secret::from("correct horse");
        let waiting = passwords.verify(&password, None);
        let waited = tokio::time::timeout(std::time::Duration::from_millis(50), waiting).await;
        assert!(waited.is_err(), "a check began without a free worker");
    }
}
