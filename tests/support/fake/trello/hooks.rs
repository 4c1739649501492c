//! Webhooks: registered only where the address answers, signed with the app's secret, and given up by a 410.

use std::sync::Weak;

use axum::http::{Method, StatusCode};
use entity::Instant;
use serde_json::{Value, json};

use super::{action::Action, dates, refusal, routes, site::Site};
use crate::fake::{call::Call, deliveries::Parcel, lock, reply::Reply, signature::trello_signature};

/// A webhook.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) id: String,
    /// The board, card or member that it is about.
    pub(super) model: String,
    pub(super) url: String,
    pub(super) description: String,
    pub(super) active: bool,
    /// Deliveries in a row that nobody took.
    failures: u32,
    first_failure: Option<Instant>,
}

impl Hook {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "description": self.description, "idModel": self.model, "callbackURL": self.url,
            "active": self.active, "consecutiveFailures": self.failures,
            "firstConsecutiveFailDate": dates::optional(self.first_failure),
        })
    }

    /// The webhook as its deliveries name it.
    fn named(&self) -> Value {
        json!({
            "id": self.id, "description": self.description, "idModel": self.model, "callbackURL": self.url,
            "active": self.active,
        })
    }
}

/// A webhook that is asked for.
pub(super) struct Registration {
    pub(super) url: String,
    model: String,
    description: String,
}

/// What a request asks to register; nothing where it asks for something else.
pub(super) fn registration(site: &Site, call: &Call) -> Option<Result<Registration, Reply>> {
    if call.method != Method::POST || call.segments() != ["1", "webhooks"] {
        return None;
    }
    Some(routes::check(site, call).and_then(|()| wanted(site, call)))
}

fn wanted(site: &Site, call: &Call) -> Result<Registration, Reply> {
    let body = call.json();
    let text =
        |name: &str| call.parameter(name).or_else(|| body[name].as_str()).unwrap_or_default().to_owned();
    let (url, model) = (text("callbackURL"), text("idModel"));
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(refusal::bad("invalid value for callbackURL"));
    }
    let model = site.model(&model).ok_or_else(|| refusal::bad("invalid value for idModel"))?;
    Ok(Registration { url, model, description: text("description") })
}

/// Registers a webhook whose address has answered.
pub(super) fn register(site: &mut Site, registration: Registration) -> Result<Reply, Reply> {
    let Registration { url, model, description } = registration;
    if site.hooks.iter().any(|hook| hook.url == url && hook.model == model) {
        return Err(refusal::bad("A webhook with that callback, model, and token already exists"));
    }
    let id = site.next_id();
    let hook = Hook { id, model, url, description, active: true, failures: 0, first_failure: None };
    let told = hook.json();
    site.hooks.push(hook);
    Ok(Reply::json(StatusCode::OK, &told))
}

/// Changes a webhook.
pub(super) fn change(site: &mut Site, call: &Call, id: &str) -> Result<Reply, Reply> {
    let body = call.json();
    let text = |name: &str| call.parameter(name).or_else(|| body[name].as_str()).map(str::to_owned);
    let hook = site.hooks.iter_mut().find(|hook| hook.id == id).ok_or_else(|| refusal::absent(id))?;
    if let Some(url) = text("callbackURL") {
        hook.url = url;
    }
    if let Some(description) = text("description") {
        hook.description = description;
    }
    if let Some(active) = text("active").and_then(|active| active.parse().ok()).or(body["active"].as_bool()) {
        hook.active = active;
    }
    Ok(Reply::json(StatusCode::OK, &hook.json()))
}

/// Removes a webhook.
pub(super) fn remove(site: &mut Site, id: &str) -> Result<Reply, Reply> {
    let before = site.hooks.len();
    site.hooks.retain(|hook| hook.id != id);
    let gone = site.hooks.len() < before;
    if gone { Ok(Reply::json(StatusCode::OK, &json!({ "_value": null }))) } else { Err(refusal::absent(id)) }
}

impl Site {
    /// The id of what a webhook can be about: a board, a card or a member.
    fn model(&self, name: &str) -> Option<String> {
        let board = self.find_board(name).map(|board| &board.id);
        let card = || self.find_card(name).map(|card| &card.id);
        board.or_else(card).or_else(|| self.member(name).map(|member| &member.id)).cloned()
    }

    fn model_json(&self, id: &str) -> Value {
        let board = self.find_board(id).map(|board| board.json());
        let card = || self.find_card(id).map(|card| self.card_json(card));
        board.or_else(card).unwrap_or_else(|| json!({ "id": id }))
    }

    /// Sends an action to the webhooks of its board, its card and whoever did it.
    pub(super) fn tell(&self, action: &Action, program: Option<&str>) {
        let about = |hook: &Hook| {
            hook.model == action.board
                || Some(&hook.model) == action.card.as_ref()
                || hook.model == action.member
        };
        for hook in self.hooks.iter().filter(|hook| hook.active && about(hook)) {
            let body = json!({
                "action": self.action_json(action), "model": self.model_json(&hook.model), "webhook": hook.named(),
            });
            let body = body.to_string();
            let signature = trello_signature(&self.login.secret, body.as_bytes(), &hook.url);
            let mut headers =
                vec![("content-type", "application/json".to_owned()), ("x-trello-webhook", signature)];
            headers.extend(program.map(|program| ("x-trello-client-identifier", program.to_owned())));
            let (site, id) = (Weak::clone(&self.itself), hook.id.clone());
            let ended = move |status| {
                if let Some(site) = site.upgrade() {
                    lock(&site).ended(&id, status);
                }
            };
            let parcel = Parcel { url: hook.url.clone(), headers, body, ended: Some(Box::new(ended)) };
            self.control.deliveries().send(parcel);
        }
    }

    /// Notes how a delivery ended; where it was not wanted any more, the webhook is gone.
    fn ended(&mut self, id: &str, status: Option<u16>) {
        let now = self.control.now();
        if status == Some(410) {
            self.hooks.retain(|hook| hook.id != id);
            return;
        }
        let Some(hook) = self.hooks.iter_mut().find(|hook| hook.id == id) else { return };
        if status.is_some_and(|status| (200..300).contains(&status)) {
            hook.failures = 0;
            hook.first_failure = None;
        } else {
            hook.failures += 1;
            hook.first_failure = hook.first_failure.or(Some(now));
        }
    }
}
