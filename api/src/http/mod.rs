//! The front: the loop that serves connections, router, authentication, the one GraphQL endpoint, health.

mod address;
mod auth;
mod body;
mod catch_up;
mod connection;
pub mod document;
mod exchange;
pub mod explorer;
mod follow;
mod get;
mod graphql;
mod health;
mod limit;
mod metrics;
mod naming;
mod negotiate;
mod operation;
mod origin;
mod persisted;
mod places;
mod recent;
mod refusal;
pub mod serve;
mod shared_run;
mod sse;
mod tally;
mod websocket;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::HeaderValue,
    routing::{MethodRouter, get},
};
use ipnet::IpNet;
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, Predicate as _, predicate::NotForContentType, predicate::SizeAbove},
};
use uuid::Uuid;

pub use self::{limit::RateLimits, metrics::Readers, naming::Entrance, persisted::TrustedDocuments};

use self::{
    document::{DocumentLimits, Documents},
    follow::SharedStreams,
    limit::RateLimiter,
    metrics::{Figures, Metrics},
    persisted::PersistedDocuments,
    recent::Recent,
    serve::Closing,
    tally::Tally,
};
use crate::{
    domain::{installation::Installation, live::Live},
    graphql::{ApiSchema, page::PageLimits},
};

/// Bodies from which on compressing pays, in bytes.
const COMPRESSED_FROM: u16 = 1_024;

/// What the front may take in.
#[derive(Clone, Copy, Debug)]
pub struct FrontLimits {
    /// Bytes of a request's body at most.
    pub body_bytes: usize,
    /// Operations of a batch at most.
    pub batch: usize,
    /// Longest time for one request.
    pub request_timeout: Duration,
    /// What a document may cost.
    pub document: DocumentLimits,
    /// How many rows a page has.
    pub page: PageLimits,
    /// Whether the explorer is served at `/`.
    pub explorer: bool,
    /// What a WebSocket may take.
    pub socket: SocketLimits,
}

/// What one WebSocket may take.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// Bytes of a message at most.
    pub message_bytes: usize,
    /// Operations that run at once.
    pub operations: usize,
    /// Longest wait for `connection_init`.
    pub init_timeout: Duration,
    /// Messages of a client at most in half a minute.
    pub messages: u32,
    /// Longest time for one message to be written: who reads slower is let go.
    pub write_timeout: Duration,
}

/// What stands around the front: who is believed, who may read along, what may run.
#[derive(Clone, Debug)]
pub struct FrontSettings {
    /// What it may take in.
    pub limits: FrontLimits,
    /// How much one viewer may ask for.
    pub rates: RateLimits,
    /// WebSockets and event streams of one viewer that are open at once at most; 0 is no limit.
    pub streams_per_viewer: u32,
    /// The same of one address that a proxy brings, whose connections are not counted; 0 is no limit.
    pub streams_per_address: u32,
    /// Longest time for the body of a request.
    pub body_timeout: Duration,
    /// Proxies whose word on the client's address is taken.
    pub proxies: Vec<IpNet>,
    /// Origins whose pages may read answers.
    pub origins: Vec<HeaderValue>,
    /// Whether answers are compressed.
    pub compression: bool,
    /// The only documents that run; none lets every document run.
    pub trusted: Option<TrustedDocuments>,
    /// Who may read the figures.
    pub readers: Readers,
}

/// What every handler sees. Cheap to clone, as it is for each request several times; clones are the same.
#[derive(Clone)]
pub struct Front(Arc<Inside>);

/// What a [`Front`] holds.
pub struct Inside {
    schema: ApiSchema,
    installation: Installation,
    live: Live,
    limits: FrontLimits,
    documents: Documents,
    sdl: Arc<str>,
    rates: Arc<RateLimiter>,
    persisted: Arc<PersistedDocuments>,
    streams: Arc<SharedStreams>,
    open_streams: Tally<Uuid>,
    streams_of_address: Tally<IpAddr>,
    readiness: Recent<bool>,
    looked: Recent<()>,
    origins: Arc<[HeaderValue]>,
    trusted: Option<TrustedDocuments>,
    proxies: Arc<[IpNet]>,
    body_timeout: Duration,
    metrics: Arc<Metrics>,
    figures: Arc<Figures>,
    /// Live streams listen to it, so that they end with a word when the server stops.
    closing: Closing,
}

impl std::ops::Deref for Front {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

impl std::fmt::Debug for Inside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inside").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Front {
    /// A front over a schema and an installation.
    ///
    /// # Errors
    /// When the schema is not valid by the specification.
    pub fn new(
        schema: ApiSchema,
        installation: Installation,
        live: Live,
        settings: &FrontSettings,
        closing: Closing,
    ) -> Result<Self, String> {
        let sdl = crate::graphql::sdl(&schema);
        let documents = Documents::new(&sdl, settings.limits.document)?;
        let mut registry = Registry::with_prefix("throughline");
        installation.register(&mut registry);
        live.register(&mut registry);
        let metrics = Arc::new(Metrics::register(&mut registry));
        let figures = Arc::new(Figures { registry, readers: settings.readers.clone() });
        Ok(Self(Arc::new(Inside {
            schema,
            installation,
            live,
            limits: settings.limits,
            documents,
            sdl: sdl.into(),
            rates: Arc::new(RateLimiter::new(settings.rates)),
            persisted: Arc::default(),
            streams: Arc::default(),
            open_streams: Tally::new(settings.streams_per_viewer),
            streams_of_address: Tally::new(settings.streams_per_address),
            readiness: Recent::default(),
            looked: Recent::default(),
            origins: settings.origins.as_slice().into(),
            trusted: settings.trusted.clone(),
            proxies: settings.proxies.as_slice().into(),
            body_timeout: settings.body_timeout,
            metrics,
            figures,
            closing,
        })))
    }

    /// The gauge of open connections, for the loop that serves them.
    #[must_use]
    pub fn connections(&self) -> Gauge {
        self.metrics.connections().clone()
    }

    /// The counter of followers who did not keep up, for the loop that sees them stop.
    #[must_use]
    pub fn slow_readers(&self) -> Counter {
        self.metrics.slow_readers().clone()
    }

    /// Tells when the server is to stop.
    #[must_use]
    pub fn closing(&self) -> Closing {
        self.closing.clone()
    }

    /// The way in to the routes of the server.
    pub fn entrance(self, settings: &FrontSettings) -> Entrance {
        // Streams branch off in there: an upgrade of GET, and `Accept: text/event-stream`.
        let graphql: MethodRouter<Self> =
            get(graphql::by_get).post(graphql::by_post).fallback(graphql::other_method);
        let mut router: Router<Self> = Router::new()
            .route("/graphql", graphql.clone())
            .route("/graphql/stream", graphql)
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready))
            .route("/schema.graphql", get(health::sdl))
            .route("/metrics", get(metrics::metrics));
        if self.limits.explorer {
            router = router.merge(explorer::router());
        }
        let router = router.with_state(self.clone());
        let worth = SizeAbove::new(COMPRESSED_FROM).and(NotForContentType::SSE);
        let compress = CompressionLayer::new().compress_when(worth);
        let compressing = settings.compression.then(|| router.clone().layer(compress));
        let for_pages = |router: Router| match settings.origins.is_empty() {
            true => router,
            // A page may read that a request panicked as well.
            false => router
                .layer(CatchPanicLayer::custom(refusal::panicked))
                .layer(origin::cors(settings.origins.clone())),
        };
        Entrance::new(self, for_pages(router), compressing.map(for_pages))
    }
}
