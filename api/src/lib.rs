//! Throughline: one GraphQL API over objectives → key results → projects → tasks.
//!
//! The map of this crate; a test (`tests/it/layers.rs`) holds it to who may import whom:
//!
//! - [`app`] joins everything and is the only module that ties a connector to its port;
//! - [`http`] is the front: router, authentication, the one GraphQL endpoint, health;
//! - [`graphql`] has one file a concept: object, inputs, payloads, queries and mutations together;
//! - [`jobs`] has one file a job;
//! - [`domain`] holds the rules and the only way to the database; it knows no GraphQL, HTTP or provider;
//! - [`connectors`] turn a provider's JSON into `domain::sync::external` types and know no database.

pub mod app;
pub mod config;
pub mod connectors;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod jobs;
pub mod telemetry;
