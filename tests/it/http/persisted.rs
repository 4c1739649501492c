//! Documents named by their hash, and servers that run stored documents only.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, ServerOptions, StatusCode, TestDatabase, TestServer, header};

use super::{GRAPHQL, on_sqlite};

const QUERY: &str = "{ __typename }";
/// SHA-256 of [`QUERY`].
const HASH: &str = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";

async fn ask(server: &TestServer, body: Value) -> Answer {
    let request = server.request(Method::POST, "/graphql").header(header::ACCEPT, GRAPHQL).json(&body);
    server.send(request).await
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

on_sqlite! {
    async fn a_document_is_sent_once_and_named_then(server: TestServer) {
        let answer = ask(&server, json!({ "extensions": persisted(HASH) })).await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "PERSISTED_QUERY_NOT_FOUND"));
        assert_eq!(answer.errors()[0]["message"], "PersistedQueryNotFound");
        let answer = ask(&server, json!({ "query": QUERY, "extensions": persisted(HASH) })).await;
        assert_eq!(answer.data(), &json!({ "__typename": "Query" }));
        for body in [
            json!({ "extensions": persisted(HASH) }),
            json!({ "documentId": HASH }),
            json!({ "documentId": format!("sha256:{HASH}") }),
        ] {
            assert_eq!(ask(&server, body).await.data(), &json!({ "__typename": "Query" }));
        }
        let path = format!("/graphql?extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22{HASH}%22%7D%7D");
        assert_eq!(server.send(server.request(Method::GET, &path)).await.data(), &json!({ "__typename": "Query" }));
    }

    async fn a_hash_of_something_else_keeps_nothing(server: TestServer) {
        let answer = ask(&server, json!({ "query": "{ a: __typename }", "extensions": persisted(HASH) })).await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));
        assert_eq!(ask(&server, json!({ "extensions": persisted(HASH) })).await.error_code(), "PERSISTED_QUERY_NOT_FOUND");
        for extensions in [
            json!({ "persistedQuery": { "version": 2, "sha256Hash": HASH } }),
            json!({ "persistedQuery": { "version": 1, "sha256Hash": "abc" } }),
            json!({ "persistedQuery": HASH }),
        ] {
            let answer = ask(&server, json!({ "query": QUERY, "extensions": extensions })).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        }
    }

    async fn only_trusted_documents_run(database: TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("documents.json");
        let documents = json!({ HASH: QUERY, "Schema": "{ a: __typename }" });
        std::fs::write(&path, documents.to_string()).expect("a file");
        let path = path.to_str().expect("text");
        let options = ServerOptions::default().setting("graphql.trusted_documents", path);
        let server = TestServer::start_with(database, options).await;
        for body in [
            json!({ "extensions": persisted(HASH) }),
            json!({ "documentId": HASH }),
            json!({ "query": QUERY }),
            json!({ "query": QUERY, "extensions": persisted(HASH) }),
        ] {
            assert_eq!(ask(&server, body).await.data(), &json!({ "__typename": "Query" }));
        }
        assert_eq!(ask(&server, json!({ "documentId": "Schema" })).await.data(), &json!({ "a": "Query" }));
        for body in [
            json!({ "query": "{ b: __typename }" }),
            json!({ "documentId": "Other" }),
            json!({ "extensions": persisted(&"0".repeat(64)) }),
        ] {
            let answer = ask(&server, body).await;
            assert_eq!((answer.status, answer.error_code()), (StatusCode::BAD_REQUEST, "DOCUMENT_NOT_TRUSTED"));
        }
        server.stop().await;
    }
}
