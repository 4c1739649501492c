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

    /// Whoever has many parts shows the greatest of them and the rest as one; it adds up whatever is asked for.
    async fn many_parts_are_told_as_one(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let make = async |field: &str, input: serde_json::Value, part: &str| {
            server.change(token, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let objective = make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Features", "progressSource": "WORK" });
        let goal = make("keyResultCreate", input, "keyResult").await;
        for number in 0..25 {
            let status = if number % 5 == 0 { "DONE" } else { "TODO" };
            let task = make("taskCreate", json!({ "title": format!("T{number}"), "status": status }), "task").await;
            make("alignmentLinkCreate", json!({ "taskId": task, "keyResultId": goal }), "alignmentLink").await;
        }
        let query = |first: &str| format!("query($id: ID!) {{ keyResult(id: $id) {{ progress progressExplanation {{ count children{first} {{
          kind count weight value contribution redacted subject {{ ... on Task {{ title }} }} children {{ kind }} }} }} }} }}");
        let ask = async |first: &str| server.graphql(Some(token), &query(first), json!({ "id": goal })).await;
        for (first, shown, done) in [("", 20, 5), ("(first: 25)", 25, 5), ("(first: 3)", 3, 3), ("(first: 0)", 0, 0)] {
            let answer = ask(first).await;
            let parts = answer.at("keyResult.progressExplanation.children").as_array().expect("parts").clone();
            let sum: f64 = parts.iter().filter_map(|part| part["contribution"].as_f64()).sum();
            assert!((sum - 0.2).abs() < 1e-9, "{first}: {}", answer.text);
            assert_eq!(answer.at("keyResult.progress"), 0.2);
            let tasks: Vec<_> = parts.iter().filter(|part| part["kind"] == "TASK").collect();
            assert_eq!(tasks.len(), shown, "{first}: {}", answer.text);
            assert_eq!(tasks.iter().filter(|part| part["value"] == 1.0).count(), done, "those that bring most come first");
            if shown < 25 {
                let rest = parts.last().expect("the rest");
                let left = 25 - shown;
                assert_eq!((&rest["kind"], &rest["count"], &rest["weight"]), (&json!("OTHERS"), &json!(left), &json!(left as f64)));
                assert_eq!((&rest["redacted"], &rest["subject"], &rest["children"]), (&json!(false), &json!(null), &json!([])));
            }
        }
        for first in ["(first: -1)", "(first: 201)"] {
            let answer = ask(first).await;
            assert_eq!(answer.errors()[0]["extensions"]["code"], "BAD_USER_INPUT", "{}", answer.text);
        }
        // A list without pages costs what it may give.
        let cost = async |text: String| {
            let answer = server.graphql(Some(token), &text, json!({ "id": goal })).await;
            assert!(answer.text.contains("QUERY_TOO_COMPLEX"), "{}", answer.text);
        };
        let deep = (0..5).fold("kind".to_owned(), |inside, _| format!("children {{ {inside} }}"));
        cost(format!("query($id: ID!) {{ keyResult(id: $id) {{ progressExplanation {{ {deep} }} }} }}")).await;

        for number in 0..24 {
            let input = json!({ "objectiveId": objective, "title": format!("K{number}"), "start": "0", "target": "10" });
            make("keyResultCreate", input, "keyResult").await;
        }
        let query = "query($id: ID!) { weightPreview(keyResultId: $id, weight: 6) { steps { parts(first: 4) { kind count weight shareBefore shareAfter } } } }";
        let answer = server.graphql(Some(token), query, json!({ "id": goal })).await;
        let parts = answer.at("weightPreview.steps.0.parts").as_array().expect("parts").clone();
        assert_eq!(parts.len(), 5, "{}", answer.text);
        // 6 of 30 for the one that is tried, 1 of 30 for each other.
        assert_eq!((&parts[0]["weight"], &parts[0]["shareBefore"], &parts[0]["shareAfter"]), (&json!(6.0), &json!(0.04), &json!(0.2)));
        assert_eq!((&parts[4]["kind"], &parts[4]["count"], &parts[4]["weight"]), (&json!("OTHERS"), &json!(21), &json!(21.0)));
        for share in ["shareBefore", "shareAfter"] {
            let sum: f64 = parts.iter().filter_map(|part| part[share].as_f64()).sum();
            assert!((sum - 1.0).abs() < 1e-7, "{share}: {}", answer.text);
        }
    }
}
