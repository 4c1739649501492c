//! Signing in, staying signed in, and passwords, for whom there is no viewer yet.
//!
//! An address without an account, a wrong password, a deactivated person, one without a password yet and one
//! in several organizations that named none are answered alike: the same words after the same work, and they
//! count the same. What is wrong is a thing that a person can mend, hence a user error; only too many
//! attempts are an error of their own.

use std::net::IpAddr;

use entity::Instant;
use uuid::Uuid;

use super::{
    access::{
        Scope,
        jwt::{Claims, SigningFailed},
        password::{self, HashingFailed, Verdict},
        secret::{OpaqueKind, OpaqueToken, Secret},
    },
    credential::{ChangePassword, SetPassword},
    error::{DomainError, Result, UserErrorCode},
    installation::Installation,
    session::{OpenSession, RefreshSession},
};

/// No e-mail address is longer (RFC 5321 §4.5.3.1, with what is around it).
const EMAIL_MAX: usize = 320;

/// What somebody gives to sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// E-mail address, in any case.
    pub email: String,
    /// Password.
    pub password: Secret,
    /// Short name of the organization; needed by who is in several.
    pub organization: Option<String>,
}

/// A session that was opened or continued.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person.
    pub person: Uuid,
    /// The organization.
    pub organization: Uuid,
    /// Speaks for the person until `expires_at`.
    pub access_token: Secret,
    /// When the access token ends.
    pub expires_at: Instant,
    /// Good for one refresh.
    pub refresh_token: Secret,
    /// When the session ends unless it is refreshed.
    pub refresh_expires_at: Instant,
}

struct Account {
    person: Uuid,
    organization: Uuid,
    password_hash: Option<String>,
}

fn refused() -> DomainError {
    DomainError::user(
        "",
        UserErrorCode::Invalid,
        "the e-mail address or the password is wrong; if you belong to several organizations, name the one",
    )
}

fn session_over() -> DomainError {
    DomainError::user("refreshToken", UserErrorCode::Invalid, "is not valid, or no longer: sign in again")
}

fn code_over() -> DomainError {
    DomainError::user(
        "setUpCode",
        UserErrorCode::Invalid,
        "is not valid, or no longer: ask an admin of your organization for a new one",
    )
}

impl From<HashingFailed> for DomainError {
    fn from(error: HashingFailed) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SigningFailed> for DomainError {
    fn from(error: SigningFailed) -> Self {
        match error {
            SigningFailed::NoSigningKey => Self::Forbidden(
                "this server issues no tokens: it has no key to sign them with \
                 (auth.signing_key, or auth.hs256_secret with auth.sign_in)"
                    .to_owned(),
            ),
            SigningFailed::Refused => Self::Internal(error.to_string()),
        }
    }
}

impl Installation {
    /// Opens a session for who knows an account's password; `client` is the network address, for throttling.
    ///
    /// # Errors
    /// A user error that does not tell what was wrong; `RATE_LIMITED`; `FORBIDDEN` without a signing key.
    pub async fn sign_in(&self, given: &SignIn, client: Option<IpAddr>) -> Result<SignedIn> {
        self.must_sign()?;
        let attempt = self.count_attempt(&given.email, client).await?;
        let account = self.account_of(given).await?;
        let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let rehash = match self.passwords.verify(&given.password, stored).await? {
            Verdict::Right { rehash } => rehash,
            Verdict::Wrong => return Err(refused()),
        };
        let Some(Account { person, organization, password_hash: Some(checked) }) = account else {
            return Err(refused());
        };
        let rehashed = if rehash { Some(self.passwords.hash(&given.password).await?) } else { None };
        let refresh = OpaqueToken::mint(OpaqueKind::Refresh, self.clock.entropy());
        let refresh_expires_at = self.clock.now().plus_seconds(self.rules.refresh_token_seconds);
        let open = OpenSession {
            person,
            checked,
            rehashed,
            refresh_hash: refresh.hash,
            expires_at: refresh_expires_at,
        };
        let scope = match self.scope_of_person(person).await {
            Err(DomainError::Unauthenticated) => return Err(refused()),
            scope => scope?,
        };
        let session = scope.run(&open).await?.ok_or_else(refused)?;
        self.forgive(&attempt).await?;
        let (access_token, expires_at) = self.access_token(person, organization, session)?;
        let refresh_token = refresh.text;
        Ok(SignedIn { person, organization, access_token, expires_at, refresh_token, refresh_expires_at })
    }

    /// The one account that the address and the organization mean; none when they mean none or several.
    async fn account_of(&self, given: &SignIn) -> Result<Option<Account>> {
        let email = given.email.trim().to_lowercase();
        let slug = given.organization.as_deref().map(|slug| slug.trim().to_lowercase());
        let unusable = |text: &str| text.len() > EMAIL_MAX || text.contains('\0');
        if unusable(&email) || slug.as_deref().is_some_and(unusable) {
            return Ok(None);
        }
        let mut binds = self.binds();
        let email = binds.push(email);
        let mut text = format!(
            "SELECT person.id, person.organization_id, credential.password_hash FROM person \
             JOIN organization ON organization.id = person.organization_id \
             LEFT JOIN credential ON credential.person_id = person.id \
             WHERE person.email_folded = {email} AND person.deactivated_at IS NULL"
        );
        if let Some(slug) = slug {
            text.push_str(&format!(" AND organization.slug = {}", binds.push(slug)));
        }
        text.push_str(" LIMIT 2");
        let rows = self.rows(&text, binds).await?;
        let [row] = rows.as_slice() else { return Ok(None) };
        Ok(Some(Account {
            person: row.try_get_by_index(0)?,
            organization: row.try_get_by_index(1)?,
            password_hash: row.try_get_by_index(2)?,
        }))
    }

    /// Continues a session; the refresh token is replaced.
    ///
    /// # Errors
    /// A user error when the token is not, or no longer, valid; `FORBIDDEN` without a signing key.
    pub async fn refresh(&self, token: &Secret) -> Result<SignedIn> {
        self.must_sign()?;
        let presented = OpaqueKind::Refresh.stored_hash(token.expose()).ok_or_else(session_over)?;
        let mut binds = self.binds();
        let current = binds.push(presented.clone());
        let previous = binds.push(presented.clone());
        let text = format!(
            "SELECT id, person_id, organization_id FROM session \
             WHERE refresh_hash = {current} OR previous_hash = {previous}"
        );
        let row = self.rows(&text, binds).await?.pop().ok_or_else(session_over)?;
        let session: Uuid = row.try_get_by_index(0)?;
        let person: Uuid = row.try_get_by_index(1)?;
        let organization: Uuid = row.try_get_by_index(2)?;
        let scope = match self.scope_of_person(person).await {
            Err(DomainError::Unauthenticated) => return Err(session_over()),
            scope => scope?,
        };
        let refresh = OpaqueToken::mint(OpaqueKind::Refresh, self.clock.entropy());
        let refresh_expires_at = self.clock.now().plus_seconds(self.rules.refresh_token_seconds);
        let replacement = refresh.hash;
        let command = RefreshSession { session, presented, replacement, expires_at: refresh_expires_at };
        if !scope.run(&command).await? {
            return Err(session_over());
        }
        let (access_token, expires_at) = self.access_token(person, organization, session)?;
        let refresh_token = refresh.text;
        Ok(SignedIn { person, organization, access_token, expires_at, refresh_token, refresh_expires_at })
    }

    /// Sets a password by the code of an invitation or a reset, which is then used up.
    ///
    /// # Errors
    /// A user error when the code is not, or no longer, valid, or the password is not acceptable.
    pub async fn set_password(&self, code: &Secret, password: &Secret) -> Result<Uuid> {
        let code_hash = OpaqueKind::SetUp.stored_hash(code.expose()).ok_or_else(code_over)?;
        let mut binds = self.binds();
        let hash = binds.push(code_hash.clone());
        let now = binds.push(self.clock.now().0);
        let text = format!(
            "SELECT person.id, person.email FROM credential \
             JOIN person ON person.id = credential.person_id \
             WHERE credential.setup_hash = {hash} AND credential.setup_expires_at > {now} \
             AND person.deactivated_at IS NULL"
        );
        let row = self.rows(&text, binds).await?.pop().ok_or_else(code_over)?;
        let person: Uuid = row.try_get_by_index(0)?;
        let email: String = row.try_get_by_index(1)?;
        let password_hash = self.hash_of(password, "password", &email).await?;
        let scope = match self.scope_of_person(person).await {
            Err(DomainError::Unauthenticated) => return Err(code_over()),
            scope => scope?,
        };
        let set = SetPassword { person, code_hash, password_hash };
        if scope.run(&set).await? { Ok(person) } else { Err(code_over()) }
    }

    /// Changes the viewer's own password; guesses at the old one are throttled as sign-ins are.
    ///
    /// # Errors
    /// A user error when the old password is wrong or the new one not acceptable; `RATE_LIMITED`.
    pub async fn change_password(
        &self,
        scope: &Scope,
        current: &Secret,
        new: &Secret,
        client: Option<IpAddr>,
    ) -> Result<()> {
        let person = scope.viewer().person_id;
        if scope.viewer().token.is_some() {
            return Err(DomainError::Forbidden("a tool's token has no password".into()));
        }
        let mut binds = self.binds();
        let id = binds.push(person);
        let organization = binds.push(scope.viewer().organization_id);
        let text = format!(
            "SELECT person.email, credential.password_hash FROM person \
             LEFT JOIN credential ON credential.person_id = person.id \
             WHERE person.id = {id} AND person.organization_id = {organization}"
        );
        let row = self.rows(&text, binds).await?.pop().ok_or(DomainError::Unauthenticated)?;
        let email: String = row.try_get_by_index(0)?;
        let checked: Option<String> = row.try_get_by_index(1)?;
        let attempt = self.count_attempt(&email, client).await?;
        let wrong = || DomainError::user("currentPassword", UserErrorCode::Invalid, "is not your password");
        match self.passwords.verify(current, checked.as_deref()).await? {
            Verdict::Right { .. } => {}
            Verdict::Wrong => return Err(wrong()),
        }
        self.forgive(&attempt).await?;
        let password_hash = self.hash_of(new, "newPassword", &email).await?;
        let change = ChangePassword { checked: checked.ok_or_else(wrong)?, password_hash };
        if scope.run(&change).await? { Ok(()) } else { Err(wrong()) }
    }

    /// A hash to store, if the text may be the password of the person with this address.
    pub(in crate::domain) async fn hash_of(
        &self,
        password: &Secret,
        field: &str,
        email: &str,
    ) -> Result<String> {
        password::acceptable(password, email)
            .map_err(|refused| DomainError::user(field, UserErrorCode::Invalid, refused.to_string()))?;
        Ok(self.passwords.hash(password).await?)
    }

    fn must_sign(&self) -> Result<()> {
        if self.keys.can_sign() { Ok(()) } else { Err(SigningFailed::NoSigningKey.into()) }
    }

    fn access_token(&self, person: Uuid, organization: Uuid, session: Uuid) -> Result<(Secret, Instant)> {
        let now = self.clock.now();
        let expires_at = now.plus_seconds(self.rules.access_token_seconds);
        let token = self.keys.sign(&Claims {
            person,
            session: Some(session),
            organization: Some(organization),
            issued_at: Some(now),
            expires_at,
        })?;
        Ok((token.into(), expires_at))
    }
}

#[cfg(test)]
mod tests;
