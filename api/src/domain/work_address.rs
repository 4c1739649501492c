//! Pasted addresses: what they name, without looking whether it exists.
//!
//! The same page has many spellings: a host in capitals, a closing slash, a query that only says how the page
//! is shown, a title behind the key, a short link. Read here is what stays the same in all of them.

use entity::{ExternalKind, Provider, SubjectKind};
use uuid::Uuid;

use super::events::prefix;

/// Longest address that is read, in bytes.
const LONGEST_ADDRESS: usize = 2_048;

/// Parameters of a query that name the item which a page shows beside others.
const ITEM_PARAMETERS: [&str; 2] = ["selectedIssue", "issueKey"];

/// Words in the paths of Jira's pages, behind which the key of what they show stands.
const PAGE_WORDS: [&str; 2] = ["browse", "projects"];

/// Rows that have a page of their own to which a link may lead.
const WITH_PAGES: [SubjectKind; 4] =
    [SubjectKind::Objective, SubjectKind::KeyResult, SubjectKind::Project, SubjectKind::Task];

/// A web address in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct WebAddress {
    /// Host in lower case, with its port where one is given.
    host: String,
    /// The parts of the path, without empty ones.
    path: Vec<String>,
    /// Parameters of the query.
    query: Vec<(String, String)>,
    /// The query as it was written; empty without one.
    asked: String,
}

/// What an address of this Throughline names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) enum OwnPage {
    /// A goal by its code.
    Code(String),
    /// A row by its key.
    Row(SubjectKind, Uuid),
}

/// What an address of a tool may name: an item by its readable key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct ToolKey {
    pub(in crate::domain) provider: Provider,
    pub(in crate::domain) kind: ExternalKind,
    pub(in crate::domain) key: String,
}

impl WebAddress {
    /// Reads an address; nothing when it is none. The scheme may be left out.
    pub(in crate::domain) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST_ADDRESS || text.contains(|character: char| character.is_control()) {
            return None;
        }
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") => rest,
            Some((before, _)) if !before.contains(['/', '?', '#']) => return None,
            Some(_) | None => text,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let host = host.to_lowercase();
        let host = host.strip_suffix(":443").or(host.strip_suffix(":80")).unwrap_or(&host);
        let is_host = !host.is_empty()
            && host.chars().all(|one| one.is_alphanumeric() || matches!(one, '.' | '-' | ':' | '[' | ']'));
        let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        is_host.then(|| Self {
            host: host.to_owned(),
            path: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            query: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            asked: query.to_owned(),
        })
    }

    /// Host of the page.
    pub(in crate::domain) fn host(&self) -> &str {
        &self.host
    }

    /// What it names in a Throughline that is reached under one of these addresses; nothing when it leads
    /// elsewhere, or to a page of neither a goal nor work.
    pub(in crate::domain) fn own_page(&self, public_urls: &[String]) -> Option<OwnPage> {
        let rest = public_urls.iter().find_map(|base| {
            let base = Self::read(base)?;
            (base.host == self.host).then(|| self.path.strip_prefix(base.path.as_slice())).flatten()
        })?;
        if let [first, code, ..] = rest
            && first == "g"
        {
            return Some(OwnPage::Code(code.to_uppercase()));
        }
        rest.iter().rev().find_map(|part| {
            let (start, key) = part.split_once('_')?;
            let kind = WITH_PAGES.into_iter().find(|kind| prefix(*kind) == start)?;
            let key = if key.len() == 32 { Uuid::try_parse(key).ok() } else { None };
            key.map(|key| OwnPage::Row(kind, key))
        })
    }

    /// Whether it leads to this Throughline at all.
    pub(in crate::domain) fn is_own(&self, public_urls: &[String]) -> bool {
        public_urls
            .iter()
            .filter_map(|base| Self::read(base))
            .any(|base| base.host == self.host && self.path.starts_with(base.path.as_slice()))
    }

    /// Keys of items that it may name, the likeliest first.
    pub(in crate::domain) fn tool_keys(&self) -> Vec<ToolKey> {
        let mut keys = Vec::new();
        if self.host == "trello.com" || self.host.ends_with(".trello.com") {
            if let [what, key, ..] = self.path.as_slice() {
                let kind = match what.as_str() {
                    "c" => Some(ExternalKind::Task),
                    "b" => Some(ExternalKind::Project),
                    _ => None,
                };
                let key = key.clone();
                keys.extend(kind.map(|kind| ToolKey { provider: Provider::Trello, kind, key }));
            }
            return keys;
        }
        let parts = self.selected().chain(self.path.iter().rev().filter(|part| is_issue_key(part)));
        keys.extend(parts.map(|part| ToolKey {
            provider: Provider::Jira,
            kind: ExternalKind::Task,
            key: part.to_uppercase(),
        }));
        let after = |word: &str| {
            let place = self.path.iter().position(|part| part == word)?;
            self.path.get(place + 1).filter(|part| is_project_key(part))
        };
        // A page of a project shows an issue of it where it names one.
        if keys.is_empty() {
            keys.extend(PAGE_WORDS.into_iter().find_map(after).map(|part| ToolKey {
                provider: Provider::Jira,
                kind: ExternalKind::Project,
                key: part.to_uppercase(),
            }));
        }
        keys
    }

    /// Keys of issues that the query names.
    fn selected(&self) -> impl Iterator<Item = &String> {
        let named = self.query.iter().filter(|(name, _)| ITEM_PARAMETERS.contains(&name.as_str()));
        named.map(|(_, value)| value).filter(|value| is_issue_key(value))
    }

    /// Whether an item of this site may have this address. A site that no input named is a bare word,
    /// `jira`, and may be anywhere: there the page has to look like one of Jira, for much else ends in what could
    /// be a key.
    pub(in crate::domain) fn is_of_site(&self, site: &str) -> bool {
        let (host, path) = site.split_once('/').unwrap_or((site, ""));
        let is_bare = !host.contains(['.', ':']) && path.is_empty() && host != "localhost";
        let www = self.host.strip_prefix("www.").unwrap_or(&self.host);
        let mut below = path.split('/').filter(|part| !part.is_empty()).enumerate();
        let is_there = (host == self.host || host == www)
            && below.all(|(place, part)| self.path.get(place).is_some_and(|own| own == part));
        is_there || (is_bare && self.looks_like_jira())
    }

    fn looks_like_jira(&self) -> bool {
        self.path.iter().any(|part| PAGE_WORDS.contains(&part.as_str())) || self.selected().next().is_some()
    }

    /// The spellings under which a tool may have told it as the page of an item, the likeliest first: those with
    /// its query, which may be what names the item, then those without, for mostly a query only says how the page
    /// is shown.
    pub(in crate::domain) fn spellings(&self) -> Vec<Vec<String>> {
        let with_query = (!self.asked.is_empty()).then(|| self.spelled(&format!("?{}", self.asked)));
        with_query.into_iter().chain([self.spelled("")]).collect()
    }

    /// Each way to write the scheme and the end of the path, with the same behind it.
    fn spelled(&self, rest: &str) -> Vec<String> {
        let path = self.path.join("/");
        let mut spellings = Vec::new();
        for scheme in ["https", "http"] {
            spellings.push(format!("{scheme}://{}/{path}{rest}", self.host));
            if !path.is_empty() {
                spellings.push(format!("{scheme}://{}/{path}/{rest}", self.host));
            }
        }
        spellings
    }
}

/// `DAEMON-48`: a project key, a hyphen, a number.
fn is_issue_key(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        is_project_key(project) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A letter, then letters, digits and underscores.
fn is_project_key(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> WebAddress {
        WebAddress::read(text).unwrap_or_else(|| panic!("{text} is an address"))
    }

    #[test]
    fn own_pages_are_known_by_code_or_key() {
        let public = ["https://okr.acme.test".to_owned(), "acme.test/okr/".to_owned()];
        let id = Uuid::from_u128(7);
        let page = |text: &str| read(text).own_page(&public);
        let code = |code: &str| Some(OwnPage::Code(code.to_owned()));
        assert_eq!(page("https://OKR.acme.test/g/kr-12?tab=1#x"), code("KR-12"));
        assert_eq!(page("okr.acme.test/g/O-3/"), code("O-3"));
        assert_eq!(page("http://acme.test/okr/g/O-3"), code("O-3"));
        let task =
            format!("https://okr.acme.test/teams/7/tasks/{}_{}", prefix(SubjectKind::Task), id.simple());
        assert_eq!(page(&task), Some(OwnPage::Row(SubjectKind::Task, id)));
        let goal = format!("acme.test/okr/{}_{}/history", prefix(SubjectKind::KeyResult), id.simple());
        assert_eq!(page(&goal), Some(OwnPage::Row(SubjectKind::KeyResult, id)));
        for text in ["https://acme.test/g/KR-12", "https://okr.acme.test.evil.test/g/KR-1", "okr.acme.test/g"]
        {
            assert_eq!(page(text), None, "{text}");
        }
        assert!(read("https://okr.acme.test/settings").is_own(&public));
        assert!(!read("https://acme.test/settings").is_own(&public));
    }

    #[test]
    fn pages_of_tools_are_known_by_key() {
        use ExternalKind::{Project, Task};
        use Provider::{Jira, Trello};
        for (text, expected) in [
            ("https://trello.com/c/aBcD1234/12-write-the-mail", Some((Trello, Task, "aBcD1234"))),
            ("TRELLO.com/c/aBcD1234", Some((Trello, Task, "aBcD1234"))),
            ("https://trello.com/b/wXyZ9876/board/", Some((Trello, Project, "wXyZ9876"))),
            ("https://acme.atlassian.net/browse/DAEMON-48", Some((Jira, Task, "DAEMON-48"))),
            ("https://acme.atlassian.net/browse/daemon-48?focusedId=1", Some((Jira, Task, "DAEMON-48"))),
            ("http://jira.acme.test:8080/jira/browse/DAEMON", Some((Jira, Project, "DAEMON"))),
            (
                "https://acme.atlassian.net/jira/software/projects/DAE/boards/1?selectedIssue=DAE-3&x=1",
                Some((Jira, Task, "DAE-3")),
            ),
            ("https://acme.atlassian.net/jira/software/projects/DAE/boards/1", Some((Jira, Project, "DAE"))),
            ("https://acme.test/plan/2026", None),
            ("https://trello.com/aBcD1234", None),
        ] {
            let found = read(text).tool_keys().into_iter().next();
            let expected =
                expected.map(|(provider, kind, key)| ToolKey { provider, kind, key: key.to_owned() });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_site_holds_its_own_pages_only() {
        let page = read("https://Acme.atlassian.net/browse/A-1");
        assert!(page.is_of_site("acme.atlassian.net") && page.is_of_site("jira"));
        assert!(!page.is_of_site("other.atlassian.net") && !page.is_of_site("acme.atlassian.net/ex"));
        assert!(read("http://jira.test:8080/jira/browse/A-1").is_of_site("jira.test:8080/jira"));
        assert!(read("https://www.trello.com/c/a").is_of_site("trello.com"));
    }

    #[test]
    fn a_site_that_is_not_known_holds_pages_that_look_like_its_tool() {
        for (text, holds) in [
            ("https://jira.acme.test/browse/BAR-1", true),
            ("https://acme.test/jira/software/c/projects/BAR/issues/BAR-1", true),
            ("https://acme.test/jira/boards/1?view=x&selectedIssue=bar-1", true),
            // An intranet may have a host of that name.
            ("http://jira/servicedesk/BAR-1", true),
            ("https://github.com/acme/bar-1", false),
            ("https://acme.test/bar-1?selectedIssue=none", false),
            ("https://acme.test/wiki/BAR-1?page=BAR-1", false),
        ] {
            assert_eq!(read(text).is_of_site("jira"), holds, "{text}");
        }
        assert!(!read("http://jira/browse/BAR-1").is_of_site("jira/ex"));
    }

    #[test]
    fn one_page_has_few_spellings_and_no_text_is_mistaken_for_one() {
        let plain = [
            "https://acme.test/Plan",
            "https://acme.test/Plan/",
            "http://acme.test/Plan",
            "http://acme.test/Plan/",
        ];
        let with_query = plain.map(|text| format!("{text}?x=1&y"));
        assert_eq!(read("HTTPS://Acme.test:443/Plan/").spellings(), [plain.map(str::to_owned)]);
        assert_eq!(read("acme.test/Plan?x=1&y#top").spellings(), [with_query, plain.map(str::to_owned)]);
        assert_eq!(
            read("acme.test/?x=1").spellings()[0],
            ["https://acme.test/?x=1", "http://acme.test/?x=1"]
        );
        for text in
            ["", "  ", "javascript://x", "mailto:a@b", "two words", "ftp://a.test/x", "https://", "a\nb"]
        {
            assert_eq!(WebAddress::read(text), None, "{text}");
        }
        assert_eq!(WebAddress::read(&format!("https://a.test/{}", "x".repeat(LONGEST_ADDRESS))), None);
    }
}
