//! The stream on SQLite; on PostgreSQL see `tests/it/live.rs`.

mod belonging;
mod random;
mod rights;
mod sight;
mod stream;

use std::{sync::Arc, time::Duration};

use entity::{EventKind, SubjectKind};
use sea_orm::{Statement, Value};
use serde_json::Map;
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use super::{Following, Live, LiveEvent};
use crate::domain::{
    error::Result,
    events::{NewEvent, Sight},
    installation::Installation,
    write::{Command, Write},
};

/// Tells something, and changes nothing.
pub(super) struct Tell(pub(super) i64);

impl Command for Tell {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Cycle, Uuid::from_u128(1)),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: None,
            current: Map::from_iter([("number".to_owned(), self.0.into())]),
        });
        Ok(())
    }
}

/// The number that was told.
pub(super) fn number(event: &Arc<LiveEvent>) -> i64 {
    event.written.current["number"].as_i64().unwrap()
}

/// A tailer that runs, and how to stop it.
pub(super) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(super) fn start(live: &Live) -> Running {
    let (stop, stopped) = oneshot::channel();
    let task = live.spawn(async move {
        let _ = stopped.await;
    });
    Running { stop, task }
}

impl Running {
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        tokio::time::timeout(Duration::from_secs(10), self.task).await.expect("it stops").unwrap();
    }
}

/// The next event, which comes within ten seconds.
pub(super) async fn next(following: &mut Following) -> Arc<LiveEvent> {
    let next = tokio::time::timeout(Duration::from_secs(10), following.next()).await;
    next.expect("an event comes").unwrap().expect("the stream goes on")
}

/// Runs a statement past the rules.
pub(super) async fn execute(installation: &Installation, text: &str, values: Vec<Value>) {
    let tx = installation.db.begin().await.unwrap();
    tx.execute(Statement::from_sql_and_values(tx.backend(), text, values)).await.unwrap();
    tx.commit().await.unwrap();
}
