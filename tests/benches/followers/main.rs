//! What one change costs that ten thousand follow, beside plain TCP.
//!
//! `cargo bench -p throughline-tests --bench followers` starts a server on SQLite, opens 10,000
//! `graphql-transport-ws` sockets that follow the progress of a project, finishes a task again and again,
//! and tells how soon everybody heard of it, what a socket holds of the server's memory and what it took of
//! its CPU. In turns with it two plain TCP servers send frames of the same size to as many sockets: one with
//! a task a connection, as any server of this runtime, and a bare loop over all sockets. Servers and clients
//! are processes of their own.
//!
//! `-- --count N` follows with so many; `--rounds N` counts so many changes; `--operations distinct` lets each
//! ask in other words, so that nothing is shared; `--viewers N` lets so many people follow.

#![expect(clippy::panic, reason = "a run whose ground breaks has nothing to tell")]
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a benchmark ends at the first thing that is wrong, and prints what it saw"
)]

mod client;
#[path = "../ground/mod.rs"]
mod ground;
mod raw;

use std::{io::Write as _, time::Duration};

use api::domain::clock::Clock;
use ground::{
    argument,
    http::Client,
    number,
    process::{Process, at_share, need_files},
};
use serde_json::json;
use support::{Backend, TestDatabase, World};

/// The allocator of the published program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the server is watched while nothing happens.
const QUIET: Duration = Duration::from_secs(10);

fn main() {
    let runtime = ground::runtime();
    match (argument("--serve").as_deref(), argument("--follow").as_deref()) {
        (Some("throughline"), _) => runtime.block_on(ground::serve(&argument("--url").expect("--url"))),
        (Some(kind), _) => runtime.block_on(raw::serve(kind, number("--size", 300))),
        (None, Some(kind)) => runtime.block_on(client::follow(kind)),
        (None, None) => runtime.block_on(compare()),
    }
}

/// What the rounds of one server showed.
#[derive(Default)]
struct Rounds {
    spread: Vec<u64>,
    median: Vec<u64>,
    late: Vec<u64>,
    last: Vec<u64>,
}

impl Rounds {
    /// Hears of a round: microseconds until the first, half, 99 of 100 and all had their frame.
    fn add(&mut self, told: &str) {
        let mut numbers = told.split(' ').map(|number| number.parse().expect("microseconds"));
        let first = numbers.next().expect("a first one");
        self.median.push(numbers.next().expect("a median"));
        self.late.push(numbers.next().expect("a late one"));
        let last = numbers.next().expect("a last one");
        self.last.push(last);
        self.spread.push(last - first);
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    fn per_second(&mut self, count: usize) -> f64 {
        count as f64 * 1e6 / at_share(&mut self.last, 0.5) as f64
    }

    /// The same without what comes before the first frame: a byte is read in no time, a change of a task is
    /// written to the database with all that follows from it.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    fn per_second_on_the_way(&mut self, count: usize) -> f64 {
        count as f64 * 1e6 / at_share(&mut self.spread, 0.5) as f64
    }

    fn print(&mut self, name: &str, count: usize) {
        let rate = self.per_second(count);
        println!(
            "{name:<28} p50 {:>7} µs  p99 {:>7} µs  last {:>7} µs  {rate:>8.0} messages/s",
            at_share(&mut self.median, 0.5),
            at_share(&mut self.late, 0.5),
            at_share(&mut self.last, 0.5),
        );
    }
}

async fn compare() {
    let (count, rounds) = (number("--count", 10_000), number("--rounds", 20));
    need_files(count + 200);
    let database = TestDatabase::create(Backend::Sqlite).await;
    let world = World::seed(&database, &Clock::system()).await;
    let mut tokens = vec![world.a.leader.token.clone()];
    let others = world.a.leaders(&database, number("--viewers", 1) - 1).await;
    tokens.extend(others.into_iter().map(|person| person.token));
    let (mut ours, address) = Process::server(&["--serve", "throughline", "--url", database.url()]);
    let token = tokens[0].clone();
    let mut leader = Client::connect(address, &token).await.expect("connected");
    let project = leader.change("projectCreate", json!({ "title": "Followed" }), "project { id }").await;
    let mut task = String::new();
    for title in ["First", "Second"] {
        let input = json!({ "title": title, "projectIds": [project["project"]["id"]] });
        task = leader.change("taskCreate", input, "task { id }").await["task"]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
    }
    let before = ours.memory();
    // Too many for a command line.
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(tokens.join("\n").as_bytes()).expect("written");
    let tokens = file.path().to_str().expect("a path");
    let (count_text, address) = (count.to_string(), address.to_string());
    let operations = argument("--operations").unwrap_or_else(|| "equal".to_owned());
    let mut us = Process::start(&[
        "--follow",
        "throughline",
        "--address",
        &address,
        "--count",
        &count_text,
        "--tokens",
        tokens,
        "--task",
        &task,
        "--operations",
        &operations,
    ]);
    let size = us.hear();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = ours.memory().saturating_sub(before) / count as u64;
    println!("{count} sockets, {operations} operations; a frame has {size} bytes");
    println!("memory: {} KB before, {each} bytes a connection", before / 1024);

    let mut plain = Vec::new();
    for (kind, name) in [("raw-tasks", "TCP, a task a connection"), ("raw-loop", "TCP, a bare loop")] {
        let (server, address) = Process::server(&["--serve", kind, "--size", &size]);
        let before = server.memory();
        let address = address.to_string();
        let mut them = Process::start(&["--follow", "raw", "--address", &address, "--count", &count_text]);
        them.hear();
        let each = server.memory().saturating_sub(before) / count as u64;
        println!("memory of {name}: {each} bytes a connection");
        plain.push((name, server, them, Rounds::default(), Duration::ZERO));
    }

    let mut own = Rounds::default();
    let mut own_cpu = Duration::ZERO;
    for _ in 0..rounds {
        let cpu = ours.cpu();
        own.add(&us.ask("round"));
        own_cpu += ours.cpu() - cpu;
        for (_, server, them, rounds, taken) in &mut plain {
            let cpu = server.cpu();
            rounds.add(&them.ask("round"));
            *taken += server.cpu() - cpu;
        }
    }
    own.print("Throughline", count);
    let rate = own.per_second(count);
    for (name, _, _, rounds, _) in &mut plain {
        rounds.print(name, count);
    }
    let on_the_way = own.per_second_on_the_way(count);
    for (name, _, _, rounds, _) in &mut plain {
        println!(
            "share of {name}: {:.2} of the messages a second from the first frame to the last, {:.2} from the request on",
            on_the_way / rounds.per_second_on_the_way(count),
            rate / rounds.per_second(count),
        );
    }
    let a_change = |cpu: Duration| cpu.as_secs_f64() * 1e3 / f64::from(u32::try_from(rounds).expect("few"));
    print!("CPU of the server a change: Throughline {:.0} ms", a_change(own_cpu));
    for (name, _, _, _, cpu) in &plain {
        print!(", {name} {:.0} ms", a_change(*cpu));
    }
    let burst = us.ask("burst");
    let (changes, taken) = burst.split_once(' ').expect("two numbers");
    println!("\n{changes} changes at once: each heard all of them, the last after {taken} ms");
    let cpu = ours.cpu();
    tokio::time::sleep(QUIET).await;
    let quiet = (ours.cpu() - cpu).as_secs_f64() / QUIET.as_secs_f64() * 100.0;
    println!(
        "in quiet: {quiet:.1} % of a core; memory at the end: {} bytes a connection",
        ours.memory().saturating_sub(before) / count as u64
    );
    assert!(ours.lives(), "the server lives");
}
