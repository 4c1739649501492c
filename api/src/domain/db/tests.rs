use std::{future::poll_fn, task::Poll, time::Duration};

use sea_orm::Statement;

use crate::domain::{clock::Clock, fixture::Fixture, trial::Trial};

/// After how many looks at it somebody leaves who wants a transaction.
const LOOKS: usize = 60;

/// Connections that stand in a transaction, the asking one among them.
const OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
    AND (state LIKE 'idle in%' \
    OR (pid = pg_backend_pid() AND xact_start < statement_timestamp() - INTERVAL '40 milliseconds'))";

#[tokio::test]
async fn whoever_leaves_while_a_transaction_opens_leaves_none_open() {
    for trial in Trial::on_each_database().await {
        let db = &trial.installation.db;
        for looks in 0..LOOKS {
            let mut begin = Box::pin(db.begin());
            for _ in 0..looks {
                let is_open = poll_fn(|context| Poll::Ready(begin.as_mut().poll(context).is_ready())).await;
                if is_open {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(begin);
            if db.is_postgres() {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let row = db.all_raw(Statement::from_string(db.backend(), OPEN)).await.unwrap().remove(0);
                assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0, "after {looks} looks");
            }
        }
        db.begin().await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_in_memory_is_there_beside_the_pool_too() {
    let installation = Fixture::new("sqlite::memory:".to_owned(), Clock::system()).open().await;
    let rows = installation.aside().rows("SELECT 1 FROM event", installation.binds()).await.unwrap();
    assert!(rows.is_empty());
}
