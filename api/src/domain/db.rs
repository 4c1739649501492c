//! The one door to the database: every statement of the product passes here.
//!
//! `Db` is private to `domain`. Reads build a statement through the scope; writes go through
//! `domain::write`. Statements can be counted, for the tests that hold the headline queries to a number.

#[cfg(test)]
mod tests;
mod tx;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    QueryResult, RuntimeErr, SqliteTransactionMode, SqlxPostgresConnector, Statement, TransactionOptions,
    TransactionTrait, sea_query::SelectStatement,
};
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

pub(in crate::domain) use self::tx::Tx;
use super::{
    error::DomainError,
    meter::{Place, StatementMeter},
};

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DbOptions {
    /// `sqlite://file.db` or `postgres://user:password@host/name`.
    pub url: String,
    /// Connections kept open.
    pub min_connections: u32,
    /// Connections for requests and jobs at most; up to five more are opened for the stream of events.
    pub max_connections: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may run (PostgreSQL).
    pub statement_timeout: Duration,
}

/// Connections beside the pool at most.
const ASIDE: u32 = 4;
/// Connections of the migrator at most: one holds the lock.
const MIGRATING: u32 = 3;
/// The advisory lock of whoever migrates, by a number that nothing else in the database uses.
const MIGRATION_LOCK: i64 = 0x7468_726f_7567_686c;

/// The texts of the statements that ran, kept when a test asks for them.
pub type StatementLog = Arc<Mutex<Vec<String>>>;

/// Changes of rights that were committed through this process.
#[derive(Default)]
struct ChangesOfRights {
    /// How many there were.
    count: u64,
    /// The last one of each organization.
    last: HashMap<Uuid, u64>,
}

/// A pool of connections, and some beside it. Small, for each request and each open stream holds it.
#[derive(Clone)]
pub struct Db {
    inside: Arc<Inside>,
    is_aside: bool,
    /// How its statements begin in the log: whom they are run for.
    mark: &'static str,
}

/// What all clones of a [`Db`] share.
struct Inside {
    pool: DatabaseConnection,
    /// A few connections of their own, opened when they are needed.
    aside: DatabaseConnection,
    backend: DbBackend,
    log: Option<StatementLog>,
    /// Counts the commits that asked for a job; whoever runs jobs here waits for the next.
    jobs: watch::Sender<u64>,
    /// Counts the commits that wrote events; whoever reads on in the stream here waits for the next.
    events: watch::Sender<u64>,
    rights: Mutex<ChangesOfRights>,
    meter: StatementMeter,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("backend", &self.backend()).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the pool.
    ///
    /// # Errors
    /// When the address cannot be read or the database cannot be reached.
    pub async fn open(options: &DbOptions, log: Option<StatementLog>) -> Result<Self, DbErr> {
        let mut connect = Self::how_to_connect(options);
        let pool = Database::connect(connect.clone()).await?;
        // What is in memory is seen by its own pool only.
        let aside = if options.url.contains(":memory:") {
            pool.clone()
        } else {
            connect.min_connections(0).max_connections(ASIDE).connect_lazy(true);
            Database::connect(connect).await?
        };
        let backend = pool.get_database_backend();
        let (jobs, events) = (watch::Sender::new(0), watch::Sender::new(0));
        let (rights, meter) = (Mutex::default(), StatementMeter::default());
        let inside = Inside { pool, aside, backend, log, jobs, events, rights, meter };
        Ok(Self { inside: Arc::new(inside), is_aside: false, mark: "" })
    }

    fn how_to_connect(options: &DbOptions) -> ConnectOptions {
        let mut connect = ConnectOptions::new(options.url.clone());
        let statement_timeout = options.statement_timeout.as_millis();
        // A file is made unless its address says otherwise; whoever names a new one means that.
        let makes_file = !options.url.contains("mode=");
        connect
            .min_connections(options.min_connections)
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .map_sqlx_sqlite_opts(move |sqlite| {
                let sqlite = if makes_file { sqlite.create_if_missing(true) } else { sqlite };
                sqlite
                    .foreign_keys(true)
                    .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                    .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
                    .busy_timeout(Duration::from_secs(30))
                    .pragma("mmap_size", "268435456")
                    .pragma("cache_size", "-16384")
                    .pragma("wal_autocheckpoint", "16384")
                    .statement_cache_capacity(512)
            })
            .map_sqlx_postgres_opts(move |postgres| {
                postgres.application_name("throughline").statement_cache_capacity(512).options([
                    ("statement_timeout", statement_timeout.to_string()),
                    ("idle_in_transaction_session_timeout", "30000".to_owned()),
                ])
            });
        connect
    }

    /// The same beside the pool, for what must go on however many requests wait for a connection of it.
    pub(in crate::domain) fn aside(&self) -> Self {
        Self { is_aside: true, mark: OF_SERVER, ..self.clone() }
    }

    /// The same, at work for the server itself.
    pub(in crate::domain) fn for_server(&self) -> Self {
        Self { mark: OF_SERVER, ..self.clone() }
    }

    /// The same, at work for a job.
    pub(in crate::domain) fn for_job(&self) -> Self {
        Self { mark: OF_JOB, ..self.clone() }
    }

    fn connection(&self) -> &DatabaseConnection {
        if self.is_aside { &self.inside.aside } else { &self.inside.pool }
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.inside.backend
    }

    /// Whether this is PostgreSQL, where arrays are parameters and rows can be locked.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// Tells whoever runs jobs in this process that one waits: after the commit that asked for it.
    pub(in crate::domain) fn wake_jobs(&self) {
        self.inside.jobs.send_modify(|asked| *asked = asked.wrapping_add(1));
    }

    /// Changes when a job was asked for in this process.
    pub(in crate::domain) fn jobs(&self) -> watch::Receiver<u64> {
        self.inside.jobs.subscribe()
    }

    /// Tells whoever reads the stream of events in this process that it has grown: after the commit.
    pub(in crate::domain) fn events_written(&self) {
        self.inside.events.send_modify(|written| *written = written.wrapping_add(1));
    }

    /// Changes when events were written in this process.
    pub(in crate::domain) fn events(&self) -> watch::Receiver<u64> {
        self.inside.events.subscribe()
    }

    /// A connection beside the pool that hears notifications; null on SQLite, where there is one process.
    pub(in crate::domain) async fn listener(&self) -> Result<Option<PgListener>, sqlx::Error> {
        if !self.is_postgres() {
            return Ok(None);
        }
        let own = self.own_pool(1, []).await?;
        PgListener::connect_with(&own).await.map(Some)
    }

    /// Connections to the same PostgreSQL that stay open until they are closed, with settings of their own.
    async fn own_pool<const N: usize>(
        &self,
        most: u32,
        settings: [(&str, &str); N],
    ) -> Result<PgPool, sqlx::Error> {
        let pool = self.connection().get_postgres_connection_pool();
        let options = pool.connect_options().as_ref().clone().options(settings);
        PgPoolOptions::new()
            .max_connections(most)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_with(options)
            .await
    }

    /// Counts what passes here.
    pub(in crate::domain) fn meter(&self) -> &StatementMeter {
        &self.inside.meter
    }

    /// Connections of the pool: all that are open, and those of them that nobody uses.
    pub(in crate::domain) fn connections(&self) -> (u32, usize) {
        if self.is_postgres() {
            let pool = self.connection().get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = self.connection().get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        }
    }

    /// The connection, for looking at what the migrator would do.
    pub(in crate::domain) fn for_migration(&self) -> &DatabaseConnection {
        self.connection()
    }

    /// Brings the schema up to date; on PostgreSQL one node at a time, and without a limit of time, for an index of
    /// a large table takes as long as it takes.
    pub(in crate::domain) async fn migrate(&self) -> Result<(), DbErr> {
        if !self.is_postgres() {
            return Migrator::up(self.connection(), None).await;
        }
        let failed = |error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)));
        // What waits for a lock holds up all that come after it, so it gives up; a migration can be tried again.
        let unlimited = [("statement_timeout", "0"), ("lock_timeout", "10000")];
        let own = self.own_pool(MIGRATING, unlimited).await.map_err(failed)?;
        let mut alone = own.acquire().await.map_err(failed)?;
        sqlx::query("SET lock_timeout = 0").execute(&mut *alone).await.map_err(failed)?;
        let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION_LOCK);
        lock.execute(&mut *alone).await.map_err(failed)?;
        let done = Migrator::up(&SqlxPostgresConnector::from_sqlx_postgres_pool(own.clone()), None).await;
        // The lock goes with its connection.
        drop(alone);
        own.close().await;
        done
    }

    fn changes_of_rights(&self) -> MutexGuard<'_, ChangesOfRights> {
        self.inside.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often rights were changed through this process, in any organization.
    pub(in crate::domain) fn rights_generation(&self) -> u64 {
        self.changes_of_rights().count
    }

    /// Whether rights in an organization were changed through this process after that count: a viewer that was
    /// loaded under it is then not to be used any more.
    pub(in crate::domain) fn have_rights_changed(&self, organization: Uuid, since: u64) -> bool {
        self.changes_of_rights().last.get(&organization).is_some_and(|last| *last > since)
    }

    /// Makes every kept viewer of an organization stale: roles, teams, sessions or settings have changed.
    pub(in crate::domain) fn rights_changed(&self, organization: Uuid) {
        let mut changes = self.changes_of_rights();
        changes.count += 1;
        let count = changes.count;
        changes.last.insert(organization, count);
    }

    fn note(&self, statement: &Statement) {
        if let Some(log) = &self.inside.log {
            let statement = format!("{}{}", self.mark, statement.sql);
            log.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        }
    }

    pub(in crate::domain) async fn all(&self, select: &SelectStatement) -> Result<Vec<QueryResult>, DbErr> {
        self.all_raw(self.backend().build(select)).await
    }

    pub(in crate::domain) async fn all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note(&statement);
        #[expect(clippy::disallowed_methods, reason = "this file is the gate")]
        let rows = self.connection().query_all_raw(statement);
        self.inside.meter.measured(Place::Read, rows).await
    }

    pub(in crate::domain) async fn one(
        &self,
        select: &SelectStatement,
    ) -> Result<Option<QueryResult>, DbErr> {
        let statement = self.backend().build(select);
        self.note(&statement);
        #[expect(clippy::disallowed_methods, reason = "this file is the gate")]
        let row = self.connection().query_one_raw(statement);
        self.inside.meter.measured(Place::Read, row).await
    }

    /// Opens a writing transaction: `BEGIN IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL.
    pub(in crate::domain) async fn begin(&self) -> Result<Tx, DbErr> {
        let connection = self.connection().clone();
        let begin = async move {
            #[expect(clippy::disallowed_methods, reason = "this file is the gate")]
            connection
                .begin_with_options(TransactionOptions {
                    isolation_level: None,
                    access_mode: None,
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                })
                .await
        };
        let inner = if self.is_postgres() { to_its_end(begin).await? } else { begin.await? };
        Ok(Tx::new(inner, self.clone()))
    }
}

/// Opens a transaction also where whoever wants it leaves meanwhile, and rolls it back then.
///
/// The driver of PostgreSQL counts a transaction only once the database has said that it is open. Dropped in between,
/// a connection would go back to the pool with an open transaction, and whoever gets it next would stand in it. That
/// of SQLite takes back by itself what nobody waits for. Who leaves keeps the place in the queue for a connection, for
/// as long as one is waited for at most.
async fn to_its_end(
    begin: impl Future<Output = Result<DatabaseTransaction, DbErr>> + Send + 'static,
) -> Result<DatabaseTransaction, DbErr> {
    match tokio::spawn(begin.in_current_span()).await {
        Ok(begun) => begun,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(stopped) => Err(DbErr::Custom(format!("no transaction was begun: {stopped}"))),
        },
    }
}

/// How the statements of jobs begin in the log.
pub const OF_JOB: &str = "/* job */ ";
/// How those begin that the server runs by itself: looks at the queue, the stream and rights.
pub const OF_SERVER: &str = "/* server */ ";

/// Whether trying the whole transaction again may help: a serialization failure, a deadlock, a busy file.
#[must_use]
pub fn is_transient(error: &DomainError) -> bool {
    let DomainError::Database(error) = error else { return false };
    let text = error.to_string();
    text.contains("40001")
        || text.contains("40P01")
        || text.contains("deadlock detected")
        || text.contains("could not serialize")
        || text.contains("database is locked")
}
