//! A server that stops: what runs is finished, what listens hears of it, and nobody new is taken.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{StatusCode, TestDatabase, TestServer, World, both_databases};
use tokio::net::TcpStream;

use super::sse;

both_databases! {
    async fn what_runs_is_finished_first(database: TestDatabase) {
        let server = TestServer::start(database.clone()).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.clone();
        let held = database.hold_writers("task").await;
        let change = {
            let server = server.clone();
            tokio::spawn(async move { server.mutate(Some(&token), "taskCreate", json!({ "title": "Weld" }), "task { title }").await })
        };
        // Long enough to be under way; else it would be refused, and the test fail.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let stopping = { let server = server.clone(); tokio::spawn(async move { server.stop().await }) };
        for attempt in 0.. {
            if TcpStream::connect(server.address()).await.is_err() {
                break;
            }
            assert!(attempt < 100, "nobody new is taken");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!change.is_finished() && !stopping.is_finished(), "it waits for what runs");
        held.let_go().await;
        let answer = change.await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.at("taskCreate.task.title"), &json!("Weld"), "{}", answer.text);
        stopping.await.expect("it stops");
        assert_eq!(database.number("SELECT count(*) FROM task").await, 1);
    }

    async fn a_stream_of_events_hears_of_it(server: TestServer) {
        let world = World::of(&server).await;
        let query = "subscription { taskChanged { task { title } } }";
        let stream = sse::open(&server, &world.a.leader.token, query).await;
        assert_eq!(stream.status().as_u16(), 200);
        let begun = Instant::now();
        let stopping = { let server = server.clone(); tokio::spawn(async move { server.stop().await }) };
        // To its end, in order: a connection that breaks is no text.
        let rest = sse::whole(stream).await;
        assert!(rest.ends_with(": the server stops, come back after the last cursor\n\n"), "{rest}");
        assert!(!rest.contains("event:"), "no `complete`, after which nobody would come back: {rest}");
        stopping.await.expect("it stops");
        assert!(begun.elapsed() < Duration::from_secs(15), "nothing had to be cut off: {:?}", begun.elapsed());
    }
}
