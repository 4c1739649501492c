//! The one place of the tests that knows how a server is configured and started.

use api::app::{App, Running};
use api::config::{Config, Override};
use api::domain::clock::Clock;

use crate::{
    StatementLog, Stumbling,
    token::{AUDIENCE, HS256_SECRET, ISSUER},
};

/// What the credentials of tools are sealed with.
const SEALING_KEY: &str = "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What a test wants otherwise than usual.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    settings: Vec<(&'static str, String)>,
    clock: Option<Clock>,
    statements: Option<StatementLog>,
    stumbling: Option<Stumbling>,
}

impl ServerOptions {
    /// Changes a setting, named with its section: `graphql.page_max`.
    #[must_use]
    pub fn setting(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    /// Lets the server live by another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Notes the texts of the statements that the server runs.
    #[must_use]
    pub fn statements(mut self, log: &StatementLog) -> Self {
        self.statements = Some(log.clone());
        self
    }

    /// Gives the server operations that panic or hang.
    #[must_use]
    pub fn stumbling(mut self, stumbling: &Stumbling) -> Self {
        self.stumbling = Some(stumbling.clone());
        self
    }

    pub(crate) fn clock_or_system(&self) -> Clock {
        self.clock.clone().unwrap_or_else(Clock::system)
    }
}

/// Starts a server on a free loopback port. The environment is not read, so that a developer's own settings
/// change no test.
pub(crate) async fn start(database_url: &str, options: &ServerOptions, clock: Clock) -> Running {
    let usual = [
        ("server.listen", "127.0.0.1:0"),
        ("database.url", database_url),
        ("database.max_connections", "8"),
        ("database.min_connections", "0"),
        ("auth.issuer", ISSUER),
        ("auth.audience", AUDIENCE),
        ("auth.hs256_secret", HS256_SECRET),
        ("integrations.sealing_keys", SEALING_KEY),
        // A test asks for more in a minute than any person.
        ("limits.requests_per_minute", "2000000000"),
        ("limits.points_per_minute", "2000000000"),
    ];
    let overrides: Vec<_> = usual
        .into_iter()
        .chain(options.settings.iter().map(|(name, value)| (*name, value.as_str())))
        .map(|(name, value)| Override::new(name, value))
        .collect();
    let config = Config::from_parts(None, Vec::new(), &overrides).expect("the settings of a test are valid");
    let log = options.statements.as_ref().map(StatementLog::shared);
    let Some(stumbling) = &options.stumbling else {
        return App::start_observed(config, clock, log).await.expect("the server starts");
    };
    let installation = App::open(&config, clock, log.clone()).await.expect("the database opens");
    installation.migrate().await.expect("the database is brought up to date");
    let serving = App::serve_schema(&config, stumbling.schema(), installation, log);
    serving.await.expect("the server starts")
}
