//! Check-ins that stay readable, and those of an objective.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

both_databases! {
    async fn a_check_in_keeps_what_it_was_said_of(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let goal = server.change(token, "objectiveCreate", json!({ "title": "Grow" }), "objective { id }").await;
        let input = json!({ "objectiveId": goal["objective"]["id"], "title": "More", "start": "10", "target": "20" });
        let id = server.change(token, "keyResultCreate", input, "keyResult { id }").await["keyResult"]["id"].clone();
        let check_in = async |value: &str| {
            let input = json!({ "keyResultId": id, "value": value });
            server.change(token, "keyResultCheckIn", input, "checkIn { id }").await;
        };
        check_in("22").await;
        let input = json!({ "id": id, "target": "50" });
        server.change(token, "keyResultUpdate", input, "keyResult { id }").await;
        check_in("30").await;
        let none = Value::Null;
        let input = json!({ "id": id, "kind": "MAINTAIN_WITHIN", "target": none, "lowerBound": "25", "upperBound": "35", "tolerance": "5" });
        server.change(token, "keyResultUpdate", input, "keyResult { id }").await;
        check_in("40").await;
        let query = "query($id: ID!) { keyResult(id: $id) { checkIns(sort: [{ field: CREATED_AT }]) { nodes {
          value kind start target lowerBound upperBound attainment progress } } } }";
        let answer = server.graphql(Some(token), query, json!({ "id": id })).await;
        let told = |value: &str, kind: &str, target: &Value, bounds: [&Value; 2], attainment: f64, progress: f64| json!({
            "value": value, "kind": kind, "start": "10", "target": target, "lowerBound": bounds[0], "upperBound": bounds[1],
            "attainment": attainment, "progress": progress,
        });
        assert_eq!(
            answer.at("keyResult.checkIns.nodes"),
            &json!([
                told("22", "INCREASE", &json!("20"), [&none, &none], 1.2, 1.0),
                told("30", "INCREASE", &json!("50"), [&none, &none], 0.5, 0.5),
                told("40", "MAINTAIN_WITHIN", &none, [&json!("25"), &json!("35")], 0.0, 0.0),
            ])
        );
    }

    /// The check-ins of an objective are those of its key results, a page at a time, as far as the viewer sees
    /// them; one moves with its key result.
    async fn an_objective_lists_those_of_its_key_results(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let make = async |field: &str, input: Value, part: &str| {
            server.change(token, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let one = make("objectiveCreate", json!({ "title": "One" }), "objective").await;
        let other = make("objectiveCreate", json!({ "title": "Other" }), "objective").await;
        let mut goals = Vec::new();
        for (home, title) in [(&one, "a"), (&one, "b"), (&other, "c")] {
            let input = json!({ "objectiveId": home, "title": title, "start": "0", "target": "10" });
            goals.push(make("keyResultCreate", input, "keyResult").await);
        }
        for (goal, value, health) in [(0, "1", "ON_TRACK"), (1, "2", "AT_RISK"), (2, "3", "ON_TRACK"), (0, "4", "AT_RISK")] {
            let input = json!({ "keyResultId": goals[goal], "value": value, "health": health });
            make("keyResultCheckIn", input, "checkIn").await;
        }
        let query = "query($id: ID!, $after: String, $filter: CheckInFilter) { objective(id: $id) {
          checkIns(first: 2, after: $after, filter: $filter, sort: [{ field: CREATED_AT }]) {
            totalCount nodes { value keyResult { title } } pageInfo { hasNextPage endCursor } } } }";
        let ask = async |id: &Value, after: Value, filter: Value| {
            let answer = server.graphql(Some(token), query, json!({ "id": id, "after": after, "filter": filter })).await;
            assert!(answer.errors().is_empty(), "{}", answer.text);
            answer.at("objective.checkIns").clone()
        };
        let values = |page: &Value| page["nodes"].as_array().expect("nodes").iter().map(|node| node["value"].clone()).collect::<Value>();
        let page = ask(&one, Value::Null, Value::Null).await;
        assert_eq!((&page["totalCount"], values(&page)), (&json!(3), json!(["1", "2"])));
        assert_eq!(page["nodes"][1]["keyResult"]["title"], "b");
        let page = ask(&one, page["pageInfo"]["endCursor"].clone(), Value::Null).await;
        assert_eq!((values(&page), &page["pageInfo"]["hasNextPage"]), (json!(["4"]), &json!(false)));
        let page = ask(&one, Value::Null, json!({ "health": { "eq": "AT_RISK" } })).await;
        assert_eq!((&page["totalCount"], values(&page)), (&json!(2), json!(["2", "4"])));
        assert_eq!(values(&ask(&other, Value::Null, Value::Null).await), json!(["3"]));

        // Objectives by the check-ins on their key results.
        let query = "{ objectives(filter: { checkIns: { some: { health: { eq: AT_RISK } } } }) { nodes { title } } }";
        let answer = server.graphql(Some(token), query, json!({})).await;
        assert_eq!(answer.at("objectives.nodes"), &json!([{ "title": "One" }]), "{}", answer.text);

        make("keyResultUpdate", json!({ "id": goals[0], "objectiveId": other }), "keyResult").await;
        assert_eq!(ask(&other, Value::Null, Value::Null).await["totalCount"], 3);
        // Who does not see the objective sees none of them.
        make("objectiveUpdate", json!({ "id": other, "visibility": "PRIVATE" }), "objective").await;
        let query = "{ objectives { nodes { title checkIns { nodes { value } } } } }";
        let answer = server.graphql(Some(&world.a.colleague.token), query, json!({})).await;
        assert_eq!(answer.at("objectives.nodes"), &json!([{ "title": "One", "checkIns": { "nodes": [{ "value": "2" }] } }]), "{}", answer.text);
    }
}
