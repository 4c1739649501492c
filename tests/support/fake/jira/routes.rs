//! What is asked where.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    dates, fetch, hook_routes, lists, refusal, search,
    site::{Shape, Site},
    status::KINDS,
    worklog, write,
};
use crate::fake::{call::Call, reply::Reply};

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Account,
    App,
}

/// Answers a request, or refuses it.
pub(super) fn answer(site: &mut Site, call: &Call) -> Result<Reply, Reply> {
    let segments = call.segments();
    match segments.as_slice() {
        ["rest", "webhooks", "1.0", "webhook", rest @ ..] => {
            caller(site, call, Shape::Cloud).ok_or_else(refusal::unauthorized)?;
            hook_routes::of_admins(site, call, rest)
        }
        ["rest", "api", "3", "webhook", rest @ ..] => {
            match caller(site, call, Shape::Cloud).ok_or_else(refusal::unauthorized)? {
                Caller::App => hook_routes::of_apps(site, call, rest),
                Caller::Account => Err(refusal::only_apps()),
            }
        }
        ["rest", "api", "3", rest @ ..] => {
            caller(site, call, Shape::Cloud).ok_or_else(refusal::unauthorized)?;
            match cloud_alone(site, call, rest) {
                Some(answer) => answer,
                None => both(site, call, rest, Shape::Cloud),
            }
        }
        ["rest", "api", "2", rest @ ..] => {
            caller(site, call, Shape::DataCenter).ok_or_else(refusal::unauthorized)?;
            match data_center_alone(site, call, rest) {
                Some(answer) => answer,
                None => both(site, call, rest, Shape::DataCenter),
            }
        }
        _ => Err(refusal::nothing(&call.path)),
    }
}

/// Who asks: the account by its address and token, on Data Center by its token alone, and on Cloud the app.
fn caller(site: &Site, call: &Call, shape: Shape) -> Option<Caller> {
    let proof = call.header("authorization")?;
    if let Some(encoded) = proof.strip_prefix("Basic ") {
        let known = format!("{}:{}", site.login.email, site.login.token);
        return (STANDARD.decode(encoded).ok()? == known.as_bytes()).then_some(Caller::Account);
    }
    let token = proof.strip_prefix("Bearer ")?;
    match shape {
        Shape::DataCenter => (token == site.login.token).then_some(Caller::Account),
        Shape::Cloud | Shape::Webhook => (token == site.login.app_token).then_some(Caller::App),
    }
}

fn ok(body: &Value) -> Result<Reply, Reply> {
    Ok(Reply::json(StatusCode::OK, body))
}

/// What Cloud alone has; nothing for anything else.
fn cloud_alone(site: &mut Site, call: &Call, rest: &[&str]) -> Option<Result<Reply, Reply>> {
    Some(match (call.method.as_str(), rest) {
        ("GET" | "POST", ["search", "jql"]) => search::on_cloud(site, call),
        ("POST", ["search", "approximate-count"]) => search::count(site, call),
        ("GET", ["project", "search"]) => {
            let mut projects: Vec<_> = site.projects.iter().collect();
            projects.sort_by(|left, right| left.key.cmp(&right.key));
            let projects = projects.into_iter().map(|project| site.project_json(project, Shape::Cloud));
            let address = format!("{}/project/search", site.api(Shape::Cloud));
            ok(&lists::page(call, &address, projects.collect(), 50, 100))
        }
        ("POST", ["issue", "bulkfetch"]) => fetch::many(site, call),
        ("GET", ["issue", name, "changelog"]) => {
            fetch::issue(site, name).map(|issue| fetch::changelog(site, call, issue, Shape::Cloud))
        }
        ("GET", ["worklog", "updated"]) => Ok(worklog::updated(site, call)),
        ("GET", ["worklog", "deleted"]) => Ok(worklog::deleted(site, call)),
        ("POST", ["worklog", "list"]) => worklog::listed(site, call),
        _ => return None,
    })
}

/// What Data Center alone has; nothing for anything else.
fn data_center_alone(site: &mut Site, call: &Call, rest: &[&str]) -> Option<Result<Reply, Reply>> {
    Some(match (call.method.as_str(), rest) {
        ("GET" | "POST", ["search"]) => search::on_data_center(site, call),
        ("GET", ["project"]) => {
            let projects = site.projects.iter().map(|project| site.project_json(project, Shape::DataCenter));
            ok(&projects.collect())
        }
        _ => return None,
    })
}

/// What both have, each in its own form.
fn both(site: &mut Site, call: &Call, rest: &[&str], shape: Shape) -> Result<Reply, Reply> {
    match (call.method.as_str(), rest) {
        ("GET", ["myself"]) => ok(&site.person_json(Some(site.me()), shape)),
        ("GET", ["serverInfo"]) => ok(&server_info(site, shape)),
        ("GET", ["field"]) => ok(&site.fields_json()),
        ("GET", ["status"]) => {
            let api = site.api(shape);
            ok(&site.statuses.iter().map(|status| status.json(&api)).collect())
        }
        ("GET", ["project", name]) => match site.project_named(name) {
            Some(project) => ok(&site.project_json(project, shape)),
            None => Err(no_project(name)),
        },
        ("GET", ["project", name, "statuses"]) => match site.project_named(name) {
            Some(_) => ok(&statuses_by_type(site, shape)),
            None => Err(no_project(name)),
        },
        (method, ["issue", name, more @ ..]) => {
            let id = fetch::issue(site, name)?.id;
            of_issue(site, call, id, (method, more), shape)
        }
        _ => Err(refusal::nothing(&call.path)),
    }
}

/// What is asked of one issue.
fn of_issue(
    site: &mut Site,
    call: &Call,
    id: u64,
    asked: (&str, &[&str]),
    shape: Shape,
) -> Result<Reply, Reply> {
    match asked {
        ("GET", []) => Ok(fetch::one(site, call, &site.issues[&id], shape)),
        ("PUT", []) => write::edit(site, call, id, shape),
        ("GET", ["editmeta"]) => ok(&site.editable_json()),
        ("GET", ["worklog"]) => Ok(worklog::of_issue(site, call, &site.issues[&id], shape)),
        ("GET", ["remotelink"]) => Ok(write::links(site, id, shape)),
        ("POST", ["remotelink"]) => write::link(site, call, id, shape),
        ("POST", ["comment"]) => write::comment(site, call, id, shape),
        ("GET", ["transitions"]) => Ok(write::transitions(site, shape)),
        ("POST", ["transitions"]) => write::transit(site, call, id),
        _ => Err(refusal::nothing(&call.path)),
    }
}

fn no_project(name: &str) -> Reply {
    refusal::words(StatusCode::NOT_FOUND, format!("No project could be found with key '{name}'."))
}

fn server_info(site: &Site, shape: Shape) -> Value {
    let (deployment, version, numbers) = match shape {
        Shape::Cloud | Shape::Webhook => ("Cloud", "1001.0.0-SNAPSHOT", [1001, 0, 0]),
        Shape::DataCenter => ("Server", "9.12.0", [9, 12, 0]),
    };
    json!({
        "baseUrl": site.base, "version": version, "versionNumbers": numbers, "deploymentType": deployment,
        "buildNumber": 100_000, "serverTime": dates::moment(site.control.now(), site.zone), "serverTitle": "Acme",
    })
}

fn statuses_by_type(site: &Site, shape: Shape) -> Value {
    let api = site.api(shape);
    let statuses: Vec<_> = site.statuses.iter().map(|status| status.json(&api)).collect();
    let types = KINDS.iter().map(|kind| {
        json!({
            "self": format!("{api}/issuetype/{}", kind.id), "id": kind.id.to_string(), "name": kind.name,
            "subtask": kind.level < 0, "statuses": statuses,
        })
    });
    types.collect()
}
