//! Webhooks as they are registered over HTTP: by an admin, and by an app below `/rest/api/3`.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    dates,
    hooks::{Hook, Owner},
    lists, refusal,
    search::texts,
    site::{Shape, Site},
};
use crate::fake::{call::Call, reply::Reply};

/// What an app can ask to be told.
const OF_APPS: [&str; 8] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issue_property_set",
    "issue_property_deleted",
];

/// The webhooks of admins, below `/rest/webhooks/1.0/webhook`.
pub(super) fn of_admins(site: &mut Site, call: &Call, rest: &[&str]) -> Result<Reply, Reply> {
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let hooks: Value = site.hooks.iter().filter_map(|hook| hook.admin_json(site)).collect();
            Ok(Reply::json(StatusCode::OK, &hooks))
        }
        (&Method::POST, []) => {
            let id = site.next_id();
            let hook = Hook::asked_by_admin(site, id, &call.json()).ok_or_else(refusal::payload)?;
            let told = hook.admin_json(site).unwrap_or_default();
            site.hooks.push(hook);
            Ok(Reply::json(StatusCode::CREATED, &told))
        }
        (&Method::DELETE, [id]) => {
            let before = site.hooks.len();
            site.hooks.retain(|hook| hook.id.to_string() != *id);
            let gone = site.hooks.len() < before;
            if gone { Ok(Reply::empty(StatusCode::NO_CONTENT)) } else { Err(refusal::nothing(&call.path)) }
        }
        _ => Err(refusal::nothing(&call.path)),
    }
}

/// The webhooks of the app, below `/rest/api/3/webhook`.
pub(super) fn of_apps(site: &mut Site, call: &Call, rest: &[&str]) -> Result<Reply, Reply> {
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let hooks = site.hooks.iter().filter_map(Hook::app_json).collect();
            let address = format!("{}/webhook", site.api(Shape::Cloud));
            Ok(Reply::json(StatusCode::OK, &lists::page(call, &address, hooks, 100, 100)))
        }
        (&Method::POST, []) => register(site, &call.json()),
        (&Method::DELETE, []) => {
            let ids = ids(&call.json()).ok_or_else(refusal::payload)?;
            site.hooks.retain(|hook| !(ids.contains(&hook.id) && hook.app_json().is_some()));
            Ok(Reply::empty(StatusCode::ACCEPTED))
        }
        (&Method::PUT, ["refresh"]) => {
            let ids = ids(&call.json()).ok_or_else(refusal::payload)?;
            let end = Hook::end(site.control.now());
            for hook in site.hooks.iter_mut().filter(|hook| ids.contains(&hook.id)) {
                if let Owner::App { expires, .. } = &mut hook.owner {
                    *expires = end;
                }
            }
            Ok(Reply::json(StatusCode::OK, &json!({ "expirationDate": dates::millis(end) })))
        }
        _ => Err(refusal::nothing(&call.path)),
    }
}

fn ids(body: &Value) -> Option<Vec<u64>> {
    Some(body["webhookIds"].as_array()?.iter().filter_map(Value::as_u64).collect())
}

fn register(site: &mut Site, body: &Value) -> Result<Reply, Reply> {
    let (Some(url), Some(asked)) = (body["url"].as_str(), body["webhooks"].as_array()) else {
        return Err(refusal::payload());
    };
    let mut results = Vec::new();
    for asked in asked {
        let id = site.next_id();
        results.push(match of_app(site, id, url, asked) {
            Ok(hook) => {
                site.hooks.push(hook);
                json!({ "createdWebhookId": id })
            }
            Err(message) => json!({ "errors": [message] }),
        });
    }
    Ok(Reply::json(StatusCode::OK, &json!({ "webhookRegistrationResult": results })))
}

fn of_app(site: &Site, id: u64, url: &str, asked: &Value) -> Result<Hook, String> {
    let mut others = site.hooks.iter().filter(|hook| hook.app_json().is_some());
    if let Some(other) = others.find(|hook| hook.url != url) {
        return Err(format!("Only a single URL per app is allowed, and it is {}.", other.url));
    }
    let events = texts(&asked["events"]);
    if events.is_empty() {
        return Err("No events are given.".to_owned());
    }
    if let Some(unknown) = events.iter().find(|event| !OF_APPS.contains(&event.as_str())) {
        return Err(format!("The event {unknown} is unsupported"));
    }
    let text = asked["jqlFilter"].as_str().unwrap_or_default();
    let filter = Hook::filter_of(site, text)?;
    if !filter.jql.is_bounded() || !filter.jql.is_filter() {
        return Err(format!("The filter {text} is unsupported"));
    }
    let owner =
        Owner::App { fields: texts(&asked["fieldIdsFilter"]), expires: Hook::end(site.control.now()) };
    Ok(Hook { id, url: url.to_owned(), owner, events: Some(events), filter: Some(filter) })
}
