//! A weight that is tried through the front door: numbers for everybody who sees the goal, names for those who
//! see what they are of.

use serde_json::json;
use support::{TestServer, World, both_databases};

const PREVIEW: &str = "query($id: ID!) { weightPreview(keyResultId: $id, weight: 3) { weightBefore weightAfter \
    steps { redacted before after objective { title } parts { redacted kind value shareBefore shareAfter \
    subject { __typename ... on Objective { title } ... on KeyResult { title } } } } } }";

both_databases! {
    async fn what_is_private_has_numbers_and_no_name(server: TestServer) {
        let world = World::of(&server).await;
        let leader = Some(world.a.leader.token.as_str());
        let objective = async |input: serde_json::Value| {
            let answer = server.mutate(leader, "objectiveCreate", input, "objective { id }").await;
            answer.at("objectiveCreate.objective.id").as_str().expect("an id").to_owned()
        };
        let key_result = async |objective: &str, value: &str| {
            let input = json!({ "objectiveId": objective, "title": "Sign-ups", "start": "0", "target": "10" });
            let answer = server.mutate(leader, "keyResultCreate", input, "keyResult { id }").await;
            let id = answer.at("keyResultCreate.keyResult.id").as_str().expect("an id").to_owned();
            let input = json!({ "keyResultId": id, "value": value });
            server.mutate(leader, "keyResultCheckIn", input, "keyResult { progress }").await.data();
            id
        };
        let top = objective(json!({ "title": "Top", "includeChildren": true })).await;
        let secret = json!({ "title": "Buy the rival", "parentId": top, "visibility": "PRIVATE" });
        let secret = objective(secret).await;
        key_result(&secret, "8").await;
        // Last, so that the parts of the top are those of now.
        let open = key_result(&top, "2").await;

        let seen = server.graphql(leader, PREVIEW, json!({ "id": open })).await;
        assert!(seen.text.contains("Buy the rival"), "{}", seen.text);
        let individual = Some(world.a.individual.token.as_str());
        let answer = server.graphql(individual, PREVIEW, json!({ "id": open })).await;
        assert!(!answer.text.contains("rival") && answer.errors().is_empty(), "{}", answer.text);
        let step = &answer.at("weightPreview.steps")[0];
        // (0.2 + 0.8) / 2 = 0.5, then (3 · 0.2 + 0.8) / 4 = 0.35.
        assert_eq!((&step["before"], &step["after"]), (&json!(0.5), &json!(0.35)), "{}", answer.text);
        assert_eq!(step["objective"]["title"], "Top");
        let parts = step["parts"].as_array().expect("parts");
        let hidden = parts.iter().find(|part| part["kind"] == "OBJECTIVE").expect("the private one");
        assert_eq!(
            *hidden,
            json!({ "redacted": true, "kind": "OBJECTIVE", "value": 0.8, "shareBefore": 0.5, "shareAfter": 0.25,
                    "subject": null })
        );
        let of_secret = server.graphql(individual, PREVIEW, json!({ "id": secret.replace("obj_", "kr_") })).await;
        assert!(of_secret.at("weightPreview").is_null());
    }
}
