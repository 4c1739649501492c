//! What becomes of what a tool answers, or does not.

use std::{net::Ipv4Addr, time::Duration};

use http::Method;
use secrecy::SecretString;
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use super::{
    LIMITS, Limits, Request, ToolError,
    fake_tool::{FakeTool, answer},
    outbound, outbound_with,
};

#[tokio::test]
async fn a_long_answer_is_cut_off() {
    let long = "a".repeat(100_000);
    let close = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
    for answer in [
        answer("200 OK", "", &long),
        format!("{close}\r\n{long}"),
        format!("{close}transfer-encoding: chunked\r\n\r\n186a0\r\n{long}\r\n0\r\n\r\n"),
        // The end is never waited for.
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n", &long[..1_001]),
    ] {
        let tool = FakeTool::answering(&[&answer]).await;
        let error = tool.send(&Request::get("rest")).await.unwrap_err();
        let ToolError::Unreadable(message) = error else { panic!("{error:?}") };
        assert!(message.contains("more than 1000 bytes"), "{message}");
        assert_eq!(tool.heard().len(), 1);
    }
    let tool = FakeTool::answering(&[&answer("200 OK", "", &long[..1_000])]).await;
    assert_eq!(tool.send(&Request::get("rest")).await.unwrap().body().len(), 1_000);
}

#[tokio::test]
async fn the_time_of_an_answer_is_bounded() {
    let limits = Limits { answering: Duration::from_millis(100), ..LIMITS };
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\""] {
        let tool = FakeTool::answering(&[answer]).await;
        let outbound = outbound_with(&["127.0.0.1"], limits);
        let error = outbound.send(&tool.address(), &Request::post("rest")).await.unwrap_err();
        let ToolError::Unavailable(message) = error else { panic!("{error:?}") };
        assert!(message.contains("in time"), "{message}");
    }
    let limits = Limits { connecting: Duration::from_millis(50), ..LIMITS };
    let outbound = outbound_with(&[], limits);
    let error = outbound.send("https://stuck.example", &Request::get("rest")).await.unwrap_err();
    let ToolError::Unavailable(message) = error else { panic!("{error:?}") };
    assert!(message.contains("in time"), "{message}");
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_unavailable() {
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let mute =
        FakeTool::answering(&["HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{"]).await;
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut connection, _) = plain.accept().await.unwrap();
            connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            open.push(connection);
        }
    });
    for (address, said) in [
        (format!("http://127.0.0.1:{gone}"), "cannot be reached"),
        (format!("https://127.0.0.1:{plain_port}"), "cannot be spoken to safely"),
        (mute.address(), "breaks off"),
        ("https://unknown.example".to_owned(), "name of unknown.example is not known"),
    ] {
        let request = Request::post("rest").query("q", "canary");
        let error = outbound(&["127.0.0.1"]).send(&address, &request).await.unwrap_err();
        let ToolError::Unavailable(message) = error else { panic!("{address}: {error:?}") };
        assert!(message.contains(said) && !message.contains("canary"), "{message}");
    }
}

#[tokio::test]
async fn a_status_says_what_went_wrong() {
    let kind = |error: &ToolError| match error {
        ToolError::Unauthorized(_) => "unauthorized",
        ToolError::Forbidden(_) => "forbidden",
        ToolError::NotFound(_) => "not found",
        ToolError::Refused(_) => "refused",
        ToolError::TooOften { .. } => "too often",
        ToolError::Unavailable(_) => "unavailable",
        ToolError::Unreadable(_) => "unreadable",
        ToolError::Unsafe(_) => "unsafe",
    };
    for (status, headers, expected) in [
        ("401 Unauthorized", "", "unauthorized"),
        ("403 Forbidden", "", "forbidden"),
        ("404 Not Found", "", "not found"),
        ("410 Gone", "", "not found"),
        ("400 Bad Request", "", "refused"),
        ("422 Unprocessable Content", "", "refused"),
        ("408 Request Timeout", "", "unavailable"),
        ("425 Too Early", "", "unavailable"),
        ("500 Internal Server Error", "", "unavailable"),
        ("503 Service Unavailable", "", "unavailable"),
        ("503 Service Unavailable", "retry-after: 5\r\n", "too often"),
        ("429 Too Many Requests", "", "too often"),
        ("304 Not Modified", "", "unsafe"),
        ("700 Odd", "", "unreadable"),
    ] {
        let body = r#"{"errorMessages": ["The value 'X' does not exist."]}"#;
        // An answer of 304 has no body.
        let tool =
            FakeTool::answering(&[&answer(status, headers, if expected == "unsafe" { "" } else { body })])
                .await;
        let error = tool.send(&Request::post("rest")).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{status}: {error:?}");
        let tells = !matches!(expected, "too often" | "unsafe" | "unreadable");
        assert_eq!(error.to_string().contains("it says: The value 'X' does not exist."), tells, "{error}");
    }
    let tool = FakeTool::answering(&[&answer("429 Too Many Requests", "retry-after: 42\r\n", "")]).await;
    let error = tool.send(&Request::get("rest")).await.unwrap_err();
    assert_eq!(error, ToolError::TooOften { seconds: 42 });
}

#[tokio::test]
async fn a_tool_that_repeats_the_request_gives_no_secret_away() {
    for (request, body) in [
        (
            Request::get("rest").authorization("Bearer", &SecretString::from("canary-1234")),
            "bad token canary-1234 in GET /rest?jql=canary+a at you",
        ),
        (
            Request::get("rest").basic("ana", &SecretString::from("canary")),
            "canary is not ana's: YW5hOmNhbmFyeQ== (YW5hOmNhbmFyeQ)",
        ),
        (
            Request::get("rest").authorization(
                "OAuth",
                &SecretString::from(r#"oauth_consumer_key="canary-key", oauth_token="canary-token""#),
            ),
            "canary-key may not use canary-token",
        ),
        (Request::get("rest").authorization("", &SecretString::from("canary-0")), "<!doctype html>canary"),
    ] {
        let tool = FakeTool::answering(&[&answer("400 Bad Request", "", body)]).await;
        let error = tool.send(&request.query("jql", "canary a")).await.unwrap_err();
        let ToolError::Refused(message) = &error else { panic!("{error:?}") };
        assert!(!message.contains("canary") && !message.contains("YW5hOmNh"), "{message}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_long_refusal_is_shortened_and_not_read_to_its_end() {
    let body = "ß ".repeat(100_000);
    // Two bytes less than it says: whoever waited for them would wait for ever.
    let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n", body.len() + 2);
    let tool = FakeTool::answering(&[&format!("{head}{body}")]).await;
    let ToolError::Refused(message) = tool.send(&Request::get("rest")).await.unwrap_err() else {
        panic!("not refused")
    };
    assert_eq!(message.split_once("it says: ").unwrap().1.chars().count(), 300);
}

#[tokio::test]
async fn what_only_asks_is_repeated_while_the_tool_is_unavailable() {
    let failing = answer("502 Bad Gateway", "", "");
    let good = answer("200 OK", "", "{}");
    let busy = answer("429 Too Many Requests", "retry-after: 1\r\n", "");
    let refusing = answer("404 Not Found", "", "");
    for (method, answers, times, succeeds) in [
        (Method::GET, vec![&failing], 3, false),
        (Method::GET, vec![&failing, &failing, &good], 3, true),
        (Method::GET, vec![&failing, &good], 2, true),
        (Method::GET, vec![&good], 1, true),
        (Method::GET, vec![&failing, &busy], 2, false),
        (Method::GET, vec![&busy], 1, false),
        (Method::GET, vec![&refusing], 1, false),
        (Method::POST, vec![&failing, &good], 1, false),
    ] {
        let texts: Vec<&str> = answers.iter().map(|answer| answer.as_str()).collect();
        let tool = FakeTool::answering(&texts).await;
        let answered = tool.send(&Request::new(method, "rest")).await;
        assert_eq!((tool.heard().len(), answered.is_ok()), (times, succeeds), "{answers:?}");
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_told_without_its_content() {
    for (body, said) in [
        (r#"{"id": "canary"}"#, "not what its API promises (line 1, column"),
        ("<html>canary", "no JSON (line 1, column 1)"),
        (r#"{"id": 1"#, "no JSON"),
        ("", "no JSON"),
    ] {
        let tool = FakeTool::answering(&[&answer("200 OK", "", body)]).await;
        let reply = tool.send(&Request::get("rest")).await.unwrap();
        assert!(!format!("{reply:?}").contains("canary"));
        let error = reply.json::<std::collections::BTreeMap<String, u32>>().unwrap_err();
        let ToolError::Unreadable(message) = error else { panic!("{error:?}") };
        assert!(message.contains(said) && !message.contains("canary"), "{message}");
    }
}

#[test]
fn waits_are_spread_around_what_was_meant() {
    let outbound = outbound(&[]);
    let wait = Duration::from_millis(200);
    let waits: Vec<Duration> = (0..100).map(|_| outbound.varied(wait)).collect();
    assert!(waits.iter().all(|varied| (wait / 2..wait * 3 / 2).contains(varied)), "{waits:?}");
    assert!(waits.iter().max().unwrap().abs_diff(*waits.iter().min().unwrap()) > wait / 2, "{waits:?}");
}
