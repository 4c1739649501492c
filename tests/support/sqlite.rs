//! SQLite databases for tests: migrated once in a process, then copied.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::database::{Home, TestDatabase, migrate};

/// The file of a migrated database, held in memory so that no file outlives the process.
static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();

/// A copy of the migrated database.
pub(crate) async fn migrated() -> TestDatabase {
    let bytes = MIGRATED.get_or_init(migrated_file).await;
    let folder = folder();
    std::fs::write(folder.path().join(FILE), bytes).expect("the temporary folder takes a database");
    open(folder)
}

/// A database without any table; its file is made by the first connection.
pub(crate) fn empty() -> TestDatabase {
    open(folder())
}

const FILE: &str = "throughline.db";

fn folder() -> TempDir {
    TempDir::with_prefix("throughline-sqlite-").expect("a temporary folder")
}

fn open(folder: TempDir) -> TestDatabase {
    let path = folder.path().join(FILE);
    TestDatabase::in_file(options(&path), url(&path), Home::Folder { _folder: folder })
}

fn url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}

fn options(path: &Path) -> SqliteConnectOptions {
    // The journal mode is left as it is found: it is the server's business.
    SqliteConnectOptions::new().filename(path).create_if_missing(true)
}

async fn migrated_file() -> Vec<u8> {
    let folder = folder();
    let path = folder.path().join(FILE);
    migrate(&url(&path), None).await.expect("the migrations run on SQLite");
    std::fs::read(&path).expect("the migrated database")
}
