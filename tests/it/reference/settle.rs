//! Suggestions for what leads to no goal, and what people say of it.

use serde_json::{Value, json};
use support::{ServerOptions, StatementLog, TestDatabase, TestServer, World, both_databases};

use super::{change_task, evidence, goals, id_in, key_result, links, links_become, open, task, tokens};

fn suggested(token: &Value) -> Vec<String> {
    let one = |suggestion: &Value| {
        let title = suggestion["goal"]["title"].as_str().unwrap_or("-");
        format!(
            "{} {} {title}",
            suggestion["code"].as_str().unwrap_or("-"),
            suggestion["reason"].as_str().unwrap_or("-")
        )
    };
    token["suggestions"].as_array().into_iter().flatten().map(one).collect()
}

both_databases! {
    async fn near_goals_are_suggested_to_those_who_see_them(server: TestServer) {
        let world = World::of(&server).await;
        let (leader, own) = (world.a.leader.token.as_str(), world.a.individual.token.as_str());
        goals(&server, leader, 3).await;
        let secret = json!({ "title": "Secret", "visibility": "PRIVATE" });
        let secret = id_in(
            &server.change(leader, "objectiveCreate", secret, "objective { id }").await,
            "/objective/id",
        );
        key_result(&server, leader, &secret, "Hidden").await;
        let person = format!("per_{}", world.a.individual.id.simple());
        let id = task(&server, own, json!({ "title": "For KR-11, [O-3] and KR-40", "assigneeIds": [person] })).await;
        let by_code = async |token: &str| -> Vec<(String, Vec<String>)> {
            let mut tokens: Vec<_> = tokens(&server, token, &id)
                .await
                .iter()
                .map(|token| (token["code"].as_str().expect("a code").to_owned(), suggested(token)))
                .collect();
            tokens.sort();
            tokens
        };
        let seen = by_code(leader).await;
        let of = |code: &str, seen: &[(String, Vec<String>)]| {
            seen.iter().find(|(own, _)| own == code).map(|(_, suggested)| suggested.clone()).expect("the token")
        };
        assert_eq!(of("KR-11", &seen), ["KR-1 SIMILAR_CODE Result 1"]);
        assert_eq!(of("KR-40", &seen), ["KR-4 SIMILAR_CODE Hidden"]);
        assert_eq!(
            of("O-3", &seen),
            ["KR-3 SAME_NUMBER Result 3", "O-1 SIMILAR_CODE Grow", "O-2 SIMILAR_CODE Secret"]
        );
        let seen = by_code(own).await;
        assert!(of("KR-40", &seen).is_empty(), "{seen:?}");
        assert_eq!(of("O-3", &seen), ["KR-3 SAME_NUMBER Result 3", "O-1 SIMILAR_CODE Grow"]);
    }

    async fn suggestions_of_a_page_are_a_few_statements(database: TestDatabase) {
        let log = StatementLog::default();
        let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 2).await;
        let count = async |tasks: usize| {
            let asked = "query($first: Int) { tasks(first: $first) { nodes { unresolvedTokens { nodes { code suggestions \
                { code goal { ... on KeyResult { title } ... on Objective { title } } } } } } } }";
            let _ = log.take();
            let answer = server.graphql(Some(leader), asked, json!({ "first": tasks })).await;
            assert!(answer.text.contains("SIMILAR") || answer.text.contains("KR-1"), "{}", answer.text);
            log.take().iter().filter(|text| text.contains("code")).filter(|text| !text.contains("unresolved_token")).count()
        };
        for number in 0..12 {
            task(&server, leader, json!({ "title": format!("KR-{number}1 KR-{number}2") })).await;
        }
        let few = count(2).await;
        assert_eq!(count(12).await, few, "suggestions are loaded together");
        server.stop().await;
    }

    async fn a_person_says_what_is_meant_and_it_holds(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let ids = goals(&server, leader, 1).await;
        let input = json!({ "title": "Ship it KR-11", "description": "as [KR-11] says" });
        let id = task(&server, leader, input).await;
        let waiting = tokens(&server, leader, &id).await;
        assert_eq!(waiting.len(), 2);
        let chosen = waiting.iter().find(|token| token["field"] == "NAME").expect("the one in the name");
        let input = json!({ "id": chosen["id"], "keyResultId": ids[1] });
        let selection = "unresolvedToken { code resolvedAt resolvedBy { id } } alignmentLink { origin confirmedAt } warnings";
        let payload = server.change(leader, "unresolvedTokenResolve", input.clone(), selection).await;
        assert_eq!(payload["alignmentLink"]["origin"], "MANUAL");
        assert!(payload["alignmentLink"]["confirmedAt"].is_string() && payload["unresolvedToken"]["resolvedAt"].is_string());
        assert_eq!(links(&server, leader).await, ["Ship it KR-11 → KR-1 ACTIVE MANUAL"]);
        assert_eq!(evidence(&server, leader, 0).await, ["MANUAL NAME KR-11@8 KR-11"]);
        assert!(open(&server, leader, &id).await.is_empty(), "it holds for every place of the code");

        // Reworded, and with a goal of that very code: what was said stays.
        change_task(&server, leader, &id, json!({ "title": "Now ship it KR-11" })).await;
        assert!(open(&server, leader, &id).await.is_empty());
        for _ in 2..=11 {
            key_result(&server, leader, &ids[0], "More").await;
        }
        change_task(&server, leader, &id, json!({ "title": "Then ship it KR-11" })).await;
        assert_eq!(links(&server, leader).await, ["Then ship it KR-11 → KR-1 ACTIVE MANUAL"]);
        let again = server.mutate(Some(leader), "unresolvedTokenResolve", input, "unresolvedToken { id }").await;
        assert!(again.text.contains("NOT_NOW"), "{}", again.text);
    }

    async fn a_dismissed_code_makes_no_link_until_that_is_taken_back(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let ids = goals(&server, leader, 1).await;
        let id = task(&server, leader, json!({ "title": "The KR-2 engine" })).await;
        let token = tokens(&server, leader, &id).await.remove(0);
        let stranger = Some(world.a.colleague.token.as_str());
        let refused = server
            .mutate(stranger, "unresolvedTokenDismiss", json!({ "id": token["id"] }), "unresolvedToken { id }")
            .await;
        assert!(!refused.errors().is_empty(), "{}", refused.text);
        let dismiss = async |dismissed: bool| {
            let input = json!({ "id": token["id"], "dismissed": dismissed });
            server.change(leader, "unresolvedTokenDismiss", input, "unresolvedToken { dismissedAt }").await
        };
        assert!(dismiss(true).await["unresolvedToken"]["dismissedAt"].is_string());
        key_result(&server, leader, &ids[0], "The second").await;
        change_task(&server, leader, &id, json!({ "title": "A KR-2 engine" })).await;
        assert!(links(&server, leader).await.is_empty());
        assert_eq!(tokens(&server, leader, &id).await.len(), 1, "what was said is kept, not said again");
        dismiss(false).await;
        links_become(&server, leader, &["A KR-2 engine → KR-2 ACTIVE TOKEN"]).await;
    }

    async fn what_was_said_of_a_code_goes_with_it(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let ids = goals(&server, leader, 1).await;
        let input = json!({ "title": "Ship it KR-11 KR-12", "description": "as [KR-11] says" });
        let id = task(&server, leader, input).await;
        let waiting = tokens(&server, leader, &id).await;
        let of = |code: &str| waiting.iter().find(|token| token["code"] == code).expect("it waits")["id"].clone();
        let input = json!({ "id": of("KR-11"), "keyResultId": ids[1] });
        server.change(leader, "unresolvedTokenResolve", input, "alignmentLink { id }").await;
        server.change(leader, "unresolvedTokenDismiss", json!({ "id": of("KR-12") }), "unresolvedToken { id }").await;
        // It stands in the description still.
        change_task(&server, leader, &id, json!({ "title": "Ship it KR-12" })).await;
        change_task(&server, leader, &id, json!({ "title": "Ship it KR-11 KR-12" })).await;
        assert_eq!(open(&server, leader, &id).await, ["KR-12"], "dismissed, it stays so");
        assert_eq!(tokens(&server, leader, &id).await.len(), 3, "and nothing was found anew");

        // Nowhere any more, and back: a new reference each. The link that was made by hand stays.
        change_task(&server, leader, &id, json!({ "title": "Ship it", "description": null })).await;
        assert!(open(&server, leader, &id).await.is_empty());
        change_task(&server, leader, &id, json!({ "title": "Ship it KR-11 KR-12" })).await;
        let mut again = open(&server, leader, &id).await;
        again.sort();
        assert_eq!(again, ["KR-11", "KR-12"]);
        let waiting = tokens(&server, leader, &id).await;
        let fresh: Vec<&Value> = waiting.iter().filter(|token| token["resolvedAt"].is_null()).collect();
        assert!(fresh.len() == 2 && fresh.iter().all(|token| token["dismissedAt"].is_null()), "{waiting:?}");
        assert_eq!(links(&server, leader).await, ["Ship it KR-11 KR-12 → KR-1 ACTIVE MANUAL"]);
    }
}
