//! Texts that would be SQL if they were not bound, and wildcards that would match if they were not plain.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{TestServer, World, both_databases};

const PAYLOADS: [&str; 14] = [
    "'",
    "\"",
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE objective; --",
    "') UNION SELECT email FROM person --",
    "'; SELECT pg_sleep(5); --",
    "' || (SELECT pg_sleep(5)) || '",
    "1) OR (SELECT 1 FROM pg_sleep(5)) IS NOT NULL --",
    "' AND (SELECT randomblob(1000000000)) --",
    "$1",
    "?1",
    "\\'; SELECT 1; --",
    "${jndi:ldap://127.0.0.1/x}",
];
/// Whether a title fits a part of a text.
type Matches = fn(&str, &str) -> bool;

const SOON: Duration = Duration::from_secs(2);

both_databases! {
    async fn payloads_are_only_texts(server: TestServer) {
        let world = World::of(&server).await;
        world.a.thread(server.database()).await;
        let token = Some(world.a.leader.token.as_str());
        for payload in PAYLOADS {
            for (query, expected) in [
                ("query($t: String!) { objectives(filter: { title: { eq: $t } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { title: { neq: $t } }) { totalCount } }", 6),
                ("query($t: String!) { objectives(filter: { title: { in: [$t, $t] } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { title: { nin: [$t] } }) { totalCount } }", 6),
                ("query($t: String!) { objectives(filter: { title: { contains: $t } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { title: { containsIgnoreCase: $t } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { title: { startsWithIgnoreCase: $t } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { title: { endsWith: $t } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { code: { startsWith: $t } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { keyResults: { some: { title: { contains: $t } } } }) { totalCount } }", 0),
                ("query($t: String!) { objectives(filter: { owner: { email: { eqIgnoreCase: $t } } }) { totalCount } }", 0),
            ] {
                let start = Instant::now();
                let answer = server.graphql(token, query, json!({ "t": payload })).await;
                assert_eq!(answer.at("objectives.totalCount"), expected, "{query} with {payload}");
                assert!(start.elapsed() < SOON, "{query} with {payload} took {:?}", start.elapsed());
            }
            for query in [
                "query($t: String!) { objective(code: $t) { id } }",
                "query($t: String!) { keyResult(code: $t) { id } }",
                "query($t: ID!) { node(id: $t) { id } }",
                "query($t: ID!) { task(id: $t) { id } }",
                "query($t: ID!) { tasks(filter: { id: { eq: $t } }) { totalCount } }",
                "query($t: String!) { objectives(after: $t) { totalCount } }",
                "query($t: String!) { tasks(filter: { dueOn: { eq: $t } }) { totalCount } }",
                "query($t: String!) { tasks(filter: { status: { eq: $t } }) { totalCount } }",
                "query($t: String!) { tasks(sort: [{ field: $t }]) { totalCount } }",
                "query($t: String!) { tasks(sort: $t) { totalCount } }",
            ] {
                let start = Instant::now();
                let answer = server.graphql(token, query, json!({ "t": payload })).await;
                assert!(!answer.text.contains("INTERNAL") && answer.status.as_u16() < 500, "{query} with {payload}: {}", answer.text);
                assert!(start.elapsed() < SOON, "{query} with {payload} took {:?}", start.elapsed());
            }
            let input = json!({ "title": payload });
            let written = server.change(&world.a.leader.token, "objectiveCreate", input, "objective { id title }").await;
            assert_eq!(written["objective"]["title"], payload);
            let input = json!({ "id": written["objective"]["id"] });
            server.change(&world.a.leader.token, "objectiveArchive", input, "objective { id }").await;
        }
        assert_eq!(server.database().number("SELECT count(*) FROM objective").await, 6 + 14);
    }

    async fn wildcards_are_plain_characters(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let titles = ["100%", "100x", "a_b", "axb", "a\\b", "a*b", "a?b", "a[b]c", "abc", "[", "]", "^", "a-z", "ÄÖ", "äö"];
        for title in titles {
            company.task(server.database(), title, &[]).await.expect("written");
        }
        let token = Some(company.leader.token.as_str());
        let parts = ["%", "_", "\\", "*", "?", "[", "]", "^", "-", "[b]", "[a-z]", "a_", "a?", "100%", "%%", "\\%", "\\\\", "a", "b", "Ä", "ä", ""];
        let tests: [(&str, Matches); 5] = [
            ("contains", |title, part| title.contains(part)),
            ("startsWith", |title, part| title.starts_with(part)),
            ("endsWith", |title, part| title.ends_with(part)),
            ("containsIgnoreCase", |title, part| title.to_lowercase().contains(&part.to_lowercase())),
            ("startsWithIgnoreCase", |title, part| title.to_lowercase().starts_with(&part.to_lowercase())),
        ];
        for part in parts {
            for (test, holds) in tests {
                let query = format!("query($t: String) {{ tasks(filter: {{ title: {{ {test}: $t }} }}) {{ nodes {{ title }} }} }}");
                let answer = server.graphql(token, &query, json!({ "t": part })).await;
                let nodes = answer.at("tasks.nodes").as_array().expect("a list");
                let found: Vec<_> = nodes.iter().map(|node| node["title"].as_str().expect("a title")).collect();
                let expected: Vec<_> = titles.into_iter().filter(|title| holds(title, part)).collect();
                assert_eq!(found, expected, "{test} {part:?}");
            }
        }
    }

    async fn what_is_no_text_is_no_text(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        for query in [
            "{ tasks(filter: { status: { eq: \"TODO' OR 1=1 --\" } }) { totalCount } }",
            "{ tasks(filter: { status: { eq: TOD } }) { totalCount } }",
            "{ tasks(sort: [{ field: \"TITLE; DROP TABLE task\" }]) { totalCount } }",
            "{ tasks(sort: [{ field: \"title_folded\" }]) { totalCount } }",
            "{ tasks(sort: [{ field: title }]) { totalCount } }",
            "{ tasks(filter: { title: { eq: 1 } }) { totalCount } }",
            "{ tasks(filter: { title: { like: \"%\" } }) { totalCount } }",
            "{ tasks(orderBy: \"title; DROP TABLE task\") { totalCount } }",
            "{ tasks(filter: { nothing: { eq: 1 } }) { totalCount } }",
        ] {
            let answer = server.graphql(token, query, json!({})).await;
            assert!(!answer.errors().is_empty(), "{query} was taken: {}", answer.text);
            assert!(!answer.text.contains("INTERNAL"), "{query}: {}", answer.text);
            assert!(!answer.text.contains("Did you mean"), "{query}: {}", answer.text);
        }
    }
}
