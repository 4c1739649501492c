//! The ground of the runs under load: servers as processes of their own, so that memory and CPU are theirs.

#![expect(dead_code, reason = "each run takes what it needs of it")]

pub mod http;
pub mod process;
pub mod socket;

use std::net::SocketAddr;

use api::{
    app::App,
    config::{Config, Override},
    domain::clock::Clock,
};
use support::{AUDIENCE, HS256_SECRET, ISSUER};

/// The value behind an argument of the command line.
pub fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next()?;
    arguments.next()
}

/// A number behind an argument, or the usual one.
pub fn number(name: &str, usual: usize) -> usize {
    argument(name).map_or(usual, |text| text.parse().expect("a number"))
}

/// The runtime of the published program: see its `main`.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(8 * 1024 * 1024)
        .build()
        .expect("a runtime")
}

/// The settings of a run: the defaults of a server, but for what would refuse the load of one machine.
pub fn config(url: &str, own: &[(&'static str, &str)]) -> Config {
    let usual = [
        ("server.listen", "127.0.0.1:0"),
        ("database.url", url),
        ("auth.issuer", ISSUER),
        ("auth.audience", AUDIENCE),
        ("auth.hs256_secret", HS256_SECRET),
        // All clients have one address and few viewers.
        ("server.max_connections", "30000"),
        ("server.max_connections_per_address", "0"),
        ("limits.requests_per_minute", "0"),
        ("limits.points_per_minute", "0"),
        ("limits.streams_per_viewer", "0"),
    ];
    let overrides: Vec<_> =
        usual.iter().chain(own).map(|(name, value)| Override::new(name, *value)).collect();
    Config::from_parts(None, Vec::new(), &overrides).expect("valid settings")
}

/// Serves Throughline over a database until the parent ends it.
pub async fn serve(url: &str) {
    let mut running = App::start(config(url, &[]), Clock::system()).await.expect("the server starts");
    process::announce(running.address);
    running.ended().await.expect("it serves");
}

/// An address of the command line.
pub fn address() -> SocketAddr {
    argument("--address").expect("--address").parse().expect("an address")
}
