//! A database that was restored into another cluster, where transactions are counted anew.

use serde_json::{Value, json};
use support::{Backend, TestDatabase, TestServer, World, both_databases};

use super::{SNAPSHOT, TASKS, listening, next, settle};

both_databases! {
    async fn events_that_came_along_are_old_and_what_is_new_is_told(database: TestDatabase) {
        let server = TestServer::start(database.clone()).await;
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        for title in ["one", "two"] {
            server.change(&leader.token, "taskCreate", json!({ "title": title }), "task { id }").await;
        }
        server.stop().await;
        if database.backend() == Backend::Postgres {
            // As they would stand there: written by transactions that this cluster has not come to yet.
            let text = "UPDATE event SET xid = CAST(CAST(CAST(xid AS text) AS bigint) + 1000000000 AS text)::xid8";
            assert!(database.execute(text).await.expect("written") >= 2);
        }

        let server = TestServer::start(database.clone()).await;
        let mut live = listening(server.follow(leader.id, TASKS, json!({})).await);
        settle().await;
        server.change(&leader.token, "taskCreate", json!({ "title": "three" }), "task { id }").await;
        let event = next(&mut live, "taskChanged").await;
        assert_eq!(event["task"]["title"], "three", "nothing that is old is told as news: {event}");
        let mut anew = server.follow(leader.id, SNAPSHOT, json!({})).await;
        assert_ne!(next(&mut anew, "taskChanged").await["task"]["title"], Value::Null);
        drop((live, anew));
        server.stop().await;

        if database.backend() == Backend::Postgres {
            let beyond = "SELECT COUNT(*) FROM event WHERE xid > pg_snapshot_xmax(pg_current_snapshot())";
            assert_eq!(database.number(beyond).await, 0);
            let of_another = "SELECT COUNT(*) FROM event WHERE xid = CAST('0' AS xid8)";
            let moved = database.number(of_another).await;
            assert!(moved >= 2, "{moved}");
            // Once is enough: what was written here since then keeps its place.
            TestServer::start(database.clone()).await.stop().await;
            assert_eq!(database.number(of_another).await, moved);
        }
    }
}
