//! Settings: the embedded `config.default.toml`, then a file, then the environment, then the command line.
//!
//! A setting that does not exist is refused by name, for a typing error would otherwise leave a default in
//! force unseen. No message repeats a value that may be secret.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ::config::{Config as Layers, ConfigError as LayerError, Environment, File, FileFormat};
use serde::Deserialize;

mod checks;
mod keys;
mod network;
mod settings;
mod telemetry;
#[cfg(test)]
mod tests;

pub use checks::Problem;
pub use settings::{
    Auth, Database, Events, Graphql, Integrations, Introspection, Limits, Log, LogFormat, PrivateKeySetting,
    PublicKeySetting, Server, Telemetry,
};

/// The file with every setting, its meaning, unit, range and default.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What the names of our environment variables begin with.
const PREFIX: &str = "THROUGHLINE_";

/// All settings, valid together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where and how requests are taken.
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// Who may come in.
    pub auth: Auth,
    /// What a query may ask for.
    pub graphql: Graphql,
    /// How much one viewer may ask for.
    pub limits: Limits,
    /// What is kept of the stream.
    pub events: Events,
    /// What connects organizations with their tools.
    pub integrations: Integrations,
    /// What is logged.
    pub log: Log,
    /// What operators are told beside the log.
    pub telemetry: Telemetry,
}

/// A setting given on the command line; it wins over file and environment.
#[derive(Clone, Debug)]
pub struct Override {
    /// Section and setting, `database.url`.
    pub setting: &'static str,
    /// Its value as text.
    pub value: crate::domain::access::secret::Secret,
}

impl Override {
    /// A setting and its value.
    #[must_use]
    pub fn new(setting: &'static str, value: impl Into<String>) -> Self {
        Self { setting, value: value.into().into() }
    }
}

/// The settings cannot be used; the message says which one and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named on the command line, or a key file, cannot be read.
    #[error("{what} {} cannot be read: {source}", path.display())]
    Unreadable {
        /// What it was to be: `the configuration file`, `the key file of …`.
        what: String,
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not valid TOML: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Line, column and fault, without the line's text, which may hold a secret.
        message: String,
    },
    /// A setting does not exist, is missing, or has the wrong type.
    #[error("{0}")]
    Unusable(String),
    /// A setting has a value that cannot work.
    #[error("{setting}: {message}")]
    Invalid {
        /// Section and setting.
        setting: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// An environment variable that looks like a setting but is not read.
    #[error("the environment variable {name} is not read: write {instead}, with two underscores")]
    MisspelledVariable {
        /// The variable.
        name: String,
        /// What it was most likely to be.
        instead: String,
    },
}

impl Config {
    /// Reads and checks the settings of this process. Key files that they name are read too.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that cannot be used.
    pub fn load(file: Option<&Path>, overrides: &[Override]) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .map(|(name, value)| match value.into_string() {
                Ok(text) => Ok((name, text)),
                Err(_) => Err(ConfigError::Unusable(format!("the environment variable {name} is not UTF-8"))),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_parts(file, environment, overrides)
    }

    /// As [`Self::load`], with the environment as a parameter.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_parts(
        file: Option<&Path>,
        environment: Vec<(String, String)>,
        overrides: &[Override],
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            layers = layers.add_source(File::from_str(&read_file(path)?, FileFormat::Toml));
        }
        layers = layers.add_source(
            Environment::with_prefix(PREFIX.trim_end_matches('_'))
                .prefix_separator("_")
                .separator("__")
                .ignore_empty(true)
                .source(Some(settings_of_environment(environment)?)),
        );
        for Override { setting, value } in overrides {
            layers = layers.set_override(*setting, value.expose()).map_err(|error| explain(&error))?;
        }
        let mut config: Self =
            layers.build().and_then(Layers::try_deserialize).map_err(|error| explain(&error))?;
        config.auth.read_key_files()?;
        config.check()?;
        Ok(config)
    }
}

fn read_file(path: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        what: "the configuration file".to_owned(),
        path: path.to_owned(),
        source,
    })?;
    // Parsed alone first, so that a fault is told with the file's name.
    match Layers::builder().add_source(File::from_str(&text, FileFormat::Toml)).build() {
        Ok(_) => Ok(text),
        Err(error) => Err(ConfigError::Syntax { path: path.to_owned(), message: without_source(&error) }),
    }
}

/// The parser's message without the lines that quote the file.
fn without_source(error: &LayerError) -> String {
    let text = error.to_string();
    let told = text.lines().filter(|line| {
        let margin = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        !margin.starts_with('|') && !line.trim().is_empty()
    });
    told.collect::<Vec<_>>().join(": ")
}

/// The variables that name a setting. Those without two underscores are other people's
/// (`THROUGHLINE_PORT_8080_TCP` of Kubernetes), unless one underscore was forgotten.
fn settings_of_environment(
    environment: Vec<(String, String)>,
) -> Result<HashMap<String, String>, ConfigError> {
    let mut settings = HashMap::new();
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        if rest.contains("__") {
            settings.insert(name, value);
            continue;
        }
        let forgotten = documented_settings()
            .find(|(section, setting)| rest.eq_ignore_ascii_case(&format!("{section}_{setting}")));
        if let Some((section, setting)) = forgotten {
            let instead = format!("{PREFIX}{}__{}", section.to_uppercase(), setting.to_uppercase());
            return Err(ConfigError::MisspelledVariable { name, instead });
        }
    }
    Ok(settings)
}

/// Section and name of every setting in [`DEFAULTS`], those without a default too.
fn documented_settings() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    DEFAULTS.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            return None;
        }
        let (name, _) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ")?;
        let is_name = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        is_name.then_some((section, name))
    })
}

/// The library's error in our words and without the value, which may be secret.
fn explain(error: &LayerError) -> ConfigError {
    let mut setting = String::new();
    let mut inner = error;
    while let LayerError::At { error, key, .. } = inner {
        if let Some(key) = key {
            setting.clone_from(key);
        }
        inner = error;
    }
    let place = if setting.is_empty() { "the configuration".to_owned() } else { setting };
    let told = if let LayerError::Type { expected, key, .. } = inner {
        format!("{} must be {expected}", key.as_deref().unwrap_or(&place))
    } else if let LayerError::NotFound(key) = inner {
        // The library leaves the dot out behind an index.
        format!("{} is missing", key.replace("].", "]").replace(']', "]."))
    } else if let LayerError::Message(message) = inner {
        match (message.strip_prefix("unknown field "), message.rsplit_once(", expected ")) {
            (Some(rest), _) => format!("{place} has no setting {rest}"),
            (None, Some((_value, expected))) => format!("{place} must be {expected}"),
            (None, None) => format!("{place}: {message}"),
        }
    } else {
        format!("{place} cannot be read")
    };
    ConfigError::Unusable(told)
}
