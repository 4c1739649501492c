//! What pages of other sites can do: nothing, unless their origin is named.

use reqwest::Method;
use serde_json::json;
use support::{Answer, ServerOptions, StatusCode, TestDatabase, TestServer, header};

use super::{JSON, on_sqlite};

const OURS: &str = "https://goals.example.com";

async fn preflight(server: &TestServer, origin: &str) -> Answer {
    let request = server
        .request(Method::OPTIONS, "/graphql")
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
    server.send(request).await
}

async fn post_from(server: &TestServer, origin: &str) -> Answer {
    let request = server.request(Method::POST, "/graphql").header(header::ORIGIN, origin);
    server.send(request.json(&json!({ "query": "{ __typename }" }))).await
}

on_sqlite! {
    async fn what_a_form_can_send_is_refused(server: TestServer) {
        let query = "{\"query\":\"{ __typename }\"}";
        let form = "--xx\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"{__typename}\"}\r\n--xx--\r\n";
        for (content_type, body) in [
            (None, query),
            (Some("text/plain"), query),
            (Some("text/plain; application/json"), query),
            (Some("application/x-www-form-urlencoded"), "query=%7B__typename%7D"),
            (Some("multipart/form-data; boundary=xx"), form),
            (Some("application/graphql"), "{ __typename }"),
            (Some("application/json; charset=utf-16"), query),
        ] {
            let answer = server.post_bytes(content_type, body).await;
            assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type:?}: {}", answer.text);
            assert_eq!(answer.error_code(), "BAD_USER_INPUT");
        }
        let good = server.post_bytes(Some("application/json; charset=UTF-8"), query).await;
        assert_eq!(good.status, StatusCode::OK);
        // A header that forces a preflight does not make a form welcome: files are not taken at all.
        let request = server.request(Method::POST, "/graphql").header("apollo-require-preflight", "1");
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=xx").body(form);
        assert_eq!(server.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let packed = server.request(Method::POST, "/graphql").header(header::CONTENT_TYPE, JSON);
        let packed = packed.header(header::CONTENT_ENCODING, "gzip").body("x");
        assert_eq!(server.send(packed).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn without_the_setting_no_page_may_read(server: TestServer) {
        for origin in [OURS, "null", "http://localhost:3000"] {
            for answer in [preflight(&server, origin).await, post_from(&server, origin).await] {
                assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{origin}");
            }
        }
    }

    async fn only_the_very_origin_may_read(database: TestDatabase) {
        let options = ServerOptions::default().setting("server.cors_origins", format!("{OURS}, http://localhost:5173"));
        let server = TestServer::start_with(database, options).await;
        for origin in [OURS, "http://localhost:5173"] {
            let allowed = preflight(&server, origin).await;
            assert_eq!(allowed.status, StatusCode::OK);
            assert_eq!(allowed.headers["x-request-id"].len(), 32, "a preflight has a name as well");
            assert_eq!(allowed.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            let headers = allowed.headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().expect("text");
            assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
            let answer = post_from(&server, origin).await;
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS).is_none());
            let varies = answer.headers.get_all(header::VARY).iter().any(|line| line.to_str().is_ok_and(|line| line.contains("origin")));
            assert!(varies, "a cache must tell origins apart");
        }
        for origin in [
            "null", "http://goals.example.com", "https://goals.example.com.evil.example", "https://evilgoals.example.com",
            "https://a.goals.example.com", "https://goals.example.com:444", "https://goals.example.com/", "*",
        ] {
            for answer in [preflight(&server, origin).await, post_from(&server, origin).await] {
                assert!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none(), "{origin}");
            }
        }
        server.stop().await;
    }
}
