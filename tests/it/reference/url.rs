//! Links by pasted addresses.

use serde_json::{Value, json};
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

use super::{goals, import, import_from, links, task};

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

/// The answer of a Jira search with one issue, which tells its own address or none.
fn issue(key: &str, title: &str, address: Option<&str>) -> String {
    let project = key.split('-').next().expect("a project's key");
    json!({ "issues": [{ "id": "1", "key": key, "self": address, "fields": {
        "summary": title,
        "project": { "id": "10", "key": project, "name": format!("All of {project}") },
        "status": { "id": "1", "name": "Open", "statusCategory": { "key": "new" } },
    } }] })
    .to_string()
}

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

    async fn pages_of_jira_are_known_by_its_site_or_else_by_their_form(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let ids = goals(&server, leader, 1).await;
        let known = Some("https://acme.atlassian.net/rest/api/2/issue/1");
        for file in [issue("BAR-1", "Of an unknown site", None), issue("FOO-1", "Of a known site", known)] {
            import_from(&server, &world.a, "https://okr.acme.test", "jira", &file).await;
        }
        // A page that is told apart by its query alone, beside one that has none.
        for (title, url) in [("By query", "https://desk.test/ticket?id=7"), ("Plain", "https://desk.test/ticket")] {
            world.a.task(server.database(), title, &[("external_url", url.into())]).await.expect("written");
        }
        for (url, found) in [
            ("https://jira.acme.test/browse/bar-1", "Of an unknown site"),
            ("https://jira.acme.test/jira/software/projects/BAR/boards/1?selectedIssue=BAR-1", "Of an unknown site"),
            ("https://jira.acme.test/projects/BAR", "All of BAR"),
            ("https://github.com/acme/bar-1", "NOT_FOUND"),
            ("https://acme.atlassian.net/browse/FOO-1?focusedId=3", "Of a known site"),
            ("https://acme.atlassian.net/jira/servicedesk/FOO-1", "Of a known site"),
            ("https://other.atlassian.net/browse/FOO-1", "NOT_FOUND"),
            ("https://desk.test/ticket?id=7", "By query"),
            ("desk.test/ticket/?id=7#top", "By query"),
            ("https://desk.test/ticket?utm=1", "Plain"),
            ("https://desk.test/ticket", "Plain"),
        ] {
            let input = json!({ "url": url, "keyResultId": ids[1] });
            let selection = "alignmentLink { source { ... on Task { title } ... on Project { title } } }";
            let answer = server.mutate(Some(leader), "workLinkUrl", input, selection).await;
            match answer.user_errors("workLinkUrl").as_slice() {
                [] => assert_eq!(answer.at("workLinkUrl.alignmentLink.source.title"), found, "{url}"),
                [error, ..] => assert_eq!(error.code, found, "{url}: {}", answer.text),
            }
        }
        server.stop().await;
    }
}
