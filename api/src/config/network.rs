//! The settings that name places in the network: origins of web pages, networks of proxies.

use std::net::IpAddr;

use http::HeaderValue;
use ipnet::IpNet;

use super::{ConfigError, Server};

fn invalid(setting: &'static str, message: String) -> ConfigError {
    ConfigError::Invalid { setting, message }
}

impl Server {
    /// Origins whose pages may read answers, as browsers write them.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no exact origin.
    pub fn origins(&self) -> Result<Vec<HeaderValue>, ConfigError> {
        self.cors_origins.iter().map(|text| origin(text)).collect()
    }

    /// Networks of proxies whose `X-Forwarded-For` is believed.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no network.
    pub fn proxies(&self) -> Result<Vec<IpNet>, ConfigError> {
        self.trusted_proxies.iter().map(|text| network(text)).collect()
    }
}

/// An exact origin; `*`, `null` and patterns are refused, for each would let strangers' pages in.
fn origin(text: &str) -> Result<HeaderValue, ConfigError> {
    let exact = text.split_once("://").is_some_and(|(scheme, place)| {
        matches!(scheme, "http" | "https")
            && place.parse::<http::uri::Authority>().is_ok_and(|parsed| {
                parsed.as_str() == place && !place.contains(['@', '*']) && !parsed.host().is_empty()
            })
            && !place.bytes().any(|byte| byte.is_ascii_uppercase())
    });
    let value = if exact { HeaderValue::from_str(text).ok() } else { None };
    value.ok_or_else(|| {
        let message = format!(
            "{text:?} is not an exact origin: use scheme, host and port in lower case and nothing else, such \
             as https://goals.example.com; wildcards are not taken"
        );
        invalid("server.cors_origins", message)
    })
}

/// `10.0.0.0/8`, or an address, which is a network of its own.
fn network(text: &str) -> Result<IpNet, ConfigError> {
    let read = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    read.ok_or_else(|| {
        let message = format!("{text:?} is not a network: use an address such as 10.0.0.7, or 10.0.0.0/8");
        invalid("server.trusted_proxies", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_origins_are_taken() {
        for good in ["https://a.example", "http://localhost:5173", "https://[::1]:8443", "http://127.0.0.1:1"]
        {
            assert_eq!(origin(good).unwrap(), good);
        }
        for bad in [
            "*",
            "null",
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/x",
            "https://*.example",
            "https://u@a.example",
            "https://A.example",
            "ftp://a.example",
            "https://a.example\r\nx: y",
        ] {
            assert!(origin(bad).unwrap_err().to_string().contains("exact origin"), "{bad}");
        }
    }

    #[test]
    fn networks_and_single_addresses_are_taken() {
        for (text, inside) in [("10.0.0.0/8", "10.9.9.9"), ("10.0.0.7", "10.0.0.7"), ("fd00::/8", "fd12::1")]
        {
            assert!(network(text).unwrap().contains(&inside.parse::<IpAddr>().unwrap()), "{text}");
        }
        for bad in ["10.0.0.0/33", "proxy", "", "10.0.0", "10.0.0.1:80"] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }
}
