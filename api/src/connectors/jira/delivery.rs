//! What Jira sends when something happens: the deliveries of its admin webhooks and of those of an OAuth app.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::connectors::{
    json::RawObject,
    signature::{self, Hash},
};
use crate::domain::sync::port::{Delivery, Hint, NotHeard, Received};

/// The longest identifier of a delivery that is taken as its key, in bytes.
const IDENTIFIER_AT_MOST: usize = 200;

/// Verifies a delivery and reads what it points at.
///
/// The secret is an admin webhook's own, or the client secret of the OAuth app. A body without an event's name is
/// of an old server and is about its issue. Events of sprints, boards, users, versions and all that are not known
/// point at nothing, unless they carry an issue.
///
/// # Errors
/// When it is not signed with this secret, or does not name what its event is about.
pub(super) fn hear(secret: &SecretString, received: Received<'_>) -> Result<Delivery, NotHeard> {
    verify(secret, received)?;
    let body: RawObject<'_> = serde_json::from_slice(received.body)
        .map_err(|_| NotHeard::Unreadable("its body is not a JSON object"))?;
    Ok(Delivery { key: key(received), hints: hints(&body)? })
}

/// A signature decides wherever there is one: a token, which says nothing of the body, cannot stand in for it.
fn verify(secret: &SecretString, received: Received<'_>) -> Result<(), NotHeard> {
    if let Some(value) = signature::header(received, "x-hub-signature")? {
        let tag = value.strip_prefix("sha256=").and_then(signature::from_hex).ok_or(NotHeard::Unsigned)?;
        return signature::verify(Hash::Sha256, secret, received.body, &tag);
    }
    let value = signature::header(received, "authorization")?.ok_or(NotHeard::Unsigned)?;
    verify_token(secret, value)
}

/// Checks the token that webhooks of an OAuth app bring instead of a signature.
///
/// Atlassian promises nothing but that it is signed with the client secret, so no claim is required. Its expiry is
/// not looked at: time is a parameter here, and the port has none for a delivery. Whoever catches a token can send
/// it again with another body, and gains no more by it than that items are read from Jira again.
fn verify_token(secret: &SecretString, authorization: &str) -> Result<(), NotHeard> {
    let (scheme, token) = authorization.split_once(' ').ok_or(NotHeard::Unsigned)?;
    if !["bearer", "jwt"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(NotHeard::Unsigned);
    }
    let secret = secret.expose_secret().as_bytes();
    if secret.is_empty() {
        return Err(NotHeard::Forged);
    }
    let mut rules = Validation::new(Algorithm::HS256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    match jsonwebtoken::decode::<IgnoredAny>(token, &DecodingKey::from_secret(secret), &rules) {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => Err(NotHeard::Forged),
        Err(_) => Err(NotHeard::Unsigned),
    }
}

/// Jira's own identifier of the delivery, the same when it is tried again. Servers send none: there it is the hash of
/// the body, in which the time stands in milliseconds. The signature does not cover the identifier.
fn key(received: Received<'_>) -> String {
    let identifier = signature::header(received, "x-atlassian-webhook-identifier").ok().flatten();
    identifier
        .filter(|identifier| !identifier.is_empty() && identifier.len() <= IDENTIFIER_AT_MOST)
        .map_or_else(|| hex(&Sha256::digest(received.body)), str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hints(body: &RawObject<'_>) -> Result<Vec<Hint>, NotHeard> {
    let event: Option<String> = body
        .get("webhookEvent")
        .map_or(Ok(None), |raw| serde_json::from_str(raw.get()))
        .map_err(|_| NotHeard::Unreadable("the name of its event is not a text"))?;
    let event = event.as_deref().unwrap_or("jira:issue_updated");
    // Events are named by what they are about and what was done to it: `project_soft_deleted`.
    let subject = event.split_once('_').map_or(event, |(subject, _)| subject);
    let issue = id(body, "issue", "id");
    let found = match subject {
        "jira:issue" => named(issue, Hint::Item),
        "comment" => named(issue.or_else(|| commented(body)), Hint::Item),
        "worklog" => named(id(body, "worklog", "issueId"), Hint::Item),
        "issuelink" => {
            let ends = ["sourceIssueId", "destinationIssueId"].map(|end| id(body, "issueLink", end));
            ends.into_iter().map(|end| end.map(Hint::Item)).collect()
        }
        "project" => named(id(body, "project", "id"), Hint::Container),
        _ => Some(issue.into_iter().map(Hint::Item).collect()),
    };
    found.ok_or(NotHeard::Unreadable("it does not name what its event is about"))
}

fn named(id: Option<String>, hint: fn(String) -> Hint) -> Option<Vec<Hint>> {
    id.map(|id| vec![hint(id)])
}

/// The issue that a comment's own address lies below: servers send a comment without its issue.
fn commented(body: &RawObject<'_>) -> Option<String> {
    let address = member(body, "comment", "self")?;
    let (_, path) = address.as_str()?.rsplit_once("/issue/")?;
    let id = path.split_once('/').map_or(path, |(id, _)| id);
    is_id(id).then(|| id.to_owned())
}

/// An id, which Jira writes as a text in issues and as a number in links and projects.
fn id(body: &RawObject<'_>, part: &str, name: &str) -> Option<String> {
    let value = member(body, part, name)?;
    let text = value.as_str().map(str::to_owned);
    text.or_else(|| value.as_u64().map(|id| id.to_string())).filter(|id| is_id(id))
}

/// Whether it is a whole number, as all ids of issues and projects are, so that it may be asked for as it is.
fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A member of a part of the body, where both are there.
fn member(body: &RawObject<'_>, part: &str, name: &str) -> Option<Value> {
    let part: RawObject<'_> = serde_json::from_str(body.get(part)?.get()).ok()?;
    serde_json::from_str(part.get(name)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};
    use ring::hmac;
    use serde_json::json;

    use super::*;

    const SECRET: &str = "It's a Secret to Everybody";

    fn receive(secret: &str, headers: &[(&str, &str)], body: &str) -> Result<Delivery, NotHeard> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = "https://okr.example.com/hooks/jira/1";
        hear(&SecretString::from(secret), Received { headers: &headers, body: body.as_bytes(), url })
    }

    fn tag(body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        format!("sha256={}", hex(hmac::sign(&key, body.as_bytes()).as_ref()))
    }

    fn signed(body: &Value) -> Result<Delivery, NotHeard> {
        let body = body.to_string();
        receive(SECRET, &[("x-hub-signature", &tag(&body))], &body)
    }

    fn token(algorithm: Algorithm, claims: &Value) -> String {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
    }

    fn items(ids: &[&str]) -> Vec<Hint> {
        ids.iter().map(|id| Hint::Item((*id).to_owned())).collect()
    }

    const ISSUE: &str = r#"{"webhookEvent":"jira:issue_updated","issue":{"id":"10040","key":"A-1"}}"#;

    #[test]
    fn the_official_signature_holds() {
        let official = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        let hello = |body: &str| receive(SECRET, &[("x-hub-signature", official)], body);
        assert_eq!(hello("Hello World!"), Err(NotHeard::Unreadable("its body is not a JSON object")));
        assert_eq!(hello("Hello, World!"), Err(NotHeard::Forged));
    }

    #[test]
    fn what_is_not_signed_is_not_heard() {
        let good = tag(ISSUE);
        assert!(receive(SECRET, &[("x-hub-signature", &good)], ISSUE).is_ok());
        let cases: [(&[(&str, &str)], NotHeard); 8] = [
            (&[], NotHeard::Unsigned),
            (&[("x-hub-signature", &good), ("x-hub-signature", &good)], NotHeard::Unsigned),
            (&[("x-hub-signature", "")], NotHeard::Unsigned),
            (&[("x-hub-signature", &good[7..])], NotHeard::Unsigned),
            (&[("x-hub-signature", &good.replacen("sha256", "sha1", 1))], NotHeard::Unsigned),
            (&[("x-hub-signature", &good[..good.len() - 1])], NotHeard::Unsigned),
            (&[("x-hub-signature", "sha256=zz")], NotHeard::Unsigned),
            (&[("x-hub-signature", "sha256=00")], NotHeard::Forged),
        ];
        for (headers, refusal) in cases {
            assert_eq!(receive(SECRET, headers, ISSUE), Err(refusal), "{headers:?}");
        }
        let signed = [("x-hub-signature", good.as_str())];
        assert_eq!(receive("another", &signed, ISSUE), Err(NotHeard::Forged));
        assert_eq!(receive("", &signed, ISSUE), Err(NotHeard::Forged));
        assert_eq!(receive(SECRET, &signed, &ISSUE.replace("10040", "10041")), Err(NotHeard::Forged));
    }

    #[test]
    fn a_token_of_the_app_is_a_proof_too() {
        let bearer = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhdGxhc3NpYW4iLCJpYXQiOjE3OTUxNjk3MDAsImV4cCI6NDEwMjQ0NDgwMH0.e4lA7NmCoZalIdopiNG1uBvvJHvwpMlxNFjWmd1FW44";
        assert!(receive("jira-client-secret", &[("authorization", bearer)], ISSUE).is_ok());
        assert_eq!(receive(SECRET, &[("authorization", bearer)], ISSUE), Err(NotHeard::Forged));

        // Without an expiry, with one long ago, and for whomever: nothing is promised about the claims.
        for claims in [json!({}), json!({"exp": 1}), json!({"exp": "soon", "aud": "someone", "iss": 5})] {
            let token = token(Algorithm::HS256, &claims);
            for scheme in ["Bearer", "JWT", "bearer"] {
                let value = format!("{scheme} {token}");
                assert!(receive(SECRET, &[("authorization", &value)], ISSUE).is_ok(), "{claims}");
            }
            for value in [token.clone(), format!("Basic {token}"), format!("Bearer  {token}")] {
                assert_eq!(receive(SECRET, &[("authorization", &value)], ISSUE), Err(NotHeard::Unsigned));
            }
        }
    }

    #[test]
    fn a_token_is_taken_in_one_form_only() {
        let good = format!("Bearer {}", token(Algorithm::HS256, &json!({})));
        let longer = format!("Bearer {}", token(Algorithm::HS512, &json!({})));
        let cases: [(&[(&str, &str)], NotHeard); 7] = [
            (&[("authorization", &good), ("authorization", &good)], NotHeard::Unsigned),
            (&[("authorization", &longer)], NotHeard::Unsigned),
            (&[("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")], NotHeard::Unsigned),
            (&[("authorization", "Bearer x.y")], NotHeard::Unsigned),
            (&[("authorization", &format!("{good}*"))], NotHeard::Unsigned),
            (&[("authorization", &good), ("x-hub-signature", "sha256=00")], NotHeard::Forged),
            (&[("authorization", &good), ("x-hub-signature", "x")], NotHeard::Unsigned),
        ];
        for (headers, refusal) in cases {
            assert_eq!(receive(SECRET, headers, ISSUE), Err(refusal), "{headers:?}");
        }
        assert_eq!(receive("", &[("authorization", &good)], ISSUE), Err(NotHeard::Forged));
    }

    #[test]
    fn every_event_points_at_what_it_is_about() {
        let issue = json!({"id": "10040", "key": "A-1", "fields": {"issuelinks": [{"id": "9"}]}});
        let address = "https://jira.acme.test:8080/issue/rest/api/2/issue/10013/comment/10082";
        let link = json!({"id": 7, "sourceIssueId": 10_001, "destinationIssueId": 10_002});
        let project = vec![Hint::Container("10000".to_owned())];
        let cases = [
            (json!({"webhookEvent": "jira:issue_created", "issue": issue}), items(&["10040"])),
            (json!({"webhookEvent": "jira:issue_updated", "issue": issue}), items(&["10040"])),
            (json!({"webhookEvent": "jira:issue_deleted", "issue": issue}), items(&["10040"])),
            (json!({"timestamp": 1, "issue": issue}), items(&["10040"])),
            (json!({"webhookEvent": null, "issue": {"id": 10_040}}), items(&["10040"])),
            (json!({"webhookEvent": "comment_created", "issue": issue, "comment": {}}), items(&["10040"])),
            (json!({"webhookEvent": "comment_updated", "comment": {"self": address}}), items(&["10013"])),
            (json!({"webhookEvent": "comment_deleted", "comment": {"self": address}}), items(&["10013"])),
            (json!({"webhookEvent": "worklog_created", "worklog": {"issueId": "10002"}}), items(&["10002"])),
            (json!({"webhookEvent": "worklog_updated", "worklog": {"issueId": "10002"}}), items(&["10002"])),
            (json!({"webhookEvent": "worklog_deleted", "worklog": {"issueId": 10_002}}), items(&["10002"])),
            (json!({"webhookEvent": "issuelink_created", "issueLink": link}), items(&["10001", "10002"])),
            (json!({"webhookEvent": "issuelink_deleted", "issueLink": link}), items(&["10001", "10002"])),
            (json!({"webhookEvent": "project_updated", "project": {"id": 10_000}}), project.clone()),
            (json!({"webhookEvent": "project_soft_deleted", "project": {"id": "10000"}}), project),
            (json!({"webhookEvent": "issue_property_set", "issue": issue}), items(&["10040"])),
            (json!({"webhookEvent": "jira:worklog_updated", "issue": issue}), items(&["10040"])),
            (json!({"webhookEvent": "sprint_started", "sprint": {"id": 3}}), Vec::new()),
            (json!({"webhookEvent": "board_configuration_changed", "configuration": {}}), Vec::new()),
            (json!({"webhookEvent": "user_updated", "user": {"accountId": "5b"}}), Vec::new()),
            (json!({"webhookEvent": "jira:version_released", "version": {"id": "4"}}), Vec::new()),
            (json!({"webhookEvent": "attachment_created", "issue": "of another form"}), Vec::new()),
        ];
        for (body, hints) in cases {
            assert_eq!(signed(&body).map(|delivery| delivery.hints), Ok(hints), "{body}");
        }
    }

    #[test]
    fn an_event_without_its_subject_is_unreadable() {
        for body in [
            json!([]),
            json!({}),
            json!({"webhookEvent": 5, "issue": {"id": "1"}}),
            json!({"webhookEvent": "jira:issue_updated"}),
            json!({"webhookEvent": "jira:issue_updated", "issue": null}),
            json!({"webhookEvent": "jira:issue_updated", "issue": {"key": "A-1"}}),
            json!({"webhookEvent": "jira:issue_updated", "issue": {"id": "1) OR (1=1"}}),
            json!({"webhookEvent": "jira:issue_updated", "issue": {"id": -1}}),
            json!({"webhookEvent": "jira:issue_updated", "issue": {"id": "1".repeat(21)}}),
            json!({"webhookEvent": "comment_created", "comment": {"self": "https://a.test/issue/A-1"}}),
            json!({"webhookEvent": "worklog_created", "issue": {"id": "1"}}),
            json!({"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 1}}),
            json!({"webhookEvent": "project_created", "project": {"key": "A"}}),
        ] {
            assert!(matches!(signed(&body), Err(NotHeard::Unreadable(_))), "{body}");
        }
    }

    #[test]
    fn what_is_not_read_may_be_anything() {
        // Half of a character, and more arrays within one another than a tree is made of.
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        let body =
            format!(r#"{{"issue":{{"fields":{{"summary":"\ud83d","x":{deep}}},"id":"1"}},"x":{deep}}}"#);
        let delivery = receive(SECRET, &[("x-hub-signature", &tag(&body))], &body);
        assert_eq!(delivery.map(|delivery| delivery.hints), Ok(items(&["1"])));
    }

    #[test]
    fn what_is_sent_again_has_the_same_key() {
        let key = |identifiers: &[&str], body: &str| {
            let tag = tag(body);
            let mut headers = vec![("x-hub-signature", tag.as_str())];
            headers.extend(identifiers.iter().map(|value| ("x-atlassian-webhook-identifier", *value)));
            receive(SECRET, &headers, body).unwrap().key
        };
        let other = ISSUE.replace("10040", "10041");
        assert_eq!(key(&["2f7a-1"], ISSUE), "2f7a-1");
        assert_eq!(key(&["2f7a-1"], ISSUE), key(&["2f7a-1"], &other));
        assert_eq!(key(&[], ISSUE), hex(&Sha256::digest(ISSUE)));
        assert_ne!(key(&[], ISSUE), key(&[], &other));
        for identifiers in [&[""][..], &["a", "b"], &["x".repeat(201).as_str()]] {
            assert_eq!(key(identifiers, ISSUE), key(&[], ISSUE));
        }
    }
}
