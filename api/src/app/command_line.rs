//! The commands and what they take.

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{App, Running, demo, doctor, import, okr};
use entity::Provider;

use crate::{
    config::{Config, Override},
    domain::{access::secret::signing_secret, clock::Clock, installation::Installation, set_up::InitOptions},
    graphql,
    telemetry::{self, Spans},
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
    /// Database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME.
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

/// Tools whose files can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileProvider {
    /// A board export (JSON).
    Trello,
    /// The answer of a REST search, version 2 or 3 (JSON).
    Jira,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the API.
    Serve,
    /// Serve a believable company to look at, in a file of its own.
    Demo {
        /// How to print the address and the tokens.
        #[arg(long, value_enum, default_value_t)]
        output: Output,
        /// Make the company anew.
        #[arg(long)]
        fresh: bool,
    },
    /// Create an organization and its first admin.
    Init {
        /// Display name of the organization.
        #[arg(long)]
        organization: String,
        /// Its short name in lower case, unique in this installation; made of the name when left out.
        #[arg(long)]
        slug: Option<String>,
        /// IANA time zone in which its dates are read.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
        /// Name of the first admin, who is a leader too.
        #[arg(long)]
        admin_name: String,
        /// E-mail address of the first admin.
        #[arg(long)]
        admin_email: String,
    },
    /// Bring the database's schema up to date.
    Migrate,
    /// Print an access token of a person.
    Token {
        /// E-mail address of the person.
        #[arg(long)]
        person: String,
        /// Short name of the organization; needed where the address is used in several.
        #[arg(long)]
        organization: Option<String>,
        /// Life of the token in hours, 1–720.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=720))]
        hours: i64,
    },
    /// Print a code with which a person sets a new password; their sessions end.
    PasswordReset {
        /// E-mail address of the person.
        #[arg(long)]
        person: String,
        /// Short name of the organization; needed where the address is used in several.
        #[arg(long)]
        organization: Option<String>,
    },
    /// Take in a file of a tool: a Trello board export, or the answer of a Jira search.
    Import {
        /// The tool that the file comes from.
        #[arg(long, value_enum)]
        provider: FileProvider,
        /// The file.
        file: PathBuf,
        /// Short name of the organization; needed where there are several.
        #[arg(long)]
        organization: Option<String>,
        /// E-mail address of who imports; the first admin when left out.
        #[arg(long = "as", value_name = "EMAIL")]
        person: Option<String>,
        /// Team that the projects belong to; they are then seen by that team, else by everybody.
        #[arg(long)]
        team: Option<String>,
        /// Code of a goal that the imported projects serve: KR-3.
        #[arg(long, value_name = "CODE")]
        link: Option<String>,
        /// How to print the summary.
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Objectives and key results in files: import and export.
    #[command(subcommand)]
    Okr(okr::OkrCommand),
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
        let Self { common, command } = self;
        if let Command::Demo { output, fresh } = command {
            let clock = Clock::system();
            let own_file = common.database_url.is_none();
            let config = common.load(demo::overrides(own_file, &clock))?;
            return demo::run(config, demo::Wishes { output, fresh, own_file }, clock).await;
        }
        let config = common.load(Vec::new())?;
        match command {
            Command::Demo { .. } => Ok(()),
            Command::Serve => serve(config).await,
            Command::Migrate => migrate(&config).await,
            Command::Sdl => print(&graphql::sdl(&graphql::schema())),
            Command::Doctor => doctor::examine(&config).await,
            Command::Init { organization, slug, time_zone, admin_name, admin_email } => {
                let slug = slug.unwrap_or_else(|| slug_of(&organization));
                let options = InitOptions {
                    name: organization,
                    slug,
                    time_zone,
                    admin_name,
                    admin_email,
                    password: None,
                    team: None,
                };
                init(&config, options).await
            }
            Command::Token { person, organization, hours } => {
                let installation = open_ready(&config).await?;
                let found = installation.person_by_email(&person, organization.as_deref()).await?;
                print(installation.issue_token(found.id, hours * 3600).await?.expose())
            }
            Command::PasswordReset { person, organization } => {
                let installation = open_ready(&config).await?;
                let found = installation.person_by_email(&person, organization.as_deref()).await?;
                let code = installation.reset_password(&found).await?;
                print(&format!(
                    "Set-up code of {}, to be used once with passwordSet: {}",
                    found.email,
                    code.expose()
                ))
            }
            Command::Okr(command) => okr::run(&config, command).await,
            Command::Import { provider, file, organization, person, team, link, output } => {
                let provider = match provider {
                    FileProvider::Trello => Provider::Trello,
                    FileProvider::Jira => Provider::Jira,
                };
                let wishes = import::Wishes { provider, file, organization, person, team, link, output };
                import::run(&config, wishes).await
            }
        }
    }
}

impl Common {
    fn load(&self, first: Vec<Override>) -> anyhow::Result<Config> {
        let mut overrides = first;
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
    let spans = telemetry::init_with_spans(&config.log, &config.telemetry)?;
    for problem in config.problems() {
        tracing::warn!(problem = problem.what, mend = problem.how_to_mend);
    }
    let running = App::start(config, Clock::system()).await?;
    tracing::info!(address = %running.address, "listening");
    until_asked_to_stop(running, spans).await
}

/// Lets a server run until it is asked to stop, and tells the collector of its last requests.
pub(super) async fn until_asked_to_stop(mut running: Running, spans: Spans) -> anyhow::Result<()> {
    let served = tokio::select! {
        ended = running.ended() => ended,
        () = asked_to_stop() => {
            tracing::info!("stopping");
            running.stop().await;
            Ok(())
        }
    };
    spans.end().await;
    served
}

/// Waits for Ctrl-C or the signal that service managers send.
async fn asked_to_stop() {
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

/// A short name made of a display name: letters and digits, hyphens between.
fn slug_of(name: &str) -> String {
    let words: Vec<String> = name
        .to_lowercase()
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.join("-")
}

async fn open_ready(config: &Config) -> anyhow::Result<Installation> {
    telemetry::init(&config.log)?;
    let installation = App::open(config, Clock::system(), None).await?;
    installation.migrate().await?;
    Ok(installation)
}

async fn init(config: &Config, options: InitOptions) -> anyhow::Result<()> {
    let installation = open_ready(config).await?;
    let made = installation.init(&options).await?;
    let mut lines = vec![format!("{} is ready; its short name is {}.", options.name, options.slug)];
    if let Some(code) = made.set_up_code {
        lines.push(format!(
            "{} sets a password with this code, once:\n  {}\n  mutation {{ passwordSet(input: {{ setUpCode: \"…\", password: \"…\" }}) {{ userErrors {{ message }} }} }}",
            options.admin_email,
            code.expose()
        ));
    }
    if installation.keys().can_sign() {
        lines.push(format!("Or take a token now:\n  throughline token --person {}", options.admin_email));
    } else {
        lines.push(format!(
            "Nobody can sign in yet, for no signing key is set. Set one, the same for every start:\n  \
             export THROUGHLINE_AUTH__HS256_SECRET={}",
            signing_secret(installation.clock().entropy()).expose()
        ));
    }
    lines.push("Then: throughline serve".into());
    print(&lines.join("\n"))
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
