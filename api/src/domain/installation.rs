//! The gate for what happens before there is a viewer: opening the database, migrating it, and finding
//! out who a token speaks for.
//!
//! A viewer is loaded from the database by the token's subject, so that the database alone decides what
//! a person may do. It is kept for a moment (a setting, one second by default): a change of rights made
//! through this process works at once, one made through another node within that moment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::{Instant, Role};
use sea_orm::{DbErr, QueryResult, Statement};
use sea_orm_migration::MigratorTrait;
use uuid::Uuid;

use super::{
    access::{
        Scope, Viewer,
        jwt::{Claims, TokenKeys},
        password::Passwords,
        viewer::{Actor, Sight},
    },
    bulk::Binds,
    clock::Clock,
    db::{Db, DbOptions, StatementLog},
    error::{DomainError, Result},
    settings::Settings,
};

/// Viewers kept at most; beyond it the cache starts anew.
const VIEWERS_KEPT: usize = 10_000;

/// What signing in needs to know.
#[derive(Clone, Copy, Debug)]
pub struct AccessRules {
    /// How long an access token is valid, in seconds.
    pub access_token_seconds: i64,
    /// How long a session lives without a refresh, in seconds.
    pub refresh_token_seconds: i64,
    /// How long the code of an invitation or reset is valid, in seconds.
    pub set_up_code_seconds: i64,
    /// Failed sign-ins of one account in a window before it has to wait.
    pub sign_in_failures: i32,
    /// Length of that window, in seconds.
    pub sign_in_window_seconds: i64,
    /// How long a loaded viewer is kept, in milliseconds.
    pub viewer_cache_milliseconds: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Subject {
    person: Uuid,
    session: Option<Uuid>,
}

#[derive(Default)]
struct ViewerCache {
    viewers: HashMap<Subject, Kept>,
}

/// A viewer with when it was loaded, and after how many changes of rights.
struct Kept {
    at: Instant,
    generation: u64,
    viewer: Arc<Viewer>,
}

/// The database with what stands beside it, before anybody asks anything.
#[derive(Clone)]
pub struct Installation {
    pub(in crate::domain) db: Db,
    pub(in crate::domain) clock: Clock,
    pub(in crate::domain) keys: Arc<TokenKeys>,
    pub(in crate::domain) passwords: Passwords,
    pub(in crate::domain) rules: AccessRules,
    cache: Arc<Mutex<ViewerCache>>,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation").field("db", &self.db).finish_non_exhaustive()
    }
}

impl Installation {
    /// Opens the database.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn open(
        options: &DbOptions,
        clock: Clock,
        keys: TokenKeys,
        passwords: Passwords,
        rules: AccessRules,
        log: Option<StatementLog>,
    ) -> Result<Self> {
        let db = Db::open(options, log).await?;
        let cache = Arc::new(Mutex::new(ViewerCache::default()));
        Ok(Self { db, clock, keys: Arc::new(keys), passwords, rules, cache })
    }

    /// Brings the database's schema up to date; on PostgreSQL one node at a time.
    ///
    /// # Errors
    /// When a change fails; it is undone.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        migration::Migrator::up(self.db.for_migration(), None).await
    }

    /// Names of the schema changes that are not yet made.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, DbErr> {
        let pending = migration::Migrator::get_pending_migrations(self.db.for_migration()).await?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.rows("SELECT 1", Binds::new(self.db.is_postgres())).await.map(|_| ())
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The keys of access tokens.
    #[must_use]
    pub fn keys(&self) -> &TokenKeys {
        &self.keys
    }

    /// How tokens and sign-ins live.
    #[must_use]
    pub fn rules(&self) -> AccessRules {
        self.rules
    }

    pub(in crate::domain) async fn rows(&self, text: &str, binds: Binds) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        Ok(self.db.all_raw(statement).await?)
    }

    pub(in crate::domain) fn binds(&self) -> Binds {
        Binds::new(self.db.is_postgres())
    }

    /// The scope of whom a valid token speaks for.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the person does not exist, is deactivated, or the session has ended.
    pub async fn scope(&self, claims: &Claims, request_id: Option<Arc<str>>) -> Result<Scope> {
        let subject = Subject { person: claims.person, session: claims.session };
        let viewer = match self.cached(subject) {
            Some(viewer) => viewer,
            None => {
                // Counted before it is loaded: a change that commits meanwhile makes it stale at once.
                let generation = self.db.rights_generation();
                let viewer = Arc::new(self.load_viewer(subject).await?);
                self.keep(subject, generation, &viewer);
                viewer
            }
        };
        if claims.organization.is_some_and(|organization| organization != viewer.organization_id) {
            return Err(DomainError::Unauthenticated);
        }
        Ok(Scope::new(self.db.clone(), self.clock.clone(), viewer, request_id))
    }

    /// The scope of a person for the command line and jobs, without a token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the person does not exist or is deactivated.
    pub async fn scope_of_person(&self, person: Uuid) -> Result<Scope> {
        let viewer = self.load_viewer(Subject { person, session: None }).await?;
        Ok(Scope::new(self.db.clone(), self.clock.clone(), Arc::new(viewer), None))
    }

    /// The scope of Throughline itself in an organization; `reason` is for the reader of the code.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is no such organization.
    pub async fn system(&self, organization: Uuid, actor: Actor, reason: &'static str) -> Result<Scope> {
        let (settings, time_zone) = self.practice_of(organization).await?;
        Ok(Scope::system(
            self.db.clone(),
            self.clock.clone(),
            organization,
            Arc::new(settings),
            time_zone,
            actor,
            reason,
        ))
    }

    fn cached(&self, subject: Subject) -> Option<Arc<Viewer>> {
        let until = self.clock.now().0.saturating_sub(self.rules.viewer_cache_milliseconds * 1000);
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = cache.viewers.get(&subject)?;
        let current = kept.at.0 > until && kept.generation == self.db.rights_generation();
        current.then(|| Arc::clone(&kept.viewer))
    }

    fn keep(&self, subject: Subject, generation: u64, viewer: &Arc<Viewer>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.viewers.len() >= VIEWERS_KEPT {
            cache.viewers.clear();
        }
        let kept = Kept { at: self.clock.now(), generation, viewer: Arc::clone(viewer) };
        cache.viewers.insert(subject, kept);
    }

    /// Forgets the kept viewers. A command that changes rights needs no call: it says so by
    /// `Write::rights_changed`, and the commit makes them stale.
    pub fn forget_viewers(&self) {
        self.db.rights_changed();
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).viewers.clear();
    }

    async fn practice_of(&self, organization: Uuid) -> Result<(Settings, chrono_tz::Tz)> {
        let mut binds = self.binds();
        let id = binds.push(organization);
        let text = format!("SELECT settings, time_zone FROM organization WHERE id = {id}");
        let row = self.rows(&text, binds).await?.pop().ok_or(DomainError::NotFound)?;
        read_practice(&row, 0)
    }

    async fn load_viewer(&self, subject: Subject) -> Result<Viewer> {
        let mut binds = self.binds();
        let person = binds.push(subject.person);
        let mut text = format!(
            "SELECT person.organization_id, person.role, person.is_admin, organization.settings, \
             organization.time_zone FROM person \
             JOIN organization ON organization.id = person.organization_id \
             WHERE person.id = {person} AND person.deactivated_at IS NULL"
        );
        if let Some(session) = subject.session {
            let session = binds.push(session);
            let now = binds.push(self.clock.now().0);
            text.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM session WHERE session.id = {session} \
                 AND session.person_id = person.id AND session.revoked_at IS NULL \
                 AND session.expires_at > {now})"
            ));
        }
        let row = self.rows(&text, binds).await?.pop().ok_or(DomainError::Unauthenticated)?;
        let organization_id: Uuid = row.try_get_by_index(0)?;
        let role: Role = row.try_get_by_index(1)?;
        let (settings, time_zone) = read_practice(&row, 3)?;
        let (member_teams, managed_teams) = self.teams_of(organization_id, subject.person, role).await?;
        let mut seen_teams: Vec<Uuid> = member_teams.iter().chain(&managed_teams).copied().collect();
        seen_teams.sort_unstable();
        seen_teams.dedup();
        Ok(Viewer {
            organization_id,
            person_id: subject.person,
            session_id: subject.session,
            actor: Actor::Person(subject.person),
            role,
            is_admin: row.try_get_by_index(2)?,
            sight: if role == Role::Leader { Sight::Everything } else { Sight::Goals },
            member_teams,
            managed_teams,
            seen_teams,
            settings: Arc::new(settings),
            time_zone,
            backend: self.db.backend(),
        })
    }

    /// Teams of which a person is a member, and teams they manage with everything below.
    async fn teams_of(&self, organization: Uuid, person: Uuid, role: Role) -> Result<(Vec<Uuid>, Vec<Uuid>)> {
        let mut binds = self.binds();
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
        for row in self.rows(&text, binds).await? {
            let team: Uuid = row.try_get_by_index(0)?;
            if row.try_get_by_index::<i32>(1)? == 0 {
                member_teams.push(team);
            } else {
                managed_teams.push(team);
            }
        }
        // A managed subtree needs the role and being the team's manager, both.
        match role {
            Role::Leader | Role::Manager => {}
            Role::Individual => managed_teams.clear(),
        }
        member_teams.sort_unstable();
        managed_teams.sort_unstable();
        Ok((member_teams, managed_teams))
    }
}

fn read_practice(row: &QueryResult, at: usize) -> Result<(Settings, chrono_tz::Tz)> {
    let stored: String = row.try_get_by_index(at)?;
    let settings =
        Settings::from_stored(&stored).map_err(|error| DomainError::Internal(error.to_string()))?;
    let zone: String = row.try_get_by_index(at + 1)?;
    let zone = zone
        .parse()
        .map_err(|_| DomainError::Internal(format!("the organization's time zone {zone} is not known")))?;
    Ok((settings, zone))
}
