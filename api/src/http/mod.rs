//! The front: router, authentication, the one GraphQL endpoint, health.

pub mod explorer;
