//! `throughline demo`: a believable company to look at, in a file of its own.
//!
//! The company is made through the same commands as any other, on a clock that starts ninety days ago,
//! so that its history, events and numbers are what those days would have left.

mod company;
mod history;
mod plan;

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{
    App,
    command_line::{Output, print, until_asked_to_stop},
};
use crate::{
    config::{Config, Override},
    domain::{access::secret::signing_secret, clock::Clock, installation::Installation},
    http::explorer::EXAMPLE_QUERY,
    telemetry,
};

/// Where the demo keeps its data when no database is named.
pub(super) const FILE: &str = "throughline-demo.db";
/// Tokens of the demo live this long, in seconds: a working day.
const TOKEN_SECONDS: i64 = 12 * 3600;
/// Purpose of a database that the demo may use, and of one that it has not finished.
const READY: &str = "demo";
const UNFINISHED: &str = "demo, unfinished";

/// What the demo is asked to do.
#[derive(Debug)]
pub(super) struct Wishes {
    /// How to print once it is ready.
    pub(super) output: Output,
    /// Whether to make the company anew.
    pub(super) fresh: bool,
    /// Whether a database was named; else the demo uses a file of its own.
    pub(super) own_file: bool,
}

/// The settings that a demo adds: its own file, and a signing secret that lives as long as the process.
pub(super) fn overrides(own_file: bool, clock: &Clock) -> Vec<Override> {
    let mut overrides =
        vec![Override::new("auth.hs256_secret", signing_secret(clock.entropy()).expose().to_owned())];
    if own_file {
        overrides.push(Override::new("database.url", format!("sqlite://{FILE}?mode=rwc")));
    }
    overrides
}

/// Serves the demo until it is asked to stop.
///
/// # Errors
/// When the database is not a demo's, or the server cannot start.
pub(super) async fn run(config: Config, wishes: Wishes, clock: Clock) -> anyhow::Result<()> {
    let spans = telemetry::init_with_spans(&config.log, &config.telemetry)?;
    if wishes.fresh && wishes.own_file {
        remove_file(Path::new(FILE))?;
    }
    let mut installation = App::open(&config, clock.clone(), None).await?;
    match state_of(&installation).await? {
        State::Ready if !wishes.fresh => {}
        State::Ready | State::Unfinished if wishes.own_file => {
            drop(installation);
            remove_file(Path::new(FILE))?;
            installation = App::open(&config, clock.clone(), None).await?;
            build(&config, &installation, &clock).await?;
        }
        State::Ready | State::Unfinished => {
            bail!("the demo in {} is to be made anew: give it an empty database", config.database.shown_url())
        }
        State::Empty => build(&config, &installation, &clock).await?,
        State::Foreign => bail!(
            "{} is not a demo and is left alone: the demo wants an empty database, or none named at all",
            config.database.shown_url()
        ),
    }
    installation.migrate().await?;
    let tokens = company::tokens(&installation, TOKEN_SECONDS).await?;
    let running = App::serve(&config, installation, None).await?;
    let url = format!("http://{}", running.address);
    match wishes.output {
        Output::Json => print(
            &json!({
                "url": url,
                "tokens": {
                    "leader": tokens.leader.expose(),
                    "manager": tokens.manager.expose(),
                    "individual": tokens.individual.expose(),
                }
            })
            .to_string(),
        )?,
        Output::Text => print(&welcome(&url, &tokens))?,
    }
    until_asked_to_stop(running, spans).await
}

enum State {
    Empty,
    Unfinished,
    Ready,
    Foreign,
}

async fn state_of(installation: &Installation) -> anyhow::Result<State> {
    if !installation.has_schema().await? {
        return Ok(if installation.has_foreign_tables().await? { State::Foreign } else { State::Empty });
    }
    Ok(match installation.purpose().await?.as_deref() {
        Some(READY) => State::Ready,
        Some(UNFINISHED) => State::Unfinished,
        Some(_) => State::Foreign,
        None if installation.is_empty().await? => State::Empty,
        None => State::Foreign,
    })
}

async fn build(config: &Config, installation: &Installation, clock: &Clock) -> anyhow::Result<()> {
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        b"making the demo company: ninety days of work, this takes a moment\n",
    );
    installation.migrate().await?;
    installation.set_purpose(UNFINISHED).await?;
    let made = company::make(config, clock).await;
    made.context("the demo company could not be made")?;
    installation.set_purpose(READY).await?;
    Ok(())
}

fn remove_file(file: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", file.display());
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {path}"));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn welcome(url: &str, tokens: &company::Tokens) -> String {
    let (leader, manager, individual) =
        (tokens.leader.expose(), tokens.manager.expose(), tokens.individual.expose());
    let example = EXAMPLE_QUERY
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ");
    let body = json!({ "query": example.trim() }).to_string().replace('\'', "'\\''");
    format!(
        "\
Larkfield is open at {url}

Tokens, valid for twelve hours:
  leader      {leader}
  manager     {manager}
  individual  {individual}

Three things to try:
1. Walk the thread from objectives to tasks in the explorer, as the leader sees it:
   {url}/#token={leader}
2. The same from a terminal:
   curl -s {url}/graphql -H 'authorization: Bearer {leader}' -H 'content-type: application/json' -d '{body}'
3. Finish a task as the individual and watch its project and key result move. In the explorer at
   {url}/#token={individual}
   ask   {{ viewer {{ person {{ tasks(first: 3, filter: {{ status: {{ eq: IN_PROGRESS }} }}) {{ nodes {{ id title project {{ title progress }} }} }} }} }} }}
   then  mutation {{ taskUpdate(input: {{ id: \"…\", status: DONE }}) {{ task {{ project {{ progress }} }} userErrors {{ message }} }} }}

Stop with Ctrl-C; the company stays in its file. `throughline demo --fresh` makes it anew."
    )
}
