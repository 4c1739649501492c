//! What fails on our side: told as ours, with an id to ask for and nothing of the inside, and over by itself.

use std::{str::FromStr as _, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use support::{Answer, Backend, ServerOptions, StatusCode, TestDatabase, TestServer, World, both_databases};

use crate::http::{socket::Socket, sse};

/// How often, every 100 ms, something is waited for that comes by itself.
const TRIES: usize = 200;

/// Waits until it is so.
async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..TRIES {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: not after {TRIES} looks");
}

async fn readiness(server: &TestServer) -> StatusCode {
    let answer = server.send(server.request(Method::GET, "/readyz")).await;
    assert_is_civil(&answer.text);
    answer.status
}

/// Nothing that only somebody inside would know.
#[track_caller]
fn assert_is_civil(text: &str) {
    let lower = text.to_lowercase();
    for word in [
        "select ",
        "insert ",
        "update ",
        "sql",
        "postgres",
        "relation",
        "no such table",
        "hidden_away",
        "sea_orm",
        "dberr",
        "pool",
        "timed out",
        ".rs",
        "connection",
        "canary",
        "127.0.0.1",
        "\"line\":0",
    ] {
        assert!(!lower.contains(word), "`{word}` is told: {text}");
    }
}

/// Whether an answer says `INTERNAL`, in the way it should.
#[track_caller]
fn is_internal(answer: &Answer) -> bool {
    assert_is_civil(&answer.text);
    let told = answer.errors().iter().find(|error| error["extensions"]["code"] == "INTERNAL");
    if let Some(error) = told {
        let id = answer.headers["x-request-id"].to_str().expect("text");
        assert_eq!(error["extensions"]["requestId"], json!(id), "{}", answer.text);
        assert!(error["message"].as_str().is_some_and(|message| message.contains("request id")));
    }
    told.is_some()
}

both_databases! {
    async fn a_statement_that_fails_is_ours(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let rename = async |from: &str, to: &str| {
            server.database().execute(&format!("ALTER TABLE {from} RENAME TO {to}")).await.expect("renamed");
        };
        rename("task", "hidden_away").await;
        let answer = server.graphql(Some(token), "{ tasks { totalCount nodes { id } } organization { name } }", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(is_internal(&answer), "{}", answer.text);
        assert_eq!(answer.body["data"], json!({ "tasks": null, "organization": { "name": "ACME" } }), "{}", answer.text);
        let answer = server.mutate(Some(token), "taskCreate", json!({ "title": "T" }), "task { id }").await;
        assert!(is_internal(&answer), "{}", answer.text);
        assert_eq!(answer.body["data"], json!({ "taskCreate": null }));
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("q", "{ tasks { totalCount } }").await;
        let heard = socket.hear().await;
        let error = &heard["payload"]["errors"][0]["extensions"];
        assert!(error["code"] == "INTERNAL" && error["requestId"].is_string(), "{heard}");
        assert_is_civil(&heard.to_string());
        let events = sse::whole(sse::open(&server, token, "{ tasks { totalCount } }").await).await;
        assert!(events.contains("INTERNAL") && events.contains("requestId"), "{events}");
        assert_is_civil(&events);
        rename("hidden_away", "task").await;
        let answer = server.graphql(Some(token), "{ tasks { totalCount } }", json!({})).await;
        assert_eq!(answer.data(), &json!({ "tasks": { "totalCount": 0 } }));
    }

    async fn a_full_pool_turns_readiness_and_empties_by_itself(database: TestDatabase) {
        let options = ServerOptions::default()
            .setting("database.max_connections", "2")
            .setting("database.acquire_timeout_seconds", "1")
            .setting("auth.viewer_cache_milliseconds", "0");
        let server = TestServer::start_with(database.clone(), options).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.clone();
        let task = world.a.task(&database, "Weld", &[]).await.expect("written");
        assert_eq!(readiness(&server).await, StatusCode::OK);
        let held = database.hold_writers("task").await;
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let (server, token) = (server.clone(), token.clone());
                let input = json!({ "id": format!("tsk_{}", task.simple()), "title": "Paint" });
                tokio::spawn(async move { server.mutate(Some(&token), "taskUpdate", input, "task { id }").await })
            })
            .collect();
        soon("not ready", async || readiness(&server).await == StatusCode::SERVICE_UNAVAILABLE).await;
        let query = "{ tasks { totalCount } }";
        soon("ours", async || is_internal(&server.graphql(Some(&token), query, json!({})).await)).await;
        let alive = server.send(server.request(Method::GET, "/healthz")).await;
        assert_eq!(alive.status, StatusCode::OK, "the process lives all the same");
        held.let_go().await;
        for one in waiting {
            let answer = one.await.expect("an answer");
            assert!(answer.errors().is_empty() || is_internal(&answer), "{}", answer.text);
        }
        soon("ready", async || readiness(&server).await == StatusCode::OK).await;
        soon("served", async || server.graphql(Some(&token), query, json!({})).await.errors().is_empty()).await;
        server.stop().await;
    }

    async fn a_database_that_goes_away_is_found_again(server: TestServer) {
        if server.backend() == Backend::Sqlite {
            return; // A file that is open does not go away.
        }
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let options = PgConnectOptions::from_str(server.database_url()).expect("an address");
        let name = options.get_database().expect("a name").to_owned();
        let mut other = PgConnection::connect_with(&options.database("postgres")).await.expect("PostgreSQL answers");
        let mut admin = async |text: String| other.execute(AssertSqlSafe(text)).await.map(drop).expect("runs");
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("s", "subscription { taskChanged { task { title } } }").await;
        let query = "{ tasks { totalCount } }";
        assert!(server.graphql(Some(token), query, json!({})).await.errors().is_empty());
        assert_eq!(readiness(&server).await, StatusCode::OK);

        admin(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
        admin(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
        soon("not ready", async || readiness(&server).await == StatusCode::SERVICE_UNAVAILABLE).await;
        for query in [query, "{ organization { name } }", "mutation { taskCreate(input: { title: \"T\" }) { task { id } } }"] {
            let answer = server.graphql(Some(token), query, json!({})).await;
            assert!(is_internal(&answer), "{query}: {} {}", answer.status, answer.text);
            assert!([200, 500].contains(&answer.status.as_u16()), "{query}: {}", answer.status);
        }
        let refused = sse::whole(sse::open(&server, token, query).await).await;
        assert!(refused.contains("INTERNAL"), "{refused}");
        assert_is_civil(&refused);
        assert_eq!(server.send(server.request(Method::GET, "/healthz")).await.status, StatusCode::OK);
        assert_eq!(server.graphql(None, "{ __typename }", json!({})).await.data(), &json!({ "__typename": "Query" }));

        admin(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")).await;
        soon("ready", async || readiness(&server).await == StatusCode::OK).await;
        let create = "mutation { taskCreate(input: { title: \"Weld\" }) { task { title } } }";
        soon("served", async || {
            let answer = server.graphql(Some(token), create, json!({})).await;
            answer.body.pointer("/data/taskCreate/task/title").and_then(Value::as_str) == Some("Weld")
        })
        .await;
        // A stream that stood goes on, and misses nothing.
        let heard = socket.hear().await;
        assert_eq!(heard["payload"]["data"]["taskChanged"]["task"]["title"], json!("Weld"), "{heard}");
    }
}
