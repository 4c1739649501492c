//! Where spans are sent: read and checked once, so that a collector that cannot be reached by this address is
//! told at the start.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::{ConfigError, Telemetry};

impl Telemetry {
    /// The full address that spans are posted to; none where they are sent nowhere.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if it is no `http` or `https` address.
    pub fn trace_address(&self) -> Result<Option<String>, ConfigError> {
        let Some(endpoint) = &self.otlp_endpoint else { return Ok(None) };
        let wrong = || ConfigError::Invalid {
            setting: "telemetry.otlp_endpoint",
            message:
                "must be an http or https address such as http://127.0.0.1:4318, without user, password \
                      or parameters"
                    .to_owned(),
        };
        let uri: Uri = endpoint.parse().map_err(|_| wrong())?;
        let plain = uri.authority().is_some_and(|host| !host.as_str().contains('@')) && uri.query().is_none();
        if !plain || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong());
        }
        let base = endpoint.trim_end_matches('/');
        Ok(Some(if base.ends_with("/v1/traces") { base.to_owned() } else { format!("{base}/v1/traces") }))
    }

    /// The headers that are sent along.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if one is no header; its value is not repeated.
    pub fn headers(&self) -> Result<HeaderMap, ConfigError> {
        let mut headers = HeaderMap::new();
        let Some(text) = &self.otlp_headers else { return Ok(headers) };
        for (number, part) in text.expose().split(',').enumerate() {
            let header = part.split_once('=').and_then(|(name, value)| {
                let name: HeaderName = name.trim().parse().ok()?;
                let mut value: HeaderValue = value.trim().parse().ok()?;
                value.set_sensitive(true);
                Some((name, value))
            });
            let (name, value) = header.ok_or_else(|| ConfigError::Invalid {
                setting: "telemetry.otlp_headers",
                message: format!(
                    "entry {} is not a header: write name=value, with commas between",
                    number + 1
                ),
            })?;
            headers.append(name, value);
        }
        Ok(headers)
    }
}
