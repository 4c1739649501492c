//! Clients that are slow, greedy or broken: cut off, while others are served.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::Method;
use support::{ServerOptions, StatusCode, TestDatabase, TestServer};

use super::{
    JSON, on_sqlite,
    raw::{Raw, good_request},
};

/// Speaks on a socket without holding the server's threads up.
pub(crate) async fn on_socket<T: Send + 'static>(
    server: &TestServer,
    speak: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> T {
    let address = server.address();
    tokio::task::spawn_blocking(move || speak(address)).await.expect("the talk ends")
}

async fn impatient(database: TestDatabase) -> TestServer {
    let options = ServerOptions::default()
        .setting("server.header_timeout_seconds", "1")
        .setting("server.body_timeout_seconds", "1")
        .setting("server.idle_timeout_seconds", "3");
    TestServer::start_with(database, options).await
}

fn about(seconds: u64, lasted: Duration) -> bool {
    (Duration::from_millis(seconds * 1_000 - 300)..Duration::from_millis(seconds * 1_000 + 1_500))
        .contains(&lasted)
}

async fn is_served(server: &TestServer) -> bool {
    server.send(server.request(Method::GET, "/healthz")).await.status == StatusCode::OK
}

on_sqlite! {
    async fn slow_headers_are_cut(database: TestDatabase) {
        let server = impatient(database).await;
        let lasted = on_socket(&server, |address| {
            let mut silent = Raw::open(address);
            let nothing = silent.lasts();
            let mut slow = Raw::open(address);
            let begun = Instant::now();
            slow.send("POST /graphql HTTP/1.1\r\n");
            while begun.elapsed() < Duration::from_secs(5) && slow.send("x-a: b\r\n") {
                std::thread::sleep(Duration::from_millis(100));
            }
            (nothing, begun.elapsed())
        }).await;
        assert!(about(1, lasted.0), "a silent connection lasted {:?}", lasted.0);
        assert!(about(1, lasted.1), "a drop at a time lasted {:?}", lasted.1);
        assert!(is_served(&server).await);
        server.stop().await;
    }

    async fn an_idle_connection_lasts_longer_than_a_slow_one(database: TestDatabase) {
        let server = impatient(database).await;
        let (idle, slow) = on_socket(&server, |address| {
            let mut idle = Raw::open(address);
            idle.send(good_request());
            assert!(idle.answer().starts_with("HTTP/1.1 200"));
            std::thread::sleep(Duration::from_millis(1_800));
            idle.send(good_request());
            assert!(idle.answer().starts_with("HTTP/1.1 200"), "still there after the time for headers");
            let lasted = idle.lasts();
            let mut slow = Raw::open(address);
            slow.send(good_request());
            slow.answer();
            slow.send("POST /gr");
            (lasted, slow.lasts())
        }).await;
        assert!(about(3, idle), "idle for {idle:?}");
        assert!(about(1, slow), "half a head for {slow:?}");
        server.stop().await;
    }

    async fn a_stalled_body_is_cut(database: TestDatabase) {
        let server = impatient(database).await;
        for head in ["content-length: 500", "transfer-encoding: chunked"] {
            let (answer, lasted) = on_socket(&server, move |address| {
                let mut raw = Raw::open(address);
                let begun = Instant::now();
                raw.send(format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n{head}\r\n\r\n"));
                (raw.answer(), begun.elapsed())
            }).await;
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
            assert!(answer.contains("connection: close") && about(1, lasted), "{lasted:?} {answer}");
        }
        server.stop().await;
    }

    async fn a_dripping_body_is_cut(database: TestDatabase) {
        let server = impatient(database).await;
        for (head, drop) in [("content-length: 5000", "x"), ("transfer-encoding: chunked", "1\r\nx\r\n")] {
            let (answer, lasted) = on_socket(&server, move |address| {
                let mut raw = Raw::open(address);
                let begun = Instant::now();
                raw.send(format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n{head}\r\n\r\n"));
                // Always something, and never enough.
                while begun.elapsed() < Duration::from_secs(8) && !raw.is_answered() && raw.send(drop) {
                    std::thread::sleep(Duration::from_millis(100));
                }
                let lasted = begun.elapsed();
                (raw.answer(), lasted)
            }).await;
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
            assert!(answer.contains("connection: close") && about(1, lasted), "{lasted:?} {answer}");
        }
        assert!(is_served(&server).await);
        server.stop().await;
    }

    async fn a_body_over_the_limit_is_not_read_to_its_end(server: TestServer) {
        let answers = on_socket(&server, |address| {
            // Only the head: the told length is enough.
            let mut told = Raw::open(address);
            told.send(format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ncontent-length: 900000000\r\n\r\n"));
            let told = told.answer();
            // Without a length: until the limit is passed.
            let mut chunked = Raw::open(address);
            chunked.send(format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ntransfer-encoding: chunked\r\n\r\n"));
            let piece = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
            for _ in 0..17 {
                if !chunked.send(&piece) {
                    break;
                }
            }
            (told, chunked.answer())
        }).await;
        for answer in [answers.0, answers.1] {
            assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
            assert!(answer.contains("BAD_USER_INPUT") && answer.contains("1048576"), "{answer}");
        }
        assert!(is_served(&server).await);
    }

    async fn broken_heads_are_refused(server: TestServer) {
        let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(100_000));
        let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-a: b\r\n".repeat(150));
        let body = "{\"query\":\"{ __typename }\"}";
        let both = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ncontent-length: 26\r\ncontent-length: 5\r\n\r\n{body}"
        );
        let line = "GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: b\rc: d\r\n\r\n".to_owned();
        let framed = |how: &str| format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n{how}\r\n\r\n{body}");
        for (what, request, expected) in [
            ("long", long, "431"),
            ("many", many, "431"),
            ("two lengths", both, "400"),
            ("bare CR", line, "400"),
            ("a list of lengths", framed("content-length: 26, 26"), "400"),
            ("a signed length", framed("content-length: +26"), "400"),
            ("a blank before the colon", framed("transfer-encoding : chunked"), "400"),
            ("an unknown coding", framed("transfer-encoding: xchunked"), "400"),
            ("chunks that are not the last coding", framed("transfer-encoding: chunked, identity"), "400"),
            ("chunks in HTTP/1.0", framed("transfer-encoding: chunked").replace("HTTP/1.1", "HTTP/1.0"), "400"),
            ("a folded line", framed("x-a: b\r\n transfer-encoding: chunked\r\ncontent-length: 26"), "400"),
        ] {
            let answer = on_socket(&server, move |address| {
                let mut raw = Raw::open(address);
                raw.send(request);
                raw.answer()
            }).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{what}: {answer}");
        }
    }

    async fn a_body_has_one_end(server: TestServer) {
        // Framed twice over: by chunks, as the standard has it. What follows is never a request that the
        // length hides, nor is what the length cuts off; and the server ends the connection by itself.
        let body = "{\"query\":\"{ __typename }\"}";
        let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let chunked = "transfer-encoding: chunked";
        for (what, lines) in [
            ("length first", format!("content-length: 5\r\n{chunked}")),
            ("chunks first", format!("{chunked}\r\ncontent-length: 5")),
            ("a length beyond", format!("content-length: {}\r\n{chunked}", chunks.len() + 40)),
        ] {
            let text = format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n{lines}\r\n\r\n{chunks}GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
            let all = on_socket(&server, move |address| {
                let mut raw = Raw::open(address);
                raw.send(text);
                raw.everything()
            }).await;
            assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{what}: {all}");
            assert!(all.starts_with("HTTP/1.1 200") && all.contains("\"__typename\":\"Query\""), "{what}: {all}");
        }
    }

    async fn a_client_that_takes_nothing_is_cut(database: TestDatabase) {
        let options = ServerOptions::default()
            .setting("server.write_timeout_seconds", "1")
            .setting("server.compression", "false");
        let server = TestServer::start_with(database, options).await;
        let size = server.send(server.request(Method::GET, "/schema.graphql")).await.text.len();
        let taken = on_socket(&server, |address| {
            let mut greedy = Raw::open(address);
            greedy.send("GET /schema.graphql HTTP/1.1\r\nhost: x\r\n\r\n".repeat(500));
            std::thread::sleep(Duration::from_millis(3_000));
            greedy.drain()
        })
        .await;
        assert!(taken < size * 250, "{taken} bytes were still sent, of {}", size * 500);
        assert!(is_served(&server).await);
        server.stop().await;
    }

    async fn half_open_sockets_hold_nobody_up(database: TestDatabase) {
        let server = impatient(database).await;
        let lurkers = on_socket(&server, |address| {
            (0..200).map(|_| { let mut raw = Raw::open(address); raw.send("POST /graphql HTTP/1.1\r\nhost"); raw }).collect::<Vec<_>>()
        }).await;
        for _ in 0..5 {
            assert!(is_served(&server).await);
        }
        // They are cut by the server, each of them: the clients only listen.
        let lasted = on_socket(&server, move |_| {
            lurkers.into_iter().map(|mut raw| raw.lasts()).sum::<Duration>()
        }).await;
        assert!(lasted < Duration::from_secs(10), "the last of them lasted {lasted:?}");
        server.stop().await;
    }

    async fn connections_are_bounded(database: TestDatabase) {
        let options = ServerOptions::default().setting("server.max_connections_per_address", "3");
        let server = TestServer::start_with(database, options).await;
        let (answer, after) = on_socket(&server, |address| {
            let mut kept: Vec<_> = (0..3).map(|_| { let mut raw = Raw::open(address); raw.send(good_request()); raw.answer(); raw }).collect();
            let answer = Raw::open(address).answer();
            kept.pop();
            std::thread::sleep(Duration::from_millis(300));
            let mut raw = Raw::open(address);
            raw.send(good_request());
            (answer, raw.answer())
        }).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(after.starts_with("HTTP/1.1 200"), "{after}");
        server.stop().await;
    }

    async fn stopping_ends_idle_connections_at_once(server: TestServer) {
        let address = server.address();
        let mut idle = on_socket(&server, |address| {
            let mut idle = Raw::open(address);
            idle.send(good_request());
            idle.answer();
            idle
        }).await;
        let begun = Instant::now();
        server.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        let lasted = tokio::task::spawn_blocking(move || idle.lasts()).await.expect("an end");
        assert!(lasted < Duration::from_secs(1));
        assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
    }
}
