//! Codes that are retired, or that a goal had before.

use serde_json::json;
use support::{TestServer, World, both_databases};

use super::{evidence, goals, id_in, links, task, tokens};

both_databases! {
    async fn old_and_retired_codes_lead_to_where_the_goal_is_now(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let cycle = async |name: &str| {
            let made = server.change(leader, "cycleCreate", json!({ "name": name, "state": "ACTIVE" }), "cycle { id }").await;
            id_in(&made, "/cycle/id")
        };
        let (first, second) = (cycle("One").await, cycle("Two").await);
        let ids = goals(&server, leader, 2).await;
        let into = json!({ "id": ids[0], "cycleId": first, "state": "ACTIVE" });
        server.change(leader, "objectiveUpdate", into, "objective { id }").await;
        let close = json!({ "id": first, "acceptSuggested": true });
        server.change(leader, "cycleClose", close, "cycle { id }").await;
        let keep = json!({ "keyResultId": ids[1], "decision": "KEEP", "cycleId": second });
        let kept = server.change(leader, "keyResultCarryOver", keep, "successor { code }").await;
        let code = id_in(&kept, "/successor/code");
        assert_eq!(code, "KR-3");

        // A retired code leads to the successor, and both are named.
        task(&server, leader, json!({ "title": "Retired kr-1" })).await;
        assert_eq!(links(&server, leader).await, ["Retired kr-1 → KR-3 ACTIVE TOKEN"]);
        assert_eq!(evidence(&server, leader, 0).await, ["TOKEN NAME kr-1@8 KR-1 → KR-3"]);
        // One that nothing goes on for makes a link that is stale from the start.
        task(&server, leader, json!({ "title": "Over [KR-2]" })).await;
        assert_eq!(links(&server, leader).await[1], "Over [KR-2] → KR-2 STALE/TARGET_CLOSED TOKEN");

        // Under another prefix the old codes still lead there: the retired one too.
        let input = json!({ "settings": { "keyResultPrefix": "RES" } });
        server.change(leader, "organizationUpdate", input, "organization { id }").await;
        let id = task(&server, leader, json!({ "title": "Aliases KR-3, RES-9" })).await;
        let all = links(&server, leader).await;
        assert_eq!(all[2], "Aliases KR-3, RES-9 → RES-3 ACTIVE TOKEN");
        task(&server, leader, json!({ "title": "Twice old KR-1" })).await;
        assert_eq!(links(&server, leader).await[3], "Twice old KR-1 → RES-3 ACTIVE TOKEN");
        let waiting = tokens(&server, leader, &id).await;
        let open: Vec<_> = waiting.iter().filter(|token| token["resolvedAt"].is_null()).collect();
        assert_eq!((open.len(), &open[0]["code"]), (1, &json!("RES-9")));
        let suggested = open[0]["suggestions"].as_array().expect("suggestions");
        assert_eq!(suggested[0]["code"], "RES-3", "open goals come before those that are over: {suggested:?}");
    }
}
