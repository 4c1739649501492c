//! What is asked where, and who may ask.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{action::Author, hooks, read, refusal, site::Site, write};
use crate::fake::{call::Call, reply::Reply};

/// How many requests a batch may hold.
const BATCH_MOST: usize = 10;

/// Answers a request, or refuses it.
pub(super) fn answer(site: &mut Site, call: &Call) -> Result<Reply, Reply> {
    check(site, call)?;
    let segments = call.segments();
    let ["1", rest @ ..] = segments.as_slice() else { return Err(no_route(call)) };
    match (call.method.as_str(), rest) {
        ("GET", ["batch"]) => batch(site, call),
        ("GET", rest) => {
            let told = read::answer(site, call, rest)?.ok_or_else(|| no_route(call))?;
            Ok(Reply::json(StatusCode::OK, &told))
        }
        ("PUT", ["webhooks", id]) => hooks::change(site, call, id),
        ("DELETE", ["webhooks", id]) => hooks::remove(site, id),
        (method, rest) => {
            let program = call.header("x-trello-client-identifier").map(str::to_owned);
            let author = Author { member: site.me().to_owned(), program };
            let told = write::answer(site, call, &author, (method, rest))?.ok_or_else(|| no_route(call))?;
            Ok(Reply::json(StatusCode::OK, &told))
        }
    }
}

/// Refuses whoever does not prove to be the app and its account: by parameters, or by a header.
pub(super) fn check(site: &Site, call: &Call) -> Result<(), Reply> {
    let header = call.header("authorization").and_then(|proof| proof.strip_prefix("OAuth "));
    let in_header = |name: &str| {
        let mut parts = header?.split(',').filter_map(|part| part.trim().split_once('='));
        parts.find(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"'))
    };
    let key = call.parameter("key").or_else(|| in_header("oauth_consumer_key"));
    let token = call.parameter("token").or_else(|| in_header("oauth_token"));
    if key != Some(site.login.key.as_str()) {
        return Err(refusal::invalid_key());
    }
    match token {
        None => Err(refusal::no_token()),
        Some(token) if token == site.login.token => Ok(()),
        Some(_) => Err(refusal::invalid_token()),
    }
}

fn no_route(call: &Call) -> Reply {
    refusal::no_route(call.method.as_str(), &call.path)
}

/// Several GETs at once: an answer for each, by its status.
fn batch(site: &Site, call: &Call) -> Result<Reply, Reply> {
    let urls = call.list("urls");
    if urls.is_empty() || urls.len() > BATCH_MOST || urls.iter().any(|url| !url.starts_with('/')) {
        return Err(refusal::bad("invalid value for urls"));
    }
    let answers: Vec<Value> = urls
        .iter()
        .map(|url| {
            let within = call.within(url);
            let told = read::answer(site, &within, &within.segments());
            match told.and_then(|told| told.ok_or_else(|| no_route(&within))) {
                Ok(told) => json!({ "200": told }),
                Err(refused) => json!({
                    "name": refused.status.canonical_reason(), "message": refused.value(),
                    "statusCode": refused.status.as_u16(),
                }),
            }
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &json!(answers)))
}
