//! What statements cost, counted where they pass: figures for operators, the same for every organization.

use std::time::{Duration, Instant};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Upper bounds of the buckets of statement times, in seconds.
const SECONDS: [f64; 12] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 15.0];

/// Where a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Place {
    /// A read by itself, the wait for a free connection included.
    Read,
    /// In a transaction that writes.
    Transaction,
}

impl Place {
    const fn labels(self) -> Labels {
        let place = match self {
            Self::Read => "read",
            Self::Transaction => "transaction",
        };
        Labels { place }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    place: &'static str,
}

/// Counts statements.
#[derive(Debug)]
pub(in crate::domain) struct StatementMeter {
    failures: Family<Labels, Counter>,
    read: Histogram,
    transaction: Histogram,
    seconds: Family<Labels, Histogram>,
}

impl Default for StatementMeter {
    fn default() -> Self {
        let seconds = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        // Looked up once: a statement then costs no look into the family.
        let read = seconds.get_or_create_owned(&Place::Read.labels());
        let transaction = seconds.get_or_create_owned(&Place::Transaction.labels());
        Self { failures: Family::default(), read, transaction, seconds }
    }
}

impl StatementMeter {
    /// Adds the figures to what is told to operators.
    pub(in crate::domain) fn register(&self, registry: &mut Registry) {
        let help = "Time of a statement; a read waits for its connection too";
        registry.register_with_unit("statement", help, Unit::Seconds, self.seconds.clone());
        registry.register(
            "statement_failures",
            "Statements that failed, also those that are tried again",
            self.failures.clone(),
        );
    }

    /// Runs a statement and notes how long it took.
    pub(in crate::domain) async fn measured<T, E>(
        &self,
        place: Place,
        statement: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let begun = Instant::now();
        let result = statement.await;
        self.note(place, begun.elapsed(), result.is_err());
        result
    }

    fn note(&self, place: Place, took: Duration, failed: bool) {
        match place {
            Place::Read => self.read.observe(took.as_secs_f64()),
            Place::Transaction => self.transaction.observe(took.as_secs_f64()),
        }
        if failed {
            self.failures.get_or_create(&place.labels()).inc();
        }
    }
}
