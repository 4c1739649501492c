//! References in the texts of work, through the front door: what they make of links, what waits, and how
//! people settle it.

mod code;
mod own_work;
mod settle;
mod url;
mod waiting;

use std::time::Duration;

use api::app::command_line::CommandLine;
use clap::Parser as _;
use serde_json::{Value, json};
use support::{Company, TestServer};

/// How long a job may take at most, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

const LINKS: &str = "{ alignmentLinks(sort: [{ field: CREATED_AT }]) { nodes { id state staleReason origin confirmedAt \
    source { ... on Task { title } ... on Project { title } } \
    target { ... on KeyResult { code } ... on Objective { code } } \
    evidence { nodes { origin field text position code successorCode removedAt } } } } }";

const TOKENS: &str = "query($id: ID!) { node(id: $id) { ... on Task { unresolvedTokens { nodes { id code field text \
    position reason resolvedAt dismissedAt suggestions { code reason goal { ... on KeyResult { title } \
    ... on Objective { title } } } } } } ... on Project { unresolvedTokens { nodes { id code reason resolvedAt } } } } }";

/// An objective and so many key results, `O-1` and `KR-1` on; gives their ids, the objective's first.
pub(crate) async fn goals(server: &TestServer, token: &str, key_results: usize) -> Vec<String> {
    let made = server.change(token, "objectiveCreate", json!({ "title": "Grow" }), "objective { id }").await;
    let objective = id_in(&made, "/objective/id");
    let mut ids = vec![objective.clone()];
    for number in 1..=key_results {
        ids.push(key_result(server, token, &objective, &format!("Result {number}")).await);
    }
    ids
}

/// One more key result; gives its id.
pub(crate) async fn key_result(server: &TestServer, token: &str, objective: &str, title: &str) -> String {
    let input = json!({ "objectiveId": objective, "title": title, "start": "0", "target": "10" });
    id_in(&server.change(token, "keyResultCreate", input, "keyResult { id }").await, "/keyResult/id")
}

/// A task; gives its id.
pub(crate) async fn task(server: &TestServer, token: &str, input: Value) -> String {
    id_in(&server.change(token, "taskCreate", input, "task { id }").await, "/task/id")
}

/// Changes a task.
pub(crate) async fn change_task(server: &TestServer, token: &str, id: &str, more: Value) {
    let mut input = more;
    input["id"] = id.into();
    server.change(token, "taskUpdate", input, "task { id }").await;
}

pub(crate) fn id_in(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}

/// Every link, as `source → target STATE/REASON origin`, in the order in which they were made.
pub(crate) async fn links(server: &TestServer, token: &str) -> Vec<String> {
    let answer = server.graphql(Some(token), LINKS, json!({})).await;
    let nodes = answer.at("alignmentLinks.nodes").as_array().expect("links").clone();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let shown = |link: &Value| {
        let reason = link["staleReason"].as_str().map(|reason| format!("/{reason}")).unwrap_or_default();
        format!(
            "{} → {} {}{reason} {}",
            text(&link["source"]["title"]),
            text(&link["target"]["code"]),
            text(&link["state"]),
            text(&link["origin"])
        )
    };
    nodes.iter().map(shown).collect()
}

/// The live evidence of a link by its place, as `FIELD text@position code`.
pub(crate) async fn evidence(server: &TestServer, token: &str, place: usize) -> Vec<String> {
    let answer = server.graphql(Some(token), LINKS, json!({})).await;
    let nodes =
        answer.at(&format!("alignmentLinks.nodes.{place}.evidence.nodes")).as_array().expect("rows").clone();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut rows: Vec<String> = nodes
        .iter()
        .filter(|row| row["removedAt"].is_null())
        .map(|row| {
            let successor =
                row["successorCode"].as_str().map(|code| format!(" → {code}")).unwrap_or_default();
            let (field, at) = (text(&row["field"]), &row["position"]);
            format!(
                "{} {field} {}@{at} {}{successor}",
                text(&row["origin"]),
                text(&row["text"]),
                text(&row["code"])
            )
        })
        .collect();
    rows.sort();
    rows
}

/// The unresolved tokens of a task or project.
pub(crate) async fn tokens(server: &TestServer, token: &str, id: &str) -> Vec<Value> {
    let answer = server.graphql(Some(token), TOKENS, json!({ "id": id })).await;
    answer.at("node.unresolvedTokens.nodes").as_array().expect("tokens").clone()
}

/// Codes of the tokens that are open.
pub(crate) async fn open(server: &TestServer, token: &str, id: &str) -> Vec<String> {
    let tokens = tokens(server, token, id).await;
    let open = tokens.iter().filter(|token| token["resolvedAt"].is_null());
    open.map(|token| token["code"].as_str().expect("a code").to_owned()).collect()
}

/// Waits until links are as expected, for a job makes them so.
pub(crate) async fn links_become(server: &TestServer, token: &str, expected: &[&str]) {
    let start = std::time::Instant::now();
    loop {
        let now = links(server, token).await;
        if now == expected {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{expected:?} was expected, not {now:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Imports a Trello board from a file, as a leader who may; the server is reached under an address.
pub(crate) async fn import(server: &TestServer, company: &Company, public_url: &str, board: &str) {
    import_from(server, company, public_url, "trello", board).await;
}

/// The same of another tool.
pub(crate) async fn import_from(
    server: &TestServer,
    company: &Company,
    public_url: &str,
    provider: &str,
    text: &str,
) {
    let flag = format!("UPDATE person SET is_admin = TRUE WHERE email = '{}'", company.leader.email);
    server.database().execute(&flag).await.expect("written");
    let folder = tempfile::tempdir().expect("a folder");
    let (file, config) = (folder.path().join("file.json"), folder.path().join("throughline.toml"));
    std::fs::write(&file, text).expect("written");
    std::fs::write(&config, format!("[server]\npublic_url = \"{public_url}\"\n")).expect("written");
    let arguments = [
        "throughline",
        "--config",
        config.to_str().expect("a path"),
        "--database-url",
        server.database_url(),
        "import",
        "--provider",
        provider,
        file.to_str().expect("a path"),
        "--as",
        &company.leader.email,
        "--output",
        "json",
    ];
    CommandLine::try_parse_from(arguments).expect("arguments").run().await.expect("imported");
}
