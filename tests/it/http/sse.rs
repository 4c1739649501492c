//! Streams as Server-Sent Events, one connection for each operation.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};
use support::{TestServer, World};

use super::on_sqlite;

const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) fn request(server: &TestServer, token: Option<&str>, query: &str) -> RequestBuilder {
    let request = server
        .request(Method::POST, "/graphql/stream")
        .header(header::ACCEPT, "text/event-stream")
        .json(&json!({ "query": query }));
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

pub(crate) async fn open(server: &TestServer, token: &str, query: &str) -> Response {
    request(server, Some(token), query).send().await.expect("an answer")
}

/// All that comes until the stream ends.
pub(crate) async fn whole(response: Response) -> String {
    tokio::time::timeout(PATIENCE, response.text()).await.expect("an end in time").expect("a text")
}

/// What comes until a text is in it.
pub(crate) async fn until(response: &mut Response, wanted: &str) -> String {
    let mut heard = String::new();
    while !heard.contains(wanted) {
        let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.expect("something in time");
        let Some(chunk) = chunk.expect("readable") else { panic!("it ended after {heard}") };
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    heard
}

on_sqlite! {
    async fn events_have_the_form_of_the_protocol(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let response = open(&server, token, "{ __typename }").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream; charset=utf-8");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(
            whole(response).await,
            "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata: \n\n"
        );
        world.a.objective(server.database(), 1, "Grow", &[]).await.expect("written");
        let query = "subscription { progressChanged(snapshot: true, first: 1) { objective { code } } }";
        let heard = whole(open(&server, token, query).await).await;
        assert!(heard.starts_with("event: next\ndata: {\"data\":{\"progressChanged\":{\"objective\":{\"code\":\"O-1\"}}}}\n\n"), "{heard}");
        assert!(heard.ends_with("event: complete\ndata: \n\n"), "{heard}");
    }

    async fn who_only_can_read_streams_too_gets_json(server: TestServer) {
        let world = World::of(&server).await;
        let urql = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
        let asked = server
            .request(Method::POST, "/graphql")
            .header(header::ACCEPT, urql)
            .bearer_auth(&world.a.leader.token)
            .json(&json!({ "query": "{ __typename }" }));
        let response = asked.send().await.expect("an answer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/graphql-response+json; charset=utf-8");
    }

    async fn what_cannot_begin_is_refused_by_status(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        for (token, query, status, code) in [
            (None, "{ __typename }", 401, "UNAUTHENTICATED"),
            (Some("nonsense"), "{ __typename }", 401, "UNAUTHENTICATED"),
            (Some(token), "{ nothing }", 400, "GRAPHQL_VALIDATION_FAILED"),
            (Some(token), "{", 400, "GRAPHQL_PARSE_FAILED"),
        ] {
            let response = request(&server, token, query).send().await.expect("an answer");
            assert_eq!(response.status().as_u16(), status, "{query}");
            let body: Value = response.json().await.expect("JSON");
            assert_eq!(body["errors"][0]["extensions"]["code"], json!(code), "{body}");
            assert!(body.get("data").is_none());
        }
        let heard = whole(open(&server, token, "subscription { progressChanged(after: \"x\") { cursor } }").await).await;
        assert!(heard.contains("CURSOR_INVALID") && heard.ends_with("event: complete\ndata: \n\n"), "{heard}");
        let by_get = server
            .request(Method::GET, "/graphql?query=mutation%20%7B%20__typename%20%7D")
            .header(header::ACCEPT, "text/event-stream")
            .bearer_auth(token);
        assert_eq!(by_get.send().await.expect("an answer").status().as_u16(), 405);
    }

    async fn a_stream_lives_and_ends_with_its_rights(server: TestServer) {
        let world = World::of(&server).await;
        let mut response =
            open(&server, &world.a.individual.token, "subscription { taskChanged { task { title } } }").await;
        // Whoever hears nothing hears at least that the stream lives.
        assert_eq!(until(&mut response, ":\n\n").await, ":\n\n");
        let gone = format!("UPDATE person SET deactivated_at = 1 WHERE email = '{}'", world.a.individual.email);
        server.database().execute(&gone).await.expect("written");
        let rest = until(&mut response, "event: complete").await;
        assert!(rest.contains("UNAUTHENTICATED"), "{rest}");
    }
}
