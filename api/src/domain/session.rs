//! Sessions: a chain of refresh tokens, each good for one use.
//!
//! A refresh replaces the token. Whoever presents the one before shows that two hold the chain, of whom one
//! is a thief; nobody can tell which, so the session ends for both. That holds without a time of grace: of
//! two refreshes at once with one token, one succeeds and the other ends the session. A client refreshes once
//! at a time, and signs in again when an answer was lost.

use entity::{Instant, session};
use sea_orm::{
    ActiveValue::Set,
    Statement, Value,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    access::secret::same_bytes,
    bulk::Binds,
    error::{DomainError, Result, UserErrorCode},
    person::PersonRow,
    write::{Command, Write},
};

/// Opens a session of a person whose password was right.
pub(in crate::domain) struct OpenSession {
    pub(in crate::domain) person: Uuid,
    /// The stored hash that the password was checked against.
    pub(in crate::domain) checked: String,
    /// A hash with today's parameters, when that one is outdated.
    pub(in crate::domain) rehashed: Option<String>,
    pub(in crate::domain) refresh_hash: Vec<u8>,
    pub(in crate::domain) expires_at: Instant,
}

impl Command for OpenSession {
    /// The session; null when the password was changed or the person deactivated meanwhile.
    type Output = Option<Uuid>;

    async fn run(&self, write: &mut Write) -> Result<Option<Uuid>> {
        // A reset and a deactivation lock the person too: they come before, and are seen, or after, and end
        // this session.
        let person: PersonRow = write.lock(self.person).await?;
        let stored = write.password_hash_of(person.id).await?;
        if person.deactivated_at.is_some() || stored.as_ref() != Some(&self.checked) {
            return Ok(None);
        }
        if let Some(rehashed) = &self.rehashed {
            write.store_password(person.id, rehashed).await?;
        }
        let id = write.new_id();
        write
            .insert::<session::Entity>(session::ActiveModel {
                id: Set(id),
                organization_id: Set(write.viewer().organization_id),
                person_id: Set(person.id),
                refresh_hash: Set(self.refresh_hash.clone()),
                expires_at: Set(self.expires_at),
                created_at: Set(write.now),
                updated_at: Set(write.now),
                ..Default::default()
            })
            .await?;
        Ok(Some(id))
    }
}

/// Replaces a session's refresh token.
pub(in crate::domain) struct RefreshSession {
    pub(in crate::domain) session: Uuid,
    pub(in crate::domain) presented: Vec<u8>,
    pub(in crate::domain) replacement: Vec<u8>,
    pub(in crate::domain) expires_at: Instant,
}

impl Command for RefreshSession {
    /// Whether it was replaced. A refusal is no error: the end of a stolen session must be written.
    type Output = bool;

    async fn run(&self, write: &mut Write) -> Result<bool> {
        let mut binds = Binds::new(write.tx.is_postgres());
        let session = binds.push(self.session);
        let organization = binds.push(write.viewer().organization_id);
        let lock = if write.tx.is_postgres() { " FOR UPDATE" } else { "" };
        let text = format!(
            "SELECT refresh_hash, previous_hash, expires_at, revoked_at FROM session \
             WHERE id = {session} AND organization_id = {organization}{lock}"
        );
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        let Some(row) = write.tx.all_raw(statement).await?.pop() else { return Ok(false) };
        let current: Vec<u8> = row.try_get_by_index(0)?;
        let previous: Option<Vec<u8>> = row.try_get_by_index(1)?;
        let expires_at: Instant = row.try_get_by_index(2)?;
        if row.try_get_by_index::<Option<Instant>>(3)?.is_some() || expires_at <= write.now {
            return Ok(false);
        }
        let this = Condition::all().add(Expr::col(Alias::new("id")).eq(self.session));
        if same_bytes(&current, &self.presented) {
            let sets: Vec<(&'static str, Value)> = vec![
                ("refresh_hash", self.replacement.clone().into()),
                ("previous_hash", current.into()),
                ("expires_at", self.expires_at.0.into()),
                ("updated_at", write.now.0.into()),
            ];
            write.set_where("session", sets, this).await?;
            return Ok(true);
        }
        if previous.is_some_and(|previous| same_bytes(&previous, &self.presented)) {
            tracing::warn!(session = %self.session, "a used refresh token came again; the session is ended");
            write.end_sessions(this).await?;
        }
        Ok(false)
    }
}

/// Ends the viewer's own session.
#[derive(Clone, Copy, Debug)]
pub struct SignOut;

impl Command for SignOut {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let Some(session) = write.viewer().session_id else {
            return Err(DomainError::user(
                "",
                UserErrorCode::NotNow,
                "this token has no session to end: it was not made by signing in, and ends by its own expiry",
            ));
        };
        write.end_sessions(Condition::all().add(Expr::col(Alias::new("id")).eq(session))).await
    }
}

impl Write {
    /// Ends those of the sessions that have not ended yet.
    pub(in crate::domain) async fn end_sessions(&mut self, which: Condition) -> Result<()> {
        let now = self.now.0;
        let open = which.add(Expr::col(Alias::new("revoked_at")).is_null());
        self.set_where("session", vec![("revoked_at", now.into()), ("updated_at", now.into())], open).await?;
        self.rights_changed = true;
        Ok(())
    }

    /// Ends the sessions of a person, but for one.
    pub(in crate::domain) async fn end_sessions_of(
        &mut self,
        person: Uuid,
        except: Option<Uuid>,
    ) -> Result<()> {
        let mut which = Condition::all().add(Expr::col(Alias::new("person_id")).eq(person));
        if let Some(except) = except {
            which = which.add(Expr::col(Alias::new("id")).ne(except));
        }
        self.end_sessions(which).await
    }
}
