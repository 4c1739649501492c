//! CONFORMANCE row 15: each way to forge or bend a token, as a table.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::*;

const RSA: &str = include_str!("test_keys/rsa1.pem");
const RSA_PUBLIC: &str = include_str!("test_keys/rsa1.pub");
const OTHER_RSA_PUBLIC: &str = include_str!("test_keys/rsa2.pub");
const SMALL_RSA_PUBLIC: &str = include_str!("test_keys/small.pub");
const EC: &str = include_str!("test_keys/ec1.pem");
const EC_PUBLIC: &str = include_str!("test_keys/ec1.pub");
const P384_PUBLIC: &str = include_str!("test_keys/p384.pub");
const ED: &str = include_str!("test_keys/ed1.pem");
const ED_PUBLIC: &str = include_str!("test_keys/ed1.pub");

const SECRET: &str = "k3Jr9-Zq0wXv7LpT2mNcB5sHd8FgYa1u";
const NOW: Instant = Instant(1_800_000_000_000_000);
const PERSON: Uuid = Uuid::from_u128(0x0192_7c4a_8f00_7000_8000_0000_0000_0001);
const SESSION: Uuid = Uuid::from_u128(0x0192_7c4a_8f00_7000_8000_0000_0000_0002);

fn settings() -> TokenSettings {
    TokenSettings {
        issuer: "throughline".to_owned(),
        audience: "api".to_owned(),
        leeway_seconds: 30,
        hs256_secret: None,
        public_keys: Vec::new(),
        signing_key: None,
        sign_with_secret: true,
    }
}

fn with_secret() -> TokenKeys {
    TokenKeys::from_settings(&TokenSettings { hs256_secret: Some(SECRET.into()), ..settings() }).unwrap()
}

fn public(algorithm: TokenAlgorithm, kid: Option<&str>, pem: &str) -> PublicKey {
    PublicKey { algorithm, kid: kid.map(str::to_owned), pem: pem.to_owned() }
}

fn with_public_keys(keys: Vec<PublicKey>) -> TokenKeys {
    TokenKeys::from_settings(&TokenSettings { public_keys: keys, ..settings() }).unwrap()
}

fn claims() -> Claims {
    Claims {
        person: PERSON,
        session: Some(SESSION),
        organization: None,
        issued_at: Some(NOW),
        expires_at: NOW.plus_seconds(3_600),
    }
}

fn good_claims() -> Value {
    json!({
        "iss": "throughline", "aud": "api", "sub": PERSON.to_string(),
        "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_003_600,
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with any header and claims, signed the way `algorithm` says.
fn forge(header: &Value, claims: &Value, algorithm: Algorithm, key: &EncodingKey) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn hs256(header: &Value, claims: &Value) -> String {
    forge(header, claims, Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes()))
}

fn plain_header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

/// The plain header with one more name.
fn header_with(name: &str, value: Value) -> Value {
    let mut header = plain_header();
    header[name] = value;
    header
}

/// The good claims with one changed, or removed when null.
fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = good_claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn reason(keys: &TokenKeys, token: &str) -> &'static str {
    match keys.verify(token, NOW) {
        Ok(claims) => panic!("accepted: {claims:?}"),
        Err(rejected) => rejected.reason(),
    }
}

#[test]
fn what_we_sign_we_accept_whatever_the_algorithm() {
    let cases = [
        (TokenAlgorithm::Rs256, RSA, RSA_PUBLIC),
        (TokenAlgorithm::Es256, EC, EC_PUBLIC),
        (TokenAlgorithm::EdDsa, ED, ED_PUBLIC),
    ];
    let mut sets = vec![with_secret()];
    for (algorithm, pem, public_pem) in cases {
        let kid = Some("2026-01".to_owned());
        let signing_key = Some(SigningKey { algorithm, kid, pem: pem.into() });
        let public_keys = vec![public(algorithm, Some("2026-01"), public_pem)];
        sets.push(
            TokenKeys::from_settings(&TokenSettings { public_keys, signing_key, ..settings() }).unwrap(),
        );
    }
    for keys in &sets {
        let token = keys.sign(&claims()).unwrap();
        assert_eq!(keys.verify(&token, NOW), Ok(claims()), "{keys:?}");
        for other in sets.iter().filter(|other| !std::ptr::eq(*other, keys)) {
            assert_eq!(reason(other, &token), "no configured key made this signature");
        }
    }
}

#[test]
fn the_subject_may_be_a_bare_or_a_global_id_and_nothing_else() {
    let keys = with_secret();
    for (subject, accepted) in [
        (json!(PERSON.to_string()), true),
        (json!(format!("per_{PERSON}")), true),
        (json!(format!("tsk_{PERSON}")), false),
        (json!("ada@example.com"), false),
        (json!(""), false),
        (json!(7), false),
        (Value::Null, false),
    ] {
        let token = hs256(&plain_header(), &claims_with("sub", subject.clone()));
        assert_eq!(
            keys.verify(&token, NOW).map(|claims| claims.person).ok(),
            accepted.then_some(PERSON),
            "{subject}"
        );
    }
}

#[test]
fn headers_that_choose_their_own_check_are_refused() {
    let keys = with_secret();
    assert!(
        keys.verify(&hs256(&plain_header(), &good_claims()), NOW).is_ok(),
        "the forger makes good tokens"
    );
    for (header, expected) in [
        (json!({ "alg": "none" }), "the header names another algorithm"),
        (json!({ "alg": "None" }), "the header names another algorithm"),
        (json!({ "alg": "" }), "the header names another algorithm"),
        (json!({ "alg": "HS384" }), "the header names another algorithm"),
        (json!({ "alg": "hs256" }), "the header names another algorithm"),
        (json!({ "alg": ["HS256"] }), "the header cannot be read"),
        (json!({ "typ": "JWT" }), "the header cannot be read"),
        (json!({ "alg": "RS256" }), "no configured key made this signature"),
        (json!({ "alg": "ES256" }), "no configured key made this signature"),
        (json!({ "alg": "EdDSA" }), "no configured key made this signature"),
        (header_with("jku", json!("https://evil.example/keys")), "the header brings or points to a key"),
        (header_with("jwk", json!({ "kty": "oct", "k": "AAAA" })), "the header brings or points to a key"),
        (header_with("jwk", Value::Null), "the header brings or points to a key"),
        (header_with("x5u", json!("https://evil.example/c")), "the header brings or points to a key"),
        (header_with("x5c", json!(["MII"])), "the header brings or points to a key"),
        (header_with("crit", json!(["exp"])), "the header asks for an extension"),
        (header_with("crit", json!([])), "the header asks for an extension"),
        (header_with("b64", json!(false)), "the header asks for an extension"),
        (header_with("zip", json!("DEF")), "the header asks for an extension"),
        (header_with("cty", json!("JWT")), "the header asks for an extension"),
        (header_with("typ", json!("refresh+jwt")), "the header names another type"),
        (header_with("typ", json!("")), "the header names another type"),
        (header_with("kid", json!(["a"])), "the header cannot be read"),
        (json!([]), "the header cannot be read"),
    ] {
        assert_eq!(reason(&keys, &hs256(&header, &good_claims())), expected, "{header}");
    }
    for kind in ["jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        assert!(keys.verify(&hs256(&header_with("typ", json!(kind)), &good_claims()), NOW).is_ok(), "{kind}");
    }
}

#[test]
fn a_kid_is_a_name_and_never_a_way_in() {
    let keys = with_secret();
    for kid in ["../../dev/null", "' OR 1=1 --", "http://evil.example/k", ""] {
        // The secret has no name, so a token may call it anything; what counts is the signature.
        let header = header_with("kid", json!(kid));
        assert!(keys.verify(&hs256(&header, &good_claims()), NOW).is_ok(), "{kid}");
        let empty = EncodingKey::from_secret(b"");
        let forged = forge(&header, &good_claims(), Algorithm::HS256, &empty);
        assert_eq!(reason(&keys, &forged), "no configured key made this signature", "{kid}");
    }
}

#[test]
fn a_kid_chooses_among_the_configured_keys() {
    let key = EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap();
    let token = |kid: Option<&str>| {
        let header = match kid {
            Some(kid) => json!({ "alg": "RS256", "kid": kid }),
            None => json!({ "alg": "RS256" }),
        };
        forge(&header, &good_claims(), Algorithm::RS256, &key)
    };
    let named = with_public_keys(vec![
        public(TokenAlgorithm::Rs256, Some("old"), OTHER_RSA_PUBLIC),
        public(TokenAlgorithm::Rs256, Some("new"), RSA_PUBLIC),
    ]);
    let unnamed = with_public_keys(vec![
        public(TokenAlgorithm::Rs256, Some("old"), OTHER_RSA_PUBLIC),
        public(TokenAlgorithm::Rs256, None, RSA_PUBLIC),
    ]);
    for (keys, kid, accepted) in [
        (&named, Some("new"), true),
        (&named, Some("old"), false),
        (&named, Some("unknown"), false),
        (&named, None, true),
        (&unnamed, Some("unknown"), true),
        (&unnamed, Some("old"), false),
        (&unnamed, None, true),
    ] {
        assert_eq!(keys.verify(&token(kid), NOW).is_ok(), accepted, "{kid:?} of {keys:?}");
    }
}

#[test]
fn a_public_key_is_never_an_hmac_secret() {
    let everything = TokenSettings {
        hs256_secret: Some(SECRET.into()),
        public_keys: vec![public(TokenAlgorithm::Rs256, None, RSA_PUBLIC)],
        ..settings()
    };
    for keys in [
        TokenKeys::from_settings(&everything).unwrap(),
        with_public_keys(vec![public(TokenAlgorithm::Rs256, None, RSA_PUBLIC)]),
    ] {
        for secret in [RSA_PUBLIC, RSA_PUBLIC.trim_end(), ""] {
            let key = EncodingKey::from_secret(secret.as_bytes());
            for alg in ["HS256", "RS256"] {
                let forged = forge(&json!({ "alg": alg }), &good_claims(), Algorithm::HS256, &key);
                assert_eq!(reason(&keys, &forged), "no configured key made this signature", "{alg}");
            }
        }
    }
}

#[test]
fn a_token_with_a_changed_bit_or_a_missing_end_is_refused() {
    let keys = with_secret();
    let token = keys.sign(&claims()).unwrap();
    for position in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[position] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(keys.verify(&changed, NOW).is_err(), "bit {bit} of byte {position}");
        }
    }
    for length in 0..token.len() {
        assert!(keys.verify(&token[..length], NOW).is_err(), "cut to {length}");
    }
    for bent in [
        String::new(),
        "..".to_owned(),
        format!("{token}="),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{token}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("Bearer {token}"),
    ] {
        assert!(keys.verify(&bent, NOW).is_err(), "{bent:?}");
    }
    let parts: Vec<_> = token.split('.').collect();
    assert!(keys.verify(&format!("{}.{}.", parts[0], parts[1]), NOW).is_err(), "no signature");
    let other_claims = part(&claims_with("sub", json!(SESSION.to_string())));
    assert!(keys.verify(&format!("{}.{other_claims}.{}", parts[0], parts[2]), NOW).is_err(), "other claims");
    assert_eq!(reason(&keys, &"a".repeat(9_000)), "longer than 8 KiB");
}

#[test]
fn claims_are_required_and_pinned() {
    let keys = with_secret();
    for (name, value, expected) in [
        ("iss", Value::Null, "another issuer, or none"),
        ("iss", json!("throughline2"), "another issuer, or none"),
        ("iss", json!("Throughline"), "another issuer, or none"),
        ("aud", Value::Null, "for another audience, or for none"),
        ("aud", json!("web"), "for another audience, or for none"),
        ("aud", json!([]), "for another audience, or for none"),
        ("aud", json!(["web", "mobile"]), "for another audience, or for none"),
        ("exp", Value::Null, "no expiry"),
        ("exp", json!("1800003600"), "the claims cannot be read"),
        ("exp", json!(1_799_999_970), "expired"),
        ("exp", json!(1_799_999_970.0), "expired"),
        ("exp", json!(0), "expired"),
        ("exp", json!(-1), "expired"),
        ("exp", json!(i64::MAX), "the claims cannot be read"),
        ("exp", json!(-1e300), "expired"),
        ("nbf", json!(1_800_000_031), "not valid yet"),
        ("nbf", json!(1_800_000_030.5), "not valid yet"),
        ("kind", json!("refresh"), "not an access token"),
        ("kind", json!(""), "not an access token"),
    ] {
        let token = hs256(&plain_header(), &claims_with(name, value.clone()));
        assert_eq!(reason(&keys, &token), expected, "{name}: {value}");
    }
    for (name, value) in [
        ("aud", json!(["web", "api"])),
        ("exp", json!(1_799_999_971)),
        ("nbf", json!(1_800_000_030)),
        ("nbf", Value::Null),
        ("iat", Value::Null),
        ("kind", json!("access")),
        ("email", json!("ada@example.com")),
    ] {
        let token = hs256(&plain_header(), &claims_with(name, value.clone()));
        assert!(keys.verify(&token, NOW).is_ok(), "{name}: {value}");
    }
}

#[test]
fn a_claim_given_twice_is_refused() {
    let keys = with_secret();
    let text = good_claims().to_string().replace("{", &format!("{{\"sub\":\"{SESSION}\","));
    let message = format!("{}.{}", part(&plain_header()), URL_SAFE_NO_PAD.encode(text));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert_eq!(reason(&keys, &format!("{message}.{signature}")), "the claims cannot be read");
}

#[test]
fn another_issuers_session_is_not_taken_for_ours() {
    let keys = with_secret();
    let mut theirs = claims_with("sid", json!(SESSION.to_string()));
    theirs["org"] = json!("acme");
    assert_eq!(keys.verify(&hs256(&plain_header(), &theirs), NOW).unwrap().session, None);
    theirs["kind"] = json!("access");
    let ours = keys.verify(&hs256(&plain_header(), &theirs), NOW).unwrap();
    assert_eq!((ours.session, ours.organization), (Some(SESSION), None));
}

#[test]
fn a_token_ends_by_the_clock_it_is_shown_to() {
    let keys = with_secret();
    let token = keys.sign(&claims()).unwrap();
    let end = claims().expires_at;
    assert!(keys.verify(&token, end.plus_seconds(29)).is_ok());
    assert!(keys.verify(&token, end.plus_seconds(30)).is_err());
    assert!(keys.verify(&token, NOW.plus_seconds(-30)).is_ok());
    assert!(keys.verify(&token, NOW.plus_seconds(-31)).is_err());
}

#[test]
fn a_refusal_tells_nothing_outside_and_no_token_text_inside() {
    let keys = with_secret();
    let mut messages = std::collections::BTreeSet::new();
    for token in
        ["canary.canary.canary", "canary", &hs256(&plain_header(), &claims_with("iss", json!("canary")))]
    {
        let rejected = keys.verify(token, NOW).unwrap_err();
        assert!(!format!("{rejected} {rejected:?} {}", rejected.reason()).contains("canary"));
        messages.insert(rejected.to_string());
    }
    assert_eq!(messages.len(), 1);
}

#[test]
fn unsafe_settings_are_refused_at_the_start() {
    let secret = |text: &str| TokenSettings { hs256_secret: Some(text.into()), ..settings() };
    let key = |algorithm, pem: &str| TokenSettings {
        public_keys: vec![public(algorithm, None, pem)],
        ..settings()
    };
    let signing = |algorithm, pem: &str| TokenSettings {
        public_keys: vec![public(TokenAlgorithm::EdDsa, None, ED_PUBLIC)],
        signing_key: Some(SigningKey { algorithm, kid: None, pem: pem.into() }),
        ..settings()
    };
    for (settings, expected) in [
        (secret(&SECRET[..31]), "31 bytes"),
        (secret(""), "0 bytes"),
        (secret(&"a".repeat(64)), "not random"),
        (TokenSettings { issuer: " ".to_owned(), ..settings() }, "issuer"),
        (TokenSettings { audience: String::new(), ..settings() }, "audience"),
        (TokenSettings { leeway_seconds: 61, ..settings() }, "0–60"),
        (key(TokenAlgorithm::Hs256, RSA_PUBLIC), "hs256_secret"),
        (key(TokenAlgorithm::Rs256, EC_PUBLIC), "public key 1 is not a RS256 public key"),
        (key(TokenAlgorithm::Rs256, RSA), "public key 1 is not a RS256 public key"),
        (key(TokenAlgorithm::Rs256, SMALL_RSA_PUBLIC), "2048 bits"),
        (key(TokenAlgorithm::Es256, RSA_PUBLIC), "public key 1 is not a ES256 public key"),
        (key(TokenAlgorithm::Es256, P384_PUBLIC), "public key 1 is not a ES256 public key"),
        (key(TokenAlgorithm::EdDsa, EC_PUBLIC), "public key 1 is not a EdDSA public key"),
        (key(TokenAlgorithm::EdDsa, ""), "public key 1 is not a EdDSA public key"),
        (signing(TokenAlgorithm::Hs256, ED), "hs256_secret"),
        (signing(TokenAlgorithm::EdDsa, ED_PUBLIC), "not a EdDSA private key"),
        (signing(TokenAlgorithm::Es256, EC), "add its public half"),
        (signing(TokenAlgorithm::Rs256, RSA_PUBLIC), "not a RS256 private key"),
    ] {
        let message = TokenKeys::from_settings(&settings).unwrap_err().to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let many = vec![public(TokenAlgorithm::EdDsa, None, ED_PUBLIC); 17];
    let refused = TokenKeys::from_settings(&TokenSettings { public_keys: many, ..settings() });
    assert_eq!(refused.unwrap_err(), KeyRejected::TooManyKeys(17));
}

#[test]
fn without_a_signing_key_nothing_is_signed() {
    let keys = with_public_keys(vec![public(TokenAlgorithm::EdDsa, None, ED_PUBLIC)]);
    assert!(!keys.can_sign() && keys.can_verify());
    assert_eq!(keys.sign(&claims()), Err(SigningFailed::NoSigningKey));
    let shared = TokenSettings { hs256_secret: Some(SECRET.into()), sign_with_secret: false, ..settings() };
    assert!(!TokenKeys::from_settings(&shared).unwrap().can_sign());
    let none = TokenKeys::from_settings(&settings()).unwrap();
    assert!(!none.can_verify());
    assert!(none.verify(&with_secret().sign(&claims()).unwrap(), NOW).is_err());
}

#[test]
fn keys_do_not_show_in_debug() {
    let shown = format!(
        "{:?} {:?}",
        with_secret(),
        TokenSettings { hs256_secret: Some(SECRET.into()), ..settings() }
    );
    assert!(!shown.contains(SECRET) && shown.contains("***"), "{shown}");
}

#[test]
fn a_token_that_was_recognized_is_held_against_the_clock_each_time() {
    let keys = with_secret();
    let token = keys.sign(&claims()).unwrap();
    let end = claims().expires_at.plus_seconds(30);
    for _ in 0..2 {
        assert_eq!(keys.recognize(&token, NOW), Ok(claims()));
        assert_eq!(keys.recognize(&token, end.plus_seconds(-1)), Ok(claims()));
        // Before it was accepted first it is looked at anew: it may not be valid yet.
        assert_eq!(keys.recognize(&token, NOW.plus_seconds(-31)).unwrap_err().reason(), "not valid yet");
    }
    assert_eq!(keys.recognize(&token, end).unwrap_err().reason(), "expired");
    assert_eq!(keys.recognize(&token, NOW), Ok(claims()));
}

#[test]
fn what_is_refused_is_not_remembered() {
    let keys = with_secret();
    let token = keys.sign(&claims()).unwrap();
    assert!(keys.recognize(&token, NOW).is_ok());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let altered = format!("{message}.{other}{}", &signature[1..]);
    for _ in 0..2 {
        assert!(keys.recognize(&altered, NOW).is_err());
        assert!(keys.recognize(&format!("{token} "), NOW).is_err());
        assert!(keys.recognize(message, NOW).is_err());
    }
    assert!(keys.recognize(&token, NOW).is_ok());
}
