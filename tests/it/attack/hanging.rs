//! What takes for ever is cut off, and whoever leaves takes what was begun for them along.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use support::{Backend, ServerOptions, StatusCode, TestDatabase, TestServer, World, both_databases};
use uuid::Uuid;

use crate::http::{connection::on_socket, raw::Raw};

/// How often, every 100 ms, something is waited for that comes by itself.
const TRIES: usize = 300;
/// Connections of the server, and requests that hang at once.
const POOL: usize = 4;

async fn server(database: TestDatabase, request: &str, statement: &str) -> TestServer {
    let options = ServerOptions::default()
        .setting("server.request_timeout_seconds", request)
        .setting("database.statement_timeout_seconds", statement)
        .setting("database.max_connections", POOL.to_string());
    TestServer::start_with(database, options).await
}

/// Statements of the server that wait for a lock or stand in a transaction, as far as the database tells.
async fn stuck(server: &TestServer) -> i64 {
    match server.backend() {
        Backend::Sqlite => 0,
        Backend::Postgres => {
            let text = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'throughline' AND (wait_event_type = 'Lock' OR state LIKE 'idle in%')";
            server.database().number(text).await
        }
    }
}

/// As many reads at once as there are connections, each of which is answered.
async fn the_pool_is_whole(server: &TestServer, token: &str) {
    for attempt in 0.. {
        if stuck(server).await == 0 {
            break;
        }
        if attempt >= TRIES {
            let text = "SELECT state, wait_event_type, query FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name = 'throughline'";
            panic!("a connection is still stuck: {:?}", server.sql(text).await);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let asked: Vec<_> = (0..POOL * 2)
        .map(|_| {
            let (server, token) = (server.clone(), token.to_owned());
            tokio::spawn(async move {
                server.graphql(Some(&token), "{ tasks { nodes { title } } }", json!({})).await
            })
        })
        .collect();
    for one in asked {
        let answer = one.await.expect("an answer");
        assert_eq!(
            answer.data(),
            &json!({ "tasks": { "nodes": [{ "title": "Weld" }] } }),
            "nothing was written"
        );
    }
}

fn update(task: Uuid) -> serde_json::Value {
    json!({ "id": format!("tsk_{}", task.simple()), "title": "Paint" })
}

/// Sends a change and leaves without an answer.
async fn ask_and_leave(server: &TestServer, token: &str, task: Uuid, is_there: impl AsyncFn() -> bool) {
    let input = update(task);
    let query = "mutation($input: TaskUpdateInput!) { taskUpdate(input: $input) { task { id } } }";
    let body = json!({ "query": query, "variables": { "input": input } }).to_string();
    let text = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let gone = on_socket(server, move |address: SocketAddr| {
        let mut raw = Raw::open(address);
        raw.send(text);
        raw
    })
    .await;
    for _ in 0..TRIES {
        if is_there().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(gone);
}

both_databases! {
    async fn what_hangs_is_cut_off_and_gives_its_connection_back(database: TestDatabase) {
        let server = server(database.clone(), "1", "2").await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.clone();
        let task = world.a.task(&database, "Weld", &[]).await.expect("written");
        the_pool_is_whole(&server, &token).await;
        let held = database.hold_writers("task").await;
        let hanging: Vec<_> = (0..POOL - 1)
            .map(|_| {
                let (server, token) = (server.clone(), token.clone());
                tokio::spawn(async move { server.mutate(Some(&token), "taskUpdate", update(task), "task { id }").await })
            })
            .collect();
        for one in hanging {
            let answer = one.await.expect("an answer");
            assert_eq!((answer.status, answer.error_code()), (StatusCode::OK, "TIMEOUT"), "{}", answer.text);
            assert!(answer.body["data"].is_null(), "{}", answer.text);
        }
        if server.backend() == Backend::Postgres {
            // The database ends the statements by itself, while whoever stood in the way still stands there.
            the_pool_is_whole(&server, &token).await;
        }
        held.let_go().await;
        the_pool_is_whole(&server, &token).await;
        assert_eq!(database.number("SELECT count(*) FROM event").await, 0, "nothing was begun and left behind");
        server.change(&token, "taskUpdate", json!({ "id": update(task)["id"], "title": "Weld" }), "task { id }").await;
        server.stop().await;
    }

    async fn whoever_leaves_takes_their_request_along(database: TestDatabase) {
        let server = server(database.clone(), "60", "60").await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.clone();
        let task = world.a.task(&database, "Weld", &[]).await.expect("written");
        let held = database.hold_writers("task").await;
        let began = std::time::Instant::now();
        for _ in 0..POOL + 2 {
            // Long enough under way to stand at the lock: the database tells, or it is given a moment.
            ask_and_leave(&server, &token, task, async || match server.backend() {
                Backend::Postgres => stuck(&server).await > 0,
                Backend::Sqlite => began.elapsed() > Duration::from_millis(500),
            })
            .await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        held.let_go().await;
        the_pool_is_whole(&server, &token).await;
        assert_eq!(database.number("SELECT count(*) FROM event").await, 0, "nobody waits for the change any more");
        server.stop().await;
    }
}
