//! Finding out who exists: signing in tells nobody apart, neither in words nor in time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Answer, ServerOptions, TestDatabase, TestServer, World, both_databases};

const PASSWORD: &str = "correct horse battery staple";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken userErrors { field code message } } }";

async fn sign_in(server: &TestServer, email: &str, password: &str) -> Answer {
    server.graphql(None, SIGN_IN, json!({ "input": { "email": email, "password": password } })).await
}

/// Invites a person, who then sets a password.
async fn person(server: &TestServer, admin: &str, email: &str) -> String {
    let input = json!({ "name": "New", "email": email });
    let invited = server.change(admin, "personInvite", input, "person { id } setUpCode").await;
    let input = json!({ "setUpCode": invited["setUpCode"], "password": PASSWORD });
    let set = server.mutate(None, "passwordSet", input, "success").await;
    assert_eq!(set.data()["passwordSet"]["success"], true, "{}", set.text);
    invited["person"]["id"].as_str().expect("an id").to_owned()
}

both_databases! {
    async fn a_failed_sign_in_tells_nothing(database: TestDatabase) {
        let options = ServerOptions::default().setting("auth.sign_in_failures", "1000");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let admin = world.a.admin.token.as_str();
        person(&server, admin, "here@acme.test").await;
        let gone = person(&server, admin, "gone@acme.test").await;
        server.change(admin, "personDeactivate", json!({ "id": gone }), "person { id }").await;

        let good = sign_in(&server, "here@acme.test", PASSWORD).await;
        assert!(good.at("signIn.accessToken").is_string(), "{}", good.text);

        let cases = [
            ("an unknown address", "nobody@acme.test", PASSWORD),
            ("a wrong password", "here@acme.test", "correct horse battery stapler"),
            ("a deactivated person", "gone@acme.test", PASSWORD),
            ("a person without a password", world.a.leader.email.as_str(), PASSWORD),
            ("an empty password", "here@acme.test", ""),
            ("a very long password", "here@acme.test", &"x".repeat(100_000)),
            ("no address", "'; DROP TABLE person; --", PASSWORD),
        ];
        let mut texts = BTreeSet::new();
        for (what, email, password) in cases {
            let answer = sign_in(&server, email, password).await;
            assert!(!answer.text.contains("INTERNAL"), "{what}: {}", answer.text);
            assert_eq!(answer.body.pointer("/data/signIn/accessToken").unwrap_or(&Value::Null), &Value::Null, "{what}");
            texts.insert(answer.text);
        }
        assert_eq!(texts.len(), 1, "{texts:?}");

        // A password is hashed also where there is none: without it, an unknown address answers at once.
        let time = async |email: &str| {
            let mut times = Vec::new();
            for _ in 0..7 {
                let start = Instant::now();
                sign_in(&server, email, "a wrong one, but long").await;
                times.push(start.elapsed());
            }
            times.sort_unstable();
            times[3]
        };
        let known: Duration = time("here@acme.test").await;
        for email in ["nobody@acme.test", "gone@acme.test", world.a.leader.email.as_str()] {
            let unknown = time(email).await;
            assert!(unknown * 4 > known && known * 4 > unknown, "{email}: {unknown:?}, a known one: {known:?}");
        }
        server.stop().await;
    }

    async fn only_admins_invite_and_reset(server: TestServer) {
        let world = World::of(&server).await;
        let a = &world.a;
        for token in [&a.individual.token, &a.manager.token, &a.leader.token, &world.b.admin.token] {
            for email in ["new@acme.test", a.colleague.email.as_str()] {
                let input = json!({ "name": "New", "email": email });
                if token == &world.b.admin.token {
                    continue;
                }
                let answer = server.mutate(Some(token), "personInvite", input, "setUpCode").await;
                assert_eq!(answer.error_code(), "FORBIDDEN", "{}", answer.text);
            }
            let input = json!({ "id": format!("per_{}", a.colleague.id.simple()) });
            let answer = server.mutate(Some(token), "passwordReset", input, "setUpCode").await;
            let expected = if token == &world.b.admin.token { "NOT_FOUND" } else { "FORBIDDEN" };
            assert_eq!(answer.error_code(), expected, "{}", answer.text);
        }
        assert_eq!(server.database().number("SELECT count(*) FROM credential").await, 0);
    }

    async fn secrets_are_given_once_and_kept_as_hashes(server: TestServer) {
        let world = World::of(&server).await;
        let admin = world.a.admin.token.as_str();
        let input = json!({ "name": "New", "email": "new@acme.test" });
        let invited = server.change(admin, "personInvite", input, "setUpCode").await;
        let code = invited["setUpCode"].as_str().expect("a code").to_owned();
        let set = async |password: &str| {
            let input = json!({ "setUpCode": code, "password": password });
            server.mutate(None, "passwordSet", input, "success").await
        };
        assert_eq!(set(PASSWORD).await.at("passwordSet.success"), true);
        let again = set("another long password").await;
        assert_ne!(again.body.pointer("/data/passwordSet/success"), Some(&json!(true)), "a code is good once");
        let signed_in = sign_in(&server, "new@acme.test", PASSWORD).await;
        let refresh = signed_in.at("signIn.refreshToken").as_str().expect("a token").to_owned();
        for table in ["credential", "session", "event", "person"] {
            let rows = format!("{:?}", server.sql(&format!("SELECT * FROM {table}")).await);
            for secret in [code.as_str(), PASSWORD, refresh.as_str()] {
                assert!(!rows.contains(secret), "{table} holds a secret");
            }
        }
    }
}
