//! The front: router, authentication, the one GraphQL endpoint, health.

mod auth;
mod body;
pub mod document;
pub mod explorer;
mod graphql;
mod health;
mod merging;
mod operation;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

use self::document::{DocumentCache, DocumentLimits};
use crate::{
    domain::{installation::Installation, live::Live},
    graphql::{ApiSchema, page::PageLimits},
};

/// What the front may take in.
#[derive(Clone, Copy, Debug)]
pub struct FrontLimits {
    /// Bytes of a request's body at most.
    pub body_bytes: usize,
    /// Operations of a batch at most.
    pub batch: usize,
    /// Errors of an answer at most.
    pub errors: usize,
    /// Longest time for one request.
    pub request_timeout: Duration,
    /// What a document may cost.
    pub document: DocumentLimits,
    /// How many rows a page has.
    pub page: PageLimits,
    /// Whether the schema can be asked for by introspection.
    pub introspection: bool,
    /// Whether the explorer is served at `/`.
    pub explorer: bool,
}

/// What every handler sees.
#[derive(Clone)]
pub struct Front {
    schema: ApiSchema,
    installation: Installation,
    live: Live,
    limits: FrontLimits,
    documents: Arc<DocumentCache>,
    sdl: Arc<str>,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Front {
    /// A front over a schema and an installation.
    #[must_use]
    pub fn new(schema: ApiSchema, installation: Installation, live: Live, limits: FrontLimits) -> Self {
        let sdl = crate::graphql::sdl(&schema).into();
        Self { schema, installation, live, limits, documents: Arc::new(DocumentCache::default()), sdl }
    }

    /// The routes of the server.
    pub fn router(self) -> Router {
        let mut router = Router::new()
            .route("/graphql", post(graphql::answer).fallback(graphql::wrong_method))
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready))
            .route("/schema.graphql", get(health::sdl));
        if self.limits.explorer {
            router = router.merge(explorer::router());
        }
        router
            .layer(DefaultBodyLimit::max(self.limits.body_bytes))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(graphql::panicked))
            .layer(middleware::from_fn_with_state(self.clone(), graphql::name_request))
            .with_state(self)
    }
}
