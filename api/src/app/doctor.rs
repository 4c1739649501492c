//! `throughline doctor`: what is wrong, and how to mend it; and what is left out, without calling it wrong.

use super::{App, command_line::print};
use crate::{config::Config, domain::clock::Clock};

/// Looks at configuration, keys and database; fails when anything is wrong.
///
/// # Errors
/// When it found something, after telling all of it.
pub(super) async fn examine(config: &Config) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for problem in config.problems() {
        wrong.push(format!("{}\n    mend: {}", problem.what, problem.how_to_mend));
    }
    match App::open(config, Clock::system(), None).await {
        Err(error) => wrong.push(format!(
            "{error:#}\n    mend: check database.url ({}), that the server runs and takes connections, and the keys in [auth]",
            config.database.shown_url()
        )),
        Ok(installation) => match installation.pending_migrations().await {
            Err(error) => wrong.push(format!(
                "the database answers, but its schema cannot be read: {error}\n    mend: give the role of \
                 database.url the right to read and create tables"
            )),
            Ok(pending) if pending.is_empty() => {
                print(&format!("database: {} is reached and up to date", config.database.shown_url()))?;
            }
            Ok(pending) => wrong.push(format!(
                "the database lacks {} schema changes\n    mend: throughline migrate (serve does it too)",
                pending.len()
            )),
        },
    }
    for remark in config.remarks() {
        print(&format!("remark: {}\n    to change that: {}", remark.what, remark.how_to_mend))?;
    }
    if wrong.is_empty() {
        return print("nothing is wrong");
    }
    for (at, problem) in wrong.iter().enumerate() {
        print(&format!("{}. {problem}", at + 1))?;
    }
    anyhow::bail!("{} found", if wrong.len() == 1 { "one problem" } else { "several problems" })
}
