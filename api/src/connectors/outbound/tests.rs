//! The way out against a small tool on loopback, which is admitted: where requests go, and as what.

mod addresses;
mod answers;
mod fake_tool;

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{resolver::Found, *};
use fake_tool::{FakeTool, answer};

/// Long enough for a busy machine, and short answers.
const LIMITS: Limits = Limits {
    connecting: Duration::from_secs(5),
    answering: Duration::from_secs(10),
    answer_at_most: 1_000,
    waits: [Duration::from_millis(1); 2],
};

/// `…inside.example` is this machine, `mixed.example` both it and the internet; nobody answers for `stuck.example`,
/// and there are no others.
fn names() -> LookUp {
    Arc::new(|name: String| -> Found {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let found = match name.as_str() {
            "stuck.example" => return Box::pin(std::future::pending::<io::Result<Vec<IpAddr>>>()),
            "mixed.example" => Ok(vec![IpAddr::V4(Ipv4Addr::new(1, 1, 1, 1)), loopback]),
            other if other.ends_with("inside.example") => Ok(vec![loopback]),
            _ => Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        Box::pin(std::future::ready(found))
    })
}

fn outbound_with(allowed: &[&str], limits: Limits) -> Outbound {
    let allowed: Vec<String> = allowed.iter().map(|host| (*host).to_owned()).collect();
    Outbound::with(&allowed, limits, &names()).unwrap()
}

fn outbound(allowed: &[&str]) -> Outbound {
    outbound_with(allowed, LIMITS)
}

#[tokio::test]
async fn names_of_this_network_are_refused_when_they_are_called() {
    let outbound = outbound(&["10.0.0.7", "jira.inside.example:8443"]);
    // A host that is admitted at one port is as any other at the next.
    for address in ["https://inside.example", "https://mixed.example", "https://jira.inside.example"] {
        outbound.check_address(address).unwrap();
        let error = outbound.send(address, &Request::get("rest")).await.unwrap_err();
        let ToolError::Unsafe(message) = error else { panic!("{address}: {error:?}") };
        assert!(message.contains("not public"), "{message}");
    }
    let error = outbound.send("http://127.0.0.1", &Request::get("rest")).await.unwrap_err();
    assert!(matches!(error, ToolError::Unsafe(_)), "{error:?}");
}

#[tokio::test]
async fn an_admitted_name_is_called_where_it_is() {
    let tool = FakeTool::answering(&[&answer("200 OK", "", "{}")]).await;
    let host = format!("inside.example:{}", tool.port);
    let reply = outbound(&[&host]).send(&format!("http://{host}"), &Request::get("rest")).await.unwrap();
    assert_eq!(reply.status(), 200);
    assert!(tool.heard()[0].contains(&format!("host: {host}\r\n")), "{:?}", tool.heard());
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made() {
    let tool =
        FakeTool::answering(&[&answer("201 Created", "x-ratelimit-reset: 7\r\n", r#"{"id": 7}"#)]).await;
    let request = Request::post("/rest/api/2/issue/")
        .step("a/../b?c#d %")
        .query("jql", "project = \"A&B\" ü")
        .query("jql", "2")
        .header(http::HeaderName::from_static("notion-version"), "2022-06-28")
        .basic("ana@acme.test", &SecretString::from("canary-token"))
        .json(&json!({"name": "x"}));
    assert!(!format!("{request:?}").contains("canary"));
    let address = format!("{}/jira/", tool.address());
    let reply = outbound(&["127.0.0.1"]).send(&address, &request).await.unwrap();
    assert_eq!(
        (reply.status(), reply.header("x-ratelimit-reset"), reply.header("link")),
        (201, Some("7"), None)
    );
    assert_eq!(reply.json::<Value>().unwrap(), json!({"id": 7}));
    let heard = tool.heard().remove(0);
    let first = "POST /jira/rest/api/2/issue/a%2F..%2Fb%3Fc%23d%20%25?jql=project+%3D+%22A%26B%22+%C3%BC&jql=2 HTTP/1.1";
    assert_eq!(heard.lines().next(), Some(first));
    for line in [
        "authorization: Basic YW5hQGFjbWUudGVzdDpjYW5hcnktdG9rZW4=".to_owned(),
        "accept: application/json".to_owned(),
        "content-type: application/json".to_owned(),
        "notion-version: 2022-06-28".to_owned(),
        format!("user-agent: Throughline/{}", env!("CARGO_PKG_VERSION")),
        r#"{"name":"x"}"#.to_owned(),
    ] {
        assert!(heard.lines().any(|heard| heard == line), "{line}: {heard}");
    }
    for never in ["accept-encoding", "referer", "cookie"] {
        assert!(!heard.contains(never), "{heard}");
    }
}

#[tokio::test]
async fn a_linked_page_is_asked_for_where_the_tool_is_and_nowhere_else() {
    let tool = FakeTool::answering(&[&answer("200 OK", "", "{}")]).await;
    let whole = format!("{}/page?cursor=a%20b#part", tool.address());
    for link in [whole.as_str(), "/page?cursor=a%20b"] {
        tool.send(&Request::linked(link)).await.unwrap();
    }
    for heard in tool.heard() {
        assert!(heard.starts_with("GET /page?cursor=a%20b HTTP/1.1\r\n"), "{heard}");
    }
    let user = format!("http://a@127.0.0.1:{}/", tool.port);
    let long = format!("/{}", "a".repeat(8_000));
    for link in [
        "http://127.0.0.1/page",
        "https://127.0.0.1/page",
        "//evil.example/page",
        "\\\\evil.example/page",
        "https://evil.example",
        "file:///etc/passwd",
        "/page\r\nhost: a",
        &user,
        &long,
    ] {
        let error = tool.send(&Request::linked(link)).await.unwrap_err();
        let ToolError::Unsafe(message) = error else { panic!("{link}: {error:?}") };
        assert!(message.contains("next page"), "{message}");
    }
    assert_eq!(tool.heard().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let tool = FakeTool::answering(&[&answer("200 OK", "", "{}")]).await;
    let broken = SecretString::from("canary\nx: y");
    for request in [
        Request::get("a").step(".."),
        Request::get("a").step(""),
        Request::get("../a"),
        Request::get("a").step("b\nc"),
        Request::linked("/a").step("b"),
        Request::get("a").header(http::header::IF_MATCH, "a\nb"),
        Request::get("a").authorization("Bearer", &broken),
    ] {
        let error = tool.send(&request).await.unwrap_err();
        assert!(matches!(error, ToolError::Unsafe(_) | ToolError::Unauthorized(_)), "{error:?}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert!(tool.heard().is_empty());
}

#[tokio::test]
async fn nobody_is_sent_on() {
    let other = FakeTool::answering(&[&answer("200 OK", "", "{}")]).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: {}/x?canary=1\r\n", other.address());
        let tool = FakeTool::answering(&[&answer(status, &location, "")]).await;
        let error = tool.send(&Request::get("rest")).await.unwrap_err();
        let ToolError::Unsafe(message) = error else { panic!("{error:?}") };
        assert!(message.contains("sends on to 127.0.0.1") && !message.contains("canary"), "{message}");
        assert_eq!(tool.heard().len(), 1);
    }
    assert!(other.heard().is_empty());
}
