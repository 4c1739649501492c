//! A token that is still valid, of somebody whose rights have changed: refused within the promised time.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    Cell, HS256_SECRET, ServerOptions, StatusCode, TestDatabase, TestServer, TokenClaims, World,
    both_databases,
};

const PROMISED: Duration = Duration::from_millis(2_000);

async fn server(database: TestDatabase, remembered: &str) -> TestServer {
    let options = ServerOptions::default().setting("auth.viewer_cache_milliseconds", remembered);
    TestServer::start_with(database, options).await
}

/// Asks until the answer is as wanted, at most as long as was promised.
async fn soon(what: &str, ask: impl AsyncFn() -> bool) {
    let start = std::time::Instant::now();
    while !ask().await {
        assert!(start.elapsed() < PROMISED, "{what} did not work within {PROMISED:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

both_databases! {
    async fn changes_of_rights_work_at_once(database: TestDatabase) {
        let server = server(database.clone(), "0").await;
        let world = World::of(&server).await;
        let company = &world.a;
        let thread = company.thread(&database).await;
        let id = |person: &support::Someone| Cell::Id(person.id).literal(database.backend());
        let sees = async |token: &str, kind: &'static str, name: &str| {
            let query = format!("{{ node(id: \"{}\") {{ id }} }}", thread.id(kind, name));
            server.graphql(Some(token), &query, json!({})).await.at("node") != &Value::Null
        };

        let leader = &company.leader;
        assert!(sees(&leader.token, "objective", "private").await);
        let text = format!("UPDATE person SET role = 'INDIVIDUAL' WHERE id = {}", id(leader));
        database.execute(&text).await.expect("changed");
        assert!(!sees(&leader.token, "objective", "private").await, "a leader no more");

        let manager = &company.manager;
        assert!(sees(&manager.token, "objective", "own").await);
        let text = format!("UPDATE team SET manager_id = NULL WHERE manager_id = {}", id(manager));
        database.execute(&text).await.expect("changed");
        assert!(!sees(&manager.token, "objective", "own").await, "a manager no more");

        let individual = &company.individual;
        assert!(sees(&individual.token, "objective", "build").await);
        let text = format!("DELETE FROM membership WHERE person_id = {}", id(individual));
        database.execute(&text).await.expect("changed");
        assert!(!sees(&individual.token, "objective", "build").await, "a member no more");

        let colleague = &company.colleague;
        assert!(sees(&colleague.token, "objective", "private").await);
        let text = format!("UPDATE person SET deactivated_at = 1 WHERE id = {}", id(colleague));
        database.execute(&text).await.expect("changed");
        let answer = server.graphql(Some(&colleague.token), "{ organization { id } }", json!({})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);

        let admin = &company.admin;
        assert!(sees(&admin.token, "integration", "jira").await);
        let text = format!("UPDATE person SET is_admin = FALSE WHERE id = {}", id(admin));
        database.execute(&text).await.expect("changed");
        assert!(!sees(&admin.token, "integration", "jira").await, "no admin any more");
        server.stop().await;
    }

    async fn a_session_that_ended_ends_its_tokens(database: TestDatabase) {
        let server = server(database.clone(), "1000").await;
        let world = World::of(&server).await;
        let company = &world.a;
        let now = server.clock().now();
        for (name, change) in [("revoked", "revoked_at = 1"), ("expired", "expires_at = 1")] {
            let cells = [
                ("person_id", company.leader.id.into()),
                ("refresh_hash", name.as_bytes().into()),
                ("expires_at", (now.0 + 3_600_000_000).into()),
                ("updated_at", now.into()),
            ];
            let session = company.write_once(&database, "session", &cells).await.expect("written");
            let claims = TokenClaims::of(company.leader.id, now.0 / 1_000_000);
            let mut claims = serde_json::to_value(claims).expect("claims");
            claims["kind"] = "access".into();
            claims["sid"] = session.to_string().into();
            let key = jsonwebtoken::EncodingKey::from_secret(HS256_SECRET.as_bytes());
            let head = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
            let token = jsonwebtoken::encode(&head, &claims, &key).expect("signed");
            let status = async || {
                server.graphql(Some(&token), "{ organization { id } }", json!({})).await.status
            };
            assert_eq!(status().await, StatusCode::OK);
            let id = Cell::Id(session).literal(database.backend());
            database.execute(&format!("UPDATE session SET {change} WHERE id = {id}")).await.expect("changed");
            soon(name, async || status().await == StatusCode::UNAUTHORIZED).await;
        }
        server.stop().await;
    }

    async fn a_deactivated_person_is_out_within_the_promised_time(database: TestDatabase) {
        let server = server(database.clone(), "1000").await;
        let world = World::of(&server).await;
        let token = world.a.individual.token.as_str();
        let status = async || server.graphql(Some(token), "{ organization { id } }", json!({})).await.status;
        assert_eq!(status().await, StatusCode::OK);
        let id = Cell::Id(world.a.individual.id).literal(database.backend());
        database.execute(&format!("UPDATE person SET deactivated_at = 1 WHERE id = {id}")).await.expect("changed");
        soon("deactivation", async || status().await == StatusCode::UNAUTHORIZED).await;
        server.stop().await;
    }
}
