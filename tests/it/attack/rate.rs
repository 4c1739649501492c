//! Guessing: counted by attempt, however attempts are packed, and by the address that the server itself sees.

use api::domain::clock::Clock;
use entity::Instant;
use reqwest::Method;
use serde_json::json;
use support::{Answer, ServerOptions, StatusCode, TestDatabase, TestServer, World, both_databases};

use crate::http::{GRAPHQL, JSON};

/// 2026-03-01T10:00:00Z, where a window begins.
const START: Instant = Instant(1_772_359_200_000_000);
const PASSWORD: &str = "correct horse battery staple";

/// Signs in with a password; `forwarded` is what a client says of its own address.
async fn sign_in(server: &TestServer, email: &str, password: &str, forwarded: &str) -> Answer {
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken userErrors { code } } }";
    let input = json!({ "email": email, "password": password });
    let request = server.request(Method::POST, "/graphql").header("x-forwarded-for", forwarded);
    let request = request.header("forwarded", format!("for={forwarded}")).header("x-real-ip", forwarded);
    server.send(request.json(&json!({ "query": query, "variables": { "input": input } }))).await
}

fn is_limited(answer: &Answer) -> bool {
    let limited = answer.errors().iter().any(|error| error["extensions"]["code"] == "RATE_LIMITED");
    assert!(!limited || answer.body["data"]["signIn"].is_null(), "{}", answer.text);
    limited
}

async fn account(server: &TestServer, admin: &str, email: &str) {
    let input = json!({ "name": "New", "email": email });
    let invited = server.change(admin, "personInvite", input, "setUpCode").await;
    let input = json!({ "setUpCode": invited["setUpCode"], "password": PASSWORD });
    assert_eq!(server.mutate(None, "passwordSet", input, "success").await.at("passwordSet.success"), true);
}

both_databases! {
    async fn sign_ins_are_counted_by_attempt(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let options = ServerOptions::default().clock(clock).setting("auth.sign_in_failures", "5");
        let server = TestServer::start_with(database.clone(), options).await;
        let world = World::of(&server).await;
        account(&server, &world.a.admin.token, "here@acme.test").await;

        // Packed into one request: five are looked at, the others refused unseen.
        let fields = |count: usize| {
            let input = "input: { email: \"here@acme.test\", password: \"a wrong one, but long\" }";
            let all: String = (0..count).map(|at| format!("a{at}: signIn({input}) {{ accessToken userErrors {{ code }} }} ")).collect();
            format!("mutation {{ {all} }}")
        };
        let answer = server.graphql(None, &fields(100), json!({})).await;
        assert_eq!(answer.error_code(), "QUERY_TOO_COMPLEX", "a hundred at once");
        assert_eq!(database.number("SELECT count(*) FROM sign_in_attempt").await, 0, "and none of them was looked at");
        let answer = server.graphql(None, &fields(20), json!({})).await;
        let told = answer.body["data"].as_object().expect("data").values();
        assert_eq!(told.filter(|payload| !payload.is_null()).count(), 5, "{}", answer.text);
        assert!(answer.errors().iter().all(|error| error["extensions"]["code"] == "RATE_LIMITED"), "{}", answer.text);
        assert_eq!(answer.errors().len(), 15, "{}", answer.text);

        // The right password helps no more, nor another account, nor another address that is only claimed.
        for (email, forwarded) in [
            ("here@acme.test", "203.0.113.1"), ("HERE@acme.test", "203.0.113.2"), ("other@acme.test", "203.0.113.3"),
            ("nobody@acme.test", "2001:db8::1"), ("here@acme.test", "127.0.0.1, 203.0.113.4"),
        ] {
            let answer = sign_in(&server, email, PASSWORD, forwarded).await;
            assert!(is_limited(&answer), "{email} {forwarded}: {}", answer.text);
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{email} {forwarded}");
            assert_eq!(answer.headers["retry-after"], "900");
        }
        // By status only where nothing else was given: beside it, and in a batch, the error alone tells.
        let one = "signIn(input: { email: \"here@acme.test\", password: \"a wrong one, but long\" }) { accessToken }";
        for (media, body, status) in [
            (GRAPHQL, json!({ "query": format!("mutation {{ {one} }}") }), 429),
            (JSON, json!({ "query": format!("mutation {{ {one} b: {one} }}") }), 429),
            (GRAPHQL, json!({ "query": format!("mutation {{ __typename {one} }}") }), 200),
            (JSON, json!([{ "query": format!("mutation {{ {one} }}") }]), 200),
        ] {
            let request = server.request(Method::POST, "/graphql").header("accept", media).json(&body);
            let answer = server.send(request).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
            assert_eq!(answer.headers.contains_key("retry-after"), status == 429, "{body}");
            assert!(answer.text.contains("\"RATE_LIMITED\"") && answer.text.contains("\"signIn\":null"), "{}", answer.text);
        }
        time.advance_seconds(15 * 60);
        let answer = sign_in(&server, "here@acme.test", PASSWORD, "203.0.113.1").await;
        assert!(answer.at("signIn.accessToken").is_string(), "the window is over: {}", answer.text);
        server.stop().await;
    }

    async fn changing_a_password_is_no_way_to_guess_it(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let options = ServerOptions::default().clock(clock).setting("auth.sign_in_failures", "3");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        account(&server, &world.a.admin.token, "here@acme.test").await;
        let signed_in = sign_in(&server, "here@acme.test", PASSWORD, "203.0.113.1").await;
        let token = signed_in.at("signIn.accessToken").as_str().expect("a token").to_owned();
        let change = async |current: &str| {
            let input = json!({ "currentPassword": current, "newPassword": "another horse battery staple" });
            server.mutate(Some(&token), "passwordChange", input, "success").await
        };
        for _ in 0..3 {
            let answer = change("a wrong one, but long").await;
            assert_eq!((answer.status, answer.errors().len()), (StatusCode::OK, 0), "{}", answer.text);
        }
        time.advance_seconds(100);
        let answer = change(PASSWORD).await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"), "{}", answer.text);
        assert_eq!(answer.headers["retry-after"], "800");
        assert!(answer.headers.contains_key("ratelimit-remaining"), "{:?}", answer.headers);
        server.stop().await;
    }

    async fn refreshing_is_limited_as_any_request(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let options = ServerOptions::default()
            .clock(clock)
            .setting("limits.requests_per_minute", "4")
            .setting("limits.points_per_minute", "0");
        let server = TestServer::start_with(database, options).await;
        let refresh = async |forwarded: &str| {
            let query = "mutation { tokenRefresh(input: { refreshToken: \"guessed\" }) { accessToken userErrors { code } } }";
            let request = server.request(Method::POST, "/graphql").header("x-forwarded-for", forwarded);
            server.send(request.json(&json!({ "query": query }))).await
        };
        for at in 0..4 {
            let answer = refresh(&format!("203.0.113.{at}")).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.at("tokenRefresh.userErrors.0.code"), &json!("INVALID"), "{}", answer.text);
        }
        time.advance_seconds(18);
        let answer = refresh("203.0.113.99").await;
        assert_eq!((answer.status, answer.error_code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
        assert_eq!(answer.headers["retry-after"], "42");
        time.advance_seconds(42);
        assert_eq!(refresh("203.0.113.99").await.status, StatusCode::OK);
        server.stop().await;
    }
}
