//! The ground that tests stand on: databases of both kinds, a running server, and people to act in it.
//!
//! A test is written once with [`both_databases!`] and runs on SQLite and on PostgreSQL, each time with a
//! database of its own, so that tests neither wait for nor disturb one another.

#![expect(clippy::expect_used, clippy::panic, reason = "a test whose ground is missing has to stop, loudly")]

mod answer;
mod batch;
mod cell;
mod client;
mod database;
mod events;
pub mod fake;
mod fixture;
mod held;
mod postgres;
mod schema;
mod server;
pub mod source;
mod sqlite;
mod statements;
mod stumbling;
mod test_server;
mod token;
mod world;

pub use answer::{Answer, UserError};
pub use cell::Cell;
pub use client::client;
pub use database::{Backend, EmptyDatabase, Row, TestDatabase};
pub use fixture::{Fixture, run};
pub use held::Held;
pub use reqwest::{StatusCode, header};
pub use schema::{ApiField, ApiInput, ApiSchema, ApiType, TypeRef};
pub use server::ServerOptions;
pub use statements::StatementLog;
pub use stumbling::{PANIC_WORDS, Stumbling};
pub use test_server::TestServer;
pub use token::{AUDIENCE, HS256_SECRET, ISSUER, TokenClaims, access_token};
pub use world::{Company, Someone, Thread, World, prefix};

/// Makes of each `async fn name(fixture: F) { … }` a module `name` with the tests `sqlite` and `postgres`.
///
/// `F` is any [`Fixture`]: [`TestServer`], [`TestDatabase`] or [`EmptyDatabase`]. Where no PostgreSQL
/// server programs are found, the `postgres` test says so and passes, unless
/// `THROUGHLINE_REQUIRE_POSTGRES=1`.
#[macro_export]
macro_rules! both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($fixture:ident: $kind:ty) $body:block)+) => {$(
        $(#[$attribute])*
        #[cfg(test)]
        mod $name {
            use super::*;

            async fn check($fixture: $kind) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                $crate::run($crate::Backend::Sqlite, concat!(module_path!(), "::sqlite"), check).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                $crate::run($crate::Backend::Postgres, concat!(module_path!(), "::postgres"), check).await;
            }
        }
    )+};
}
