//! What was recorded, and what a close looks at, at a number of statements that does not grow with the rows.

use serde_json::json;
use support::{ServerOptions, StatementLog, TestDatabase, TestServer, World, both_databases};

const LOOK: &str = "{
  keyResults(first: 50) { nodes { asOf(at: \"9999-01-01T00:00:00Z\") { progress current confidence }
    scoring { score person { name } } carryOver { decision successor { code } } predecessor { code } } }
  objectives(first: 50) { nodes { asOf(at: \"9999-01-01T00:00:00Z\") { progress } predecessor { code } } }
  cycles(first: 50) { nodes { closing { ready linkCount unscored { code } openCycles { name } } } } }";

both_databases! {
    async fn statements_do_not_grow_with_goals(database: TestDatabase) {
        let log = StatementLog::default();
        let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.clone();
        let mut counts = Vec::new();
        for _ in 0..4 {
            let cycle = server.change(&token, "cycleCreate", json!({ "name": "Now" }), "cycle { id }").await;
            let input = json!({ "title": "Grow", "cycleId": cycle["cycle"]["id"] });
            let goal = server.change(&token, "objectiveCreate", input, "objective { id }").await;
            for _ in 0..3 {
                let input = json!({ "objectiveId": goal["objective"]["id"], "title": "More", "start": "0", "target": "10" });
                let made = server.change(&token, "keyResultCreate", input, "keyResult { id }").await;
                let input = json!({ "keyResultId": made["keyResult"]["id"], "value": "4" });
                server.change(&token, "keyResultCheckIn", input, "checkIn { id }").await;
                let input = json!({ "keyResultId": made["keyResult"]["id"], "score": 1.0, "note": "Well done" });
                server.change(&token, "keyResultScore", input, "keyResult { id }").await;
            }
            // Once for the caches, once to count; no job of the server may come between.
            let _ = server.graphql(Some(&token), LOOK, json!({})).await;
            let mut fewest = usize::MAX;
            for _ in 0..3 {
                let _ = log.take();
                let answer = server.graphql(Some(&token), LOOK, json!({})).await;
                assert_eq!(answer.at("keyResults.nodes.0.asOf"), &json!({ "progress": 0.4, "current": "4", "confidence": null }));
                assert_eq!(answer.at("objectives.nodes.0.asOf.progress"), 0.4);
                assert_eq!(answer.at("cycles.nodes.0.closing.ready"), true);
                fewest = fewest.min(log.take().len());
            }
            counts.push(fewest);
        }
        assert_eq!(counts.first(), counts.last(), "{counts:?}");
    }
}
