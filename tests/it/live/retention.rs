//! Events are kept for as long as a setting says, and whoever comes with an older cursor is told so.

use std::time::Duration;

use serde_json::{Value, json};
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

use super::{SNAPSHOT, TASKS, listening, next, next_titled, refused, settle, silent};

both_databases! {
    async fn old_events_are_removed_and_their_cursors_expire(database: TestDatabase) {
        let server = TestServer::start(database.clone()).await;
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        for title in ["one", "two", "three"] {
            server.change(&leader.token, "taskCreate", json!({ "title": title }), "task { id }").await;
        }
        let mut live = listening(server.follow(leader.id, TASKS, json!({})).await);
        settle().await;
        let mut cursors = Vec::new();
        for title in ["four", "five", "six"] {
            server.change(&leader.token, "taskCreate", json!({ "title": title }), "task { id }").await;
            let event = next_titled(&mut live, title).await;
            cursors.push(event["cursor"].clone());
        }
        drop(live);
        server.stop().await;
        let three_days = 3_i64 * 86_400_000_000;
        database.execute(&format!("UPDATE event SET at = at - {three_days}")).await.expect("written");

        let server =
            TestServer::start_with(database.clone(), ServerOptions::default().setting("events.keep_days", "1")).await;
        let begun = std::time::Instant::now();
        while database.number("SELECT COUNT(*) FROM event").await > 1 {
            assert!(begun.elapsed() < Duration::from_secs(30), "old events stay");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let after = |cursor: &Value| json!({ "after": cursor });
        assert_eq!(refused(server.follow(leader.id, TASKS, after(&cursors[0])).await).await, "CURSOR_EXPIRED");
        // After the last but one only the last was told, which stays as the mark of where the stream is.
        let mut missed = server.follow(leader.id, TASKS, after(&cursors[1])).await;
        assert_eq!(next(&mut missed, "taskChanged").await["task"]["title"], "six");
        drop(missed);
        // The last one lost nothing; and who begins anew begins with what is there.
        let mut again = listening(server.follow(leader.id, TASKS, after(&cursors[2])).await);
        settle().await;
        server.change(&leader.token, "taskCreate", json!({ "title": "seven" }), "task { id }").await;
        assert_eq!(next(&mut again, "taskChanged").await["task"]["title"], "seven");
        let mut anew = server.follow(leader.id, SNAPSHOT, json!({})).await;
        assert_ne!(next(&mut anew, "taskChanged").await["task"]["title"], Value::Null);
        // Of an organization that nothing is left of, too.
        let mut other = server.follow(world.b.leader.id, TASKS, json!({})).await;
        silent(&mut other).await;
        server.stop().await;
    }
}
