//! Loading who asks: one reading for the token's subject, and for a person named in an input.

use std::{future::Future, sync::Arc};

use chrono_tz::Tz;
use entity::{Instant, Role, TokenScope};
use sea_orm::{DbBackend, QueryResult, Statement};
use uuid::Uuid;

use super::{
    access::{
        Viewer,
        jwt::Claims,
        secret::same_bytes,
        viewer::{Actor, Sight, TokenIdentity},
    },
    bulk::Binds,
    clock::Clock,
    db::{Db, Tx},
    error::{DomainError, Result},
    service_token::scopes_of,
    settings::Settings,
};

/// Whom a viewer is loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::domain) enum Subject {
    /// A person, and the session of the token, which must be alive.
    Person {
        /// The person.
        person: Uuid,
        /// The session.
        session: Option<Uuid>,
    },
    /// A tool's token, by what is stored of it.
    Token {
        /// SHA-256 of its text.
        hash: [u8; 32],
    },
}

/// What a bearer token stands for: whom it speaks for, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub(in crate::domain) subject: Subject,
    pub(in crate::domain) expires_at: Instant,
}

impl Pass {
    pub(in crate::domain) fn new(subject: Subject, expires_at: Instant) -> Self {
        Self { subject, expires_at }
    }

    /// The pass that an access token is.
    #[must_use]
    pub fn of(claims: &Claims) -> Self {
        Self::new(Subject::Person { person: claims.person, session: claims.session }, claims.expires_at)
    }
}

/// What can be asked: the pool, or an open transaction.
pub(in crate::domain) trait Ask: Sync {
    fn backend(&self) -> DbBackend;

    fn rows(&self, text: String, binds: Binds) -> impl Future<Output = Result<Vec<QueryResult>>> + Send;

    fn binds(&self) -> Binds {
        Binds::new(self.backend() == DbBackend::Postgres)
    }
}

impl Ask for Db {
    fn backend(&self) -> DbBackend {
        Db::backend(self)
    }

    async fn rows(&self, text: String, binds: Binds) -> Result<Vec<QueryResult>> {
        Ok(self.all_raw(Statement::from_sql_and_values(Db::backend(self), text, binds.values)).await?)
    }
}

impl Ask for Tx {
    fn backend(&self) -> DbBackend {
        Tx::backend(self)
    }

    async fn rows(&self, text: String, binds: Binds) -> Result<Vec<QueryResult>> {
        Ok(self.all_raw(Statement::from_sql_and_values(Tx::backend(self), text, binds.values)).await?)
    }
}

/// Settings and time zone of an organization.
pub(in crate::domain) async fn practice_of(ask: &impl Ask, organization: Uuid) -> Result<(Settings, Tz)> {
    let mut binds = ask.binds();
    let id = binds.push(organization);
    let text = format!("SELECT settings, time_zone FROM organization WHERE id = {id}");
    let row = ask.rows(text, binds).await?.pop().ok_or(DomainError::NotFound)?;
    read_practice(&row, 0)
}

/// The viewer that a subject is.
///
/// `UNAUTHENTICATED` when the person does not exist or is deactivated, the session has ended, or the token was
/// revoked or has expired.
pub(in crate::domain) async fn load_viewer(
    ask: &impl Ask,
    clock: &Clock,
    subject: Subject,
) -> Result<Viewer> {
    match subject {
        Subject::Person { person, session } => load_person(ask, clock, person, session).await,
        Subject::Token { hash } => load_token(ask, clock, hash).await,
    }
}

/// A tool's token, by what is stored of it.
async fn load_token(ask: &impl Ask, clock: &Clock, hash: [u8; 32]) -> Result<Viewer> {
    let mut binds = ask.binds();
    let hash = hash.to_vec();
    let wanted = binds.push(hash.clone());
    let now = binds.push(clock.now().0);
    let text = format!(
        "SELECT token.organization_id, token.id, token.scopes, organization.settings, \
         organization.time_zone, token.expires_at, token.last_used_at, token.token_hash \
         FROM service_token AS token JOIN organization ON organization.id = token.organization_id \
         WHERE token.token_hash = {wanted} AND token.revoked_at IS NULL AND token.expires_at > {now}"
    );
    let row = ask.rows(text, binds).await?.pop().ok_or(DomainError::Unauthenticated)?;
    if !same_bytes(&row.try_get_by_index::<Vec<u8>>(7)?, &hash) {
        return Err(DomainError::Unauthenticated);
    }
    let (settings, time_zone) = read_practice(&row, 3)?;
    let organization = Practice {
        organization: row.try_get_by_index(0)?,
        settings: Arc::new(settings),
        time_zone,
        backend: ask.backend(),
    };
    let scopes = scopes_of(&row.try_get_by_index::<String>(2)?);
    let identity = TokenIdentity {
        id: row.try_get_by_index(1)?,
        scopes,
        expires_at: row.try_get_by_index(5)?,
        last_used_at: row.try_get_by_index(6)?,
    };
    Ok(organization.token(identity))
}

/// What all viewers of an organization share.
pub(in crate::domain) struct Practice {
    pub(in crate::domain) organization: Uuid,
    pub(in crate::domain) settings: Arc<Settings>,
    pub(in crate::domain) time_zone: Tz,
    pub(in crate::domain) backend: DbBackend,
}

/// What is read of a person.
pub(in crate::domain) struct PersonFacts {
    pub(in crate::domain) person: Uuid,
    pub(in crate::domain) session: Option<Uuid>,
    pub(in crate::domain) role: Role,
    pub(in crate::domain) is_admin: bool,
    pub(in crate::domain) member_teams: Vec<Uuid>,
    /// Teams that the person is named as the manager of, with everything below them.
    pub(in crate::domain) managed_teams: Vec<Uuid>,
}

impl Practice {
    /// The viewer that a person is.
    pub(in crate::domain) fn person(&self, facts: PersonFacts) -> Viewer {
        let PersonFacts { person, session, role, is_admin, mut member_teams, mut managed_teams } = facts;
        // A managed subtree needs the role and being the team's manager, both.
        match role {
            Role::Leader | Role::Manager => {}
            Role::Individual => managed_teams.clear(),
        }
        member_teams.sort_unstable();
        managed_teams.sort_unstable();
        let mut seen_teams: Vec<Uuid> = member_teams.iter().chain(&managed_teams).copied().collect();
        seen_teams.sort_unstable();
        seen_teams.dedup();
        Viewer {
            organization_id: self.organization,
            person_id: person,
            session_id: session,
            token: None,
            actor: Actor::Person(person),
            role,
            is_admin,
            sight: if role == Role::Leader { Sight::Everything } else { Sight::Goals },
            member_teams,
            managed_teams,
            seen_teams,
            settings: Arc::clone(&self.settings),
            time_zone: self.time_zone,
            backend: self.backend,
        }
    }

    /// The viewer that a tool's token is: nobody, with what its scopes say.
    pub(in crate::domain) fn token(&self, token: TokenIdentity) -> Viewer {
        let sight = if token.scopes.contains(&TokenScope::ReadAll) {
            Sight::Everything
        } else if token.scopes.contains(&TokenScope::Read) {
            Sight::Goals
        } else {
            Sight::Nothing
        };
        Viewer {
            organization_id: self.organization,
            person_id: Uuid::nil(),
            session_id: None,
            actor: Actor::Token(token.id),
            token: Some(token),
            role: Role::Individual,
            is_admin: false,
            sight,
            member_teams: Vec::new(),
            managed_teams: Vec::new(),
            seen_teams: Vec::new(),
            settings: Arc::clone(&self.settings),
            time_zone: self.time_zone,
            backend: self.backend,
        }
    }
}

async fn load_person(ask: &impl Ask, clock: &Clock, person: Uuid, session: Option<Uuid>) -> Result<Viewer> {
    let person_id = person;
    let mut binds = ask.binds();
    let person = binds.push(person);
    let mut text = format!(
        "SELECT person.organization_id, person.role, person.is_admin, organization.settings, \
         organization.time_zone FROM person \
         JOIN organization ON organization.id = person.organization_id \
         WHERE person.id = {person} AND person.deactivated_at IS NULL"
    );
    if let Some(session) = session {
        let session = binds.push(session);
        let now = binds.push(clock.now().0);
        text.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM session WHERE session.id = {session} \
             AND session.person_id = person.id AND session.revoked_at IS NULL \
             AND session.expires_at > {now})"
        ));
    }
    let row = ask.rows(text, binds).await?.pop().ok_or(DomainError::Unauthenticated)?;
    let organization: Uuid = row.try_get_by_index(0)?;
    let (settings, time_zone) = read_practice(&row, 3)?;
    let (member_teams, managed_teams) = teams_of(ask, organization, person_id).await?;
    let practice = Practice { organization, settings: Arc::new(settings), time_zone, backend: ask.backend() };
    Ok(practice.person(PersonFacts {
        person: person_id,
        session,
        role: row.try_get_by_index(1)?,
        is_admin: row.try_get_by_index(2)?,
        member_teams,
        managed_teams,
    }))
}

/// Teams of which a person is a member, and teams they are the manager of with everything below.
async fn teams_of(ask: &impl Ask, organization: Uuid, person: Uuid) -> Result<(Vec<Uuid>, Vec<Uuid>)> {
    let mut binds = ask.binds();
    // Pushed in the order of the text: SQLite binds by position.
    let manager = binds.push(person);
    let first = binds.push(organization);
    let second = binds.push(organization);
    let member = binds.push(person);
    let of = binds.push(organization);
    let text = format!(
        "WITH RECURSIVE managed (id) AS ( \
         SELECT id FROM team WHERE manager_id = {manager} AND organization_id = {first} \
         UNION SELECT team.id FROM team JOIN managed ON team.parent_id = managed.id \
         WHERE team.organization_id = {second}) \
         SELECT team_id, 0 FROM membership WHERE person_id = {member} AND organization_id = {of} \
         UNION ALL SELECT id, 1 FROM managed"
    );
    let (mut member_teams, mut managed_teams) = (Vec::new(), Vec::new());
    for row in ask.rows(text, binds).await? {
        let team: Uuid = row.try_get_by_index(0)?;
        if row.try_get_by_index::<i32>(1)? == 0 {
            member_teams.push(team);
        } else {
            managed_teams.push(team);
        }
    }
    Ok((member_teams, managed_teams))
}

fn read_practice(row: &QueryResult, at: usize) -> Result<(Settings, Tz)> {
    let stored: String = row.try_get_by_index(at)?;
    let settings =
        Settings::from_stored(&stored).map_err(|error| DomainError::Internal(error.to_string()))?;
    let zone: String = row.try_get_by_index(at + 1)?;
    let zone = zone
        .parse()
        .map_err(|_| DomainError::Internal(format!("the organization's time zone {zone} is not known")))?;
    Ok((settings, zone))
}
