//! PostgreSQL databases for tests: on a private server of this process, or on one that is lent.

mod cluster;
mod programs;

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

use crate::database::{Home, TestDatabase, migrate};
use cluster::Cluster;

/// The address of a server on which tests may make and drop databases; without it a private one is started.
const LENT_SERVER: &str = "THROUGHLINE_TEST_POSTGRES_URL";
/// `1`: without PostgreSQL the tests fail, instead of being skipped.
const REQUIRED: &str = "THROUGHLINE_REQUIRE_POSTGRES";
/// A file to which the name of every test is added that passed on PostgreSQL.
const EXERCISED: &str = "THROUGHLINE_POSTGRES_EXERCISED";

const TEMPLATE: &str = "throughline_template";

static SERVER: OnceCell<Server> = OnceCell::const_new();

enum Server {
    /// Started by this process, with a migrated template.
    Private(Cluster),
    /// Somebody else's: nothing may be left on it, so each database is migrated by itself.
    Lent { admin_url: String },
}

/// Whether tests can run on PostgreSQL here. Says so where they cannot, and fails where they must.
pub(crate) fn found(test: &str) -> bool {
    if lent_url().is_some() || programs::find().is_some() {
        return true;
    }
    assert!(
        std::env::var(REQUIRED).as_deref() != Ok("1"),
        "PostgreSQL not found, but {REQUIRED}=1: install its server programs, or set {LENT_SERVER}"
    );
    // Not `eprintln!`, which is shown for failed tests only.
    let line = format!("skipped: PostgreSQL not found: {test}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
    false
}

/// Leaves a mark that a test passed on PostgreSQL, for whoever must know that it was not skipped.
pub(crate) fn record_exercised(test: &str) {
    let Ok(path) = std::env::var(EXERCISED) else { return };
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap_or_else(|error| panic!("{EXERCISED} names {path}, which cannot be opened: {error}"));
    file.write_all(format!("{test}\n").as_bytes()).expect("the mark can be written");
}

/// A fresh migrated database.
pub(crate) async fn migrated() -> TestDatabase {
    let server = server().await;
    match server {
        Server::Private(_) => server.create(Some(TEMPLATE)).await,
        Server::Lent { .. } => {
            let database = server.create(None).await;
            database.migrate().await.expect("the migrations run on the lent PostgreSQL");
            database
        }
    }
}

/// A fresh database without any table.
pub(crate) async fn empty() -> TestDatabase {
    server().await.create(None).await
}

/// Drops a database that a test made on a lent server.
pub(crate) async fn drop_database(admin_url: &str, name: &str) {
    let mut connection = PgConnection::connect(admin_url).await.expect("the lent PostgreSQL answers");
    connection
        .execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
        .await
        .expect("a test's database can be dropped");
}

fn lent_url() -> Option<String> {
    std::env::var(LENT_SERVER).ok().filter(|url| !url.is_empty())
}

async fn server() -> &'static Server {
    SERVER
        .get_or_init(|| async {
            if let Some(admin_url) = lent_url() {
                return Server::Lent { admin_url };
            }
            let cluster = Cluster::start(&programs::find().expect("found() was asked before")).await;
            let url = cluster.url(TEMPLATE);
            let server = Server::Private(cluster);
            server.create_named(TEMPLATE, None).await;
            migrate(&url, None).await.expect("the migrations run on PostgreSQL");
            server
        })
        .await
}

impl Server {
    fn admin_url(&self) -> String {
        match self {
            Self::Private(cluster) => cluster.url("postgres"),
            Self::Lent { admin_url } => admin_url.clone(),
        }
    }

    async fn create(&self, template: Option<&str>) -> TestDatabase {
        let name = new_name();
        self.create_named(&name, template).await;
        let admin_url = self.admin_url();
        let options =
            PgConnectOptions::from_str(&admin_url).expect("the address of the server").database(&name);
        let (url, home) = match self {
            Self::Private(cluster) => (cluster.url(&name), Home::PrivateServer),
            Self::Lent { .. } => {
                (options.to_url_lossy().to_string(), Home::ForeignServer { admin_url, name })
            }
        };
        TestDatabase::on_server(options, url, home)
    }

    async fn create_named(&self, name: &str, template: Option<&str>) {
        let mut connection = PgConnection::connect(&self.admin_url()).await.expect("PostgreSQL answers");
        let mut refusal = None;
        for how in template.map_or(ALPHABETICAL.to_vec(), |_| vec![""]) {
            let template = template.unwrap_or("template0");
            let text = format!("CREATE DATABASE {name} TEMPLATE {template} {how}");
            match connection.execute(AssertSqlSafe(text)).await {
                Ok(_) => return connection.close().await.expect("the connection closes"),
                Err(error) => refusal = Some(error),
            }
        }
        panic!("PostgreSQL refused to make the database {name}: {refusal:?}");
    }
}

/// Databases in which text sorts as in a dictionary if a column does not say otherwise, so that a missing
/// `COLLATE "C"` shows; the last resort is a server that knows no such order.
const ALPHABETICAL: [&str; 3] = [
    "ENCODING 'UTF8' LC_COLLATE 'en_US.UTF-8' LC_CTYPE 'en_US.UTF-8'",
    "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C' LC_CTYPE 'C'",
    "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
];

/// A name that no other test has, also not one of another process on the same lent server.
fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let chance = RandomState::new().hash_one(number);
    format!("throughline_test_{}_{number}_{chance:016x}", std::process::id())
}
