//! The server put together: configuration, database, schema, front and jobs.
//!
//! The only module that knows all the others, and the only one that joins a connector to the domain.

pub mod command_line;
mod demo;
mod doctor;
mod import;
mod okr;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    config::{self, Config, Graphql},
    connectors::{Jira, Outbound, Trello},
    domain::{
        access::{jwt::TokenKeys, password::Passwords},
        clock::Clock,
        db::{DbOptions, StatementLog},
        installation::{AccessRules, Installation},
        live::Live,
        seal::SealingKeys,
        sync::tools::Tools,
    },
    graphql::{self, ApiSchema, page::PageLimits},
    http::{
        Front, FrontLimits, FrontSettings, RateLimits, Readers, SocketLimits, TrustedDocuments,
        document::{DocumentLimits, Introspection},
        serve::{self, Closing, ConnectionRules, Patience},
    },
    jobs::Runner,
};

/// The server before it listens.
#[derive(Debug)]
pub struct App;

/// A server that listens.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The texts of the statements that ran, when asked for at the start.
    pub statements: Option<StatementLog>,
    installation: Installation,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    jobs: JoinHandle<()>,
    tail: JoinHandle<()>,
}

impl Running {
    /// Lets running requests end, then stops.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        // It cuts off by itself what lasts too long.
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the server did not stop in order");
        }
        if tokio::time::timeout(Duration::from_secs(20), self.jobs).await.is_err() {
            tracing::warn!("a job was still running after 20 seconds; another start takes it up again");
        }
        if tokio::time::timeout(Duration::from_secs(5), self.tail).await.is_err() {
            tracing::warn!("the stream of events was cut off; another start reads on from its end");
        }
    }

    /// The installation behind it.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Waits until the server ends by itself, which it does only when something is wrong.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        (&mut self.server).await.context("the server stopped")
    }
}

impl App {
    /// Opens the database and what stands beside it.
    ///
    /// # Errors
    /// When a key cannot be read or the database cannot be reached.
    pub async fn open(
        config: &Config,
        clock: Clock,
        statements: Option<StatementLog>,
    ) -> anyhow::Result<Installation> {
        let keys = TokenKeys::from_settings(&config.auth.token_settings())
            .context("a key in [auth] cannot be used")?;
        let sealing = SealingKeys::from_settings(&config.integrations.sealing_keys)
            .context("integrations.sealing_keys cannot be used")?;
        let passwords = Passwords::new(clock.entropy().clone())?;
        let installation =
            Installation::open(&db_options(config), clock, keys, passwords, rules(config), statements)
                .await
                .with_context(|| format!("cannot open the database {}", config.database.shown_url()))?;
        let outbound = Outbound::new(&config.integrations.allowed_hosts)
            .context("tools cannot be called: see integrations.allowed_hosts")?;
        let tools = Tools::new(vec![Arc::new(Jira::new(outbound.clone())), Arc::new(Trello::new(outbound))]);
        let installation = installation.with_sealing(sealing).with_tools(tools);
        Ok(installation.reached_under(vec![config.server.base_url()]))
    }

    /// Starts a server: opens and migrates the database, listens, runs jobs.
    ///
    /// # Errors
    /// When a key cannot be read, the database cannot be reached or migrated, or the address is taken.
    pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Running> {
        Self::start_observed(config, clock, None).await
    }

    /// The same, with the texts of all statements kept.
    ///
    /// # Errors
    /// See [`App::start`].
    pub async fn start_observed(
        config: Config,
        clock: Clock,
        statements: Option<StatementLog>,
    ) -> anyhow::Result<Running> {
        let installation = Self::open(&config, clock, statements.clone()).await?;
        installation.migrate().await.context("the database cannot be brought up to date")?;
        Self::serve(&config, installation, statements).await
    }

    /// Listens for an installation that is open and migrated.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn serve(
        config: &Config,
        installation: Installation,
        statements: Option<StatementLog>,
    ) -> anyhow::Result<Running> {
        Self::serve_schema(config, graphql::schema(), installation, statements).await
    }

    /// The same with a schema of one's own making: the API with an extension, of which ours has none.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn serve_schema(
        config: &Config,
        schema: ApiSchema,
        installation: Installation,
        statements: Option<StatementLog>,
    ) -> anyhow::Result<Running> {
        let listener = TcpListener::bind(config.server.listen).await.with_context(|| {
            format!("cannot listen on {}: choose another with --listen", config.server.listen)
        })?;
        let address = listener.local_addr()?;
        let live = Live::open(installation.clone()).await.context("the stream of events cannot be read")?;
        let (stop, _) = watch::channel(false);
        let closing = Closing::of(&stop);
        let settings = front_settings(config)?;
        let front = Front::new(schema, installation.clone(), live.clone(), &settings, closing.clone())
            .map_err(|error| anyhow::anyhow!("the schema is not valid: {error}"))?;
        let rules = connection_rules(config, &front)?;
        let entrance = front.entrance(&settings);
        let server = tokio::spawn(serve::serve(listener, entrance, rules, closing.clone()));
        let mut until = closing.clone();
        let keep_events = Duration::from_secs(u64::from(config.events.keep_days) * 86_400);
        let jobs =
            Runner::new(&installation).keeping_events(keep_events).spawn(async move { until.begun().await });
        let mut until = closing;
        let tail = live.spawn(async move { until.begun().await });
        Ok(Running { address, statements, installation, stop, server, jobs, tail })
    }
}

fn db_options(config: &Config) -> DbOptions {
    DbOptions {
        url: config.database.url.expose().to_owned(),
        min_connections: config.database.min_connections,
        max_connections: config.database.max_connections,
        acquire_timeout: Duration::from_secs(config.database.acquire_timeout_seconds),
        statement_timeout: Duration::from_secs(config.database.statement_timeout_seconds),
    }
}

fn rules(config: &Config) -> AccessRules {
    let auth = &config.auth;
    AccessRules {
        access_token_seconds: i64::from(auth.access_token_minutes) * 60,
        refresh_token_seconds: i64::from(auth.refresh_token_days) * 86_400,
        set_up_code_seconds: i64::from(auth.set_up_code_hours) * 3_600,
        sign_in_failures: i32::try_from(auth.sign_in_failures).unwrap_or(i32::MAX),
        sign_in_window_seconds: i64::from(auth.sign_in_window_minutes) * 60,
        viewer_cache_milliseconds: i64::try_from(auth.viewer_cache_milliseconds).unwrap_or(i64::MAX / 1000),
    }
}

fn front_settings(config: &Config) -> anyhow::Result<FrontSettings> {
    let trusted = match &config.graphql.trusted_documents {
        None => None,
        Some(path) => {
            let place = || format!("graphql.trusted_documents: {}", path.display());
            let text = std::fs::read_to_string(path).with_context(place)?;
            Some(TrustedDocuments::from_json(&text).map_err(anyhow::Error::msg).with_context(place)?)
        }
    };
    Ok(FrontSettings {
        limits: front_limits(config),
        rates: RateLimits {
            requests_per_minute: config.limits.requests_per_minute,
            points_per_minute: config.limits.points_per_minute,
        },
        streams_per_viewer: config.limits.streams_per_viewer,
        streams_per_address: config.server.max_connections_per_address,
        body_timeout: Duration::from_secs(config.server.body_timeout_seconds),
        proxies: config.server.proxies()?,
        origins: config.server.origins()?,
        compression: config.server.compression,
        trusted,
        readers: match (config.telemetry.metrics, &config.telemetry.metrics_token) {
            (false, _) => Readers::Nobody,
            (true, None) => Readers::Everybody,
            (true, Some(token)) => Readers::With(token.clone()),
        },
    })
}

fn connection_rules(config: &Config, front: &Front) -> anyhow::Result<ConnectionRules> {
    let server = &config.server;
    Ok(ConnectionRules {
        patience: Patience {
            headers: Duration::from_secs(server.header_timeout_seconds),
            idle: Duration::from_secs(server.idle_timeout_seconds),
            write: Duration::from_secs(server.write_timeout_seconds),
        },
        most: server.max_connections,
        most_of_address: server.max_connections_per_address,
        open: front.connections(),
        slow_readers: front.slow_readers(),
        proxies: server.proxies()?,
    })
}

fn front_limits(config: &Config) -> FrontLimits {
    let Graphql {
        introspection,
        explorer,
        max_tokens,
        max_nesting,
        max_depth,
        max_aliases,
        max_root_fields,
        max_directives,
        page_default,
        page_max,
        max_complexity,
        max_batch,
        max_errors,
        trusted_documents: _,
        max_message_bytes,
        max_fields,
        max_fragments,
        max_value_depth,
        max_socket_operations,
        max_socket_messages,
        socket_init_seconds,
    } = config.graphql;
    FrontLimits {
        body_bytes: config.server.body_limit_bytes,
        batch: max_batch,
        request_timeout: Duration::from_secs(config.server.request_timeout_seconds),
        document: DocumentLimits {
            tokens: max_tokens,
            nesting: max_nesting,
            depth: max_depth,
            aliases: max_aliases,
            root_fields: max_root_fields,
            directives: max_directives,
            complexity: max_complexity,
            page_default: u64::from(page_default),
            errors: max_errors,
            fields: max_fields,
            fragments: max_fragments,
            value_depth: max_value_depth,
            introspection: match introspection {
                config::Introspection::Everybody => Introspection::Everybody,
                config::Introspection::SignedIn => Introspection::SignedIn,
                config::Introspection::Nobody => Introspection::Nobody,
            },
        },
        page: PageLimits { default: page_default, max: page_max },
        explorer,
        socket: SocketLimits {
            message_bytes: max_message_bytes,
            operations: max_socket_operations,
            init_timeout: Duration::from_secs(socket_init_seconds),
            messages: max_socket_messages,
            write_timeout: Duration::from_secs(config.server.write_timeout_seconds),
        },
    }
}
