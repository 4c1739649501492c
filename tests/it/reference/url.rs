//! Links by pasted addresses.

use serde_json::{Value, json};
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

use super::{goals, import, links, task};

const BOARD: &str = r##"{
  "id": "5f0000000000000000000001", "name": "Sign-up", "desc": "", "closed": false,
  "url": "https://trello.com/b/abcd1234/sign-up", "shortLink": "abcd1234",
  "lists": [{ "id": "5f0000000000000000000011", "name": "To Do", "closed": false }],
  "labels": [], "members": [], "checklists": [], "customFields": [], "actions": [],
  "cards": [
    { "id": "5f0000000000000000000021", "name": "Form", "desc": "", "idList": "5f0000000000000000000011",
      "closed": false, "idMembers": [], "labels": [], "shortLink": "fOrM0001",
      "url": "https://trello.com/c/fOrM0001/1-form", "dateLastActivity": "2026-03-01T10:00:00.000Z",
      "attachments": [{ "id": "1", "name": "goal", "url": "https://okr.acme.test/g/KR-2" },
                      { "id": "2", "name": "KR-1 draft.pdf", "url": "https://files.test/KR-1" }] }
  ]
}"##;

both_databases! {
    async fn pages_of_tools_and_of_throughline_find_both_ends(database: TestDatabase) {
        let options = ServerOptions::default().setting("server.public_url", "https://okr.acme.test");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let ids = goals(&server, leader, 2).await;
        import(&server, &world.a, "https://okr.acme.test", BOARD).await;
        // An attachment's address is a reference when it leads here; a bare code in its name is none.
        assert_eq!(links(&server, leader).await, ["Form → KR-2 ACTIVE TOKEN"]);

        let link = async |input: Value| {
            server.mutate(Some(leader), "workLinkUrl", input, "alignmentLink { origin confirmedAt } warnings").await
        };
        let done = async |input: Value| {
            let answer = link(input).await;
            assert_eq!(answer.at("workLinkUrl.alignmentLink.origin"), &json!("MANUAL"), "{}", answer.text);
            assert!(answer.at("workLinkUrl.alignmentLink.confirmedAt").is_string());
        };
        for url in [
            "https://trello.com/c/fOrM0001/1-form",
            "https://TRELLO.com/c/fOrM0001",
            "trello.com/c/fOrM0001/?utm=1#comment",
        ] {
            done(json!({ "url": url, "keyResultId": ids[1] })).await;
        }
        done(json!({ "url": "http://trello.com/b/abcd1234", "objectiveId": ids[0] })).await;
        let own = task(&server, leader, json!({ "title": "Own" })).await;
        done(json!({ "url": "https://okr.acme.test/g/kr-1?tab=work", "taskId": own })).await;
        let page = format!("https://okr.acme.test/tasks/{own}");
        done(json!({ "url": page, "otherUrl": "okr.acme.test/g/O-1/" })).await;
        assert_eq!(
            links(&server, leader).await,
            [
                "Form → KR-2 ACTIVE TOKEN",
                "Form → KR-1 ACTIVE MANUAL",
                "Sign-up → O-1 ACTIVE MANUAL",
                "Own → KR-1 ACTIVE MANUAL",
                "Own → O-1 ACTIVE MANUAL",
            ]
        );

        // What is not found, or does not fit, is told at the field that it was given in.
        for (input, field, code, said) in [
            (json!({ "url": "https://trello.com/c/nOwHeRe1", "keyResultId": ids[1] }), "url", "NOT_FOUND", "nOwHeRe1 of trello.com"),
            (json!({ "url": "https://okr.acme.test/g/KR-77", "taskId": own }), "url", "NOT_FOUND", "KR-77"),
            (json!({ "url": "https://okr.acme.test/settings", "taskId": own }), "url", "NOT_FOUND", "no goal, project or task"),
            (json!({ "url": "not an address", "taskId": own }), "url", "INVALID", "paste it whole"),
            (json!({ "url": page }), "keyResultId", "REQUIRED", "leads to work"),
            (json!({ "url": page, "taskId": own }), "url", "INVALID", "both ends are work"),
            (json!({ "url": page, "keyResultId": ids[1], "otherUrl": "okr.acme.test/g/O-1" }), "otherUrl", "INVALID", "one other end"),
        ] {
            let answer = link(input).await;
            let error = answer.at("workLinkUrl.userErrors.0");
            assert_eq!((&error["field"][1], &error["code"]), (&json!(field), &json!(code)), "{}", answer.text);
            assert!(error["message"].as_str().expect("a message").contains(said), "{}", answer.text);
        }
        // The same rights as by id: whoever sees the work and may not link it is told so, whoever does not
        // see it finds nothing.
        let stranger = Some(world.a.colleague.token.as_str());
        let refused = server.mutate(stranger, "workLinkUrl", json!({ "url": page, "keyResultId": ids[1] }), "alignmentLink { id }").await;
        assert!(refused.text.contains("FORBIDDEN"), "{}", refused.text);
        let foreign = Some(world.b.leader.token.as_str());
        let hidden = server.mutate(foreign, "workLinkUrl", json!({ "url": page, "otherUrl": "okr.acme.test/g/KR-1" }), "alignmentLink { id }").await;
        assert!(hidden.text.contains("NOT_FOUND"), "{}", hidden.text);
        server.stop().await;
    }
}
