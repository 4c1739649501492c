//! Queries in the address, batches, subscriptions without a stream.

use reqwest::{Method, Url};
use serde_json::{Value, json};
use support::{Answer, ServerOptions, StatusCode, TestDatabase, TestServer, World, header};

use super::{GRAPHQL, on_sqlite};

async fn get(server: &TestServer, token: Option<&str>, parameters: &[(&str, &str)]) -> Answer {
    let address = Url::parse_with_params("http://x/graphql", parameters).expect("an address");
    let path = format!("/graphql?{}", address.query().unwrap_or_default());
    let mut request = server.request(Method::GET, &path).header(header::ACCEPT, GRAPHQL);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    server.send(request).await
}

async fn batch(server: &TestServer, operations: &[&str]) -> Answer {
    let all: Vec<Value> = operations.iter().map(|query| json!({ "query": query })).collect();
    server.send(server.request(Method::POST, "/graphql").json(&all)).await
}

on_sqlite! {
    async fn a_query_runs_from_the_address(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let two = "query A($code: String) { a: objective(code: $code) { id } } query B { b: __typename }";
        let answer = get(&server, token, &[("query", two), ("operationName", "B")]).await;
        assert_eq!(answer.data(), &json!({ "b": "Query" }));
        let variables = r#"{"code":"O-999"}"#;
        let answer = get(&server, token, &[("query", two), ("operationName", "A"), ("variables", variables)]).await;
        assert_eq!(answer.data(), &json!({ "a": null }));
        for (parameters, expected) in [
            (&[("operationName", "A")][..], "is missing"),
            (&[("query", two), ("variables", "{")], "not JSON"),
            (&[("query", two), ("query", two)], "given twice"),
        ] {
            let answer = get(&server, token, parameters).await;
            assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));
            assert!(answer.text.contains(expected), "{}", answer.text);
        }
    }

    async fn nothing_is_changed_by_get(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let create = "mutation M { objectiveCreate(input: { title: \"By GET\" }) { objective { id } } }";
        let both = format!("query Q {{ __typename }} {create}");
        for parameters in [&[("query", create)][..], &[("query", &both), ("operationName", "M")]] {
            let answer = get(&server, token, parameters).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{}", answer.text);
            assert_eq!(answer.headers[header::ALLOW], "POST");
            assert!(answer.body.get("data").is_none(), "{}", answer.text);
        }
        let count = server.sql("SELECT COUNT(*) AS n FROM objective WHERE title = 'By GET'").await;
        assert_eq!(count[0]["n"], 0);
        let answer = get(&server, token, &[("query", &both), ("operationName", "Q")]).await;
        assert_eq!(answer.data(), &json!({ "__typename": "Query" }));
    }

    async fn people_see_the_explorer_and_programs_are_told(database: TestDatabase) {
        let server = TestServer::start(database.clone()).await;
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let page = |server: &TestServer| server.request(Method::GET, "/graphql").header(header::ACCEPT, browser);
        let answer = server.send(page(&server)).await;
        assert!(answer.status == StatusCode::OK && answer.text.contains("<html"), "{}", answer.text);
        let answer = server.send(server.request(Method::GET, "/graphql")).await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));
        server.stop().await;
        let options = ServerOptions::default().setting("graphql.explorer", "false");
        let server = TestServer::start_with(database, options).await;
        assert_eq!(server.send(page(&server)).await.status, StatusCode::BAD_REQUEST);
        server.stop().await;
    }

    async fn a_subscription_needs_a_stream(server: TestServer) {
        let query = "subscription { __typename }";
        for answer in [
            get(&server, None, &[("query", query)]).await,
            server.send(server.request(Method::POST, "/graphql").header(header::ACCEPT, GRAPHQL).json(&json!({ "query": query }))).await,
        ] {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
            assert!(answer.body.get("data").is_none(), "{}", answer.text);
        }
    }

    async fn a_batch_answers_each_in_its_place(server: TestServer) {
        let answer = batch(&server, &["{ __typename }", "{ nothing }", "{ a: __typename }"]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body[0], json!({ "data": { "__typename": "Query" } }));
        assert!(answer.body[1].get("data").is_none() && answer.body[1]["errors"].is_array(), "{}", answer.text);
        assert_eq!(answer.body[2], json!({ "data": { "a": "Query" } }));
        let ten = ["{ __typename }"; 10];
        assert_eq!(batch(&server, &ten).await.body.as_array().map(Vec::len), Some(10));
        for count in [11, 1_000] {
            let answer = batch(&server, &vec!["{ __typename }"; count]).await;
            assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));
        }
    }

    async fn the_cost_of_a_batch_is_that_of_all(database: TestDatabase) {
        let options = ServerOptions::default().setting("graphql.max_complexity", "1000");
        let server = TestServer::start_with(database, options).await;
        let dear = "{ objectives(first: 100) { nodes { id title code state } } }";
        assert_eq!(batch(&server, &[dear]).await.status, StatusCode::OK);
        let answer = batch(&server, &[dear; 4]).await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "QUERY_TOO_COMPLEX"));
        server.stop().await;
    }
}
