//! What changes outside of texts: a goal comes, or what counts as a reference changes.

use serde_json::json;
use support::{TestServer, World, both_databases};

use super::{evidence, goals, import, key_result, links, links_become, open, task};

/// A card in a list that names a code under a prefix that is none yet, with a bare code in an attachment's name.
const BOARD: &str = r##"{
  "id": "5f0000000000000000000001", "name": "Sign-up", "desc": "", "closed": false,
  "url": "https://trello.com/b/abcd1234/sign-up", "shortLink": "abcd1234",
  "lists": [{ "id": "5f0000000000000000000011", "name": "For RES-1", "closed": false }],
  "labels": [], "members": [], "checklists": [], "customFields": [], "actions": [],
  "cards": [{ "id": "5f0000000000000000000021", "name": "Form", "desc": "", "idList": "5f0000000000000000000011",
    "closed": false, "idMembers": [], "labels": [], "dateLastActivity": "2026-03-01T10:00:00.000Z",
    "attachments": [{ "id": "1", "name": "RES-2.pdf", "url": "https://files.test/RES-2" }] }]
}"##;

both_databases! {
    async fn a_goal_that_comes_is_linked_soon_after(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let ids = goals(&server, leader, 1).await;
        let id = task(&server, leader, json!({ "title": "Ahead KR-2, KR-9" })).await;
        let other = task(&server, leader, json!({ "title": "Also [KR-2]" })).await;
        assert_eq!(open(&server, leader, &id).await, ["KR-2", "KR-9"]);
        key_result(&server, leader, &ids[0], "The second").await;
        links_become(
            &server,
            leader,
            &["Ahead KR-2, KR-9 → KR-2 ACTIVE TOKEN", "Also [KR-2] → KR-2 ACTIVE TOKEN"],
        )
        .await;
        assert_eq!(open(&server, leader, &id).await, ["KR-9"]);
        assert!(open(&server, leader, &other).await.is_empty());
    }

    async fn bare_codes_in_descriptions_count_once_the_setting_says_so(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 1).await;
        for number in 0..3 {
            task(&server, leader, json!({ "title": format!("T{number}"), "description": "see KR-1" })).await;
        }
        assert!(links(&server, leader).await.is_empty());
        let bare = async |on: bool| {
            let input = json!({ "settings": { "bareTokens": on } });
            server.change(leader, "organizationUpdate", input, "organization { id }").await;
        };
        bare(true).await;
        let linked = ["T0 → KR-1 ACTIVE TOKEN", "T1 → KR-1 ACTIVE TOKEN", "T2 → KR-1 ACTIVE TOKEN"];
        links_become(&server, leader, &linked).await;
        bare(false).await;
        links_become(&server, leader, &linked.map(|link| link.replace("ACTIVE", "STALE/TOKEN_REMOVED")).each_ref().map(String::as_str)).await;
    }

    async fn a_new_prefix_is_looked_for_in_what_is_there(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 1).await;
        task(&server, leader, json!({ "title": "Old KR-1" })).await;
        task(&server, leader, json!({ "title": "New RES-1" })).await;
        assert_eq!(links(&server, leader).await, ["Old KR-1 → KR-1 ACTIVE TOKEN"]);
        let input = json!({ "settings": { "keyResultPrefix": "RES" } });
        server.change(leader, "organizationUpdate", input, "organization { id }").await;
        links_become(
            &server,
            leader,
            &["Old KR-1 → RES-1 ACTIVE TOKEN", "New RES-1 → RES-1 ACTIVE TOKEN"],
        )
        .await;
        // The old code goes on leading there in work that is written later.
        task(&server, leader, json!({ "title": "Later KR-1" })).await;
        assert_eq!(links(&server, leader).await[2], "Later KR-1 → RES-1 ACTIVE TOKEN");
    }

    async fn what_a_tool_told_is_read_again_without_the_tool(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        goals(&server, leader, 2).await;
        import(&server, &world.a, "https://okr.acme.test", BOARD).await;
        assert!(links(&server, leader).await.is_empty());
        let input = json!({ "settings": { "keyResultPrefix": "RES" } });
        server.change(leader, "organizationUpdate", input, "organization { id }").await;
        links_become(&server, leader, &["Form → RES-1 ACTIVE TOKEN"]).await;
        assert_eq!(evidence(&server, leader, 0).await, ["TOKEN SECTION RES-1@4 RES-1"]);
    }
}
