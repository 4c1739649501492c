//! Which addresses are called: what their text alone tells, asked when one is saved and again before each call. What
//! a name stands for is looked at when it is called.

use std::{fmt, net::Ipv4Addr};

use reqwest::Url;

use super::admitted::Admitted;
use crate::domain::sync::port::ToolError;

/// Longest address of a tool, in bytes.
const ADDRESS_AT_MOST: usize = 1_000;

/// Longest link that a tool gives to its next page, in bytes; a query may stand in it.
const LINK_AT_MOST: usize = 8_000;

/// Ends of names that stand for nothing but one's own machine and network: RFC 6761, 6762, 8375, and the one that
/// ICANN keeps free. Clouds name the service that hands out their keys so.
const OWN_NETWORK: [&str; 4] = ["localhost", "local", "home.arpa", "internal"];

/// How far a host is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// As any host of the internet: https on its own port, and at public addresses only.
    Public,
    /// The operator named it: wherever it is, and over plain http too.
    Admitted,
}

/// Where the API of a tool lies, `https://acme.atlassian.net` or `https://jira.example.com/jira`: its text was
/// checked and is in its one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads an address that a person wrote; spaces around it are passed over.
    ///
    /// # Errors
    /// [`ToolError::Unsafe`] when it is none, or one that is never called.
    pub(super) fn read(text: &str, admitted: &Admitted) -> Result<Self, ToolError> {
        let text = text.trim_matches(' ');
        // The parser drops line breaks and takes a backslash for a slash: what is read would not be what is shown.
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if text.is_empty() || text.len() > ADDRESS_AT_MOST || text.contains(is_odd) {
            return Err(no_address());
        }
        let mut url = Url::parse(text).map_err(|_| no_address())?;
        trust(&url, admitted)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(never("the address must end with its path: leave out what follows the ? or #"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// As text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Its host, with the port where that is not the usual one: `acme.atlassian.net`.
    #[must_use]
    pub fn site(&self) -> &str {
        self.0.authority()
    }

    /// What lies below it, by the steps of the path, each of which may hold any character but those that control.
    ///
    /// # Errors
    /// [`ToolError::Unsafe`] for a step that is empty or leads elsewhere, such as `..`.
    pub(super) fn below(&self, steps: &[String]) -> Result<Url, ToolError> {
        let leads_astray =
            |step: &String| matches!(step.as_str(), "" | "." | "..") || step.contains(char::is_control);
        if steps.iter().any(leads_astray) {
            return Err(never("an id that cannot stand in an address is not asked for"));
        }
        let mut url = self.0.clone();
        // Every address of http has steps.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(steps);
        }
        Ok(url)
    }

    /// Where a link of the tool leads: a whole address, or a path from the root of the host.
    ///
    /// # Errors
    /// [`ToolError::Unsafe`] when it leads to another scheme, host or port: the credential goes along.
    pub(super) fn linked(&self, link: &str) -> Result<Url, ToolError> {
        let elsewhere = || {
            never(format!("{} names a next page that is not its own, which is not asked for", self.site()))
        };
        if link.len() > LINK_AT_MOST || link.contains(char::is_control) {
            return Err(elsewhere());
        }
        let mut url = self.0.join(link).map_err(|_| elsewhere())?;
        if url.origin() != self.0.origin() || has_user(&url) {
            return Err(elsewhere());
        }
        url.set_fragment(None);
        Ok(url)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far the host of an address is trusted.
///
/// # Errors
/// [`ToolError::Unsafe`] when it is not called at all.
pub(super) fn trust(url: &Url, admitted: &Admitted) -> Result<Trust, ToolError> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(never("only addresses that begin with https:// are called"));
    }
    if has_user(url) {
        return Err(never(
            "the address must not hold a user or password: leave out what stands before the @",
        ));
    }
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(no_address());
    };
    if admitted.has(host, port) {
        return Ok(Trust::Admitted);
    }
    let unless = "unless the operator names its host in integrations.allowed_hosts";
    if url.scheme() != "https" {
        return Err(never(format!("only https is spoken: begin the address with https://, {unless}")));
    }
    // The parser leaves out the usual port.
    if url.port().is_some() {
        return Err(never(format!("no port is called but 443: leave out the :{port}, {unless}")));
    }
    // The parser has read every way to write a number as an IPv4 address; those of IPv6 stand in brackets.
    if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
        return Err(never(format!("tools are called by their name, not by an IP address, {unless}")));
    }
    if is_of_own_network(host) {
        return Err(never(format!("{host} is no name of the internet and is not called, {unless}")));
    }
    Ok(Trust::Public)
}

/// Whether a name can only be one of the own network, where a name without a dot is looked for too.
fn is_of_own_network(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    !host.contains('.')
        || OWN_NETWORK.iter().any(|end| host.strip_suffix(end).is_some_and(|name| name.ends_with('.')))
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn no_address() -> ToolError {
    never("this is not the address of a tool: write it as https://acme.atlassian.net")
}

fn never(message: impl Into<String>) -> ToolError {
    ToolError::Unsafe(message.into())
}
