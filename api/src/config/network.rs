//! The settings that name places in the network: origins of web pages, networks of proxies, hosts of tools.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderValue;
use http::uri::Authority;
use ipnet::IpNet;

use super::{ConfigError, Integrations, Server};

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

impl Integrations {
    /// Hosts where tools are reached although they are private or speak plain http; one without a port stands for all
    /// of its ports.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no host.
    pub fn hosts(&self) -> Result<Vec<Authority>, ConfigError> {
        let hosts = self.allowed_hosts.iter().enumerate().map(|(at, text)| {
            // The entry is not repeated, for an address with a password in it may stand there.
            let wrong = || {
                let message = format!(
                    "entry {} is not a host: use a name in lower case or an address, with or without a port, and \
                     nothing else, such as jira.corp.example, 10.0.0.7:8080 or [fd00::7]; wildcards are not taken",
                    at + 1
                );
                invalid("integrations.allowed_hosts", message)
            };
            host(text).ok_or_else(wrong)
        });
        hosts.collect()
    }
}

/// An exact origin; `*`, `null` and patterns are refused, for each would let strangers' pages in.
fn origin(text: &str) -> Result<HeaderValue, ConfigError> {
    let exact = text.split_once("://").is_some_and(|(scheme, place)| {
        matches!(scheme, "http" | "https")
            && place.parse::<Authority>().is_ok_and(|parsed| {
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

/// A host, or host and port, in the one form that hosts have once an address was read: whoever compares it with such
/// an address by its text finds it.
fn host(text: &str) -> Option<Authority> {
    let (name, port) = match text.rsplit_once(':') {
        // Within brackets a colon belongs to the address.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        Some(_) | None => (text, None),
    };
    let is_port =
        |port: &str| port.parse::<u16>().is_ok_and(|number| number != 0 && number.to_string() == port);
    let is_exact = is_host(name) && port.is_none_or(is_port);
    if is_exact { text.parse().ok() } else { None }
}

fn is_host(name: &str) -> bool {
    if let Some(inside) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // One that stands for an IPv4 address has several forms: that address is written instead.
        return inside
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| address.to_ipv4_mapped().is_none() && address.to_string() == inside);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()) {
        // Addresses are read so: 2130706433 and 0x7f.1 would both be 127.0.0.1.
        return name.parse::<Ipv4Addr>().is_ok();
    }
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
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

    #[test]
    fn hosts_are_taken_as_addresses_name_them() {
        for (good, name, port) in [
            ("jira.corp.example", "jira.corp.example", None),
            ("my_jira:8080", "my_jira", Some(8_080)),
            ("localhost", "localhost", None),
            ("10.0.0.7:1", "10.0.0.7", Some(1)),
            ("127.0.0.1", "127.0.0.1", None),
            ("[fd00::7]", "[fd00::7]", None),
            ("[::1]:65535", "[::1]", Some(65_535)),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
        ] {
            let read = host(good).unwrap();
            assert_eq!((read.host(), read.port_u16()), (name, port), "{good}");
        }
        let long = format!("{}.example", "a".repeat(64));
        for bad in [
            "",
            "*",
            "*.corp.example",
            "Jira.example",
            "http://jira.example",
            "jira.example/",
            "jira.example:",
            "jira.example:0",
            "jira.example:080",
            "jira.example:+80",
            "jira.example:65536",
            "jira.example:80:80",
            "u@jira.example",
            "jira..example",
            "jira.example.",
            "bücher.example",
            "jira example",
            ":80",
            "::1",
            "[::1",
            "[]",
            "[0:0:0:0:0:0:0:1]",
            "[FD00::7]",
            "[::ffff:127.0.0.1]",
            "[fe80::1%eth0]",
            "10.0.0.0/8",
            "10.0.0.07",
            "2130706433",
            "0x7f.1",
            "127.0.0.0x1",
            &long,
        ] {
            assert_eq!(host(bad), None, "{bad}");
        }
    }
}
