//! Tokens of tools through the front door: they do what their scopes name and nothing else, and end when they
//! are revoked, on HTTP and on streams that are open.

use serde_json::{Value, json};
use support::{ApiSchema, StatusCode, TestDatabase, TestServer, World, both_databases};

use crate::permission::{Stage, mutation, patient_server, sample};

const CREATE: &str = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { secret token { id scopes hint lastUsedAt } userErrors { message } } }";
const RECORD: &str = "mutation($input: KeyResultRecordValueInput!) { keyResultRecordValue(input: $input) { current progress checkIn { isRecorded author { id } token { id } } keyResult { code } userErrors { code } } }";

/// Mutations that are for anybody, and act for whom the code or password in them is.
const ANYBODYS: [&str; 3] = ["signIn", "tokenRefresh", "passwordSet"];

/// A new token: its id and its text.
async fn token(stage: &Stage<'_>, scopes: &[&str]) -> (String, String) {
    let variables = json!({ "input": { "name": "Meter", "scopes": scopes } });
    let answer = stage.server.graphql(stage.token("admin"), CREATE, variables).await;
    let text = |path: &str| answer.at(path).as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
    (text("tokenCreate.token.id"), text("tokenCreate.secret"))
}

both_databases! {
    async fn a_token_changes_nothing_beyond_its_scopes(database: TestDatabase) {
        let server = patient_server(database).await;
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let mut refused = 0;
        for scopes in [&["READ"][..], &["READ_ALL"], &["READ", "READ_ALL"], &["RECORD_VALUES"]] {
            let (_, secret) = token(&stage, scopes).await;
            for field in &schema.named("Mutation").fields {
                let is_named = field.name == "keyResultRecordValue" && scopes.contains(&"RECORD_VALUES");
                if ANYBODYS.contains(&field.name.as_str()) || is_named {
                    continue;
                }
                for case in sample::mutations(&field.name) {
                    let document = mutation::document(&schema, field);
                    let answer = server.graphql(Some(&secret), &document, case.variables(&stage)).await;
                    let outcome = mutation::outcome(&answer, &field.name);
                    assert_eq!(outcome, "FORBIDDEN", "{} ({}) with {scopes:?}", field.name, case.name);
                    refused += 1;
                }
            }
        }
        assert!(refused > 300, "only {refused} calls were refused");
        server.stop().await;
    }

    async fn what_is_read_goes_by_scopes(server: TestServer) {
        let world = World::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let query = "{ organization { id } viewer { scopes person { id } } objectives(first: 50) { nodes { code } } \
                     tokens { totalCount } integrations { totalCount } }";
        let codes = |answer: &support::Answer| -> Vec<String> {
            let nodes = answer.at("objectives.nodes").as_array().cloned().unwrap_or_default();
            let mut codes: Vec<_> = nodes.iter().filter_map(|node| node["code"].as_str().map(str::to_owned)).collect();
            codes.sort();
            codes
        };
        let leader = server.graphql(stage.token("leader"), query, json!({})).await;
        let all = codes(&leader);
        assert!(all.len() >= 6, "{all:?}");
        let (_, secret) = token(&stage, &["READ_ALL"]).await;
        let answer = server.graphql(Some(&secret), query, json!({})).await;
        assert_eq!(codes(&answer), all);
        assert_eq!(*answer.at("viewer"), json!({ "scopes": ["READ_ALL"], "person": null }));
        let (_, secret) = token(&stage, &["READ"]).await;
        let answer = server.graphql(Some(&secret), query, json!({})).await;
        assert_eq!(codes(&answer), ["O-1"], "what everybody sees");
        assert_eq!(*answer.at("tokens.totalCount"), json!(0));
        assert_eq!(*answer.at("integrations.totalCount"), json!(0));
        let (_, secret) = token(&stage, &["RECORD_VALUES"]).await;
        let answer = server.graphql(Some(&secret), query, json!({})).await;
        assert_eq!(codes(&answer), Vec::<String>::new());
        assert!(answer.at("organization").is_null(), "{}", answer.text);
        // It records on what it may not read, and is told the numbers alone.
        let variables = json!({ "input": { "keyResultId": stage.thread.id("key_result", "private"), "value": "30" } });
        let answer = server.graphql(Some(&secret), RECORD, variables).await;
        let recorded = answer.at("keyResultRecordValue");
        assert_eq!(recorded["current"], json!("30"), "{}", answer.text);
        assert_eq!((&recorded["keyResult"], &recorded["checkIn"]), (&Value::Null, &Value::Null), "{}", answer.text);
    }

    async fn another_organization_is_out_of_reach(server: TestServer) {
        let world = World::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let theirs = world.b.thread(server.database()).await;
        let (_, secret) = token(&stage, &["RECORD_VALUES", "READ_ALL"]).await;
        let variables = json!({ "input": { "keyResultId": theirs.id("key_result", "open"), "value": "30" } });
        let answer = server.graphql(Some(&secret), RECORD, variables).await;
        assert_eq!(answer.errors()[0]["extensions"]["code"], "NOT_FOUND", "{}", answer.text);
    }

    async fn a_revoked_token_is_out_at_once(server: TestServer) {
        let world = World::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let (id, secret) = token(&stage, &["READ"]).await;
        let status = async |secret: &str| server.graphql(Some(secret), "{ organization { id } }", json!({})).await.status;
        assert_eq!(status(&secret).await, StatusCode::OK);
        let used = "query($id: ID!) { tokens(filter: { id: { eq: $id } }) { nodes { lastUsedAt hint } } }";
        let answer = server.graphql(stage.token("admin"), used, json!({ "id": id })).await;
        assert!(answer.at("tokens.nodes")[0]["lastUsedAt"].is_string(), "{}", answer.text);
        assert!(!answer.text.contains(&secret), "{}", answer.text);
        let revoke = "mutation($input: TokenRevokeInput!) { tokenRevoke(input: $input) { token { revokedAt } userErrors { code } } }";
        let answer = server.graphql(stage.token("admin"), revoke, json!({ "input": { "id": id } })).await;
        assert!(answer.at("tokenRevoke.token.revokedAt").is_string(), "{}", answer.text);
        assert_eq!(status(&secret).await, StatusCode::UNAUTHORIZED);
        let cut = &secret[..secret.len() - 1];
        assert_eq!(status(cut).await, StatusCode::UNAUTHORIZED);
        let (_, other) = token(&stage, &["READ"]).await;
        assert_eq!(status(&other).await, StatusCode::OK, "others go on");
    }
}
