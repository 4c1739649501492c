//! Work that is written here is read as a tool's is.

use serde_json::json;
use support::{TestServer, World, both_databases};

use super::{change_task, evidence, goals, id_in, links, links_become, open, task, tokens};

both_databases! {
    async fn a_task_of_our_own_links_moves_and_loses_as_its_texts_say(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 2).await;
        let input = json!({ "title": "Ship it KR-1", "description": "not KR-2, but [kr-1]", "labels": ["a", "okr:kr-1"] });
        let id = task(&server, leader, input).await;
        assert_eq!(links(&server, leader).await, ["Ship it KR-1 → KR-1 ACTIVE TOKEN"]);
        assert_eq!(
            evidence(&server, leader, 0).await,
            ["TOKEN DESCRIPTION [kr-1]@14 KR-1", "TOKEN LABEL okr:kr-1@0 KR-1", "TOKEN NAME KR-1@8 KR-1"]
        );
        let asked = "query($id: ID!) { task(id: $id) { effectiveLinks { origin target { ... on KeyResult { code } } } } }";
        let answer = server.graphql(Some(leader), asked, json!({ "id": id })).await;
        assert_eq!(answer.at("task.effectiveLinks.0.target.code"), &json!("KR-1"), "{}", answer.text);

        // One place less, and the link stays; then it moves to another goal.
        change_task(&server, leader, &id, json!({ "description": null, "labels": [] })).await;
        assert_eq!(evidence(&server, leader, 0).await, ["TOKEN NAME KR-1@8 KR-1"]);
        change_task(&server, leader, &id, json!({ "title": "Ship it #KR-2" })).await;
        assert_eq!(
            links(&server, leader).await,
            ["Ship it #KR-2 → KR-1 STALE/TOKEN_REMOVED TOKEN", "Ship it #KR-2 → KR-2 ACTIVE TOKEN"]
        );
        // It comes back, and goes altogether.
        change_task(&server, leader, &id, json!({ "title": "KR-1" })).await;
        assert_eq!(links(&server, leader).await, ["KR-1 → KR-1 ACTIVE TOKEN", "KR-1 → KR-2 STALE/TOKEN_REMOVED TOKEN"]);
        let before = server.database().number("SELECT COUNT(*) FROM event").await;
        change_task(&server, leader, &id, json!({ "title": "KR-1" })).await;
        change_task(&server, leader, &id, json!({ "status": "IN_PROGRESS" })).await;
        let told = server.database().number("SELECT COUNT(*) FROM event WHERE subject_kind = 'ALIGNMENT_LINK'").await;
        change_task(&server, leader, &id, json!({ "title": "KR-1 once more" })).await;
        assert_eq!(server.database().number("SELECT COUNT(*) FROM event WHERE subject_kind = 'ALIGNMENT_LINK'").await, told);
        assert!(server.database().number("SELECT COUNT(*) FROM event").await > before);
    }

    async fn a_link_that_a_person_retired_or_confirmed_is_theirs(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 2).await;
        let id = task(&server, leader, json!({ "title": "KR-1 KR-2" })).await;
        let answer = server.graphql(Some(leader), "{ alignmentLinks { nodes { id target { ... on KeyResult { code } } } } }", json!({})).await;
        for link in answer.at("alignmentLinks.nodes").as_array().expect("links") {
            let field = if link["target"]["code"] == "KR-1" { "alignmentLinkRetire" } else { "alignmentLinkConfirm" };
            server.change(leader, field, json!({ "id": link["id"] }), "alignmentLink { id }").await;
        }
        change_task(&server, leader, &id, json!({ "title": "Plain" })).await;
        let expected = |title: &str| {
            vec![format!("{title} → KR-1 RETIRED TOKEN"), format!("{title} → KR-2 ACTIVE TOKEN")]
        };
        let sorted = async || {
            let mut links = links(&server, leader).await;
            links.sort();
            links
        };
        assert_eq!(sorted().await, expected("Plain"));
        change_task(&server, leader, &id, json!({ "title": "KR-1 again" })).await;
        assert_eq!(sorted().await, expected("KR-1 again"), "no text revives what a person retired");
    }

    async fn projects_are_read_too_and_a_code_without_a_goal_is_kept(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 1).await;
        let made = server
            .change(leader, "projectCreate", json!({ "title": "For O-1", "description": "[KR-7]" }), "project { id }")
            .await;
        let id = id_in(&made, "/project/id");
        assert_eq!(links(&server, leader).await, ["For O-1 → O-1 ACTIVE TOKEN"]);
        assert_eq!(open(&server, leader, &id).await, ["KR-7"]);
        let input = json!({ "id": id, "title": "For KR-1", "description": null });
        server.change(leader, "projectUpdate", input, "project { id }").await;
        assert_eq!(
            links(&server, leader).await,
            ["For KR-1 → O-1 STALE/TOKEN_REMOVED TOKEN", "For KR-1 → KR-1 ACTIVE TOKEN"]
        );
        assert!(open(&server, leader, &id).await.is_empty());
    }

    async fn an_individual_writes_references_into_their_own_work_only(server: TestServer) {
        let world = World::of(&server).await;
        let (leader, own) = (world.a.leader.token.as_str(), world.a.individual.token.as_str());
        goals(&server, leader, 1).await;
        let person = format!("per_{}", world.a.individual.id.simple());
        let id = task(&server, own, json!({ "title": "Mine [KR-1]", "assigneeIds": [person] })).await;
        assert_eq!(links(&server, leader).await, ["Mine [KR-1] → KR-1 ACTIVE TOKEN"]);
        let stranger = Some(world.a.colleague.token.as_str());
        let answer = server.mutate(stranger, "taskUpdate", json!({ "id": id, "title": "Mine" }), "task { id }").await;
        assert!(!answer.errors().is_empty(), "{}", answer.text);
        assert_eq!(links(&server, leader).await, ["Mine [KR-1] → KR-1 ACTIVE TOKEN"]);
    }

    async fn what_the_model_refuses_waits_with_its_reason_and_is_linked_once_it_fits(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 1).await;
        let model = async |model: &str, outside: &str| {
            let settings = json!({ "connectionModel": model, "outsideModel": outside });
            server.change(leader, "organizationUpdate", json!({ "settings": settings }), "organization { id }").await;
        };
        model("KEY_RESULT_TO_PROJECT", "REFUSE").await;
        let id = task(&server, leader, json!({ "title": "Do KR-1" })).await;
        assert!(links(&server, leader).await.is_empty());
        let waiting = tokens(&server, leader, &id).await;
        assert_eq!((waiting.len(), &waiting[0]["reason"]), (1, &json!("OUTSIDE_MODEL")));
        // Read again it still waits, as one token.
        change_task(&server, leader, &id, json!({ "title": "Do KR-1 now" })).await;
        assert_eq!(open(&server, leader, &id).await, ["KR-1"]);
        let made = server.change(leader, "projectCreate", json!({ "title": "Big KR-1" }), "project { id }").await;
        assert!(open(&server, leader, &id_in(&made, "/project/id")).await.is_empty());
        assert_eq!(links(&server, leader).await, ["Big KR-1 → KR-1 ACTIVE TOKEN"]);
        model("ANY", "REFUSE").await;
        links_become(
            &server,
            leader,
            &["Big KR-1 → KR-1 ACTIVE TOKEN", "Do KR-1 now → KR-1 ACTIVE TOKEN"],
        )
        .await;
        assert!(open(&server, leader, &id).await.is_empty());
        // With a warning only, it is linked.
        model("KEY_RESULT_TO_PROJECT", "WARN").await;
        task(&server, leader, json!({ "title": "More KR-1" })).await;
        assert_eq!(links(&server, leader).await.len(), 3);
    }

    async fn a_link_of_somebody_who_left_is_stale_from_the_start(server: TestServer) {
        let world = World::of(&server).await;
        let (leader, admin) = (world.a.leader.token.as_str(), world.a.admin.token.as_str());
        goals(&server, leader, 1).await;
        let person = format!("per_{}", world.a.individual.id.simple());
        let id = task(&server, leader, json!({ "title": "Theirs", "assigneeIds": [person] })).await;
        server.change(admin, "personDeactivate", json!({ "id": person }), "person { id }").await;
        change_task(&server, leader, &id, json!({ "title": "Theirs KR-1" })).await;
        assert_eq!(links(&server, leader).await, ["Theirs KR-1 → KR-1 STALE/OWNER_LEFT TOKEN"]);
        // Lost and found again, it is so still.
        change_task(&server, leader, &id, json!({ "title": "Theirs" })).await;
        change_task(&server, leader, &id, json!({ "title": "Theirs KR-1" })).await;
        assert_eq!(links(&server, leader).await, ["Theirs KR-1 → KR-1 STALE/OWNER_LEFT TOKEN"]);
        server.change(admin, "personReactivate", json!({ "id": person }), "person { id }").await;
        assert_eq!(links(&server, leader).await, ["Theirs KR-1 → KR-1 ACTIVE TOKEN"]);
    }

    async fn a_link_that_lost_its_reference_meanwhile_is_not_good_when_another_reason_goes(server: TestServer) {
        let world = World::of(&server).await;
        let (leader, admin) = (world.a.leader.token.as_str(), world.a.admin.token.as_str());
        goals(&server, leader, 1).await;
        let person = json!({ "id": format!("per_{}", world.a.individual.id.simple()) });
        let id = task(&server, leader, json!({ "title": "Theirs KR-1", "assigneeIds": [person["id"]] })).await;
        server.change(admin, "personDeactivate", person.clone(), "person { id }").await;
        change_task(&server, leader, &id, json!({ "title": "Theirs" })).await;
        assert_eq!(links(&server, leader).await, ["Theirs → KR-1 STALE/OWNER_LEFT TOKEN"]);
        server.change(admin, "personReactivate", person, "person { id }").await;
        assert_eq!(links(&server, leader).await, ["Theirs → KR-1 STALE/TOKEN_REMOVED TOKEN"]);
        // A person's word is evidence enough.
        let answer = server.graphql(Some(leader), "{ alignmentLinks { nodes { id } } }", json!({})).await;
        let input = json!({ "id": answer.at("alignmentLinks.nodes.0.id") });
        server.change(leader, "alignmentLinkConfirm", input, "alignmentLink { id }").await;
        assert_eq!(links(&server, leader).await, ["Theirs → KR-1 ACTIVE TOKEN"]);
    }
}
