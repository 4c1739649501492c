//! A private PostgreSQL server that lives exactly as long as this process.
//!
//! A static value is not dropped when a process ends, and a killed process drops nothing at all. So the server
//! is the child of a small shell script that waits on a pipe held by us: when this process ends, however it
//! ends, the system closes the pipe, and the script stops the server and removes its folder.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::programs::Programs;

/// A running server on a loopback port.
pub(crate) struct Cluster {
    port: u16,
    /// Holds the pipe.
    _keeper: Child,
}

/// How often another port is tried when somebody else took ours first.
const ATTEMPTS: u32 = 4;
/// How often, every 50 ms, the server is asked whether it is ready: 90 s, for machines that are busy.
const READINESS_CHECKS: u32 = 1_800;

/// `$1` initdb, `$2` postgres, `$3` folder, `$4` port. The server is told to stop at once (`QUIT`), for
/// nothing in it is worth saving.
const KEEPER: &str = r#"
cd "$3" || exit 1
{
    "$1" --pgdata=data --username=throughline --auth=trust --encoding=UTF8 --no-locale --no-sync \
        --no-instructions >>server.log 2>&1 &&
    "$2" -D data -c listen_addresses=127.0.0.1 -c port="$4" -c unix_socket_directories="$3" \
        -c max_connections=400 -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
        -c autovacuum=off -c jit=off -c shared_buffers=64MB >>server.log 2>&1
    touch ended
} &
read -r _
kill -QUIT "$(head -n 1 data/postmaster.pid)" 2>/dev/null
wait
cd / && rm -rf -- "$3"
"#;

impl Cluster {
    pub(crate) async fn start(programs: &Programs) -> Self {
        let mut last_words = String::new();
        for _ in 0..ATTEMPTS {
            match Self::attempt(programs).await {
                Ok(cluster) => return cluster,
                Err(words) => last_words = words,
            }
        }
        panic!("{} does not start:\n{last_words}", programs.postgres.display());
    }

    /// The address of a database. The password is not needed; it is there so that a test can see it
    /// nowhere in logs and errors.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://throughline:canary-of-the-database@127.0.0.1:{}/{database}", self.port)
    }

    async fn attempt(programs: &Programs) -> Result<Self, String> {
        let port = free_port();
        let folder = tempfile::Builder::new()
            .prefix("throughline-postgres-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", KEEPER, "keeper"])
            .args([&programs.initdb, &programs.postgres, &folder])
            .arg(port.to_string())
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C at the terminal must not reach the script before it has cleaned up.
            .process_group(0);
        if let Some(user) = other_user(&folder) {
            chown(&folder, Some(user.uid), Some(user.gid)).expect("root gives a folder away");
            command.uid(user.uid).gid(user.gid);
        }
        let keeper = command.spawn().expect("a shell");
        let cluster = Self { port, _keeper: keeper };
        cluster.ready(&folder).await.map(|()| cluster)
    }

    async fn ready(&self, folder: &Path) -> Result<(), String> {
        let url = self.url("postgres");
        for _ in 0..READINESS_CHECKS {
            if folder.join("ended").exists() {
                break;
            }
            // Our own socket file tells that whoever answers on the port is our server.
            if folder.join(format!(".s.PGSQL.{}", self.port)).exists()
                && let Ok(connection) = PgConnection::connect(&url).await
            {
                return connection.close().await.map_err(|error| error.to_string());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(std::fs::read_to_string(folder.join("server.log")).unwrap_or_else(|error| error.to_string()))
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    listener.local_addr().expect("the port's number").port()
}

struct User {
    uid: u32,
    gid: u32,
}

/// PostgreSQL refuses to run as root: then somebody else has to run it.
fn other_user(our_folder: &Path) -> Option<User> {
    let is_root = std::fs::metadata(our_folder).expect("our folder").uid() == 0;
    is_root.then(|| {
        let accounts = std::fs::read_to_string(PathBuf::from("/etc/passwd")).expect("the list of accounts");
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find_user(&accounts, name))
            .expect("an account `postgres` or `nobody`, for PostgreSQL does not run as root")
    })
}

fn find_user(accounts: &str, name: &str) -> Option<User> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()? == name;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        found.then_some(User { uid, gid })
    })
}
