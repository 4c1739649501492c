//! Access tokens that nobody should take: always the same 401, whatever is wrong.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use support::{HS256_SECRET, StatusCode, TestServer, TokenClaims, World, both_databases, header};

const LEEWAY: i64 = 30;

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token of any header and claims, rightly signed with the secret.
fn signed(head: &Value, claims: &Value, secret: &str) -> String {
    let message = format!("{}.{}", part(head), part(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("signed");
    format!("{message}.{signature}")
}

both_databases! {
    async fn bad_tokens_are_refused_alike(server: TestServer) {
        let world = World::of(&server).await;
        let now = server.clock().now().0 / 1_000_000;
        let leader = world.a.leader.id;
        let good = TokenClaims::of(leader, now);
        let claims = serde_json::to_value(&good).expect("claims");
        let head = json!({ "alg": "HS256", "typ": "JWT" });
        let with = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            signed(&head, &claims, HS256_SECRET)
        };
        let without = |name: &str| {
            let mut claims = claims.clone();
            claims.as_object_mut().expect("an object").remove(name);
            signed(&head, &claims, HS256_SECRET)
        };
        let headed = |more: Value| {
            let mut head = head.clone();
            head.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            signed(&head, &claims, HS256_SECRET)
        };
        let token = good.sign(HS256_SECRET);
        assert_eq!(ask(&server, &format!("Bearer {token}")).await.0, StatusCode::OK);
        assert_eq!(ask(&server, &format!("Bearer {}", signed(&head, &claims, HS256_SECRET))).await.0, StatusCode::OK);

        let mut bad: Vec<(String, String)> = Vec::new();
        for algorithm in ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA", "hs256"] {
            let head = json!({ "alg": algorithm, "typ": "JWT" });
            bad.push((format!("alg {algorithm}"), signed(&head, &claims, HS256_SECRET)));
            bad.push((format!("alg {algorithm}, unsigned"), format!("{}.{}.", part(&head), part(&claims))));
        }
        bad.push(("no alg".into(), signed(&json!({ "typ": "JWT" }), &claims, HS256_SECRET)));
        for (algorithm, name) in [(Algorithm::HS384, "HS384"), (Algorithm::HS512, "HS512")] {
            let key = EncodingKey::from_secret(HS256_SECRET.as_bytes());
            let other = jsonwebtoken::encode(&Header::new(algorithm), &good, &key).expect("signed");
            bad.push((format!("truly signed with {name}"), other));
        }
        for at in (0..token.len()).step_by(7) {
            bad.push((format!("cut to {at}"), token[..at].to_owned()));
            let mut flipped = token.clone().into_bytes();
            flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
            bad.push((format!("byte {at} altered"), String::from_utf8(flipped).expect("text")));
        }
        let parts: Vec<_> = token.split('.').collect();
        bad.push(("no signature".into(), format!("{}.{}.", parts[0], parts[1])));
        bad.push(("two parts".into(), format!("{}.{}", parts[0], parts[1])));
        bad.push(("four parts".into(), format!("{token}.{}", parts[2])));
        bad.push(("another's claims".into(), {
            let mut other = claims.clone();
            other["sub"] = world.b.leader.id.to_string().into();
            format!("{}.{}.{}", parts[0], part(&other), parts[2])
        }));
        for secret in ["", "secret", "throughline", &HS256_SECRET.to_lowercase(), &HS256_SECRET[1..]] {
            if !secret.is_empty() {
                bad.push((format!("secret {secret}"), good.sign(secret)));
            }
        }
        for (what, more) in [
            ("jku", json!({ "jku": "http://127.0.0.1:9/keys" })),
            ("jwk", json!({ "jwk": { "kty": "oct", "k": BASE64_URL_SAFE_NO_PAD.encode(HS256_SECRET) } })),
            ("x5u", json!({ "x5u": "http://127.0.0.1:9/cert" })),
            ("x5c", json!({ "x5c": ["AAAA"] })),
            ("crit", json!({ "crit": ["exp"] })),
            ("b64", json!({ "b64": false, "crit": ["b64"] })),
            ("typ", json!({ "typ": "refresh" })),
            ("nested", json!({ "cty": "JWT" })),
            ("packed", json!({ "zip": "DEF" })),
        ] {
            bad.push((what.into(), headed(more)));
        }
        bad.push(("expired".into(), with("exp", (now - LEEWAY - 5).into())));
        bad.push(("expired long ago".into(), with("exp", 0.into())));
        bad.push(("not yet".into(), with("nbf", (now + LEEWAY + 60).into())));
        bad.push(("another issuer".into(), with("iss", "https://evil.test".into())));
        bad.push(("another audience".into(), with("aud", "other".into())));
        bad.push(("no audience of many".into(), with("aud", json!(["a", "b"]))));
        for name in ["exp", "iss", "aud", "sub"] {
            bad.push((format!("no {name}"), without(name)));
            bad.push((format!("{name} null"), with(name, Value::Null)));
        }
        bad.push(("exp is a text".into(), with("exp", "tomorrow".into())));
        bad.push(("a token of another kind".into(), with("kind", "refresh".into())));
        bad.push(("nobody".into(), with("sub", server.clock().new_id().to_string().into())));
        bad.push(("no person".into(), with("sub", "admin' OR 1=1 --".into())));
        bad.push(("an organization".into(), with("sub", world.a.organization.to_string().into())));
        bad.push(("a session that never was".into(), {
            let mut claims = claims.clone();
            claims["kind"] = "access".into();
            claims["sid"] = server.clock().new_id().to_string().into();
            signed(&head, &claims, HS256_SECRET)
        }));
        bad.push(("for another organization".into(), {
            let mut claims = claims.clone();
            claims["kind"] = "access".into();
            claims["org"] = world.b.organization.to_string().into();
            signed(&head, &claims, HS256_SECRET)
        }));
        bad.push(("an opaque token".into(), format!("tlr_{}", "k7".repeat(32))));
        bad.push(("very long".into(), format!("{token}{}", "A".repeat(20_000))));

        let mut bodies = BTreeSet::new();
        for (what, token) in &bad {
            let (status, body) = ask(&server, &format!("Bearer {token}")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}: {body}");
            bodies.insert(body);
        }
        for scheme in ["Basic ", "bearer", "Bearer", "Token ", "Bearer  x ", "JWT "] {
            let (status, body) = ask(&server, &format!("{scheme}{token}x")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{scheme}: {body}");
            bodies.insert(body);
        }
        assert_eq!(bodies.len(), 1, "one answer for all: {bodies:?}");
        let body = bodies.first().expect("one");
        assert!(body.contains("UNAUTHENTICATED"), "{body}");
    }

    async fn two_tokens_are_none(server: TestServer) {
        let world = World::of(&server).await;
        let request = server.request(reqwest::Method::POST, "/graphql").json(&json!({ "query": "{ viewer { __typename } }" }));
        let request = request.bearer_auth(&world.a.leader.token).header("authorization", "Bearer x");
        assert_eq!(server.send(request).await.status, StatusCode::UNAUTHORIZED);
    }
}

async fn ask(server: &TestServer, authorization: &str) -> (StatusCode, String) {
    let request = server.request(reqwest::Method::POST, "/graphql");
    let request =
        request.header("authorization", authorization).json(&json!({ "query": "{ organization { id } }" }));
    let answer = server.send(request).await;
    if answer.status == StatusCode::UNAUTHORIZED {
        let challenge = answer.headers.get(header::WWW_AUTHENTICATE).expect("a challenge");
        assert_eq!(challenge, "Bearer", "no reason is told");
        assert!(answer.body.get("data").is_none(), "{}", answer.text);
    }
    (answer.status, answer.text)
}
