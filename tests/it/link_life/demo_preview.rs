//! The preview on the demo company: it lists exactly what an oracle of its own finds, and exactly that is refused
//! once the model is set.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Backend, ServerOptions, TestDatabase, TestServer};
use uuid::Uuid;

const LINKS: &str =
    "query($after: String) { alignmentLinks(first: 200, after: $after, filter: { state: { neq: RETIRED } }) {
  pageInfo { hasNextPage endCursor } nodes { id staleReason
    source { __typename ... on Project { id } ... on Task { id } }
    target { __typename ... on Objective { id } ... on KeyResult { id } } } } }";
const PREVIEW: &str = "query($to: ConnectionModel!, $after: String) { connectionModelPreview(to: $to) {
  kinds { links ofEndedGoals }
  links(first: 200, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { alignmentLink { id } } } } }";

/// Which pairs each model foresees, as DOMAIN §3 says.
const MODELS: [(&str, &[(&str, &str)]); 4] = [
    ("KEY_RESULT_TO_PROJECT", &[("Project", "KeyResult")]),
    ("OBJECTIVE_TO_PROJECT", &[("Project", "Objective"), ("Task", "KeyResult")]),
    ("TASK_TO_KEY_RESULT", &[("Task", "KeyResult")]),
    (
        "ANY",
        &[("Project", "KeyResult"), ("Project", "Objective"), ("Task", "KeyResult"), ("Task", "Objective")],
    ),
];

/// All nodes of a list, page by page.
async fn all(server: &TestServer, token: &str, query: &str, mut variables: Value, list: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    loop {
        let answer = server.graphql(Some(token), query, variables.clone()).await;
        let page = answer.at(list).clone();
        nodes.extend(page["nodes"].as_array().expect("rows").iter().cloned());
        if page["pageInfo"]["hasNextPage"] == false {
            return nodes;
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_is_what_the_model_then_refuses() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    crate::demo::make(&database).await;
    let server = TestServer::start_with(database, ServerOptions::default()).await;
    let leader = server.sql("SELECT id FROM person WHERE role = 'LEADER' ORDER BY id LIMIT 1").await;
    let leader: Uuid = leader[0]["id"].as_str().expect("a key").parse().expect("a key");
    let token = server.token_of(leader);
    // A company where all four kinds of links are found.
    let one = server.graphql(Some(&token), "{ objectives(first: 1) { nodes { id } } tasks(first: 1) { nodes { id } } projects(first: 1) { nodes { id } } }", json!({})).await;
    let objective = one.at("objectives.nodes.0.id").clone();
    for (end, kind) in [("taskId", "tasks"), ("projectId", "projects")] {
        let input = json!({ end: one.at(&format!("{kind}.nodes.0.id")), "objectiveId": objective });
        server.change(&token, "alignmentLinkCreate", input, "alignmentLink { id }").await;
    }
    let links = all(&server, &token, LINKS, json!({}), "alignmentLinks").await;
    let stored = server.sql("SELECT COUNT(*) AS n FROM alignment_link WHERE state <> 'RETIRED'").await;
    assert_eq!(stored[0]["n"], links.len(), "the leader sees all of them");
    for (model, foreseen) in MODELS {
        let fits = |link: &&Value| {
            let end = |name: &str| link[name]["__typename"].as_str().expect("a type").to_owned();
            let (source, target) = (end("source"), end("target"));
            foreseen.contains(&(source.as_str(), target.as_str()))
        };
        let expected: BTreeSet<&str> =
            links.iter().filter(|link| !fits(link)).map(|link| link["id"].as_str().expect("an id")).collect();
        let listed =
            all(&server, &token, PREVIEW, json!({ "to": model }), "connectionModelPreview.links").await;
        let found: BTreeSet<&str> =
            listed.iter().map(|node| node["alignmentLink"]["id"].as_str().expect("an id")).collect();
        assert_eq!((found.len(), &found), (listed.len(), &expected), "{model}");
        assert_eq!(expected.is_empty(), model == "ANY", "{model}: the demo has links of each kind");
        let totals = server.graphql(Some(&token), PREVIEW, json!({ "to": model })).await;
        let kinds = totals.at("connectionModelPreview.kinds").as_array().expect("kinds").clone();
        let sum = |name: &str| kinds.iter().map(|kind| kind[name].as_u64().expect("a count")).sum::<u64>();
        assert_eq!(
            (sum("links"), totals.at("connectionModelPreview.links.totalCount")),
            (found.len() as u64, &json!(found.len()))
        );
        let ended = links.iter().filter(|link| {
            !fits(link)
                && ["TARGET_CLOSED", "TARGET_ARCHIVED"]
                    .contains(&link["staleReason"].as_str().unwrap_or_default())
        });
        assert_eq!(sum("ofEndedGoals"), ended.count() as u64, "{model}");

        let settings = json!({ "connectionModel": model, "outsideModel": "REFUSE" });
        server
            .change(&token, "organizationUpdate", json!({ "settings": settings }), "organization { id }")
            .await;
        let mut refused = BTreeSet::new();
        for link in &links {
            let key = |end: &str| link[end]["id"].clone();
            let (source, target) = (&link["source"], &link["target"]);
            let work = if source["__typename"] == "Project" { "projectId" } else { "taskId" };
            let goal = if target["__typename"] == "KeyResult" { "keyResultId" } else { "objectiveId" };
            let input = json!({ work: key("source"), goal: key("target") });
            let answer =
                server.mutate(Some(&token), "alignmentLinkCreate", input, "alignmentLink { id }").await;
            let errors = answer.user_errors("alignmentLinkCreate");
            match errors.as_slice() {
                [] => {}
                // What is over or archived takes no links in any model, so nothing can be said of it here.
                [error] if !error.message.contains("connection model") => {
                    if expected.contains(link["id"].as_str().expect("an id")) {
                        refused.insert(link["id"].as_str().expect("an id"));
                    }
                }
                [error] => {
                    assert_eq!(error.code, "NOT_NOW", "{}", answer.text);
                    refused.insert(link["id"].as_str().expect("an id"));
                }
                more => panic!("{more:?}"),
            }
        }
        assert_eq!(refused, expected, "{model}");
    }
    server.stop().await;
}
