//! The links that hold for a task, each with why it exists.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::Stage;

const HELD: &str = "{ tasks(first: 50, sort: [{ field: TITLE }]) { nodes { title effectiveLinks {
  target { ... on KeyResult { code } ... on Objective { code } } origin via { title } significance weight
  evidence { totalCount nodes { origin field text code person { name } } } } } } }";
const BY_HAND: &str =
    "query($first: Int) { tasks(first: 20, sort: [{ field: TITLE }]) { nodes { effectiveLinks {
  evidence(first: $first, filter: { origin: { eq: MANUAL } }) {
    nodes { origin alignmentLink { id } } pageInfo { hasNextPage } } link { id } } } } }";

both_databases! {
    async fn a_link_that_holds_tells_its_evidence(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let (_, goal) = stage.goal("Grow", None).await;
        let (_, kept) = stage.goal("Keep", None).await;
        let project = stage.project("Launch").await;
        let input = json!({ "projectId": project, "keyResultId": goal, "significance": "SUPPORTS", "weight": 2.0 });
        stage.make("alignmentLinkCreate", input, "alignmentLink").await;
        stage.task(json!({ "title": "Inherits", "projectIds": [project] })).await;
        let own = stage.task(json!({ "title": "Own [KR-2]", "projectIds": [project] })).await;
        let by_hand = json!({ "origin": "MANUAL", "field": null, "text": null, "code": null, "person": { "name": "Lea Leader" } });
        let by_text = json!({ "origin": "TOKEN", "field": "NAME", "text": "[KR-2]", "code": "KR-2", "person": null });
        let inherited = json!({
            "target": { "code": "KR-1" }, "origin": "INHERITED", "via": { "title": "Launch" }, "significance": "SUPPORTS",
            "weight": 2.0, "evidence": { "totalCount": 1, "nodes": [by_hand] },
        });
        let direct = |evidence: &[&Value]| json!({
            "target": { "code": "KR-2" }, "origin": "DIRECT", "via": null, "significance": "CONTRIBUTES",
            "weight": 1.0, "evidence": { "totalCount": evidence.len(), "nodes": evidence },
        });
        let held = async || stage.ask(leader, HELD, json!({})).await.at("tasks.nodes").clone();
        assert_eq!(held().await, json!([
            { "title": "Inherits", "effectiveLinks": [inherited] },
            { "title": "Own [KR-2]", "effectiveLinks": [direct(&[&by_text])] },
        ]));
        // A person's word comes beside the text.
        stage.link("taskId", &own, &kept).await;
        assert_eq!(held().await[1]["effectiveLinks"], json!([direct(&[&by_text, &by_hand])]));
        // The arguments of every list.
        let answer = stage.ask(leader, BY_HAND, json!({ "first": 1 })).await;
        for at in [0, 1] {
            let link = answer.at(&format!("tasks.nodes.{at}.effectiveLinks.0"));
            let evidence = json!({
                "nodes": [{ "origin": "MANUAL", "alignmentLink": { "id": link["link"]["id"] } }],
                "pageInfo": { "hasNextPage": false },
            });
            assert_eq!(link["evidence"], evidence, "{}", answer.text);
        }
        let refused = stage.ask(leader, BY_HAND, json!({ "first": 1_000 })).await;
        let error = &refused.errors()[0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{}", refused.text);
        assert_eq!(error["path"].as_array().and_then(|path| path.last()), Some(&json!("evidence")), "{}", refused.text);
        stage.server.stop().await;
    }

    async fn evidence_of_a_page_is_read_together(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let (_, goal) = stage.goal("Grow", None).await;
        let project = stage.project("Launch").await;
        stage.link("projectId", &project, &goal).await;
        let mut ran = Vec::new();
        for round in 0..2 {
            for number in 0..1 + 10 * round {
                stage.task(json!({ "title": format!("Task {round} {number}"), "projectIds": [project] })).await;
            }
            let _ = stage.ask(leader, BY_HAND, json!({})).await;
            let _ = stage.log.take();
            let answer = stage.ask(leader, BY_HAND, json!({})).await;
            assert_eq!(answer.errors(), &[] as &[Value], "{}", answer.text);
            assert_eq!(answer.at("tasks.nodes").as_array().map(Vec::len), Some(1 + 11 * round));
            let texts = stage.log.take().into_iter();
            ran.push(texts.filter(|text| text.contains("FROM \"link_evidence\"")).count());
        }
        // All inherit one link, so both kinds of database read its evidence once.
        assert_eq!(ran, [1, 1]);
        stage.server.stop().await;
    }
}
