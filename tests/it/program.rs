//! Throughline as a program of its own: what only a process has is tried on one, such as its log, its end by
//! force, and a neighbour on the same database.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use api::{app::command_line::CommandLine, domain::clock::Clock};
use clap::Parser as _;
use support::{AUDIENCE, HS256_SECRET, ISSUER};
use tokio::process::{Child, Command};

/// Tells the program that it is one, and with which arguments.
const ARGUMENTS: &str = "PROGRAM_ARGUMENTS";
/// Longest time until a server has started, unoptimized on a busy machine: tries every 100 ms.
const START_TRIES: usize = 600;

/// The command line itself, when this program was started as one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs as a program of its own, started by other tests"]
async fn program() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let arguments = std::iter::once("throughline").chain(arguments.lines());
    let line = CommandLine::try_parse_from(arguments).expect("arguments");
    if let Err(error) = line.run().await {
        panic!("throughline: {error:#}");
    }
}

/// A command that runs, and the file that takes all it prints. It ends with the test, also with one that fails.
pub(crate) struct Program {
    child: Child,
    printed: PathBuf,
}

impl Program {
    /// Starts a command; settings are named as in the environment, without `THROUGHLINE_`.
    pub(crate) fn start(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let printed = folder.join(format!("{}-{}.log", arguments[0], Clock::system().new_id()));
        let file = File::create(&printed).expect("a file");
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THROUGHLINE_")) {
            command.env_remove(name);
        }
        for (name, value) in settings {
            command.env(format!("THROUGHLINE_{name}"), value);
        }
        let child = command
            .args(["--exact", "program::program", "--ignored", "--nocapture"])
            .env(ARGUMENTS, arguments.join("\n"))
            // Spans are sent soon, so that a test need not wait for them.
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("the same file"))
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        Self { child, printed }
    }

    /// Everything that it printed to its end.
    pub(crate) async fn whole(mut self) -> String {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        ended.expect("an end in time").expect("an end");
        self.text()
    }

    /// What it printed so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.printed).expect("readable")).into_owned()
    }

    /// Bytes of memory that it holds now; none where the system does not tell, or it has ended.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Ends it by force, in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("it ran until now");
    }
}

/// A server in a program of its own.
pub(crate) struct ServerProgram {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

impl ServerProgram {
    /// Starts one that believes the tokens of the tests, and waits until it is ready.
    pub(crate) async fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_with(folder, &[], settings).await
    }

    /// The same with further arguments.
    pub(crate) async fn start_with(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let usual =
            [("AUTH__HS256_SECRET", HS256_SECRET), ("AUTH__ISSUER", ISSUER), ("AUTH__AUDIENCE", AUDIENCE)];
        let settings: Vec<_> = usual.into_iter().chain(settings.iter().copied()).collect();
        // The port is free again by the time the server takes it.
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = address.expect("a port");
        let listen = address.to_string();
        let arguments = [&["serve", "--listen", &listen], arguments].concat();
        let program = Program::start(folder, &arguments, &settings);
        let server = Self { program, address };
        let client = support::client();
        for _ in 0..START_TRIES {
            let ready = client.get(format!("http://{address}/readyz")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server does not start: {}", server.program.text());
    }
}
