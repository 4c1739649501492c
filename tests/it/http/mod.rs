//! The front door itself: GraphQL over HTTP, and what keeps the server up while strangers knock.
//!
//! The database does not matter here, so these tests run on the embedded one alone.

pub(crate) mod connection;
mod cross_site;
mod limit;
mod media;
mod metrics;
mod parameter;
mod persisted;
pub(crate) mod raw;
pub(crate) mod socket;
pub(crate) mod sse;
mod stop;
mod websocket;

/// Makes of each `async fn name(fixture: F) { … }` a test on SQLite.
macro_rules! on_sqlite {
    ($($(#[$attribute:meta])* async fn $name:ident($fixture:ident: $kind:ty) $body:block)+) => {$(
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            async fn check($fixture: $kind) $body
            support::run(support::Backend::Sqlite, stringify!($name), check).await;
        }
    )+};
}
pub(crate) use on_sqlite;

/// The newer media type, whose status tells whether the operation ran.
pub(crate) const GRAPHQL: &str = "application/graphql-response+json";
/// The older one.
pub(crate) const JSON: &str = "application/json";
