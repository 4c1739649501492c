//! A link from its making to its retirement and back, with its history.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id};

const HISTORY: &str = "query($id: ID!) { alignmentLink(id: $id) {
  owner { name } confirmedAt confirmedBy { name } retiredAt retiredBy { name } origin
  intervals(sort: [{ field: FROM_AT }]) { nodes { state staleReason fromAt toAt person { name } alignmentLink { id } } }
  stale: intervals(filter: { staleReason: { eq: NO_ACTIVITY } }) { totalCount }
} }";

/// Spans as `STATE REASON days–days who`, days since the first.
fn spans(link: &Value) -> Vec<String> {
    let nodes = link["intervals"]["nodes"].as_array().expect("spans");
    let at = |value: &Value| {
        let at = chrono::DateTime::parse_from_rfc3339(value.as_str()?).expect("a time");
        let start = chrono::DateTime::parse_from_rfc3339(super::START).expect("a time");
        Some((at - start).num_days().to_string())
    };
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    nodes
        .iter()
        .map(|span| {
            let to = at(&span["toAt"]).unwrap_or_default();
            let (state, reason) = (text(&span["state"]), text(&span["staleReason"]));
            format!(
                "{state} {reason} {}–{to} {}",
                at(&span["fromAt"]).expect("a begin"),
                text(&span["person"]["name"])
            )
        })
        .collect()
}

both_databases! {
    async fn a_link_tells_its_whole_history(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let (objective, _) = stage.goal("Grow", None).await;
        let task = stage.task(json!({ "title": "Do KR-1", "assigneeIds": [person_id(&company.individual)] })).await;
        let link = stage.link_of("task", &task).await;
        let history = async || {
            let answer = stage.ask(leader, HISTORY, json!({ "id": link })).await;
            answer.at("alignmentLink").clone()
        };
        let seen = history().await;
        assert_eq!((&seen["origin"], &seen["owner"]["name"]), (&json!("TOKEN"), &json!("Ina Individual")));
        assert_eq!((&seen["confirmedAt"], &seen["confirmedBy"]), (&Value::Null, &Value::Null));
        stage.look_after(30).await;
        stage.pass_days(1);
        // Another reason for the same state is a span of its own.
        stage.change(leader, "objectiveArchive", json!({ "id": objective }), "objective { id }").await;
        stage.pass_days(1);
        stage.change(leader, "objectiveUnarchive", json!({ "id": objective }), "objective { id }").await;
        stage.pass_days(1);
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": link }), "alignmentLink { id }").await;
        stage.pass_days(1);
        stage.change(&company.individual, "alignmentLinkRetire", json!({ "id": link }), "alignmentLink { id }").await;
        let seen = history().await;
        assert_eq!((&seen["retiredBy"]["name"], &seen["confirmedBy"]["name"]), (&json!("Ina Individual"), &json!("Lea Leader")));
        stage.pass_days(1);
        // No text revives it, and no look; a person does, as their own link.
        let input = json!({ "id": task, "title": "Do KR-1 and [KR-1]" });
        stage.change(&company.individual, "taskUpdate", input, "task { id }").await;
        stage.look_after(0).await;
        assert_eq!(stage.state(&link).await, "RETIRED");
        let goal = json!({ "taskId": task, "keyResultId": stage.ask(leader, "{ keyResult(code: \"KR-1\") { id } }", json!({})).await.at("keyResult.id") });
        let revived = stage.change(leader, "alignmentLinkCreate", goal, "alignmentLink { id state }").await;
        assert_eq!(revived["alignmentLink"], json!({ "id": link, "state": "ACTIVE" }));
        let seen = history().await;
        assert_eq!(spans(&seen), [
            "ACTIVE - 0–30 Lea Leader",
            "STALE NO_ACTIVITY 30–31 -",
            "STALE TARGET_ARCHIVED 31–32 Lea Leader",
            "STALE NO_ACTIVITY 32–33 Lea Leader",
            "ACTIVE - 33–34 Lea Leader",
            "RETIRED - 34–35 Ina Individual",
            "ACTIVE - 35– Lea Leader",
        ]);
        assert_eq!(seen["stale"]["totalCount"], 2);
        assert_eq!(seen["intervals"]["nodes"][0]["alignmentLink"]["id"], link);
        assert_eq!((&seen["origin"], &seen["owner"]["name"]), (&json!("MANUAL"), &json!("Lea Leader")));
        assert_eq!((&seen["retiredAt"], &seen["retiredBy"]), (&Value::Null, &Value::Null));
        stage.server.stop().await;
    }

    async fn each_step_asks_for_its_own_right(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let (_, goal) = stage.goal("Grow", None).await;
        let mine = stage.make("projectCreate", json!({ "title": "Mine", "ownerId": person_id(&company.individual) }), "project").await;
        let link = json!({ "projectId": mine, "keyResultId": goal });
        assert_eq!(stage.refusal(&company.colleague, "alignmentLinkCreate", link.clone()).await, "FORBIDDEN");
        let made = stage.change(&company.individual, "alignmentLinkCreate", link.clone(), "alignmentLink { id }").await;
        let id = json!({ "id": made["alignmentLink"]["id"] });
        assert_eq!(stage.refusal(&company.individual, "alignmentLinkConfirm", id.clone()).await, "FORBIDDEN", "the goal is another's");
        assert_eq!(stage.refusal(&company.colleague, "alignmentLinkRetire", id.clone()).await, "FORBIDDEN");
        stage.change(&company.individual, "alignmentLinkRetire", id.clone(), "alignmentLink { id }").await;
        assert_eq!(stage.refusal(stage.leader(), "alignmentLinkConfirm", id.clone()).await, "NOT_NOW id");
        assert_eq!(stage.refusal(&company.colleague, "alignmentLinkCreate", link).await, "FORBIDDEN", "nor revives it");
        assert_eq!(stage.state(&id["id"]).await, "RETIRED");
        stage.server.stop().await;
    }

    async fn a_writer_whose_clock_is_behind_ends_no_span_before_it_began(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let (objective, key_result) = stage.goal("Grow", None).await;
        let task = stage.task(json!({ "title": "Weld" })).await;
        let link = stage.link("taskId", &task, &key_result).await;
        let (one, many) = (json!({ "id": link }), json!({ "ids": [link] }));
        let pair = json!({ "taskId": task, "keyResultId": key_result });
        let all = json!({ "tasks": {}, "keyResultId": key_result });
        for (field, input) in [
            ("alignmentLinkConfirm", one.clone()),
            ("alignmentLinkRetire", one),
            ("alignmentLinkCreate", pair),
            ("alignmentLinkRetireMany", many.clone()),
            ("alignmentLinkCreateMany", all),
            ("objectiveArchive", json!({ "id": objective })),
            ("alignmentLinkConfirmMany", many),
            ("objectiveUnarchive", json!({ "id": objective })),
        ] {
            // As if somebody had written last who began a second later, and was done before.
            for text in [
                "UPDATE link_interval SET from_at = from_at + 1000000 WHERE to_at IS NULL",
                "UPDATE alignment_link SET updated_at = updated_at + 1000000",
            ] {
                assert_eq!(stage.server.database().execute(text).await.expect("written"), 1);
            }
            stage.change(leader, field, input, "__typename").await;
        }
        assert_eq!(stage.state(&link).await, "ACTIVE");
        stage.server.stop().await;
    }
}
