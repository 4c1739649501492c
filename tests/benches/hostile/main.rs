//! Throughline under attack: does it live, serve others, and keep its memory?
//!
//! `cargo bench -p throughline-tests --bench hostile` starts a server on SQLite as a process of its own and
//! asks it the worst documents: first each alone, for its time; then all of them from several clients for a
//! minute, with silent, dripping and stalled connections beside them, while an honest client asks what it
//! always asks. Then readers of a stream stop reading for as long. `-- --seconds N` gives each part so long.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a benchmark ends at the first thing that is wrong, and prints what it saw"
)]

mod documents;
#[path = "../ground/mod.rs"]
mod ground;
mod readers;
mod wires;

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use api::domain::clock::Clock;
use documents::Worst;
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

/// How often each document is asked alone.
const ALONE: usize = 20;
/// Clients that attack at once.
const ATTACKERS: usize = 4;
/// Longest time that is promised for one of them.
const PROMISED: Duration = Duration::from_millis(100);
const HONEST: &str = "{ objective(code: \"O-1\") { code title progress keyResults(first: 10) { nodes { code title progress } } } }";

fn main() {
    let runtime = ground::runtime();
    match argument("--serve") {
        Some(_) => runtime.block_on(ground::serve(&argument("--url").expect("--url"))),
        None => runtime.block_on(attack()),
    }
}

/// Memory over a time, second by second: what is a process's own, and all that is resident.
pub struct Memory(Vec<(u64, u64)>);

impl Memory {
    /// Watches a process.
    pub async fn watch(process: &Process, time: Duration) -> Self {
        let begun = Instant::now();
        let mut seen = Vec::new();
        while begun.elapsed() < time {
            tokio::time::sleep(Duration::from_secs(1)).await;
            seen.push((process.own_memory(), process.memory()));
        }
        Self(seen)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, all): (Vec<u64>, Vec<u64>) = self.0.iter().copied().unzip();
        let third = (own.len() / 3).max(1);
        let mean = |part: &[u64]| part.iter().sum::<u64>() / part.len().max(1) as u64 / 1024 / 1024;
        let means = |seen: &[u64]| {
            let means: Vec<_> = seen.chunks(third).take(3).map(|part| mean(part).to_string()).collect();
            means.join(", ")
        };
        let most = own.iter().max().copied().unwrap_or_default() / 1024 / 1024;
        write!(
            f,
            "means of the thirds {} MB, most {most} MB; with pages of mapped files {} MB",
            means(&own),
            means(&all)
        )
    }
}

async fn attack() {
    let time = Duration::from_secs(number("--seconds", 60) as u64);
    need_files(2_000);
    let database = TestDatabase::create(Backend::Sqlite).await;
    let world = World::seed(&database, &Clock::system()).await;
    world.a.thread(&database).await;
    let token = world.a.leader.token.clone();
    let (mut server, address) = Process::server(&["--serve", "throughline", "--url", database.url()]);
    let all = Arc::new(documents::all());
    alone(address, &token, &all).await;
    println!("memory after each was asked alone: {} MB", server.memory() / 1024 / 1024);
    together(&server, address, &token, &all, time).await;
    assert!(server.lives(), "the server lives");
    readers::run(&server, address, &token, time).await;
    assert!(server.lives(), "the server lives");
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("memory at the end: {} MB; the server lives", server.memory() / 1024 / 1024);
}

/// Each alone: how long it takes on a server with nothing else to do.
async fn alone(address: SocketAddr, token: &str, all: &[Worst]) {
    let mut late = 0;
    for worst in all {
        let (mut times, mut told) = (Vec::new(), String::new());
        for _ in 0..ALONE {
            let mut client = Client::connect(address, token).await.expect("connected");
            let asked = Instant::now();
            told = match client.post(&worst.body).await {
                Ok(answer) => {
                    assert!(answer.body.len() <= 100 * 1024 || answer.status == 200, "{}", worst.name);
                    format!("{}, {} bytes", answer.status, answer.body.len())
                }
                Err(error) => error.to_string(),
            };
            times.push(asked.elapsed());
        }
        let most = at_share(&mut times, 1.0);
        late += usize::from(most > PROMISED);
        println!(
            "{:<38} p50 {:>6.1} ms  most {:>6.1} ms  {told}",
            worst.name,
            at_share(&mut times, 0.5).as_secs_f64() * 1e3,
            most.as_secs_f64() * 1e3,
        );
    }
    println!("{} kinds, {late} of them once beyond {} ms", all.len(), PROMISED.as_millis());
}

/// All at once, for a time.
async fn together(server: &Process, address: SocketAddr, token: &str, all: &Arc<Vec<Worst>>, time: Duration) {
    let over = Arc::new(AtomicBool::new(false));
    let wires = wires::Wires::open(address);
    let mut attackers = Vec::new();
    for first in 0..ATTACKERS {
        let (all, over, token) = (Arc::clone(all), Arc::clone(&over), token.to_owned());
        attackers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            let start = first * all.len() / ATTACKERS;
            for worst in all.iter().cycle().skip(start) {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let asked = Instant::now();
                let mut client = Client::connect(address, &token).await.expect("connected");
                let _ = client.post(&worst.body).await;
                times.push(asked.elapsed());
            }
            times
        }));
    }
    let honest = tokio::spawn({
        let (over, token) = (Arc::clone(&over), token.to_owned());
        async move {
            let body = json!({ "query": HONEST }).to_string();
            let mut client = Client::connect(address, &token).await.expect("connected");
            let (mut times, mut failed) = (Vec::new(), 0);
            while !over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                match client.post(&body).await {
                    Ok(answer) if answer.status == 200 => times.push(asked.elapsed()),
                    Ok(_) | Err(_) => {
                        failed += 1;
                        client = Client::connect(address, &token).await.expect("connected");
                    }
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (times, failed)
        }
    });
    let memory = Memory::watch(server, time).await;
    over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for attacker in attackers {
        times.extend(attacker.await.expect("an attacker"));
    }
    let (mut answered, failed) = honest.await.expect("an honest client");
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{} s of all of them, {ATTACKERS} clients, {} requests:", time.as_secs(), times.len());
    println!(
        "  attacks p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        ms(at_share(&mut times, 0.5)),
        ms(at_share(&mut times, 0.99)),
        ms(at_share(&mut times, 1.0)),
    );
    println!(
        "  an honest client: {} answers, {failed} failures, p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        answered.len(),
        ms(at_share(&mut answered, 0.5)),
        ms(at_share(&mut answered, 0.99)),
        ms(at_share(&mut answered, 1.0)),
    );
    println!("  {}", wires.close());
    println!("  memory: {memory}");
}
