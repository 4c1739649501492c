//! A snapshot that broke off.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

use super::{PROGRESS, listening, next, plan, refused, settle, silent};

both_databases! {
    async fn a_snapshot_that_broke_off_in_the_middle_loses_nothing(server: TestServer) {
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        let plan = plan(&server, &leader.token).await;
        let follow = async |variables: Value| server.follow(leader.id, PROGRESS, variables).await;
        let mut stream = follow(json!({ "snapshot": true })).await;
        let first = next(&mut stream, "progressChanged").await;
        assert_eq!(first["objective"]["title"], "Grow");
        drop(stream);
        // The key result's row never came, and meanwhile it is another one.
        let mut told = listening(follow(json!({})).await);
        settle().await;
        let done = json!({ "id": plan.task, "status": "DONE" });
        server.change(&leader.token, "taskUpdate", done, "task { status }").await;
        // On PostgreSQL a change is told when no older transaction is open, so it may follow a snapshot that
        // shows it already.
        while next(&mut told, "progressChanged").await["current"] != 0.5 {}

        let mut stream = follow(json!({ "after": first["cursor"] })).await;
        let again = next(&mut stream, "progressChanged").await;
        assert_eq!((&again["isSnapshot"], &again["objective"]["title"]), (&json!(true), &json!("Grow")));
        let last = next(&mut stream, "progressChanged").await;
        assert_eq!((&last["isSnapshot"], &last["keyResult"]["title"]), (&json!(true), &json!("Ship")));
        assert_eq!(last["currentWorkProgress"], 0.5);
        drop(stream);

        // With the last row's cursor it goes on after the snapshot.
        let mut stream = follow(json!({ "after": last["cursor"] })).await;
        silent(&mut stream).await;
        drop(stream);
        let open = json!({ "id": plan.task, "status": "TODO" });
        server.change(&leader.token, "taskUpdate", open, "task { status }").await;
        let mut stream = follow(json!({ "after": last["cursor"] })).await;
        let change = next(&mut stream, "progressChanged").await;
        assert_eq!((&change["isSnapshot"], &change["current"]), (&json!(false), &json!(0.0)), "{change}");
        let foreign = json!({ "after": first["cursor"] });
        let theirs = server.follow(world.b.leader.id, PROGRESS, foreign).await;
        assert_eq!(refused(theirs).await, "CURSOR_INVALID");
    }
    async fn a_snapshot_that_would_be_cut_off_is_refused(server: TestServer) {
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        plan(&server, &leader.token).await;
        let ask = "subscription($first: Int) { progressChanged(snapshot: true, first: $first) { isSnapshot } }";
        // An objective and its key result.
        let refusal = refused(server.follow(leader.id, ask, json!({ "first": 1 })).await).await;
        assert_eq!(refusal, "BAD_USER_INPUT");
        let mut whole = server.follow(leader.id, ask, json!({ "first": 2 })).await;
        for _ in 0..2 {
            assert_eq!(next(&mut whole, "progressChanged").await["isSnapshot"], true);
        }
    }
}
