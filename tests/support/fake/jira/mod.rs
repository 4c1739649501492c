//! A Jira: Cloud below `/rest/api/3`, the same items as Data Center has them below `/rest/api/2`.
//!
//! Cloud's search goes on by tokens, which remember the last issue met; Data Center's goes on by counting, so that
//! issues which move meanwhile are met twice or missed, as they are there.

mod change;
mod dates;
mod document;
mod fetch;
mod field;
mod history;
mod hook_routes;
mod hooks;
mod index;
mod issue;
mod issue_json;
mod jql;
mod lists;
mod people;
mod project;
mod refusal;
mod routes;
mod search;
mod selection;
mod site;
mod snapshot;
mod status;
mod work;
mod worklog;
mod write;

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::http::StatusCode;
use chrono_tz::Tz;

pub use self::{
    change::IssueChange,
    field::STORY_POINTS,
    snapshot::{JiraIssue, JiraProject, JiraSnapshot, JiraStatusChange, JiraWorklog},
};
use self::{hooks::Hook, site::Site};
use super::{
    call::Call,
    control::Control,
    deliveries::Habits,
    front::{Serving, Tool, listen},
    lock,
    random::Random,
    reply::Reply,
    time::FakeTime,
};

/// What Jira sends again: up to five times, where the receiver had no time or failed.
const HABITS: Habits = Habits {
    repetitions: 5,
    repeats: |status| matches!(status, None | Some(408 | 409 | 425 | 429 | 500..=599)),
    counted_in: Some("x-atlassian-webhook-retry"),
};

/// A running Jira. Clones are handles of the same; the last one stops it. Time, trouble and records are on its
/// [`Control`].
///
/// People work in it by methods that take an issue by its id or key. What they do is Ana's doing, and not that of
/// the account whose token programs use.
#[derive(Clone)]
pub struct FakeJira {
    shared: Arc<Shared>,
}

struct Shared {
    address: String,
    control: Control,
    jira: Arc<Jira>,
    _serving: Serving,
}

/// A Jira behind its HTTP.
struct Jira {
    site: Mutex<Site>,
}

impl Deref for FakeJira {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.shared.control
    }
}

impl FakeJira {
    /// A Jira with two people and no project, in a time of its own.
    pub async fn start(seed: u64) -> Self {
        Self::start_in(FakeTime::default(), seed).await
    }

    /// The same in a time that others live in too.
    pub async fn start_in(time: FakeTime, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let control = Control::new(time, &mut random, HABITS);
        let (listener, address) = listen().await;
        let site = Site::new(address.clone(), control.clone(), random);
        let jira = Arc::new(Jira { site: Mutex::new(site) });
        let serving = Serving::start(listener, Arc::clone(&jira), control.clone());
        Self { shared: Arc::new(Shared { address, control, jira, _serving: serving }) }
    }

    /// Where it serves, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// Host and port, as the site of its issues is called.
    #[must_use]
    pub fn host(&self) -> &str {
        self.shared.address.trim_start_matches("http://")
    }

    /// The address of the account that programs use.
    #[must_use]
    pub fn email(&self) -> String {
        self.site().login.email.clone()
    }

    /// The token of that account: the password of Basic, and a bearer's token on Data Center.
    #[must_use]
    pub fn token(&self) -> String {
        self.site().login.token.clone()
    }

    /// Gives the account another token; the one before is refused from now on.
    pub fn set_token(&self, token: &str) {
        token.clone_into(&mut self.site().login.token);
    }

    /// The bearer's token of an app, which alone may register webhooks below `/rest/api/3`.
    #[must_use]
    pub fn app_token(&self) -> String {
        self.site().login.app_token.clone()
    }

    /// What deliveries to the app are signed with.
    #[must_use]
    pub fn app_secret(&self) -> String {
        self.site().login.app_secret.clone()
    }

    /// The id of the account that programs use.
    #[must_use]
    pub fn own_account(&self) -> String {
        self.site().me().to_owned()
    }

    /// The zone in which the account reads and writes times; New York's by default.
    pub fn set_time_zone(&self, zone: Tz) {
        self.site().zone = zone;
    }

    /// How many seconds of its time the search is behind the issues; 0 brings it up to date.
    pub fn set_search_lag(&self, seconds: i64) {
        let mut site = self.site();
        let now = site.control.now();
        site.index.set_lag(seconds, now);
    }

    /// The most issues that a page of a search holds, whatever is asked for; what Jira allows by default.
    pub fn set_page_most(&self, most: Option<usize>) {
        self.site().page_most = most;
    }

    /// Registers a webhook as an admin does, for everything that happens; gives its id.
    pub fn add_webhook(&self, url: &str, secret: Option<&str>) -> u64 {
        let mut site = self.site();
        let id = site.next_id();
        site.hooks.push(Hook::of_admin(id, url, secret));
        id
    }

    /// Removes a webhook.
    pub fn remove_webhook(&self, id: u64) {
        self.site().hooks.retain(|hook| hook.id != id);
    }

    fn site(&self) -> MutexGuard<'_, Site> {
        lock(&self.shared.jira.site)
    }
}

impl Tool for Jira {
    async fn answer(&self, call: &Call) -> Reply {
        let mut site = lock(&self.site);
        routes::answer(&mut site, call).unwrap_or_else(|refused| refused)
    }

    fn too_often(&self, seconds: u64) -> Reply {
        let now = lock(&self.site).control.now();
        refusal::too_often(seconds, now)
    }

    fn failed(&self, status: StatusCode) -> Reply {
        refusal::failed(status)
    }
}
