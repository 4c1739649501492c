//! Plain TCP servers that send one frame to everybody, told by one byte: what no server can beat.
//!
//! The first byte of a connection says what it is: `f` follows, `g` lets a frame go out.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

use super::ground::{process::announce, socket::frame_of};

/// Who follows, when nobody has a task.
type Followers = Arc<Mutex<Vec<Arc<TcpStream>>>>;

/// Serves until the parent ends it.
pub async fn serve(kind: &str, size: usize) {
    let frame: Arc<[u8]> = frame_of(size).into();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    announce(listener.local_addr().expect("an address"));
    let (go, _) = broadcast::channel::<Arc<[u8]>>(16);
    let followers = Followers::default();
    let has_tasks = kind == "raw-tasks";
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("set");
        let (go, followers, frame) = (go.clone(), Arc::clone(&followers), Arc::clone(&frame));
        tokio::spawn(async move {
            let is_follower = stream.read_u8().await.expect("a byte") == b'f';
            match (is_follower, has_tasks) {
                (true, true) => follow(stream, go.subscribe()).await,
                (true, false) => followers.lock().expect("whole").push(Arc::new(stream)),
                (false, _) => loop {
                    if has_tasks {
                        go.send(Arc::clone(&frame)).expect("followers");
                    } else {
                        send_to_all(&followers, &frame).await;
                    }
                    if stream.read_u8().await.is_err() {
                        return;
                    }
                },
            }
        });
    }
}

async fn follow(mut stream: TcpStream, mut frames: broadcast::Receiver<Arc<[u8]>>) {
    let mut end = [0; 16];
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let frame = frame.expect("nobody is slow");
                stream.write_all(&frame).await.expect("sent");
            }
            read = stream.read(&mut end) => {
                if matches!(read, Ok(0) | Err(_)) {
                    return;
                }
            }
        }
    }
}

/// As many loops as the runtime has threads, each over its part.
async fn send_to_all(followers: &Followers, frame: &Arc<[u8]>) {
    let all = followers.lock().expect("whole").clone();
    let threads = std::thread::available_parallelism().map_or(2, Into::into);
    let loops: Vec<_> = all
        .chunks(all.len().div_ceil(threads).max(1))
        .map(|part| {
            let (part, frame) = (part.to_vec(), Arc::clone(frame));
            tokio::spawn(async move {
                for stream in part {
                    let mut sent = 0;
                    while sent < frame.len() {
                        stream.writable().await.expect("open");
                        match stream.try_write(&frame[sent..]) {
                            Ok(written) => sent += written,
                            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                            Err(error) => std::panic::panic_any(error),
                        }
                    }
                }
            })
        })
        .collect();
    for done in loops {
        done.await.expect("sent");
    }
}
