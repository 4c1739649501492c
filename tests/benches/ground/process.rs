//! Children of a run: started from this very program, measured from outside, ended with it.

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// Ticks a second in `/proc/<pid>/stat`.
const TICKS: u64 = 100;

/// Tells the parent where a server listens.
pub fn announce(address: SocketAddr) {
    tell(&format!("listening {address}"));
}

/// Tells the parent a line.
pub fn tell(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
}

/// A process of its own.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this program with other arguments.
    pub fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the process starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, input, output }
    }

    /// Starts a server and waits until it says where it listens.
    pub fn server(arguments: &[&str]) -> (Self, SocketAddr) {
        let mut process = Self::start(arguments);
        let line = process.hear();
        let address = line.strip_prefix("listening ").expect("an address").parse().expect("an address");
        (process, address)
    }

    /// Its next line.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "the process has ended");
        line.trim_end().to_owned()
    }

    /// Tells it a line, and hears its answer.
    pub fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").and_then(|()| self.input.flush()).expect("it listens");
        self.hear()
    }

    /// Whether it has not ended.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Its resident memory, in bytes.
    pub fn memory(&self) -> u64 {
        self.resident("VmRSS:")
    }

    /// What of it is its own: no page of a file that is mapped, as the database is, which the system takes back.
    pub fn own_memory(&self) -> u64 {
        self.resident("RssAnon:")
    }

    fn resident(&self, kind: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix(kind)).expect("its memory");
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
    }

    /// The CPU time that it has taken, in user and kernel mode.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("its figures");
        let after_name = stat.rsplit_once(") ").expect("a name").1;
        let ticks: u64 =
            after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(ticks * 1_000 / TICKS)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends the run where the system does not give so many open files.
pub fn need_files(files: usize) {
    let limits = fs::read_to_string("/proc/self/limits").expect("the limits");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("the limit");
    let most: usize = line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    assert!(most > files, "open files: {most} of {files} needed; raise it with `ulimit -n`");
}

/// The value at a share of all, in order: 0.5 is the median.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an index of what was sorted"
)]
pub fn at_share<T: Copy + Default + Ord>(values: &mut [T], share: f64) -> T {
    values.sort_unstable();
    let at = ((values.len() as f64 - 1.0) * share).ceil().max(0.0) as usize;
    values.get(at).copied().unwrap_or_default()
}
