//! Proposals: made by individuals, published by managers, taken back; and trees that bend.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

both_databases! {
    async fn individuals_propose_and_managers_publish(server: TestServer) {
        let world = World::of(&server).await;
        let a = &world.a;
        let team = format!("tea_{}", a.build_team.simple());
        let input = json!({ "title": "Ship twice a week", "teamId": team });
        let made = server.change(&a.individual.token, "objectiveCreate", input, "objective { id state }").await;
        assert_eq!(made["objective"]["state"], "DRAFT");
        let id = made["objective"]["id"].clone();
        let input = json!({ "objectiveId": id, "title": "Releases", "start": "0", "target": "26" });
        let part = server.change(&a.individual.token, "keyResultCreate", input, "keyResult { id state }").await;
        assert_eq!(part["keyResult"]["state"], "DRAFT");

        for token in [&a.individual.token, &a.colleague.token] {
            let refused = server.mutate(Some(token), "objectivePublish", json!({ "id": id }), "objective { id }").await;
            assert_eq!(refused.errors()[0]["extensions"]["code"], "FORBIDDEN", "{}", refused.text);
        }
        let published = server
            .change(&a.manager.token, "objectivePublish", json!({ "id": id }),
                "objective { state version keyResults { nodes { state } } }")
            .await;
        assert_eq!(published["objective"]["state"], "ACTIVE");
        assert_eq!(published["objective"]["keyResults"]["nodes"], json!([{ "state": "ACTIVE" }]));
        // What is published already stays as it is.
        let again = server
            .change(&a.manager.token, "objectivePublish", json!({ "id": id }), "objective { version }")
            .await;
        assert_eq!(again["objective"]["version"], published["objective"]["version"]);

        // Given up, links to it go stale; taken up again, they live.
        let project = server
            .change(&a.manager.token, "projectCreate", json!({ "title": "Pipeline", "teamId": team }), "project { id }")
            .await["project"]["id"].clone();
        let input = json!({ "projectId": project, "keyResultId": part["keyResult"]["id"] });
        let link = server.change(&a.manager.token, "alignmentLinkCreate", input, "alignmentLink { id }").await;
        let link = link["alignmentLink"]["id"].clone();
        for (state, expected) in [("CANCELLED", json!(["STALE", "TARGET_CLOSED"])), ("ACTIVE", json!(["ACTIVE", null]))] {
            server.change(&a.manager.token, "objectiveUpdate", json!({ "id": id, "state": state }), "objective { id }").await;
            let now = server
                .graphql(Some(&a.manager.token), "query($id: ID!) { alignmentLink(id: $id) { state staleReason } }", json!({ "id": link }))
                .await;
            let now = now.at("alignmentLink").clone();
            assert_eq!(json!([now["state"], now["staleReason"]]), expected, "after {state}");
        }
    }

    async fn a_code_leads_to_the_newest_dated_cycle(server: TestServer) {
        let world = World::of(&server).await;
        let leader = &world.a.leader.token;
        let make = async |field: &str, input: Value, part: &str| {
            server.change(leader, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let dated = |name: &str, from: &str, to: &str| json!({ "name": name, "state": "ACTIVE", "startsOn": from, "endsOn": to });
        let first = make("cycleCreate", dated("Q1", "2026-01-01", "2026-03-31"), "cycle").await;
        let second = make("cycleCreate", dated("Q2", "2026-04-01", "2026-06-30"), "cycle").await;
        let later = make("cycleCreate", json!({ "name": "Later", "state": "ACTIVE" }), "cycle").await;
        let goal = make("objectiveCreate", json!({ "title": "Grow", "cycleId": first }), "objective").await;
        let mut key_results = Vec::new();
        for title in ["More", "Better"] {
            let input = json!({ "objectiveId": goal, "title": title, "start": "0", "target": "10" });
            key_results.push(make("keyResultCreate", input, "keyResult").await);
        }
        server.change(leader, "cycleClose", json!({ "id": first, "acceptSuggested": true }), "cycle { id }").await;
        for (key_result, cycle) in key_results.iter().zip([&second, &later]) {
            let input = json!({ "keyResultId": key_result, "decision": "KEEP", "cycleId": cycle });
            server.change(leader, "keyResultCarryOver", input, "successor { code }").await;
        }
        let answer = server.graphql(Some(leader), "{ objective(code: \"O-1\") { cycle { name } } }", json!({})).await;
        assert_eq!(answer.at("objective.cycle.name"), "Q2", "what has no date is no newer one");
    }

    async fn a_ring_is_refused_with_its_path(server: TestServer) {
        let world = World::of(&server).await;
        let leader = &world.a.leader.token;
        let mut above = Value::Null;
        let mut tree = Vec::new();
        for title in ["Win", "Grow", "Ship", "Test"] {
            let input = json!({ "title": title, "parentId": above, "includeChildren": true });
            let made = server.change(leader, "objectiveCreate", input, "objective { id code }").await;
            above = made["objective"]["id"].clone();
            tree.push(above.clone());
        }
        let input = json!({ "id": tree[0], "parentId": tree[3] });
        let refused = server.mutate(Some(leader), "objectiveUpdate", input, "objective { id }").await;
        let errors = refused.user_errors("objectiveUpdate");
        assert_eq!(errors[0].field.as_deref(), Some(&["input".to_owned(), "parentId".to_owned()][..]));
        assert!(errors[0].message.contains("O-1 → O-2 → O-3 → O-4"), "{}", refused.text);

        // A step that the asker does not see is passed over, not told.
        let owner = format!("per_{}", world.a.leader.id.simple());
        let team = format!("tea_{}", world.a.build_team.simple());
        for (at, visibility) in [(0, "ORGANIZATION"), (1, "PRIVATE"), (2, "ORGANIZATION"), (3, "ORGANIZATION")] {
            let input = json!({ "id": tree[at], "visibility": visibility, "teamId": team, "ownerId": owner });
            server.change(leader, "objectiveUpdate", input, "objective { id }").await;
        }
        let input = json!({ "id": tree[0], "parentId": tree[2] });
        let refused = server.mutate(Some(&world.a.manager.token), "objectiveUpdate", input, "objective { id }").await;
        let message = refused.user_errors("objectiveUpdate")[0].message.clone();
        assert!(message.contains("O-1 → … → O-3"), "{message}");
        assert!(!message.contains("O-2"), "{message}");

        // A subtree moves whole.
        let input = json!({ "id": tree[2], "parentId": tree[0] });
        server.change(leader, "objectiveUpdate", input, "objective { id }").await;
        let answer = server
            .graphql(Some(leader), "query($id: ID!) { objective(id: $id) { children { nodes { code children { nodes { code } } } } } }", json!({ "id": tree[0] }))
            .await;
        let children = answer.at("objective.children.nodes");
        assert_eq!(children, &json!([
            { "code": "O-2", "children": { "nodes": [] } },
            { "code": "O-3", "children": { "nodes": [{ "code": "O-4" }] } },
        ]));
    }
}
