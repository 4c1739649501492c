//! Which Jira an issue is from.

use crate::connectors::item::Item;

/// A Jira by its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Host, port and context path: `acme.atlassian.net`, `jira.acme.test:8080/jira`. The path is a part
    /// of it: behind the gateway `api.atlassian.com/ex/jira/…` only the path tells the sites apart.
    pub(super) site: String,
    /// What page addresses begin with; nothing behind the gateway, which serves no pages.
    base: Option<String>,
}

impl Place {
    /// The place that an issue's own address, or its project's, tells.
    pub(super) fn of(issue: &Item<'_>) -> Option<Self> {
        [&["self"][..], &["fields", "project", "self"]]
            .into_iter()
            .find_map(|path| issue.text(path).as_deref().and_then(Self::of_address))
    }

    /// The place of an address of its REST API.
    pub(super) fn of_address(address: &str) -> Option<Self> {
        let base = address.trim().split("/rest/").next().filter(|base| base.len() < address.trim().len())?;
        let (scheme, rest) = base.split_once("://")?;
        let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
        let scheme = scheme.to_lowercase();
        if host.is_empty() || host.contains('@') || !matches!(scheme.as_str(), "http" | "https") {
            return None;
        }
        let host = host.to_lowercase();
        let path = path.trim_matches('/');
        let site = if path.is_empty() { host.clone() } else { format!("{host}/{path}") };
        let base = (host != "api.atlassian.com").then(|| format!("{scheme}://{site}"));
        Some(Self { site, base })
    }

    /// The page of an issue or project.
    pub(super) fn page(&self, key: &str) -> Option<String> {
        Some(format!("{}/browse/{key}", self.base.as_ref()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_the_site_and_its_pages() {
        for (address, site, page) in [
            (
                "https://Acme.atlassian.net/rest/api/2/issue/1",
                "acme.atlassian.net",
                Some("https://acme.atlassian.net/browse/A-1"),
            ),
            (
                "http://localhost:2990/jira/rest/api/2/issue/1",
                "localhost:2990/jira",
                Some("http://localhost:2990/jira/browse/A-1"),
            ),
            ("https://api.atlassian.com/ex/jira/11/rest/api/3/issue/1", "api.atlassian.com/ex/jira/11", None),
        ] {
            let place = Place::of_address(address).unwrap();
            assert_eq!(place.site, site);
            assert_eq!(place.page("A-1").as_deref(), page);
        }
        for address in
            ["", "acme", "https://acme.atlassian.net/issue/1", "javascript://x/rest/api", "https:///rest/api"]
        {
            assert_eq!(Place::of_address(address), None, "{address}");
        }
    }
}
