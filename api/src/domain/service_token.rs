//! Tokens of tools: what one may do is said by its named scopes and by nothing else.
//!
//! A token acts as nobody: it owns nothing, belongs to no team and has no role. The text is shown once, when
//! it is made; stored is its SHA-256, which is enough for 256 random bits. A change of what a token may do is
//! a new token.

use entity::{EventKind, Instant, SubjectKind, TokenScope, service_token};
use sea_orm::{
    ActiveEnum,
    ActiveValue::Set,
    Statement,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::{
        Permit, Scope,
        scope::Listed,
        secret::{OpaqueKind, OpaqueToken, Secret},
    },
    bulk::Binds,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    installation::Installation,
    relation::Table,
    row::row,
    text::{self, Checks},
    viewer_load::{Pass, Subject, load_viewer},
    write::{Command, Write},
};

/// How long a token is valid where nobody says, in seconds: 90 days.
const DEFAULT_SECONDS: i64 = 90 * 86_400;
/// The longest that a token is valid, in seconds: five years of 366 days.
const LONGEST_SECONDS: i64 = 5 * 366 * 86_400;
/// The last use is noted to the minute.
const USE_SECONDS: i64 = 60;
/// Characters of a token that are shown in lists.
const HINT: usize = 4;

row! {
    /// A tool's token: what it may do, and until when.
    ServiceTokenRow of service_token {
        /// Key.
        id: Uuid = Id,
        /// What it is for, in the words of who made it.
        name: String = Name,
        /// Names of its scopes, with commas between them.
        scopes: String = Scopes,
        /// The last characters of the token, to tell tokens apart.
        hint: String = Hint,
        /// When it ends.
        expires_at: Instant = ExpiresAt,
        /// When it was last used, to the minute; null before the first use.
        last_used_at: Option<Instant> = LastUsedAt,
        /// Who made it.
        created_by_id: Option<Uuid> = CreatedById,
        /// When it was revoked; null while it is not.
        revoked_at: Option<Instant> = RevokedAt,
        /// Who revoked it.
        revoked_by_id: Option<Uuid> = RevokedById,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for ServiceTokenRow {
    const TABLE: Table = Table::ServiceToken;
    const ARCHIVABLE: bool = false;
}

impl ServiceTokenRow {
    /// What it may do.
    #[must_use]
    pub fn scopes(&self) -> Vec<TokenScope> {
        scopes_of(&self.scopes)
    }
}

/// Reads stored scopes. A name that this version does not know gives no right.
pub(in crate::domain) fn scopes_of(stored: &str) -> Vec<TokenScope> {
    stored.split(',').filter_map(|name| TokenScope::try_from_value(&name.to_owned()).ok()).collect()
}

/// Makes a token. There is no client-made id: a retry could not be shown the text again.
#[derive(Clone, Debug)]
pub struct CreateToken {
    /// What it is for.
    pub name: String,
    /// What it may do; at least one.
    pub scopes: Vec<TokenScope>,
    /// When it ends; in 90 days when left out.
    pub expires_at: Option<Instant>,
}

impl Command for CreateToken {
    type Output = (ServiceTokenRow, Secret);

    async fn run(&self, write: &mut Write) -> Result<(ServiceTokenRow, Secret)> {
        let id = write.new_id();
        let _: Permit<ServiceTokenRow> = write.viewer().permit_administration((id, 1))?;
        let mut checks = Checks::default();
        let name = checks.take(text::title("name", &self.name));
        let mut scopes = self.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            let message = "names at least one: a token may do nothing else";
            checks.refuse(UserError::at("scopes", UserErrorCode::Required, message));
        }
        let expires_at = self.expires_at.unwrap_or_else(|| write.now.plus_seconds(DEFAULT_SECONDS));
        if expires_at <= write.now || expires_at > write.now.plus_seconds(LONGEST_SECONDS) {
            let message = "lies in the future, and within five years";
            checks.refuse(UserError::at("expiresAt", UserErrorCode::Invalid, message));
        }
        checks.end()?;
        let token = OpaqueToken::mint(OpaqueKind::Service, write.scope.clock().entropy());
        let text = token.text.expose();
        let hint = text.get(text.len().saturating_sub(HINT)..).unwrap_or_default().to_owned();
        let names: Vec<String> = scopes.iter().map(ActiveEnum::to_value).collect();
        let person = write.viewer().person_id;
        write
            .insert::<service_token::Entity>(service_token::ActiveModel {
                id: Set(id),
                organization_id: Set(write.viewer().organization_id),
                name: Set(name.clone()),
                scopes: Set(names.join(",")),
                token_hash: Set(token.hash),
                hint: Set(hint),
                expires_at: Set(expires_at),
                created_by_id: Set((!person.is_nil()).then_some(person)),
                created_at: Set(write.now),
                updated_at: Set(write.now),
                ..Default::default()
            })
            .await?;
        let news = json!({ "id": id, "name": name, "scopes": names, "expires_at": expires_at.0 });
        write.note_token(Json::Null, news);
        Ok((write.reread(id).await?, token.text))
    }
}

/// Revokes a token: it stops at once on this node, and within seconds on others and on open streams. One that
/// was revoked before stays as it was.
#[derive(Clone, Copy, Debug)]
pub struct RevokeToken {
    /// The token.
    pub id: Uuid,
}

impl Command for RevokeToken {
    type Output = ServiceTokenRow;

    async fn run(&self, write: &mut Write) -> Result<ServiceTokenRow> {
        let row: ServiceTokenRow = write.lock(self.id).await?;
        let _: Permit<ServiceTokenRow> = write.viewer().permit_administration((row.id, row.version))?;
        if row.revoked_at.is_some() {
            return Ok(row);
        }
        let person = write.viewer().person_id;
        let sets = vec![
            ("revoked_at", write.now.0.into()),
            ("revoked_by_id", (!person.is_nil()).then_some(person).into()),
            ("updated_at", write.now.0.into()),
        ];
        let this = Condition::all().add(Expr::col(Alias::new("id")).eq(row.id));
        write.set_where("service_token", sets, this).await?;
        write.bump_versions("service_token", &[row.id]).await?;
        write.rights_changed = true;
        let before = json!({ "id": row.id, "name": row.name, "revoked_at": null });
        write.note_token(before, json!({ "id": row.id, "name": row.name, "revoked_at": write.now.0 }));
        write.reread(row.id).await
    }
}

impl Write {
    /// Tells of a token in the organization's stream: it has no subject of its own. Leaders and admins hear it.
    fn note_token(&mut self, previous: Json, current: Json) {
        let news = |token| Map::from_iter([("service_token".to_owned(), token)]);
        let organization = self.viewer().organization_id;
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Organization, organization),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: Some(news(previous)),
            current: news(current),
        });
    }
}

impl Installation {
    /// Who a bearer token speaks for: a person by an access token, a tool by its own.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` whatever is wrong with it; the database's error when it fails.
    pub async fn enter(&self, token: &str, request_id: Option<std::sync::Arc<str>>) -> Result<(Pass, Scope)> {
        let now = self.clock().now();
        if let Some(hash) = OpaqueKind::Service.stored_hash(token) {
            let hash: [u8; 32] = hash.try_into().map_err(|_| DomainError::Unauthenticated)?;
            let subject = Subject::Token { hash };
            let viewer = self.viewer_of(subject).await?;
            let identity = viewer.token.clone().ok_or(DomainError::Unauthenticated)?;
            // It may have been kept for a moment beyond its end.
            if identity.expires_at <= now {
                return Err(DomainError::Unauthenticated);
            }
            return Ok((Pass::new(subject, identity.expires_at), self.scope_for(viewer, request_id)));
        }
        let claims = self.keys().recognize(token, now).map_err(|rejected| {
            tracing::debug!(reason = rejected.reason(), "an access token was refused");
            DomainError::Unauthenticated
        })?;
        let scope = self.scope(&claims, request_id).await?;
        Ok((Pass::of(&claims), scope))
    }

    /// Notes that a token was used, at most once a minute. That it cannot be noted keeps nobody out.
    pub(in crate::domain) async fn note_use(&self, token: Uuid, organization: Uuid) {
        if let Err(error) = self.try_note_use(token, organization).await {
            tracing::warn!(%error, "the use of a token cannot be noted");
        }
    }

    async fn try_note_use(&self, token: Uuid, organization: Uuid) -> Result<()> {
        let now = self.clock().now();
        let mut binds = Binds::new(self.db.is_postgres());
        let used = binds.push(now.0);
        let token = binds.push(token);
        let organization = binds.push(organization);
        let before = binds.push(now.plus_seconds(-USE_SECONDS).0);
        let text = format!(
            "UPDATE service_token SET last_used_at = {used} WHERE id = {token} \
             AND organization_id = {organization} AND (last_used_at IS NULL OR last_used_at <= {before})"
        );
        let tx = self.db.begin().await?;
        tx.execute(Statement::from_sql_and_values(self.db.backend(), text, binds.values)).await?;
        Ok(tx.commit().await?)
    }

    /// The viewer of a subject, kept for a moment.
    pub(in crate::domain) async fn viewer_of(
        &self,
        subject: Subject,
    ) -> Result<std::sync::Arc<super::access::Viewer>> {
        if let Some(viewer) = self.cached(subject) {
            return Ok(viewer);
        }
        // Counted before it is loaded: a change that commits meanwhile makes it stale at once.
        let generation = self.db.rights_generation();
        let viewer = std::sync::Arc::new(load_viewer(&self.db, self.clock(), subject).await?);
        self.keep(subject, generation, &viewer);
        if let Some(token) = viewer.token.as_ref().filter(|token| {
            token.last_used_at.is_none_or(|last| last <= self.clock().now().plus_seconds(-USE_SECONDS))
        }) {
            self.note_use(token.id, viewer.organization_id).await;
        }
        Ok(viewer)
    }
}

#[cfg(test)]
mod tests;
