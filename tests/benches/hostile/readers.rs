//! Readers that stop reading while much happens, beside readers that do not.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::JoinSet;

use super::{
    Memory,
    ground::{
        http::Client,
        process::{Process, at_share},
        socket::{Frame, Socket},
    },
};

const SLOW: usize = 20;
const HONEST: usize = 50;
/// Who writes at once, and how many tasks one writes in a request.
const WRITERS: usize = 4;
const TASKS: usize = 20;
const FOLLOW: &str =
    "subscription { taskChanged { cursor at changed task { id title status } current { title status } } }";

/// Lets some stop for a time while all tasks change as fast as it goes.
pub async fn run(server: &Process, address: SocketAddr, token: &str, time: Duration) {
    let mut client = Client::connect(address, token).await.expect("connected");
    let mut tasks = Vec::new();
    for at in 0..WRITERS * TASKS {
        let input = json!({ "title": format!("Task {at}") });
        let made = client.change("taskCreate", input, "task { id }").await;
        tasks.push(made["task"]["id"].as_str().expect("an id").to_owned());
    }
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let socket = Socket::open_narrow(address).await.expect("a socket");
        let mut socket = socket.introduce(token).await.expect("a socket");
        socket.subscribe("slow", FOLLOW).await.expect("sent");
        slow.push(socket);
    }
    let over = Arc::new(AtomicBool::new(false));
    let (heard, closed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut honest = Vec::new();
    for _ in 0..HONEST {
        let mut socket = Socket::enter(address, token).await.expect("a socket");
        socket.subscribe("honest", FOLLOW).await.expect("sent");
        let (heard, closed) = (Arc::clone(&heard), Arc::clone(&closed));
        honest.push(tokio::spawn(async move {
            while socket.count().await.is_ok() {
                heard.fetch_add(1, Ordering::Relaxed);
            }
            closed.fetch_add(1, Ordering::Relaxed);
        }));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;

    let mut writers = Vec::new();
    for tasks in tasks.chunks(TASKS) {
        let (tasks, over, token) = (tasks.to_vec(), Arc::clone(&over), token.to_owned());
        writers.push(tokio::spawn(async move {
            let mut client = Client::connect(address, &token).await.expect("connected");
            let (mut written, mut times) = (0_u64, Vec::new());
            while !over.load(Ordering::Relaxed) {
                let mut changes = String::new();
                for (at, task) in tasks.iter().enumerate() {
                    write!(
                        changes,
                        "a{at}: taskUpdate(input: {{ id: \"{task}\", title: \"Change {written} of this task, with a name of usual length\" }}) {{ userErrors {{ message }} }} "
                    )
                    .expect("written");
                }
                let asked = Instant::now();
                client.ask(&format!("mutation {{ {changes} }}"), json!({})).await;
                times.push(asked.elapsed());
                written += tasks.len() as u64;
            }
            (written, times)
        }));
    }
    let memory = Memory::watch(server, time).await;
    over.store(true, Ordering::Relaxed);
    let (mut written, mut times) = (0, Vec::new());
    for writer in writers {
        let (by_one, took) = writer.await.expect("a writer");
        written += by_one;
        times.extend(took);
    }
    // What is under way arrives.
    let patience = Instant::now();
    while heard.load(Ordering::Relaxed) < written * HONEST as u64
        && patience.elapsed() < Duration::from_secs(10)
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let rate = written / time.as_secs();
    println!("{SLOW} readers stopped for {} s at {rate} events a second ({written} written)", time.as_secs());
    println!(
        "  {HONEST} others heard {} of {}, {} of them were closed; writing {TASKS} took p50 {:.0} ms, p99 {:.0} ms",
        heard.load(Ordering::Relaxed),
        written * HONEST as u64,
        closed.load(Ordering::Relaxed),
        at_share(&mut times, 0.5).as_secs_f64() * 1e3,
        at_share(&mut times, 0.99).as_secs_f64() * 1e3,
    );
    println!("  memory: {memory}");
    let mut reading = JoinSet::new();
    for mut socket in slow {
        reading.spawn(async move {
            let mut read = 0_u64;
            loop {
                match tokio::time::timeout(Duration::from_secs(5), socket.hear()).await {
                    Ok(Ok(Frame::Close(code))) => return (read, format!("closed with {code}")),
                    Ok(Ok(Frame::Text(..))) => read += 1,
                    Ok(Ok(Frame::Ping | Frame::Other)) => {}
                    Ok(Err(_)) => return (read, "cut".to_owned()),
                    Err(_) => return (read, "still open".to_owned()),
                }
            }
        });
    }
    let (mut ends, mut read): (BTreeMap<String, usize>, u64) = Default::default();
    while let Some(ended) = reading.join_next().await {
        let (by_one, end) = ended.expect("a reader");
        read += by_one;
        *ends.entry(end).or_default() += 1;
    }
    println!("  those who stopped found {} events each on average, then: {ends:?}", read / SLOW as u64);
    for reader in honest {
        reader.abort();
    }
}
