//! A Trello below `/1`. Card lists and actions come newest first and go on before the last id met; errors are words.

mod action;
mod board;
mod card;
mod dates;
mod hooks;
mod pages;
mod read;
mod refusal;
mod routes;
mod site;
mod snapshot;
mod work;
mod write;

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::http::StatusCode;
use reqwest::Client;

use self::site::Site;
pub use self::snapshot::{TrelloBoard, TrelloCard, TrelloList, TrelloMove, TrelloSnapshot};
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
use crate::client;

/// What Trello sends again: up to three times, unless the receiver says that it is gone.
const HABITS: Habits =
    Habits { repetitions: 3, repeats: |status| !matches!(status, Some(200..=299 | 410)), counted_in: None };
/// How long an address that is registered has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running Trello. Clones are handles of the same; the last one stops it. Time, trouble and records are on its
/// [`Control`].
///
/// People work in it by methods that take boards, lists and cards by their ids. What they do is Ana's doing, and
/// not that of the account whose token programs use.
#[derive(Clone)]
pub struct FakeTrello {
    shared: Arc<Shared>,
}

struct Shared {
    address: String,
    control: Control,
    site: Arc<Mutex<Site>>,
    _serving: Serving,
}

/// A Trello behind its HTTP.
struct Trello {
    site: Arc<Mutex<Site>>,
    client: Client,
}

impl Deref for FakeTrello {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.shared.control
    }
}

impl FakeTrello {
    /// A Trello with two people and no board, in a time of its own.
    pub async fn start(seed: u64) -> Self {
        Self::start_in(FakeTime::default(), seed).await
    }

    /// The same in a time that others live in too.
    pub async fn start_in(time: FakeTime, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let control = Control::new(time, &mut random, HABITS);
        let (listener, address) = listen().await;
        let site = Arc::new_cyclic(|site| Mutex::new(Site::new(control.clone(), random, site.clone())));
        let trello = Arc::new(Trello { site: Arc::clone(&site), client: client() });
        let serving = Serving::start(listener, trello, control.clone());
        Self { shared: Arc::new(Shared { address, control, site, _serving: serving }) }
    }

    /// Where its API lies: with `/1`, and without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/1", self.shared.address)
    }

    /// Host and port. Its boards and cards call themselves of `trello.com`, as all do.
    #[must_use]
    pub fn host(&self) -> &str {
        self.shared.address.trim_start_matches("http://")
    }

    /// The app's key.
    #[must_use]
    pub fn key(&self) -> String {
        self.site().login.key.clone()
    }

    /// The token of the account that programs use.
    #[must_use]
    pub fn token(&self) -> String {
        self.site().login.token.clone()
    }

    /// What deliveries are signed with: the app's secret.
    #[must_use]
    pub fn secret(&self) -> String {
        self.site().login.secret.clone()
    }

    /// Gives the account another token: the one before is refused from now on, and its webhooks are gone.
    pub fn set_token(&self, token: &str) {
        let mut site = self.site();
        token.clone_into(&mut site.login.token);
        site.hooks.clear();
    }

    /// The id of the member that programs are.
    #[must_use]
    pub fn own_member(&self) -> String {
        self.site().me().to_owned()
    }

    /// The addresses of the webhooks that are registered now.
    #[must_use]
    pub fn webhooks(&self) -> Vec<String> {
        self.site().hooks.iter().map(|hook| hook.url.clone()).collect()
    }

    fn site(&self) -> MutexGuard<'_, Site> {
        lock(&self.shared.site)
    }
}

impl Trello {
    /// What a webhook's registration asks for, where a request is one.
    fn registration(&self, call: &Call) -> Option<Result<hooks::Registration, Reply>> {
        hooks::registration(&lock(&self.site), call)
    }

    /// Asks an address that is registered whether it is there.
    async fn is_there(&self, url: &str) -> Result<(), String> {
        let answer = self.client.head(url).timeout(PATIENCE).send().await;
        match answer.map(|answer| answer.status()) {
            Ok(StatusCode::OK) => Ok(()),
            Ok(status) => Err(format!("URL ({url}) did not return 200 status code, got {}", status.as_u16())),
            Err(_) => Err(format!("URL ({url}) could not be reached")),
        }
    }

    async fn register(&self, registration: hooks::Registration) -> Result<Reply, Reply> {
        match self.is_there(&registration.url).await {
            Ok(()) => hooks::register(&mut lock(&self.site), registration),
            Err(words) => Err(refusal::bad(words)),
        }
    }

    fn other(&self, call: &Call) -> Result<Reply, Reply> {
        routes::answer(&mut lock(&self.site), call)
    }
}

impl Tool for Trello {
    async fn answer(&self, call: &Call) -> Reply {
        let answer = match self.registration(call) {
            None => self.other(call),
            Some(Err(refused)) => Err(refused),
            Some(Ok(registration)) => self.register(registration).await,
        };
        answer.unwrap_or_else(|refused| refused)
    }

    fn too_often(&self, _seconds: u64) -> Reply {
        // Trello does not tell how long to wait.
        refusal::too_often()
    }

    fn failed(&self, status: StatusCode) -> Reply {
        refusal::failed(status)
    }
}
