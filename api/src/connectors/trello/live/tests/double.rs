//! A small Trello that answers on loopback.

use std::{
    cmp::Reverse,
    collections::HashMap,
    convert::Infallible,
    net::Ipv4Addr,
    slice,
    sync::{Arc, Mutex},
};

use entity::Instant;
use http::{HeaderMap, Request, Response, Uri, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::super::Trello;
use crate::{
    connectors::outbound::Outbound,
    domain::sync::port::{Access, Container, Credential, Page, Pulled, Reread, Tool as _, ToolError, Wanted},
};

/// 2020-09-13T12:26:40Z, from which the seconds of the tests are counted.
const EPOCH: i64 = 1_600_000_000;

/// The id of what was made then.
pub(super) fn id(second: i64) -> String {
    format!("{:08x}0000000000000000", EPOCH + second)
}

pub(super) fn at(second: i64) -> Instant {
    Instant((EPOCH + second) * 1_000_000)
}

pub(super) fn date(second: i64) -> String {
    chrono::DateTime::from_timestamp(EPOCH + second, 0).unwrap().to_rfc3339()
}

/// A card that is named by its id.
pub(super) fn card(made: i64, board: &str, list: &str, touched: i64) -> Value {
    json!({
        "id": id(made), "name": id(made), "idBoard": board, "idList": list, "dateLastActivity": date(touched),
        "idMembers": ["m1"], "labels": [], "customFieldItems": [], "attachments": [],
    })
}

/// An action on a card; `data` may tell more of it.
pub(super) fn action(kind: &str, second: i64, card: i64, data: Value) -> Value {
    let mut whole = json!({"card": {"id": id(card)}, "board": {"id": "b1"}});
    if let (Some(whole), Value::Object(data)) = (whole.as_object_mut(), data) {
        whole.extend(data);
    }
    json!({"id": format!("{:08x}{card:016x}", EPOCH + second), "type": kind, "date": date(second), "data": whole})
}

/// What it holds.
#[derive(Default)]
pub(super) struct Store {
    pub(super) cards: Vec<Value>,
    pub(super) actions: Vec<Value>,
    /// Addresses that were asked for, each with its proof.
    pub(super) heard: Vec<(String, String)>,
    /// Dates of cards that only the cards themselves tell, as if they had changed after the lists were told.
    pub(super) late: Vec<(String, String)>,
    /// Statuses with which parts of a call are refused, by the card.
    pub(super) statuses: HashMap<String, u16>,
    /// Whether the token is not good any more.
    pub(super) is_locked: bool,
}

impl Store {
    pub(super) fn board(&self, board: &str) -> Value {
        json!({
            "id": board, "name": format!("Board {board}"), "shortLink": format!("short-{board}"),
            "url": format!("https://trello.com/b/{board}/x"), "closed": board == "b2", "dateLastActivity": date(999),
            "lists": [
                {"id": "todo", "name": "To Do"}, {"id": "doing", "name": "Doing"}, {"id": "done", "name": "Done"}],
            "members": [{"id": "m1", "fullName": "Ana Ruiz", "username": "ana"}],
            "customFields": [{"id": "f1", "name": "Goal", "type": "text"}],
        })
    }

    pub(super) fn change(&mut self, card: &str, field: &str, value: Value) {
        let card = self.cards.iter_mut().find(|known| known["id"] == card).unwrap();
        card[field] = value;
    }

    fn get(&self, path: &str, query: &HashMap<String, String>) -> (u16, Value) {
        let asked = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        match steps.as_slice() {
            ["members", "me"] if self.is_locked => (401, json!("invalid token")),
            ["members", "me"] => {
                (200, json!({"id": "m1", "username": "ana", "fullName": "Ana Ruiz", "email": null}))
            }
            ["members", "me", "boards"] => {
                (200, json!(["b1", "b2", "secret"].map(|board| self.board(board))))
            }
            ["boards", "secret", ..] => (401, json!("unauthorized permission requested")),
            ["boards", board] => (200, self.board(board)),
            ["boards", board, "cards", "all"] => {
                let cards = self.cards.iter().filter(|card| card["idBoard"] == *board);
                (200, page(cards, query).into_iter().map(|card| with_fields(card, asked("fields"))).collect())
            }
            ["boards", "b1", "actions"] => {
                let since = chrono::DateTime::parse_from_rfc3339(asked("since")).ok();
                let is_since = |action: &&Value| {
                    let text = action["date"].as_str().unwrap();
                    chrono::DateTime::parse_from_rfc3339(text).ok() >= since
                };
                let kinds = asked("filter");
                let actions = self.actions.iter().filter(|action| is_of(action, kinds)).filter(is_since);
                (200, page(actions, query).into_iter().cloned().collect())
            }
            ["boards", _, "actions"] => (200, json!([])),
            ["cards", "badid"] => (400, json!("invalid id")),
            ["cards", id] if self.statuses.contains_key(*id) => (self.statuses[*id], json!("refused")),
            ["cards", id] => match self.cards.iter().find(|card| card["id"] == *id) {
                Some(card) if card["idBoard"] == "secret" => {
                    (401, json!("unauthorized card permission requested"))
                }
                Some(card) => (200, self.whole(card, id, asked("actions"))),
                None => (404, json!("The requested resource was not found.")),
            },
            ["batch"] => (200, asked("urls").split(',').map(|route| self.part(route)).collect()),
            _ => (404, json!("no such place")),
        }
    }

    /// A card with its actions.
    fn whole(&self, card: &Value, id: &str, kinds: &str) -> Value {
        let mut card = card.clone();
        if let Some((_, date)) = self.late.iter().find(|(late, _)| late == id) {
            card["dateLastActivity"] = json!(date);
        }
        let actions = self.actions.iter().filter(|action| action["data"]["card"]["id"] == *id);
        card["actions"] = actions.filter(|action| is_of(action, kinds)).cloned().collect();
        card
    }

    /// Trello has two ways to tell of what is not there.
    fn part(&self, route: &str) -> Value {
        let (path, query) = route.split_once('?').unwrap_or((route, ""));
        match self.get(path, &pairs(query)) {
            (401, said) => json!({"name": "Unauthorized", "message": said, "statusCode": 401}),
            (status, said) => json!({(status.to_string()): said}),
        }
    }
}

fn pairs(query: &str) -> HashMap<String, String> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// A page of what is asked for, the newest first.
fn page<'v>(all: impl Iterator<Item = &'v Value>, query: &HashMap<String, String>) -> Vec<&'v Value> {
    let mut all: Vec<&Value> =
        all.filter(|value| query.get("before").is_none_or(|before| id_of(value) < *before)).collect();
    all.sort_by_key(|value| Reverse(id_of(value)));
    all.truncate(query["limit"].parse().unwrap());
    all
}

fn with_fields(card: &Value, fields: &str) -> Value {
    let fields: Vec<&str> = fields.split(',').collect();
    if fields.contains(&"name") {
        return card.clone();
    }
    let members = card.as_object().unwrap().iter();
    let kept: Map<String, Value> = members
        .filter(|(name, _)| *name == "id" || fields.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(kept)
}

/// Whether an action is of one of these kinds: `createCard`, `updateCard`, `updateCard:idList`.
fn is_of(action: &Value, kinds: &str) -> bool {
    kinds.split(',').any(|kind| match kind.split_once(':') {
        Some((kind, field)) => action["type"] == kind && !action["data"]["old"][field].is_null(),
        None => action["type"] == kind,
    })
}

/// It, and what asks it.
pub(super) struct Double {
    pub(super) trello: Trello,
    pub(super) store: Arc<Mutex<Store>>,
    address: String,
}

impl Double {
    pub(super) async fn of(store: Store) -> Self {
        let store = Arc::new(Mutex::new(store));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        tokio::spawn(serve(listener, Arc::clone(&store)));
        let trello = Trello::new(Outbound::new(slice::from_ref(&host)).unwrap());
        Self { trello, store, address: format!("http://{host}/1") }
    }

    pub(super) fn access(&self) -> Access {
        Access {
            address: self.address.clone(),
            credential: Credential::default().with("key", "k3y".into()).with("token", "t0ken".into()),
            options: Map::new(),
        }
    }

    /// Its board `b1`.
    pub(super) fn container(&self) -> Container {
        Container {
            external_id: "b1".to_owned(),
            external_key: None,
            title: "Board b1".to_owned(),
            url: None,
            archived: false,
        }
    }

    pub(super) async fn pull(
        &self,
        since: Option<Instant>,
        cursor: Option<&str>,
    ) -> Result<Pulled, ToolError> {
        let container = self.container();
        self.trello.pull(&self.access(), Wanted { container: &container, since, cursor }).await
    }

    pub(super) async fn ids(&self, cursor: Option<&str>) -> Result<Page<String>, ToolError> {
        let container = self.container();
        self.trello.ids(&self.access(), Wanted { container: &container, since: None, cursor }).await
    }

    pub(super) async fn reread(&self, ids: &[String]) -> Result<Reread, ToolError> {
        self.trello.reread(&self.access(), ids).await
    }

    /// Whether something was asked for below a path.
    pub(super) fn heard(&self, path: &str) -> bool {
        self.store.lock().unwrap().heard.iter().any(|(address, _)| address.starts_with(path))
    }
}

async fn serve(listener: TcpListener, store: Arc<Mutex<Store>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let store = Arc::clone(&store);
        let answering = service_fn(move |request: Request<Incoming>| {
            let (status, body) = answer(&store, request.headers(), request.uri());
            async move { Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap()) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answering));
    }
}

fn answer(store: &Mutex<Store>, headers: &HeaderMap, uri: &Uri) -> (u16, String) {
    let proof = headers.get(header::AUTHORIZATION).and_then(|proof| proof.to_str().ok()).unwrap_or_default();
    let mut store = store.lock().unwrap();
    store.heard.push((uri.to_string(), proof.to_owned()));
    let path = uri.path().strip_prefix("/1").unwrap_or_default();
    match store.get(path, &pairs(uri.query().unwrap_or_default())) {
        (200, body) => (200, body.to_string()),
        // Its refusals are plain text.
        (status, said) => (status, said.as_str().unwrap_or_default().to_owned()),
    }
}
