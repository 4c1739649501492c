//! The hosts that the operator admits although they are private or speak plain http: tools that run at home.

use http::uri::Authority;
use reqwest::Url;

use super::OutboundError;

/// The hosts that are admitted.
#[derive(Debug)]
pub(super) struct Admitted(Vec<Host>);

#[derive(Debug)]
struct Host {
    /// As an address that was read names it: in lower case, IPv6 in brackets.
    name: String,
    /// All ports when none.
    port: Option<u16>,
}

impl Admitted {
    /// Reads what the setting holds: `jira.corp.example`, `10.0.0.7:8080`, `[fd00::7]`.
    ///
    /// # Errors
    /// [`OutboundError::Host`] for what is no host.
    pub(super) fn read(entries: &[String]) -> Result<Self, OutboundError> {
        let hosts = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| host(entry).ok_or(OutboundError::Host { number: at + 1 }));
        hosts.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a port of a host, named as an address that was read names it, is admitted.
    pub(super) fn has(&self, name: &str, port: u16) -> bool {
        self.0.iter().any(|host| host.name == name && host.port.is_none_or(|admitted| admitted == port))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn host(entry: &str) -> Option<Host> {
    let authority: Authority = entry.parse().ok()?;
    let port = authority.port_u16();
    let plain = match port {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    // Whoever wrote a port that is none, or a user, did not mean every port of the host.
    if plain != entry {
        return None;
    }
    let url = Url::parse(&format!("https://{}/", authority.host())).ok()?;
    Some(Host { name: url.host_str()?.to_owned(), port })
}
