//! What is read ahead and written at once is what the executor gives, byte for byte.
//!
//! The executor is the oracle: a document that asks for one response key twice is left to it.

use api::domain::clock::Clock;
use serde_json::json;
use support::{ApiField, ApiSchema, Company, ServerOptions, TestDatabase, TestServer, World, both_databases};

use crate::permission::query::ways;

/// Asked beside the question, so that the executor answers all of it.
const TWICE: &str = "twice: organization { __typename } twice: organization { __typename }";

/// On a clock that stands: what follows from it is the same from one question to the next.
async fn company(database: TestDatabase) -> (TestServer, Company) {
    let (clock, _) = Clock::simulated(Clock::system().now(), 1);
    let server = TestServer::start_with(database, ServerOptions::default().clock(clock)).await;
    let company = World::of(&server).await.a;
    company.thread(server.database()).await;
    (server, company)
}

async fn compare(server: &TestServer, token: &str, query: &str) {
    let ahead = server.graphql(Some(token), query, json!({})).await;
    let open = query.strip_suffix('}').expect("a document");
    let executed = server.graphql(Some(token), &format!("{open} {TWICE} }}"), json!({})).await;
    let ours = ahead.text.strip_suffix("}}");
    let theirs = executed.text.split_once(",\"twice\":").map(|(data, _)| data);
    assert!(ours.is_some() && ours == theirs, "{query}\nahead: {}\nexecuted: {}", ahead.text, executed.text);
}

/// Fields of a type that are asked for without an argument.
fn leaves<'a>(schema: &'a ApiSchema, name: &str) -> Vec<&'a str> {
    let fields = schema.named(name).fields.iter();
    fields
        .filter(|field| {
            schema.is_leaf(&field.gives.name) && !field.arguments.iter().any(|one| one.is_required)
        })
        .map(|field| field.name.as_str())
        .collect()
}

fn selection(schema: &ApiSchema, field: &ApiField) -> Option<String> {
    let name = &field.name;
    let target = schema.named(&field.gives.name);
    if schema.is_leaf(&target.name) {
        return Some(format!("__typename {name} again: {name} {name}"));
    }
    let Some(nodes) = target.field("nodes") else {
        let leaves = (target.kind == "OBJECT").then(|| leaves(schema, &target.name).join(" "));
        return Some(format!("{name} {{ __typename {} }}", leaves.unwrap_or_default()));
    };
    let inside = leaves(schema, &nodes.gives.name).join(" ");
    Some(format!(
        "{name}(first: 2) {{ __typename nodes {{ __typename {inside} }} \
         some: edges {{ __typename cursor at: node {{ {inside} }} }} \
         pageInfo {{ __typename hasNextPage hasPreviousPage startCursor endCursor }} }} \
         back: {name}(last: 1) {{ nodes {{ {inside} }} pageInfo {{ hasPreviousPage }} }}"
    ))
}

both_databases! {
    /// Every field of every row that a list leads to, by itself and all leaves at once.
    async fn every_field(database: TestDatabase) {
        let (server, company) = company(database).await;
        let schema = ApiSchema::of(&server).await;
        let ways = ways(&schema);
        for name in schema.objects_from("Query") {
            let of = schema.named(name);
            let way = &ways[name];
            if !way.query("").contains("nodes") {
                continue;
            }
            for role in [&company.leader, &company.individual] {
                let fields =
                    of.fields.iter().filter(|field| !field.arguments.iter().any(|one| one.is_required));
                for selection in fields.filter_map(|field| selection(&schema, field)) {
                    compare(&server, &role.token, &way.query(&selection)).await;
                }
                compare(&server, &role.token, &way.query(&format!("__typename {}", leaves(&schema, name).join(" "))))
                    .await;
            }
        }
    }

    /// The ways in which a selection can be written, and arguments of edges.
    async fn every_spelling(database: TestDatabase) {
        let (server, company) = company(database).await;
        let tasks = [
            "{ tasks { nodes { ...t ... on Node { id createdAt } ... { due: dueOn } ... on Task { title } } } }",
            "{ tasks { nodes { title @skip(if: true) status @include(if: true) id } } }",
            "{ tasks(sort: { field: TITLE, order: DESC }, first: 3) { nodes { title } } }",
            "{ tasks { nodes { children(filter: { status: { eq: DONE } }, includeArchived: true) { nodes { title } } } } }",
            "{ tasks { nodes { children(filter: { title: { contains: \"\\\"\" } }) { nodes { title } } } } }",
            "{ tasks { edges { node { assignee { name team { name } } } cursor } totalCount } }",
            "{ objectives { nodes { keyResults { totalCount nodes { title } } } } }",
            "{ objectives(first: 9) { nodes { keyResults(first: 9, sort: [{ field: TITLE }]) { nodes { title projects(first: 9) { nodes { tasks(first: 1) { \
               pageInfo { endCursor } nodes { assignee { name } project { title owner { name } } } } } } } } } } }",
            "{ projects { nodes { title description tasks { nodes { labels } } } } }",
        ];
        for query in tasks {
            let query = if query.contains("...t") {
                // The fragment stands first: what is asked beside is put before the last bracket.
                format!("fragment t on Task {{ id title status }} {query}")
            } else {
                query.to_owned()
            };
            for role in [&company.leader, &company.manager, &company.individual] {
                compare(&server, &role.token, &query).await;
            }
        }
    }

    /// What cannot be taken is refused by the executor, at the place where it stands.
    async fn refusals_have_their_places(database: TestDatabase) {
        let (server, company) = company(database).await;
        let query = "{ objectives { nodes { title keyResults(first: 1000) { nodes { title } } } } }";
        let answer = server.graphql(Some(&company.leader.token), query, json!({})).await;
        let error = &answer.errors()[0];
        assert_eq!(error["path"], json!(["objectives", "nodes", 0, "keyResults"]), "{}", answer.text);
        assert_eq!(error["extensions"]["code"], json!("BAD_USER_INPUT"));
        let query = "{ objectives { nodes { keyResults(after: \"nonsense\") { nodes { title } } } } }";
        let answer = server.graphql(Some(&company.leader.token), query, json!({})).await;
        assert_eq!(answer.errors()[0]["extensions"]["code"], json!("CURSOR_INVALID"), "{}", answer.text);
    }
}
