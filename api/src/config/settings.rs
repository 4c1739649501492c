//! The sections of the configuration. Meaning, unit, range and default of each setting stand in
//! `config.default.toml`, word for word what an operator reads.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::ConfigError;
use crate::domain::access::jwt::TokenAlgorithm;
use crate::domain::access::secret::Secret;

/// `[server]`: where and how requests are taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Server {
    /// Address and port to listen on; port 0 takes a free one.
    #[serde(deserialize_with = "socket_address")]
    pub listen: SocketAddr,
    /// Address under which the server is reached, without a slash at its end; none means `listen`.
    pub public_url: Option<String>,
    /// Longest time for one request, in seconds, 1–300.
    pub request_timeout_seconds: u64,
    /// Largest body, in bytes, 1024–104857600.
    pub body_limit_bytes: usize,
    /// Longest time for the headers of a request, in seconds, 1–60.
    pub header_timeout_seconds: u64,
    /// Longest time for the body of a request, in seconds, 1–300.
    pub body_timeout_seconds: u64,
    /// How long a connection may lie idle between two requests, in seconds, 1–3600.
    pub idle_timeout_seconds: u64,
    /// How long a client may take nothing of an answer, in seconds, 1–300.
    pub write_timeout_seconds: u64,
    /// Open connections of this process at most, 1–1000000.
    pub max_connections: u32,
    /// Open connections of one network address at most, 0–1000000; 0 is no limit.
    pub max_connections_per_address: u32,
    /// Origins whose pages may read answers, each `scheme://host[:port]`.
    #[serde(deserialize_with = "list")]
    pub cors_origins: Vec<String>,
    /// Networks of proxies whose `X-Forwarded-For` is believed, each an address or `address/bits`.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<String>,
    /// Whether answers of 1 KiB and more are compressed with gzip.
    pub compression: bool,
}

/// `[limits]`: how much one viewer, or one address without a viewer, may ask for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Limits {
    /// Operations a minute, 0–2000000000; 0 is no limit.
    pub requests_per_minute: u32,
    /// Points a minute, 0–2000000000; 0 is no limit.
    pub points_per_minute: u32,
    /// WebSockets and event streams of one viewer open at once, on one node, at most; 0 is no limit.
    pub streams_per_viewer: u32,
}

/// `[events]`: what is kept of the stream behind everything live.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Events {
    /// How long events are kept, in days, 1–3650.
    pub keep_days: u16,
}

/// `[integrations]`: what connects organizations with their tools.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Integrations {
    /// Keys that seal credentials, each `id:key`, the key 32 bytes in base64; the first seals, all unseal.
    #[serde(deserialize_with = "secrets")]
    pub sealing_keys: Vec<Secret>,
    /// Hosts, or `host:port`, where tools are reached although they are private or speak plain http.
    #[serde(deserialize_with = "list")]
    pub allowed_hosts: Vec<String>,
}

/// `[database]`: where the data is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Database {
    /// `sqlite:` or `postgres:` address; it may hold a password.
    pub url: Secret,
    /// Connections kept open, 0–`max_connections`.
    pub min_connections: u32,
    /// Connections for requests and jobs at most, 1–1000; live streams have up to five of their own.
    pub max_connections: u32,
    /// Longest wait for a connection, in seconds, 1–300.
    pub acquire_timeout_seconds: u64,
    /// Longest statement, in seconds, 1–300 (PostgreSQL).
    pub statement_timeout_seconds: u64,
}

/// `[auth]`: who may come in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Auth {
    /// Issuer that tokens must name.
    pub issuer: String,
    /// Audience that tokens must name.
    pub audience: String,
    /// Secret for HS256, 32 bytes or more.
    pub hs256_secret: Option<Secret>,
    /// Whether people sign in here, given a key to sign with.
    pub sign_in: bool,
    /// Public keys of accepted issuers.
    #[serde(default)]
    pub public_keys: Vec<PublicKeySetting>,
    /// Private key for our own tokens.
    pub signing_key: Option<PrivateKeySetting>,
    /// Clock difference forgiven, in seconds, 0–60.
    pub leeway_seconds: u32,
    /// Life of an access token, in minutes, 1–1440.
    pub access_token_minutes: u32,
    /// Life of a refresh token, in days, 1–365.
    pub refresh_token_days: u32,
    /// Life of a set-up code, in hours, 1–720.
    pub set_up_code_hours: u32,
    /// Failed sign-ins in a window before further ones are refused, 1–1000.
    pub sign_in_failures: u32,
    /// Length of that window, in minutes, 1–1440.
    pub sign_in_window_minutes: u32,
    /// How long a viewer is remembered, in milliseconds, 0–5000.
    pub viewer_cache_milliseconds: u64,
}

/// One entry of `auth.public_keys`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct PublicKeySetting {
    /// The one algorithm that it is used with.
    pub algorithm: TokenAlgorithm,
    /// Its name in token headers.
    pub kid: Option<String>,
    /// The key as text; filled from `file` when loading.
    pub pem: Option<String>,
    /// Where the key is.
    pub file: Option<PathBuf>,
}

/// `auth.signing_key`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct PrivateKeySetting {
    /// Its algorithm.
    pub algorithm: TokenAlgorithm,
    /// The name to write in token headers.
    pub kid: Option<String>,
    /// The key as text; filled from `file` when loading.
    pub pem: Option<Secret>,
    /// Where the key is.
    pub file: Option<PathBuf>,
}

/// `[graphql]`: what a query may ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Graphql {
    /// To whom `__schema` and `__type` answer.
    pub introspection: Introspection,
    /// Whether the explorer is served.
    pub explorer: bool,
    /// Tokens of a document, 100–100000.
    pub max_tokens: usize,
    /// Nesting of brackets of any kind, 10–500.
    pub max_nesting: usize,
    /// Depth of selections, 5–100.
    pub max_depth: usize,
    /// Aliases of an operation, 0–1000.
    pub max_aliases: usize,
    /// Root fields of an operation, 1–1000.
    pub max_root_fields: usize,
    /// Directives of a document, 0–1000.
    pub max_directives: usize,
    /// Entries of a page when none are asked for, 1–`page_max`.
    pub page_default: u32,
    /// Most entries of a page, 1–1000.
    pub page_max: u32,
    /// Points of an operation, 100–100000000.
    pub max_complexity: u64,
    /// Operations of a batch, 1–100.
    pub max_batch: usize,
    /// Errors of an answer, 1–1000.
    pub max_errors: usize,
    /// Bytes of a message over a WebSocket, 1024–16777216.
    pub max_message_bytes: usize,
    /// Fields of an operation, 100–1000000.
    pub max_fields: u64,
    /// Fragments of a document, 0–10000.
    pub max_fragments: usize,
    /// Nesting of lists and objects in a value, 1–100.
    pub max_value_depth: usize,
    /// Operations that run on a WebSocket at once, 1–10000.
    pub max_socket_operations: usize,
    /// Messages of a client over a WebSocket in half a minute, 10–1000000.
    pub max_socket_messages: u32,
    /// Longest wait for the first message over a WebSocket, in seconds, 1–60.
    pub socket_init_seconds: u64,
    /// File with the only documents that run; none lets every document run.
    pub trusted_documents: Option<PathBuf>,
}

/// `[log]`: what is logged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Log {
    /// Level, also per module.
    pub level: String,
    /// Form of a line.
    pub format: LogFormat,
}

/// `[telemetry]`: what operators are told beside the log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Telemetry {
    /// Whether `/metrics` answers.
    pub metrics: bool,
    /// Bearer token that `/metrics` asks for; none asks nobody.
    pub metrics_token: Option<Secret>,
    /// Address of a collector that takes spans over OTLP/HTTP; none sends them nowhere.
    pub otlp_endpoint: Option<String>,
    /// Headers for the collector, `name=value` with commas.
    pub otlp_headers: Option<Secret>,
    /// Share of requests whose spans are sent, 0–1.
    pub otlp_sample_ratio: f64,
    /// The service's name in the collector.
    pub otlp_service_name: String,
}

/// Who may ask for the schema by introspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Whoever reaches the server.
    Everybody,
    /// Whoever brings a token.
    SignedIn,
    /// Nobody.
    Nobody,
}

impl<'de> Deserialize<'de> for Introspection {
    /// One of three words; true and false stand for everybody and nobody.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;

        impl de::Visitor<'_> for Word {
            type Value = Introspection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("everybody, signed-in or nobody")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Introspection, E> {
                Ok(if on { Introspection::Everybody } else { Introspection::Nobody })
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Introspection, E> {
                match word {
                    "everybody" | "true" => Ok(Introspection::Everybody),
                    "signed-in" => Ok(Introspection::SignedIn),
                    "nobody" | "false" => Ok(Introspection::Nobody),
                    // What was written instead is not repeated: it may be a secret in the wrong place.
                    _ => Err(E::custom("use everybody, signed-in or nobody")),
                }
            }
        }

        deserializer.deserialize_any(Word)
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl<'de> Deserialize<'de> for LogFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(de::Error::custom(format!("{other:?} is not a format: use text or json"))),
        }
    }
}

/// A list, or the same as one text with commas, as the environment and the command line give it.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct List;

    impl<'de> de::Visitor<'de> for List {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts, or one text with commas between")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Ok(parts.map(str::to_owned).collect())
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(List)
}

/// The same, of texts that nobody may read back.
fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    Ok(list(deserializer)?.into_iter().map(Secret::from).collect())
}

fn socket_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        de::Error::custom(format!(
            "{text:?} is not an address to listen on: use an IP address and a port, such as 127.0.0.1:8080 or [::]:8080"
        ))
    })
}

impl Server {
    /// The address for links, without a slash at its end: `public_url`, else `http://` and `listen`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }
}

impl Database {
    /// The address without user, password and parameters: fit for a log.
    #[must_use]
    pub fn shown_url(&self) -> String {
        let url = self.url.expose();
        let url = url.split_once('?').map_or(url, |(address, _)| address);
        match url.split_once("://") {
            // A password may hold a slash or an @ that should have been escaped.
            Some((scheme, rest)) => {
                format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, place)| place))
            }
            None => url.to_owned(),
        }
    }
}

impl Log {
    /// What the level lets through.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if it cannot be read. A bare word that is no level is refused: the library
    /// would take it for the name of a module and log nothing else.
    pub fn filter(&self) -> Result<EnvFilter, ConfigError> {
        let refused = || ConfigError::Invalid {
            setting: "log.level",
            message: format!(
                "{:?} cannot be read: use error, warn, info, debug or trace, or a list such as \"info,sqlx=warn\"",
                self.level
            ),
        };
        let word_without_level =
            |part: &str| !part.contains(['=', '[']) && part.trim().parse::<LevelFilter>().is_err();
        if self.level.split(',').any(word_without_level) {
            return Err(refused());
        }
        EnvFilter::builder().parse(self.level.replace(' ', "")).map_err(|_| refused())
    }
}
