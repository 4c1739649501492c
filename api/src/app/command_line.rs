//! The commands and what they take.

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{App, doctor};
use crate::{
    config::{Config, Override},
    domain::clock::Clock,
    graphql, telemetry,
};

/// Throughline ties strategy to execution: one GraphQL API over objectives, key results, projects and
/// tasks.
#[derive(Parser, Debug)]
#[command(name = "throughline", version, about, long_about = None)]
pub struct CommandLine {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args, Debug)]
struct Common {
    /// Configuration file; every setting and its default is in api/config.default.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite://FILE?mode=rwc or postgres://USER:PASSWORD@HOST/NAME.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Address to listen on, such as 127.0.0.1:8080; port 0 takes a free one.
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// How a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value on one line.
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the API.
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Print the schema of the API.
    Sdl,
    /// Tell what of configuration, database and keys is wrong, and how to mend it.
    Doctor,
}

impl CommandLine {
    /// Runs the command.
    ///
    /// # Errors
    /// Why it did not succeed, for the person at the terminal.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = self.common.load()?;
        match self.command {
            Command::Serve => serve(config).await,
            Command::Migrate => migrate(&config).await,
            Command::Sdl => print(&graphql::sdl(&graphql::schema())),
            Command::Doctor => doctor::examine(&config).await,
        }
    }
}

impl Common {
    fn load(&self) -> anyhow::Result<Config> {
        let mut overrides = Vec::new();
        if let Some(url) = &self.database_url {
            overrides.push(Override::new("database.url", url.clone()));
        }
        if let Some(listen) = &self.listen {
            overrides.push(Override::new("server.listen", listen.to_string()));
        }
        Ok(Config::load(self.config.as_deref(), &overrides)?)
    }
}

/// Prints to standard output; a reader that left is no failure.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot print"),
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::init(&config.log)?;
    for problem in config.problems() {
        tracing::warn!(problem = problem.what, mend = problem.how_to_mend);
    }
    let mut running = App::start(config, Clock::system()).await?;
    tracing::info!(address = %running.address, "listening");
    tokio::select! {
        ended = running.ended() => ended,
        () = asked_to_stop() => {
            tracing::info!("stopping");
            running.stop().await;
            Ok(())
        }
    }
}

/// Waits for Ctrl-C or the signal that service managers send.
pub(super) async fn asked_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    telemetry::init(&config.log)?;
    let installation = App::open(config, Clock::system(), None).await?;
    let pending = installation.pending_migrations().await?;
    installation.migrate().await?;
    if pending.is_empty() {
        print("the database is up to date")
    } else {
        print(&format!("made {} changes: {}", pending.len(), pending.join(", ")))
    }
}
