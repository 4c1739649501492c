//! Texts that break programs: NUL, half characters, writing from right to left, great length, line ends.

use serde_json::{Value, json};
use support::{Answer, StatusCode, TestServer, World, both_databases};

const CREATE: &str = "mutation($input: ObjectiveCreateInput!) { objectiveCreate(input: $input) {
  objective { id title description } userErrors { field code } } }";
const SEARCH: &str =
    "query($text: String) { objectives(filter: { title: { contains: $text } }) { totalCount } }";

/// Nothing of the inside, and no header that the text could have written.
#[track_caller]
fn is_civil(answer: &Answer, what: &str) {
    assert!(!answer.text.contains("INTERNAL"), "{what}: {}", answer.text);
    assert!(answer.status.as_u16() < 500, "{what}: {}", answer.status);
    let id = answer.headers["x-request-id"].to_str().expect("plain text");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{what}: {id}");
    assert!(answer.headers.get("x-injected").is_none(), "{what}");
}

both_databases! {
    async fn odd_texts_are_taken_or_refused(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let long = "x".repeat(100_000);
        let texts = [
            ("NUL", "a\0b", Some(false)),
            ("only NUL", "\0", Some(false)),
            ("right to left", "\u{202e}evil\u{202c}", None),
            ("line ends", "a\r\nx-injected: 1\r\n\r\nb", Some(false)),
            ("escape", "a\u{1b}[31mb", Some(false)),
            ("hundred kilobytes", long.as_str(), Some(false)),
            ("beyond the first plane", "😀𝒳🏴‍☠️", Some(true)),
            ("not a character", "\u{fffe}\u{ffff}", None),
            ("one blank", " ", Some(false)),
            ("byte order mark", "\u{feff}", None),
        ];
        for (what, text, accepted) in texts {
            let input = json!({ "input": { "title": text } });
            let answer = server.graphql(token, CREATE, input).await;
            is_civil(&answer, what);
            let written = answer.body.pointer("/data/objectiveCreate/objective/title");
            let title = written.and_then(Value::as_str);
            if let Some(accepted) = accepted {
                assert_eq!(title.is_some(), accepted, "{what}: {}", answer.text);
            }
            if let Some(title) = title {
                assert_eq!(title, text, "{what}: written as it came");
            } else if answer.errors().is_empty() {
                assert!(!answer.user_errors("objectiveCreate").is_empty(), "{what}: {}", answer.text);
            } else {
                assert!(answer.text.contains("BAD_USER_INPUT"), "{what}: {}", answer.text);
            }

            let input = json!({ "input": { "title": "T", "description": text } });
            is_civil(&server.graphql(token, CREATE, input).await, what);
            is_civil(&server.graphql(token, SEARCH, json!({ "text": text })).await, what);
            let by_code = "query($code: String) { objective(code: $code) { id } }";
            is_civil(&server.graphql(token, by_code, json!({ "code": text })).await, what);
            let by_id = "query($id: ID!) { node(id: $id) { id } }";
            is_civil(&server.graphql(token, by_id, json!({ "id": text })).await, what);
            let after = "query($after: String) { objectives(after: $after) { totalCount } }";
            let answer = server.graphql(token, after, json!({ "after": text })).await;
            is_civil(&answer, what);
            assert!(!answer.errors().is_empty(), "{what} is no cursor");
        }
    }

    async fn every_text_test_takes_any_text(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let long = "ab*[?%_\\".repeat(12_500);
        for test in [
            "eq", "neq", "eqIgnoreCase", "contains", "containsIgnoreCase", "startsWith",
            "startsWithIgnoreCase", "endsWith",
        ] {
            for text in ["a\0b", long.as_str(), "\u{202e}", "\r\n"] {
                let query = format!("query($text: String) {{ tasks(filter: {{ title: {{ {test}: $text }} }}) {{ totalCount }} }}");
                let answer = server.graphql(token, &query, json!({ "text": text })).await;
                is_civil(&answer, test);
                if text.contains('\0') {
                    assert!(answer.text.contains("BAD_USER_INPUT"), "{test}: {}", answer.text);
                }
            }
        }
        // The same written in the document itself.
        let answer = server.graphql(token, "{ tasks(filter: { title: { eq: \"a\\u0000b\" } }) { totalCount } }", json!({})).await;
        is_civil(&answer, "NUL in the document");
        assert_eq!(answer.error_code(), "BAD_USER_INPUT");
    }

    async fn half_characters_are_no_json(server: TestServer) {
        let world = World::of(&server).await;
        for half in ["\\ud800", "\\udfff", "a\\ud83d", "\\ude00\\ud83d"] {
            let body = format!(r#"{{"query":"query($t: String) {{ objective(code: $t) {{ id }} }}","variables":{{"t":"{half}"}}}}"#);
            let request = server.request(reqwest::Method::POST, "/graphql").bearer_auth(&world.a.leader.token);
            let request = request.header("content-type", "application/json").body(body);
            let answer = server.send(request).await;
            is_civil(&answer, half);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{half}: {}", answer.text);
            assert_eq!(answer.error_code(), "BAD_USER_INPUT");
            let query = format!("{{ objective(code: \"{half}\") {{ id }} }}");
            is_civil(&server.graphql(Some(&world.a.leader.token), &query, json!({})).await, half);
        }
        // Bytes that are no UTF-8.
        let answer = server.post_bytes(Some("application/json"), b"{\"query\":\"\xff\xfe\"}".to_vec()).await;
        is_civil(&answer, "no UTF-8");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }

    async fn a_header_of_the_client_names_no_request(server: TestServer) {
        let request = server.request(reqwest::Method::POST, "/graphql");
        let request = request.header("x-request-id", "mine\u{a0}mine").json(&json!({ "query": "{ viewer { __typename } }" }));
        let answer = server.send(request).await;
        is_civil(&answer, "an id of the client");
    }
}
