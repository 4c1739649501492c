//! What a test of [`both_databases!`](crate::both_databases) is given, and how it is run.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use futures_util::FutureExt;

use crate::{Backend, EmptyDatabase, TestDatabase, TestServer, postgres};

/// How long a test may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(900);

/// Something made fresh for one test on one database. Clones are handles of the same thing.
pub trait Fixture: Clone + Send + Sync + 'static {
    /// Makes it.
    fn prepare(backend: Backend) -> impl Future<Output = Self> + Send;
    /// Takes it down, also after a test that failed.
    fn finish(self) -> impl Future<Output = ()> + Send;
}

impl Fixture for TestDatabase {
    async fn prepare(backend: Backend) -> Self {
        Self::create(backend).await
    }

    async fn finish(self) {
        self.discard().await;
    }
}

impl Fixture for EmptyDatabase {
    async fn prepare(backend: Backend) -> Self {
        Self::create(backend).await
    }

    async fn finish(self) {
        self.database.discard().await;
    }
}

impl Fixture for TestServer {
    async fn prepare(backend: Backend) -> Self {
        Self::start(TestDatabase::create(backend).await).await
    }

    async fn finish(self) {
        self.stop().await;
        self.database().discard().await;
    }
}

/// Runs one test on one database; `name` is its full name, for messages and for the record that it ran.
pub async fn run<F: Fixture, C: Future<Output = ()>>(
    backend: Backend,
    name: &str,
    check: impl FnOnce(F) -> C,
) {
    if backend == Backend::Postgres && !postgres::found(name) {
        return;
    }
    let fixture = F::prepare(backend).await;
    let checked = tokio::time::timeout(PATIENCE, check(fixture.clone()));
    let outcome = AssertUnwindSafe(checked).catch_unwind().await;
    fixture.finish().await;
    match outcome {
        Ok(Ok(())) if backend == Backend::Postgres => postgres::record_exercised(name),
        Ok(Ok(())) => {}
        Ok(Err(_)) => panic!("{name} hung for {} s", PATIENCE.as_secs()),
        Err(panic) => resume_unwind(panic),
    }
}
