//! How near Throughline comes to the limit of its database: the same answers from hand-written flat
//! queries, measured side by side on PostgreSQL.
//!
//! `cargo bench -p throughline-tests --bench thread` starts a private PostgreSQL, fills it with 12,000
//! tasks, serves it twice (each server a process of its own), checks that both answer the same, and
//! prints requests a second on 16 connections and the median latency on one, in interleaved rounds.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a benchmark ends at the first thing that is wrong, and prints what it saw"
)]

mod data;
mod limit;
mod load;

use std::{
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use api::{
    app::App,
    config::{Config, Override},
    domain::clock::Clock,
};
use support::{AUDIENCE, Backend, HS256_SECRET, ISSUER, TestDatabase, World};

/// The allocator of the published program, for both servers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).cloned()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match (value("--serve").as_deref(), value("--url")) {
        (Some("limit"), Some(url)) => runtime.block_on(limit::serve(&url)),
        (Some("throughline"), Some(url)) => runtime.block_on(serve_throughline(&url)),
        _ => runtime.block_on(compare()),
    }
}

/// Tells the parent where the server listens, then serves until the parent ends it.
fn announce(address: SocketAddr) {
    let mut out = std::io::stdout();
    writeln!(out, "listening {address}").and_then(|()| out.flush()).expect("the parent listens");
}

async fn serve_throughline(url: &str) {
    let settings = [
        ("server.listen", "127.0.0.1:0"),
        ("database.url", url),
        ("database.min_connections", "4"),
        ("database.max_connections", "10"),
        ("auth.issuer", ISSUER),
        ("auth.audience", AUDIENCE),
        ("auth.hs256_secret", HS256_SECRET),
        // One viewer asks as fast as it goes.
        ("limits.requests_per_minute", "0"),
        ("limits.points_per_minute", "0"),
    ];
    let overrides: Vec<_> = settings.into_iter().map(|(name, value)| Override::new(name, value)).collect();
    let config = Config::from_parts(None, Vec::new(), &overrides).expect("valid settings");
    let mut running = App::start(config, Clock::system()).await.expect("the server starts");
    announce(running.address);
    running.ended().await.expect("it serves");
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(kind: &str, url: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--serve", kind, "--url", url])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("an address");
        let address =
            line.trim().strip_prefix("listening ").expect("an address").parse().expect("an address");
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn compare() {
    let database = TestDatabase::create(Backend::Postgres).await;
    let clock = Clock::system();
    let world = World::seed(&database, &clock).await;
    data::fill(&database, &world.a, &clock).await;
    let token = world.a.leader.token.clone();
    let limit = Server::start("limit", database.url());
    let throughline = Server::start("throughline", database.url());
    for question in data::QUESTIONS {
        let ours = load::ask(throughline.address, "/graphql", &token, &question.body()).await;
        let theirs = load::ask(limit.address, question.path, &token, &question.body()).await;
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(read(&ours), read(&theirs), "{} answers differ", question.name);
        let (mut shares, mut rates, mut medians) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let body = question.body();
            let most = load::run(limit.address, question.path, &token, &body, CONNECTIONS, ROUND).await;
            let got = load::run(throughline.address, "/graphql", &token, &body, CONNECTIONS, ROUND).await;
            let alone = load::run(limit.address, question.path, &token, &body, 1, ROUND / 3).await;
            let own = load::run(throughline.address, "/graphql", &token, &body, 1, ROUND / 3).await;
            shares.push(got.per_second / most.per_second);
            rates.push((most.per_second, got.per_second));
            medians.push((alone.median, own.median));
        }
        shares.sort_by(f64::total_cmp);
        rates.sort_by(|left, right| left.0.total_cmp(&right.0));
        medians.sort_by_key(|pair| pair.1);
        let (rate, median) = (rates[ROUNDS / 2], medians[ROUNDS / 2]);
        println!(
            "{}: share {:.2}  limit {:.0}/s  throughline {:.0}/s  p50 alone: limit {:.2} ms, throughline {:.2} ms",
            question.name,
            shares[ROUNDS / 2],
            rate.0,
            rate.1,
            median.0.as_secs_f64() * 1e3,
            median.1.as_secs_f64() * 1e3,
        );
    }
}
