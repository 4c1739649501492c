//! Suggestions for a page of work cost as many statements as for one, whatever the number of goals.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id};

const PAGE: &str = "query($first: Int) { viewer { unlinkedWork(first: $first) { totalCount nodes { \
    ... on Task { title linkSuggestions(first: 3) { score reasons { basis } } } \
    ... on Project { title linkSuggestions(first: 3) { score reasons { basis } } } } } } }";
const NEEDS: &str = "query($first: Int) { viewer { work(first: $first) { totalCount nodes { need task { title } \
    reason { gap redacted keyResult { code } objective { code } via { title } link { weight } } } } } }";

both_databases! {
    async fn statements_grow_neither_with_work_nor_with_goals(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let who = stage.individual();
        let mine = json!([person_id(who)]);
        let silent = stage.silent_key_results(2).await;
        let mut ran = Vec::new();
        for round in 0..2_i64 {
            for number in 0..10 * round + 1 {
                let epic = stage.task(&format!("Epic {number}"), json!({})).await;
                let project = stage.project("Alpha", json!({ "ownerId": person_id(who) })).await;
                let more = json!({
                    "assigneeIds": mine, "parentId": epic, "projectIds": [project], "labels": ["Billing"],
                });
                stage.task(&format!("Checkout {number}"), more.clone()).await;
                let linked = stage.task("Beta", more).await;
                stage.link(json!({ "taskId": linked, "keyResultId": silent[0] })).await;
                let db = stage.server.database();
                let objective = company.objective(db, 100 + 20 * round + number, "Shop", &[]).await.expect("written");
                for place in 0..10 {
                    let number = 1_000 + round * 200 + number * 10 + place;
                    company.key_result(db, objective, number, "Checkout time", &[]).await.expect("written");
                }
            }
            let expected = if round == 0 { 2 } else { 24 };
            for (query, path, count) in [(PAGE, "viewer.unlinkedWork", expected), (NEEDS, "viewer.work", expected)] {
                let _ = stage.ask(who, query, json!({ "first": 50 })).await;
                let _ = stage.log.take();
                let answer = stage.ask(who, query, json!({ "first": 50 })).await;
                assert_eq!(answer.errors(), &[] as &[Value], "{}", answer.text);
                assert_eq!(answer.at(path)["totalCount"], count, "{}", answer.text);
                let texts: Vec<String> =
                    stage.log.take().into_iter().filter(|text| !text.contains("FROM job")).collect();
                if query == PAGE {
                    let nodes = answer.at(path)["nodes"].as_array().expect("nodes").clone();
                    let some = |node: &Value| node["linkSuggestions"].as_array().is_some_and(|all| !all.is_empty());
                    assert!(nodes.iter().all(some), "{nodes:?}");
                }
                ran.push(texts);
            }
        }
        let counts: Vec<usize> = ran.iter().map(Vec::len).collect();
        assert_eq!(counts[0], counts[2], "suggestions: {:#?}", ran[2]);
        assert_eq!(counts[1], counts[3], "needs: {:#?}", ran[3]);
        assert!(counts[0] <= 30 && counts[1] <= 20, "{counts:?}");
    }

    async fn a_page_of_suggestions_has_its_price(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let deep = "{ people(first: 200) { nodes { tasks(first: 200) { nodes { linkSuggestions { score } } } } } }";
        let answer = stage.ask(stage.leader(), deep, json!({})).await;
        assert_eq!(answer.errors()[0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "{}", answer.text);
        let page = "{ tasks(first: 200) { nodes { linkSuggestions(first: 20) { score } } } }";
        assert_eq!(stage.ask(stage.leader(), page, json!({})).await.errors(), &[] as &[Value]);
    }
}
