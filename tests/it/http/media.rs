//! Content types, statuses, methods.

use reqwest::Method;
use serde_json::json;
use support::{Answer, StatusCode, TestServer, header};

use super::{GRAPHQL, JSON, on_sqlite};

async fn post(server: &TestServer, accept: Option<&str>, body: serde_json::Value) -> Answer {
    let mut request = server.request(Method::POST, "/graphql").json(&body);
    if let Some(accept) = accept {
        request = request.header(header::ACCEPT, accept);
    }
    server.send(request).await
}

fn media(answer: &Answer) -> &str {
    answer.headers[header::CONTENT_TYPE].to_str().expect("text").split(';').next().expect("a type")
}

on_sqlite! {
    async fn the_answer_is_of_the_wanted_type(server: TestServer) {
        let query = json!({ "query": "{ __typename }" });
        for (accept, expected) in [
            (None, JSON),
            (Some("*/*"), JSON),
            (Some(JSON), JSON),
            (Some(GRAPHQL), GRAPHQL),
            (Some("application/graphql-response+json, application/json;q=0.9"), GRAPHQL),
            (Some("application/graphql-response+json;q=0.1, application/json;q=0.9"), JSON),
        ] {
            let answer = post(&server, accept, query.clone()).await;
            assert_eq!((answer.status, media(&answer)), (StatusCode::OK, expected), "{accept:?}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        }
        for accept in ["text/csv", "application/json;q=0", "application/json;charset=utf-16"] {
            let answer = post(&server, Some(accept), query.clone()).await;
            assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE, "{accept}");
            assert_eq!(answer.error_code(), "BAD_USER_INPUT");
        }
    }

    async fn the_status_tells_whether_it_ran(server: TestServer) {
        for (what, body) in [
            ("no document", json!({ "query": "{" })),
            ("no such field", json!({ "query": "{ nothing }" })),
            ("no such operation", json!({ "query": "query A { __typename }", "operationName": "B" })),
            ("which operation", json!({ "query": "query A { __typename } query B { __typename }" })),
        ] {
            for (accept, status) in [(GRAPHQL, StatusCode::BAD_REQUEST), (JSON, StatusCode::OK)] {
                let answer = post(&server, Some(accept), body.clone()).await;
                assert_eq!(answer.status, status, "{what}: {}", answer.text);
                assert!(answer.body.get("data").is_none() && !answer.errors().is_empty(), "{what}: {}", answer.text);
            }
        }
        // It ran, and failed: the status is good, and data is there.
        let answer = post(&server, Some(GRAPHQL), json!({ "query": "{ objectives { totalCount } }" })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.error_code(), "UNAUTHENTICATED");
        assert_eq!(answer.body["data"], json!({ "objectives": null }));
    }

    async fn a_body_that_is_not_of_the_form_is_a_400(server: TestServer) {
        let deep = format!("{{\"query\":\"{{__typename}}\",\"variables\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_extensions = deep.replace("variables", "extensions");
        for body in [
            "", "{", "0", "\"x\"", "null", "[]", "[1]", "true", "{}", "{\"qeury\":\"{__typename}\"}",
            "{\"query\":1}", "{\"query\":null}", "{\"query\":\"{__typename}\",\"variables\":[]}",
            "{\"query\":\"{__typename}\",\"operationName\":1}", "{\"query\":\"{__typename}\",\"extensions\":[]}",
            &deep, &deep_extensions,
        ] {
            let answer = server.post_bytes(Some(JSON), body).await;
            let shown: String = body.chars().take(60).collect();
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}: {}", answer.text);
            assert_eq!(answer.error_code(), "BAD_USER_INPUT", "{shown}");
            assert!(answer.body.get("data").is_none(), "{shown}");
        }
        assert_eq!(server.post_bytes(Some(JSON), "{\"query\":\"{__typename}\"}").await.status, StatusCode::OK);
    }

    async fn only_get_and_post_are_known(server: TestServer) {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let request = server.request(method.clone(), "/graphql").json(&json!({ "query": "{ __typename }" }));
            let answer = server.send(request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
            let allowed = answer.headers[header::ALLOW].to_str().expect("text");
            assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
        }
        // What names another method in a header is not looked at: this stays a GET.
        for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
            let request = server.request(Method::GET, "/graphql?query=mutation%7B__typename%7D").header(name, "POST");
            let answer = server.send(request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
        }
    }

    async fn long_answers_are_compressed_for_those_who_take_it(server: TestServer) {
        let long = format!("{{ {} }}", (0..19).map(|at| format!("a{at}: __typename ")).collect::<String>());
        let schema = server.request(Method::GET, "/schema.graphql");
        let plain = server.send(schema).await;
        assert!(plain.headers.get(header::CONTENT_ENCODING).is_none() && plain.text.len() > 10_000);
        let schema = server.request(Method::GET, "/schema.graphql").header(header::ACCEPT_ENCODING, "gzip");
        let packed = schema.send().await.expect("an answer");
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(packed.bytes().await.expect("a body").len() < plain.text.len() / 2);
        let request = server.request(Method::POST, "/graphql").json(&json!({ "query": long }));
        let short = request.header(header::ACCEPT_ENCODING, "gzip").send().await.expect("an answer");
        assert!(short.headers().get(header::CONTENT_ENCODING).is_none(), "short answers stay as they are");
    }
}
