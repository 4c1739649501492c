//! What makes settings impossible (refused when loading) or unwise (told by `throughline doctor`).

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{Config, ConfigError, Introspection};
use crate::domain::access::jwt::TokenKeys;
use crate::domain::seal::SealingKeys;

/// Shortest token that keeps figures to those who may read them.
const TOKEN_MIN: usize = 16;

/// Something that works but should not stay so, or leaves something out that might be wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong and what it leads to, a sentence.
    pub what: String,
    /// What to do about it, a sentence.
    pub how_to_mend: String,
}

fn problem(what: impl Into<String>, how_to_mend: impl Into<String>) -> Problem {
    Problem { what: what.into(), how_to_mend: how_to_mend.into() }
}

fn within<T: PartialOrd + Display>(
    setting: &'static str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    let message = format!("{value} is out of range: use {}–{}", range.start(), range.end());
    Err(ConfigError::Invalid { setting, message })
}

fn invalid(setting: &'static str, message: impl Into<String>) -> ConfigError {
    ConfigError::Invalid { setting, message: message.into() }
}

impl Config {
    pub(super) fn check(&mut self) -> Result<(), ConfigError> {
        self.check_server()?;
        self.check_database()?;
        self.check_auth()?;
        self.check_graphql()?;
        self.check_integrations()?;
        self.check_telemetry()?;
        self.log.filter().map(|_| ())
    }

    fn check_integrations(&self) -> Result<(), ConfigError> {
        let integrations = &self.integrations;
        integrations.hosts()?;
        SealingKeys::from_settings(&integrations.sealing_keys)
            .map(|_| ())
            .map_err(|error| invalid("integrations.sealing_keys", error.to_string()))
    }

    fn check_telemetry(&self) -> Result<(), ConfigError> {
        let telemetry = &self.telemetry;
        within("telemetry.otlp_sample_ratio", telemetry.otlp_sample_ratio, 0.0..=1.0)?;
        if telemetry.otlp_service_name.trim().is_empty() {
            return Err(invalid("telemetry.otlp_service_name", "must not be empty"));
        }
        if telemetry.metrics_token.as_ref().is_some_and(|token| token.expose().len() < TOKEN_MIN) {
            return Err(invalid(
                "telemetry.metrics_token",
                format!("must have {TOKEN_MIN} characters or more: try `openssl rand -base64 32`"),
            ));
        }
        telemetry.trace_address()?;
        telemetry.headers()?;
        Ok(())
    }

    fn check_server(&mut self) -> Result<(), ConfigError> {
        let server = &mut self.server;
        within("server.request_timeout_seconds", server.request_timeout_seconds, 1..=300)?;
        within("server.body_limit_bytes", server.body_limit_bytes, 1_024..=104_857_600)?;
        within("server.header_timeout_seconds", server.header_timeout_seconds, 1..=60)?;
        within("server.body_timeout_seconds", server.body_timeout_seconds, 1..=300)?;
        within("server.idle_timeout_seconds", server.idle_timeout_seconds, 1..=3_600)?;
        within("server.write_timeout_seconds", server.write_timeout_seconds, 1..=300)?;
        within("server.max_connections", server.max_connections, 1..=1_000_000)?;
        within("server.max_connections_per_address", server.max_connections_per_address, 0..=1_000_000)?;
        server.origins()?;
        server.proxies()?;
        if let Some(url) = &mut server.public_url {
            let trimmed = url.trim_end_matches('/');
            let wrong = || {
                invalid(
                    "server.public_url",
                    "must be an http or https address with nothing behind the host and port, \
                     such as https://throughline.example.com",
                )
            };
            let parsed: http::Uri = trimmed.parse().map_err(|_| wrong())?;
            let plain = parsed.authority().is_some_and(|host| !host.as_str().contains('@'))
                && parsed.path() == "/"
                && parsed.query().is_none();
            if !(matches!(parsed.scheme_str(), Some("http" | "https")) && plain) {
                return Err(wrong());
            }
            *url = trimmed.to_owned();
        }
        Ok(())
    }

    fn check_database(&self) -> Result<(), ConfigError> {
        let database = &self.database;
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|scheme| database.url.expose().starts_with(scheme)) {
            return Err(invalid(
                "database.url",
                "must be sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE",
            ));
        }
        within("database.max_connections", database.max_connections, 1..=1_000)?;
        within("database.min_connections", database.min_connections, 0..=database.max_connections)?;
        within("database.acquire_timeout_seconds", database.acquire_timeout_seconds, 1..=300)?;
        within("database.statement_timeout_seconds", database.statement_timeout_seconds, 1..=300)
    }

    fn check_auth(&self) -> Result<(), ConfigError> {
        let auth = &self.auth;
        within("auth.leeway_seconds", auth.leeway_seconds, 0..=60)?;
        within("auth.access_token_minutes", auth.access_token_minutes, 1..=1_440)?;
        within("auth.refresh_token_days", auth.refresh_token_days, 1..=365)?;
        within("auth.set_up_code_hours", auth.set_up_code_hours, 1..=720)?;
        within("auth.sign_in_failures", auth.sign_in_failures, 1..=1_000)?;
        within("auth.sign_in_window_minutes", auth.sign_in_window_minutes, 1..=1_440)?;
        within("auth.viewer_cache_milliseconds", auth.viewer_cache_milliseconds, 0..=5_000)?;
        TokenKeys::from_settings(&auth.token_settings())
            .map(|_| ())
            .map_err(|error| invalid("auth", error.to_string()))
    }

    fn check_graphql(&self) -> Result<(), ConfigError> {
        let graphql = &self.graphql;
        within("graphql.max_tokens", graphql.max_tokens, 100..=100_000)?;
        within("graphql.max_nesting", graphql.max_nesting, 10..=500)?;
        within("graphql.max_depth", graphql.max_depth, 5..=100)?;
        within("graphql.max_aliases", graphql.max_aliases, 0..=1_000)?;
        within("graphql.max_root_fields", graphql.max_root_fields, 1..=1_000)?;
        within("graphql.max_directives", graphql.max_directives, 0..=1_000)?;
        within("graphql.page_max", graphql.page_max, 1..=1_000)?;
        within("graphql.page_default", graphql.page_default, 1..=graphql.page_max)?;
        within("graphql.max_complexity", graphql.max_complexity, 100..=100_000_000)?;
        within("graphql.max_batch", graphql.max_batch, 1..=100)?;
        within("graphql.max_errors", graphql.max_errors, 1..=1_000)?;
        within("graphql.max_message_bytes", graphql.max_message_bytes, 1_024..=16_777_216)?;
        within("graphql.max_fields", graphql.max_fields, 100..=1_000_000)?;
        within("graphql.max_fragments", graphql.max_fragments, 0..=10_000)?;
        within("graphql.max_value_depth", graphql.max_value_depth, 1..=100)?;
        within("graphql.max_socket_messages", graphql.max_socket_messages, 10..=1_000_000)?;
        within("graphql.socket_init_seconds", graphql.socket_init_seconds, 1..=60)?;
        within("graphql.max_socket_operations", graphql.max_socket_operations, 1..=10_000)?;
        let limits = &self.limits;
        within("limits.requests_per_minute", limits.requests_per_minute, 0..=2_000_000_000)?;
        within("limits.points_per_minute", limits.points_per_minute, 0..=2_000_000_000)?;
        within("limits.streams_per_viewer", limits.streams_per_viewer, 0..=1_000_000)?;
        within("events.keep_days", self.events.keep_days, 1..=3_650)?;
        let (minute, one) = (u64::from(limits.points_per_minute), graphql.max_complexity);
        if minute != 0 && minute < one {
            return Err(invalid(
                "limits.points_per_minute",
                format!(
                    "{minute} is less than one operation may cost: use graphql.max_complexity ({one}) or more, or 0"
                ),
            ));
        }
        Ok(())
    }

    /// What works but should not stay so, for `throughline doctor`; empty when all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let auth = &self.auth;
        let signs = auth.sign_in && (auth.hs256_secret.is_some() || auth.signing_key.is_some());
        if auth.hs256_secret.is_none() && auth.public_keys.is_empty() {
            found.push(problem(
                "No key is set, so every access token is refused and nobody can sign in.",
                "Set THROUGHLINE_AUTH__HS256_SECRET to the output of `openssl rand -base64 32`, \
                 or name the public keys of your identity provider in auth.public_keys.",
            ));
        } else if !signs {
            found.push(problem(
                "Tokens can be checked but not issued: sign-in with a password is off.",
                "Nothing to do if another issuer makes the tokens; else set auth.sign_in to true \
                 and give hs256_secret or signing_key.",
            ));
        }
        let open = !self.server.listen.ip().is_loopback();
        match &self.server.public_url {
            None if open => found.push(problem(
                format!(
                    "The server listens on {}, but links in answers name that address.",
                    self.server.listen
                ),
                "Set server.public_url to the address under which people reach the server.",
            )),
            Some(url) if open && url.starts_with("http://") => found.push(problem(
                "Tokens and passwords travel without encryption: server.public_url begins with http://.",
                "Put a TLS proxy in front and set server.public_url to its https:// address.",
            )),
            Some(url) if url.starts_with("https://") && self.server.trusted_proxies.is_empty() => {
                found.push(problem(
                    "All clients behind the TLS proxy count as one network address, for sign-in and rate limits.",
                    "Set server.trusted_proxies to the addresses of the proxy, which must write X-Forwarded-For.",
                ));
            }
            None | Some(_) => {}
        }
        if open && self.telemetry.metrics && self.telemetry.metrics_token.is_none() {
            found.push(problem(
                "Whoever reaches the server may read its figures at /metrics.",
                "Set telemetry.metrics_token, or keep /metrics away from the outside in the proxy.",
            ));
        }
        if self.database.url.expose().contains(":memory:")
            || self.database.url.expose().contains("mode=memory")
        {
            found.push(problem(
                "The database is in memory: everything is gone when the server stops.",
                "Set database.url to sqlite://FILE or to a PostgreSQL database.",
            ));
        }
        if self.database.statement_timeout_seconds > self.server.request_timeout_seconds {
            found.push(problem(
                "A statement may run on after its request was cut off.",
                "Set database.statement_timeout_seconds to at most server.request_timeout_seconds.",
            ));
        }
        if self.graphql.explorer && self.graphql.introspection == Introspection::Nobody {
            found.push(problem(
                "The explorer cannot show the schema, because introspection is off.",
                "Set graphql.introspection to everybody or signed-in, or graphql.explorer to false.",
            ));
        }
        found
    }

    /// What is left out, perhaps on purpose, for `throughline doctor`: nothing is wrong with it.
    #[must_use]
    pub fn remarks(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if self.integrations.sealing_keys.is_empty() {
            found.push(problem(
                "No key is set that credentials are sealed with, so no integration can be connected.",
                "Set THROUGHLINE_INTEGRATIONS__SEALING_KEYS to an id, a colon and the output of \
                 `openssl rand -base64 32`, such as 2026-01:…, and keep it where the backups of the database are \
                 not.",
            ));
        }
        found
    }
}
