//! Numbers that do not fit: none wraps, none is rounded.

use serde_json::json;
use support::{TestServer, World, both_databases};

both_databases! {
    async fn whole_numbers_beyond_32_bits_are_refused(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        for number in ["2147483648", "-2147483649", "4294967296", "4294967297", "9223372036854775808", "1e400", "99999999999999999999", "1.5", "1e2"] {
            let written = format!("{{ objectives(first: {number}) {{ totalCount }} }}");
            let by_variable = format!(
                r#"{{"query":"query($n: Int) {{ objectives(first: $n) {{ totalCount }} }}","variables":{{"n":{number}}}}}"#
            );
            let as_variable = server.request(reqwest::Method::POST, "/graphql").bearer_auth(&world.a.leader.token);
            let as_variable = as_variable.header("content-type", "application/json").body(by_variable);
            for answer in [server.graphql(token, &written, json!({})).await, server.send(as_variable).await] {
                assert!(!answer.errors().is_empty(), "{number} was taken: {}", answer.text);
                let code = answer.error_code();
                assert!(
                    ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "QUERY_TOO_COMPLEX"]
                        .contains(&code),
                    "{number}: {}",
                    answer.text
                );
                assert!(answer.status.as_u16() < 500);
            }
        }
        for number in ["-1", "201", "2147483647", "-2147483648"] {
            let query = format!("{{ objectives(first: {number}) {{ totalCount }} }}");
            let answer = server.graphql(token, &query, json!({})).await;
            assert!(!answer.errors().is_empty(), "{number}");
        }
        // There is no negative zero among whole numbers: it is refused, or it is zero.
        let answer = server.graphql(token, "{ objectives(first: -0) { nodes { id } } }", json!({})).await;
        assert!(!answer.text.contains("INTERNAL") && answer.status.as_u16() < 500, "{}", answer.text);
    }

    async fn floats_are_finite(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let token = Some(company.leader.token.as_str());
        for number in ["1e400", "-1e400"] {
            let body = format!(
                r#"{{"query":"query($n: Float) {{ objectives(filter: {{ progress: {{ lt: $n }} }}) {{ totalCount }} }}","variables":{{"n":{number}}}}}"#
            );
            let request = server.request(reqwest::Method::POST, "/graphql").bearer_auth(&company.leader.token);
            let answer = server.send(request.header("content-type", "application/json").body(body)).await;
            assert!(!answer.errors().is_empty() && !answer.text.contains("INTERNAL"), "{number}: {}", answer.text);
            let query = format!("{{ objectives(filter: {{ progress: {{ lt: {number} }} }}) {{ totalCount }} }}");
            let answer = server.graphql(token, &query, json!({})).await;
            assert!(!answer.errors().is_empty() && !answer.text.contains("INTERNAL"), "{number}: {}", answer.text);
            let input = format!("{{ title: \"Grow\", weight: {number} }}");
            let query = format!("mutation {{ objectiveCreate(input: {input}) {{ objective {{ id }} userErrors {{ code }} }} }}");
            let answer = server.graphql(token, &query, json!({})).await;
            assert!(!answer.text.contains("INTERNAL") && !answer.text.contains("obj_"), "{number}: {}", answer.text);
        }
        for (weight, taken) in [(-0.0, true), (1e308, false), (-1e-300, false), (5e-324, true)] {
            let input = json!({ "title": "Grow", "weight": weight });
            let answer = server.mutate(token, "objectiveCreate", input, "objective { weight }").await;
            assert_eq!(answer.user_errors("objectiveCreate").is_empty(), taken, "{weight}: {}", answer.text);
        }
        assert_eq!(server.database().number("SELECT count(*) FROM objective").await, 2);
    }

    async fn decimals_are_exact_to_their_edges(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let objective = company.objective(server.database(), 1, "Grow", &[]).await.expect("written");
        let edges = [
            ("9223372036854.775807", i64::MAX),
            ("-9223372036854.775808", i64::MIN),
            ("9007199254740.993", 9_007_199_254_740_993_000),
            ("0.000001", 1),
            ("0.1", 100_000),
        ];
        for (at, (text, units)) in edges.iter().enumerate() {
            let number = i64::try_from(at).expect("small") + 1;
            let more = [("target_value", (*units).into()), ("start_value", 7.into())];
            company.key_result(server.database(), objective, number, text, &more).await.expect("written");
        }
        let token = Some(company.leader.token.as_str());
        let answer = server.graphql(token, "{ keyResults { nodes { title target } } }", json!({})).await;
        for node in answer.at("keyResults.nodes").as_array().expect("a list") {
            let (title, target) = (node["title"].as_str(), node["target"].as_str());
            assert_eq!(title, target, "a decimal was rounded on its way");
        }
        // Taken in as exactly: a filter finds the one row and none beside it.
        let search = "query($n: Decimal) { keyResults(filter: { target: { eq: $n } }) { nodes { title } } }";
        if server.graphql(token, search, json!({ "n": "0.1" })).await.errors().is_empty() {
            for (text, _) in edges {
                let found = server.graphql(token, search, json!({ "n": text })).await;
                assert_eq!(found.at("keyResults.nodes"), &json!([{ "title": text }]), "{}", found.text);
            }
            for beyond in ["9223372036854.775808", "-9223372036854.775809", "0.0000001", "1e3", "NaN", "", "+", "0x10", " 1", "1_000", "٣"] {
                let answer = server.graphql(token, search, json!({ "n": beyond })).await;
                assert!(!answer.errors().is_empty() && !answer.text.contains("INTERNAL"), "{beyond}: {}", answer.text);
            }
            let float = server.graphql(token, search, json!({ "n": 0.1 })).await;
            assert!(!float.errors().is_empty(), "a float is no decimal: {}", float.text);
        }
    }
}
