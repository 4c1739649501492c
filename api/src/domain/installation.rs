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

use entity::Instant;
use prometheus_client::registry::Registry;
use sea_orm::{DbErr, QueryResult, Statement};
use sea_orm_migration::MigratorTrait;
use uuid::Uuid;

use super::{
    access::{
        Scope, Viewer,
        jwt::{Claims, TokenKeys},
        password::Passwords,
        viewer::Actor,
    },
    bulk::Binds,
    clock::Clock,
    db::{Db, DbOptions, StatementLog},
    error::{DomainError, Result},
    seal::SealingKeys,
    sync::tools::Tools,
    viewer_load::{Pass, Subject, load_viewer, practice_of},
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
    /// What credentials of tools are sealed with; none, unless given with [`Installation::with_sealing`].
    pub(in crate::domain) sealing: Arc<SealingKeys>,
    /// What sync can reach; nothing, unless given with [`Installation::with_tools`].
    pub(in crate::domain) tools: Tools,
    public_urls: Arc<[String]>,
    cache: Arc<Mutex<ViewerCache>>,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation")
            .field("db", &self.db)
            .field("sealing", &self.sealing)
            .finish_non_exhaustive()
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
        Ok(Self {
            db,
            clock,
            keys: Arc::new(keys),
            passwords,
            rules,
            sealing: Arc::default(),
            tools: Tools::default(),
            public_urls: Arc::default(),
            cache,
        })
    }

    /// The same, reached under these addresses: pasted ones are references to goals.
    #[must_use]
    pub fn reached_under(self, public_urls: Vec<String>) -> Self {
        Self { public_urls: public_urls.into(), ..self }
    }

    /// The same, with keys that seal what opens the tools of its organizations.
    #[must_use]
    pub fn with_sealing(self, keys: SealingKeys) -> Self {
        Self { sealing: Arc::new(keys), ..self }
    }

    /// The same, with tools that it can reach.
    #[must_use]
    pub fn with_tools(self, tools: Tools) -> Self {
        Self { tools, ..self }
    }

    /// The same on connections beside the pool.
    pub(in crate::domain) fn aside(&self) -> Self {
        Self { db: self.db.aside(), ..self.clone() }
    }

    /// The same, at work for the server itself and for no request.
    #[must_use]
    pub fn for_server(&self) -> Self {
        Self { db: self.db.for_server(), ..self.clone() }
    }

    /// Brings the database's schema up to date; on PostgreSQL one node at a time.
    ///
    /// # Errors
    /// When a change fails; it is undone.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        self.db.migrate().await
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

    /// Adds what statements cost to the figures that are told to operators.
    pub fn register(&self, registry: &mut Registry) {
        self.db.meter().register(registry);
    }

    /// Connections to the database: all that are open, and those of them that nobody uses.
    #[must_use]
    pub fn connections(&self) -> (u32, usize) {
        self.db.connections()
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
        let viewer = self.viewer_of(Pass::of(claims).subject).await?;
        if claims.organization.is_some_and(|organization| organization != viewer.organization_id) {
            return Err(DomainError::Unauthenticated);
        }
        Ok(self.scope_for(viewer, request_id))
    }

    pub(in crate::domain) fn scope_for(&self, viewer: Arc<Viewer>, request_id: Option<Arc<str>>) -> Scope {
        Scope::new(self.db.clone(), self.clock.clone(), viewer, request_id).reached_under(&self.public_urls)
    }

    /// The scope of a person for the command line and jobs, without a token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the person does not exist or is deactivated.
    pub async fn scope_of_person(&self, person: Uuid) -> Result<Scope> {
        let viewer = load_viewer(&self.db, &self.clock, Subject::Person { person, session: None }).await?;
        Ok(self.scope_for(Arc::new(viewer), None))
    }

    /// The scope of Throughline itself in an organization; `reason` is for the reader of the code.
    ///
    /// # Errors
    /// `NOT_FOUND` when there is no such organization.
    pub async fn system(&self, organization: Uuid, actor: Actor, reason: &'static str) -> Result<Scope> {
        let (settings, time_zone) = practice_of(&self.db, organization).await?;
        Ok(Scope::system(
            self.db.clone(),
            self.clock.clone(),
            organization,
            Arc::new(settings),
            time_zone,
            actor,
            reason,
        )
        .reached_under(&self.public_urls))
    }

    pub(in crate::domain) fn cached(&self, subject: Subject) -> Option<Arc<Viewer>> {
        let until = self.clock.now().0.saturating_sub(self.rules.viewer_cache_milliseconds * 1000);
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = cache.viewers.get(&subject)?;
        let is_stale = self.db.have_rights_changed(kept.viewer.organization_id, kept.generation);
        let current = kept.at.0 > until && !is_stale;
        current.then(|| Arc::clone(&kept.viewer))
    }

    pub(in crate::domain) fn keep(&self, subject: Subject, generation: u64, viewer: &Arc<Viewer>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.viewers.len() >= VIEWERS_KEPT {
            cache.viewers.clear();
        }
        let kept = Kept { at: self.clock.now(), generation, viewer: Arc::clone(viewer) };
        cache.viewers.insert(subject, kept);
    }
}
