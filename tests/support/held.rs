//! Somebody else who stands in the way: a transaction that is left open.

use std::str::FromStr as _;

use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use crate::{Backend, TestDatabase};

/// An open transaction of another program; it ends with the value, or in order by [`Held::let_go`].
#[derive(Debug)]
pub struct Held(Holder);

#[derive(Debug)]
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl TestDatabase {
    /// Holds up whoever wants to write: anything on SQLite, which has one writer, and a table on PostgreSQL.
    pub async fn hold_writers(&self, table: &str) -> Held {
        match self.backend() {
            Backend::Sqlite => {
                let options = SqliteConnectOptions::from_str(self.url()).expect("the address of the file");
                let mut held = SqliteConnection::connect_with(&options).await.expect("the file opens");
                held.execute("BEGIN IMMEDIATE").await.expect("nobody writes");
                Held(Holder::Sqlite(held))
            }
            Backend::Postgres => {
                let mut held = PgConnection::connect(self.url()).await.expect("PostgreSQL answers");
                held.execute("BEGIN").await.expect("a transaction");
                let lock = format!("LOCK TABLE {table} IN EXCLUSIVE MODE");
                held.execute(AssertSqlSafe(lock)).await.expect("nobody writes");
                Held(Holder::Postgres(held))
            }
        }
    }
}

impl Held {
    /// Ends the transaction; it has changed nothing.
    pub async fn let_go(self) {
        match self.0 {
            Holder::Sqlite(mut held) => {
                held.execute("ROLLBACK").await.expect("an end");
                held.close().await.expect("an end");
            }
            Holder::Postgres(mut held) => {
                held.execute("ROLLBACK").await.expect("an end");
                held.close().await.expect("an end");
            }
        }
    }
}
