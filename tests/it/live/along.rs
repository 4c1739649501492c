//! From a place of one's own into the run that all share.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{ServerOptions, StatementLog, TestDatabase, TestServer, World, both_databases};

use super::{PROGRESS, TASKS, listening, next, next_titled, plan, settle};

/// Followers of one question.
const FOLLOWERS: usize = 12;

both_databases! {
    async fn who_begins_with_a_snapshot_or_a_cursor_shares_what_comes(database: TestDatabase) {
        let log = StatementLog::default();
        let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        let plan = plan(&server, &leader.token).await;
        let mut first = server.follow(leader.id, PROGRESS, json!({ "snapshot": true })).await;
        next(&mut first, "progressChanged").await;
        let cursor = next(&mut first, "progressChanged").await["cursor"].clone();
        drop(first);
        let mut streams = Vec::new();
        for number in 0..FOLLOWERS {
            let variables = if number % 2 == 0 { json!({ "snapshot": true }) } else { json!({ "after": cursor }) };
            streams.push(listening(server.follow(leader.id, PROGRESS, variables).await));
        }
        for stream in streams.iter_mut().step_by(2) {
            for _ in 0..2 {
                assert_eq!(next(stream, "progressChanged").await["isSnapshot"], true);
            }
        }
        settle().await;
        let _ = log.take();
        let mut told: Vec<Vec<Value>> = vec![Vec::new(); FOLLOWERS];
        for (status, progress) in [("DONE", 0.5), ("TODO", 0.0)] {
            let change = json!({ "id": plan.task, "status": status });
            server.change(&leader.token, "taskUpdate", change, "task { status }").await;
            for (stream, told) in streams.iter_mut().zip(&mut told) {
                for _ in 0..3 {
                    let event = next(stream, "progressChanged").await;
                    assert_eq!(event["current"], progress, "{event}");
                    told.push(event["cursor"].clone());
                }
            }
        }
        assert!(told.iter().all(|other| *other == told[0]), "all are told the same: {told:?}");
        // Each event names who acted: one look-up of the person for all who follow, and not one for each.
        let asked = |log: &StatementLog| -> usize {
            log.take_distinct().iter().filter(|(text, _)| names_people(text)).map(|(_, times)| *times).sum()
        };
        let times = asked(&log);
        assert!(times < FOLLOWERS, "{times} look-ups of the actor of 6 events");
    }

    async fn who_comes_back_again_and_again_misses_nothing_and_hears_nothing_twice(server: TestServer) {
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        let plan = plan(&server, &leader.token).await;
        let mut steady = listening(server.follow(leader.id, TASKS, json!({})).await);
        settle().await;
        let rename = async |number: usize| {
            let change = json!({ "id": plan.task, "title": format!("Weld {number}") });
            server.change(&leader.token, "taskUpdate", change, "task { title }").await;
        };
        rename(0).await;
        let begin = next_titled(&mut steady, "Weld 0").await["cursor"].clone();
        let changes = 20;
        let writing = async {
            for number in 1..=changes {
                rename(number).await;
            }
        };
        // Each leaves after its own number of events, so they come back at all moments of the shared run.
        let coming_back = join_all((1..6_usize).map(|stay| {
            let (server, begin) = (&server, &begin);
            async move {
                let (mut heard, mut cursor) = (Vec::new(), begin.clone());
                while heard.len() < changes {
                    let mut stream = server.follow(leader.id, TASKS, json!({ "after": cursor })).await;
                    for _ in 0..stay.min(changes - heard.len()) {
                        let event = next(&mut stream, "taskChanged").await;
                        cursor = event["cursor"].clone();
                        heard.push(event["current"]["title"].clone());
                    }
                }
                heard
            }
        }));
        let ((), all) = tokio::join!(writing, coming_back);
        let expected: Vec<Value> = (1..=changes).map(|number| json!(format!("Weld {number}"))).collect();
        for heard in all {
            assert_eq!(heard, expected);
        }
        for title in expected {
            assert_eq!(next(&mut steady, "taskChanged").await["current"]["title"], title);
        }
    }
}

fn names_people(text: &str) -> bool {
    text.contains("\"person\"") && text.contains("\"name\"")
}
