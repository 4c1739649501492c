//! Cursors that are none, or not of this list: one code and one text for all of them.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

const LIST: &str = "query($after: String, $filter: ObjectiveFilter, $sort: [ObjectiveSort!], $archived: Boolean! = false) {
  objectives(first: 1, after: $after, filter: $filter, sort: $sort, includeArchived: $archived) { nodes { title } pageInfo { endCursor } } }";

both_databases! {
    async fn a_cursor_belongs_to_its_list(server: TestServer) {
        let world = World::of(&server).await;
        for company in [&world.a, &world.b] {
            company.thread(server.database()).await;
        }
        let token = Some(world.a.leader.token.as_str());
        let cursor_of = async |token: Option<&str>, variables| {
            let answer = server.graphql(token, LIST, variables).await;
            answer.at("objectives.pageInfo.endCursor").as_str().expect("a cursor").to_owned()
        };
        let good = cursor_of(token, json!({})).await;
        let next = server.graphql(token, LIST, json!({ "after": good })).await;
        assert_eq!(next.at("objectives.nodes.0.title"), "Objective build");

        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&good).expect("base64");
        let mut bad: Vec<(String, String)> = Vec::new();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            bad.push((format!("byte {at} altered"), BASE64_URL_SAFE_NO_PAD.encode(altered)));
        }
        for length in 0..good.len() {
            bad.push((format!("cut to {length}"), good[..length].to_owned()));
        }
        bad.push(("longer".into(), format!("{good}A")));
        bad.push(("padded".into(), format!("{good}==")));
        bad.push(("very long".into(), good.repeat(1_000)));
        for text in ["", "x", "null", "' OR 1=1 --", "../../etc/passwd", "{}", "0", "////", "Zm9v", "é"] {
            bad.push((format!("no cursor: {text}"), text.to_owned()));
        }
        let titles = json!([{ "field": "TITLE" }]);
        bad.push(("of another order".into(), cursor_of(token, json!({ "sort": titles })).await));
        let descending = json!([{ "field": "CREATED_AT", "order": "DESC" }]);
        bad.push(("of another direction".into(), cursor_of(token, json!({ "sort": descending })).await));
        let filter = json!({ "title": { "contains": "O" } });
        bad.push(("of another filter".into(), cursor_of(token, json!({ "filter": filter })).await));
        bad.push(("of the archive".into(), cursor_of(token, json!({ "archived": true })).await));
        bad.push(("of another organization".into(), cursor_of(Some(&world.b.leader.token), json!({})).await));
        for (what, query) in [
            ("of another root list", "{ keyResults(first: 1) { pageInfo { endCursor } } }"),
            ("of an edge", "{ objectives(first: 1) { nodes { children(first: 1) { pageInfo { endCursor } } } } }"),
        ] {
            let answer = server.graphql(token, query, json!({})).await;
            let cursor = answer.body.pointer("/data/keyResults/pageInfo/endCursor").unwrap_or_else(|| {
                answer.at("objectives.nodes.0.children.pageInfo.endCursor")
            });
            bad.push((what.into(), cursor.as_str().expect("a cursor").to_owned()));
        }

        let mut texts = BTreeSet::new();
        for (what, cursor) in &bad {
            let answer = server.graphql(token, LIST, json!({ "after": cursor })).await;
            assert!(!answer.errors().is_empty(), "taken, though {what}: {}", answer.text);
            assert_eq!(answer.error_code(), "CURSOR_INVALID", "{what}: {}", answer.text);
            texts.insert(answer.errors()[0]["message"].as_str().expect("a message").to_owned());
            // Backwards, and on an edge, as well.
            let query = "query($c: String) { objectives(last: 1, before: $c) { nodes { id } } }";
            let answer = server.graphql(token, query, json!({ "c": cursor })).await;
            assert_eq!(answer.error_code(), "CURSOR_INVALID", "{what}: {}", answer.text);
        }
        assert_eq!(texts.len(), 1, "one text for all: {texts:?}");
        let edge = "query($c: String) { objectives(first: 1) { nodes { keyResults(first: 1, after: $c) { nodes { id } } } } }";
        let answer = server.graphql(token, edge, json!({ "c": good })).await;
        assert_eq!(answer.error_code(), "CURSOR_INVALID", "{}", answer.text);
    }

    async fn a_cursor_outlives_a_restart(database: TestDatabase) {
        let first = TestServer::start(database.clone()).await;
        let world = World::of(&first).await;
        world.a.thread(&database).await;
        let token = Some(world.a.leader.token.as_str());
        let answer = first.graphql(token, LIST, json!({})).await;
        let cursor = answer.at("objectives.pageInfo.endCursor").clone();
        let expected = first.graphql(token, LIST, json!({ "after": cursor })).await;
        first.stop().await;
        let second = TestServer::start_with(database, ServerOptions::default()).await;
        let answer = second.graphql(token, LIST, json!({ "after": cursor })).await;
        assert_eq!(answer.data(), expected.data());
        second.stop().await;
    }
}
