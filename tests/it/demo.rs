//! The demo is made and serves: the first command of the README.

use std::{net::TcpListener, time::Duration};

use api::app::command_line::CommandLine;
use clap::Parser as _;
use support::{Backend, TestDatabase};

/// Longest time for making ninety days of work, unoptimized on a busy machine.
const LONGEST: Duration = Duration::from_secs(400);

/// Makes the demo company in a database, and stops it as soon as it is served.
pub(crate) async fn make(database: &TestDatabase) {
    // The port is free again by the time the demo takes it; nothing else here listens on fixed ports.
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let listen = format!("127.0.0.1:{port}");
    let arguments =
        ["throughline", "--database-url", database.url(), "demo", "--listen", &listen, "--output", "json"];
    let demo = CommandLine::try_parse_from(arguments).expect("arguments").run();
    let ready = async {
        let client = support::client();
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let answer = client.get(format!("http://{listen}/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
        }
    };
    tokio::select! {
        ended = demo => panic!("the demo ended: {ended:?}"),
        () = ready => {}
        () = tokio::time::sleep(LONGEST) => panic!("the demo was not made in time"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_company_is_made_and_served() {
    let database = TestDatabase::create(Backend::Sqlite).await;
    make(&database).await;
    let count = async |text: &str| database.sql(text).await[0]["n"].as_i64().expect("a number");
    assert_eq!(count("SELECT COUNT(*) AS n FROM objective").await, 6);
    assert_eq!(count("SELECT COUNT(*) AS n FROM cycle").await, 2);
    assert_eq!(count("SELECT COUNT(*) AS n FROM team").await, 3);
    assert!(count("SELECT COUNT(*) AS n FROM key_result WHERE progress_source = 'WORK'").await >= 6);
    assert!(count("SELECT COUNT(*) AS n FROM project").await >= 25);
    assert!(count("SELECT COUNT(*) AS n FROM task").await >= 500);
    assert!(count("SELECT COUNT(*) AS n FROM objective WHERE visibility = 'PRIVATE'").await >= 1);
    assert!(count("SELECT COUNT(*) AS n FROM alignment_link WHERE state = 'STALE'").await >= 1);
}
