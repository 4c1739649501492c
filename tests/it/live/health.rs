//! Health is told too, whoever or whatever changed it.

use api::domain::clock::Clock;
use entity::Instant;
use serde_json::{Value, json};
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

use super::{listening, next, settle};

/// 2026-03-01T10:00:00Z.
const START: Instant = Instant(1_772_359_200_000_000);
const HEALTH: &str = "subscription { progressChanged {
  kind cause previous current previousHealth currentHealth objective { health } keyResult { health }
} }";

both_databases! {
    async fn health_is_told_with_the_clock_as_its_cause_only_where_it_is(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let server = TestServer::start_with(database, ServerOptions::default().clock(clock)).await;
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        let token = &leader.token;
        let made = server.change(token, "objectiveCreate", json!({ "title": "Grow" }), "objective { id }").await;
        let input = json!({ "objectiveId": made["objective"]["id"], "title": "Ship", "kind": "INCREASE",
            "start": "0", "target": "10", "progressSource": "CHECK_IN" });
        let made = server.change(token, "keyResultCreate", input, "keyResult { id }").await;
        let key_result = made["keyResult"]["id"].clone();
        let installation = server.installation().await;
        let look = async || {
            installation.ask_for_health().await.expect("asked");
            // Until nothing is left to be done.
            let waiting = "SELECT COUNT(*) FROM job WHERE kind = 'TELL_HEALTH' AND state <> 'DONE'";
            while server.database().number(waiting).await > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        // What a goal stood at when it was looked at first is no news.
        look().await;
        let told = async |stream: &mut futures_util::stream::BoxStream<'static, Value>| loop {
            let event = next(stream, "progressChanged").await;
            if event["kind"] == "HEALTH_CHANGED" {
                break event;
            }
        };
        let mut stream = listening(server.follow(leader.id, HEALTH, json!({})).await);
        settle().await;
        let input = json!({ "keyResultId": key_result, "health": "OFF_TRACK" });
        server.change(token, "keyResultCheckIn", input, "checkIn { id }").await;
        time.advance_seconds(60);
        look().await;
        let event = told(&mut stream).await;
        assert_eq!((&event["previousHealth"], &event["currentHealth"]), (&json!("PENDING"), &json!("OFF_TRACK")));
        assert_eq!((&event["cause"], &event["previous"], &event["current"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(event["keyResult"]["health"], "OFF_TRACK");
        let event = told(&mut stream).await;
        assert_eq!(event["objective"]["health"], "OFF_TRACK", "{event}");
        drop(stream);

        // Forty days without a word: overdue, which nobody did.
        time.advance_seconds(40 * 86_400);
        let mut stream = listening(server.follow(leader.id, HEALTH, json!({})).await);
        settle().await;
        look().await;
        let event = told(&mut stream).await;
        assert_eq!((&event["previousHealth"], &event["currentHealth"]), (&json!("OFF_TRACK"), &json!("OUTDATED")));
        assert_eq!(event["cause"], "CLOCK");
        server.stop().await;
    }
}
