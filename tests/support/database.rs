//! One database for one test, and a way to look into it past the server.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DbErr};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column, PgPool, Row as _, SqlitePool, TypeInfo, ValueRef};
use uuid::Uuid;

use crate::cell::{Cell, hex};
use crate::{postgres, sqlite};

/// A row read past the server: column name → value. Keys are hyphenated text on both databases.
pub type Row = serde_json::Map<String, Value>;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one.
    Sqlite,
    /// The server.
    Postgres,
}

/// A migrated database that belongs to one test alone. Clones are the same database.
#[derive(Clone)]
pub struct TestDatabase {
    shared: Arc<Shared>,
}

/// A database without any table, for tests of the migrations themselves.
#[derive(Clone)]
pub struct EmptyDatabase {
    /// The database.
    pub database: TestDatabase,
}

struct Shared {
    url: String,
    pool: Pool,
    home: Home,
}

enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Where a database lives, and so what has to be done when it is no longer needed.
pub(crate) enum Home {
    /// A folder that goes with the value.
    Folder { _folder: tempfile::TempDir },
    /// The private server, which is thrown away whole.
    PrivateServer,
    /// A server that belongs to somebody else.
    ForeignServer { admin_url: String, name: String },
}

impl TestDatabase {
    /// A fresh, migrated database.
    pub async fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => sqlite::migrated().await,
            Backend::Postgres => postgres::migrated().await,
        }
    }

    pub(crate) fn in_file(options: SqliteConnectOptions, url: String, home: Home) -> Self {
        let pool = SqlitePoolOptions::new().max_connections(2).connect_lazy_with(options);
        Self { shared: Arc::new(Shared { url, pool: Pool::Sqlite(pool), home }) }
    }

    pub(crate) fn on_server(options: PgConnectOptions, url: String, home: Home) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).connect_lazy_with(options);
        Self { shared: Arc::new(Shared { url, pool: Pool::Postgres(pool), home }) }
    }

    /// The kind of database.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.shared.pool {
            Pool::Sqlite(_) => Backend::Sqlite,
            Pool::Postgres(_) => Backend::Postgres,
        }
    }

    /// The address, as it is written in the setting `database.url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Brings the schema up to date, as `throughline migrate` does.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        migrate(self.url(), None).await
    }

    /// The same, but only so many changes: a database of an older release.
    pub async fn migrate_some(&self, changes: u32) -> Result<(), DbErr> {
        migrate(self.url(), Some(changes)).await
    }

    /// The rows of a `SELECT`.
    ///
    /// Keys are hyphenated text, other bytes hexadecimal text, days ISO text, on both databases; microseconds
    /// and units of 10⁻⁶ are numbers. Panics if the statement fails, for then the test itself is wrong.
    pub async fn sql(&self, text: &str) -> Vec<Row> {
        let outcome = match &self.shared.pool {
            Pool::Sqlite(pool) => sqlx::query(AssertSqlSafe(text))
                .fetch_all(pool)
                .await
                .map(|rows| rows.iter().map(sqlite_row).collect()),
            Pool::Postgres(pool) => {
                let as_json = format!("SELECT row_to_json(answer)::text FROM ({text}) AS answer");
                sqlx::query_scalar::<_, String>(AssertSqlSafe(as_json))
                    .fetch_all(pool)
                    .await
                    .map(|rows| rows.iter().map(|row| postgres_row(row)).collect())
            }
        };
        outcome.unwrap_or_else(|error| panic!("`{text}` failed: {error}"))
    }

    /// The one number of a `SELECT count(…)` or the like. Panics if there is none.
    pub async fn number(&self, text: &str) -> i64 {
        let rows = self.sql(text).await;
        rows.first()
            .and_then(|row| row.values().next())
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("`{text}` gave no whole number but {rows:?}"))
    }

    /// Runs a statement that changes something, and tells how many rows it changed.
    pub async fn execute(&self, text: &str) -> Result<u64, sqlx::Error> {
        match &self.shared.pool {
            Pool::Sqlite(pool) => {
                sqlx::query(AssertSqlSafe(text)).execute(pool).await.map(|done| done.rows_affected())
            }
            Pool::Postgres(pool) => {
                sqlx::query(AssertSqlSafe(text)).execute(pool).await.map(|done| done.rows_affected())
            }
        }
    }

    /// Runs several statements at once, for rows that are written by the dozen.
    pub async fn execute_script(&self, text: &str) -> Result<(), sqlx::Error> {
        match &self.shared.pool {
            Pool::Sqlite(pool) => sqlx::raw_sql(AssertSqlSafe(text)).execute(pool).await.map(drop),
            Pool::Postgres(pool) => sqlx::raw_sql(AssertSqlSafe(text)).execute(pool).await.map(drop),
        }
    }

    /// Writes one row past the server; columns that are left out take their default.
    pub async fn insert(&self, table: &str, cells: &[(&str, Cell)]) -> Result<(), sqlx::Error> {
        let names: Vec<_> = cells.iter().map(|(name, _)| *name).collect();
        let values: Vec<_> = cells.iter().map(|(_, cell)| cell.literal(self.backend())).collect();
        let text = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
        self.execute(&text).await.map(drop)
    }

    /// Lets go of the database; on somebody else's server it is dropped.
    pub(crate) async fn discard(&self) {
        match &self.shared.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
        match &self.shared.home {
            Home::Folder { .. } | Home::PrivateServer => {}
            Home::ForeignServer { admin_url, name } => postgres::drop_database(admin_url, name).await,
        }
    }
}

impl EmptyDatabase {
    /// A fresh database without any table.
    pub async fn create(backend: Backend) -> Self {
        let database = match backend {
            Backend::Sqlite => sqlite::empty(),
            Backend::Postgres => postgres::empty().await,
        };
        Self { database }
    }
}

/// Runs the migrations that the database lacks, all or the first of them.
pub(crate) async fn migrate(url: &str, changes: Option<u32>) -> Result<(), DbErr> {
    use migration::MigratorTrait;

    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(60));
    let connection = Database::connect(options).await?;
    migration::Migrator::up(&connection, changes).await?;
    connection.close().await
}

fn postgres_row(text: &str) -> Row {
    serde_json::from_str(text).expect("PostgreSQL writes rows as JSON objects")
}

fn sqlite_row(row: &SqliteRow) -> Row {
    row.columns()
        .iter()
        .map(|column| (column.name().to_owned(), sqlite_value(row, column.ordinal())))
        .collect()
}

fn sqlite_value(row: &SqliteRow, at: usize) -> Value {
    let declared = row.column(at).type_info().name();
    let value = row.try_get_raw(at).expect("a column of this row");
    let stored = value.type_info().name().to_owned();
    if value.is_null() {
        return Value::Null;
    }
    match (declared, stored.as_str()) {
        ("BOOLEAN", _) => row.get_unchecked::<bool, _>(at).into(),
        (_, "INTEGER") => row.get_unchecked::<i64, _>(at).into(),
        (_, "REAL") => row.get_unchecked::<f64, _>(at).into(),
        (_, "BLOB") => {
            let bytes = row.get_unchecked::<Vec<u8>, _>(at);
            Uuid::from_slice(&bytes).map_or_else(|_| hex(&bytes), |id| id.to_string()).into()
        }
        _ => row.get_unchecked::<String, _>(at).into(),
    }
}
