//! Random input: documents, cursors and filters that nobody thought of.
//!
//! Usually the same few hundred cases run each time, so that a failure is no accident. With
//! `PROPTEST_CASES=100000` so many run of a random beginning, for a longer search.

mod cursor;
mod dice;
mod document;
mod filter;
mod oracle;
mod reference;
mod value;
mod writer;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner},
};

const CASES: &str = "PROPTEST_CASES";

/// Runs a check with random values, so many as are wanted or `usual`.
pub(crate) fn search<S: Strategy>(usual: u32, strategy: &S, check: impl Fn(S::Value) -> TestCaseResult) {
    let wanted: Option<u32> = std::env::var(CASES).ok().and_then(|cases| cases.parse().ok());
    let config = Config {
        cases: wanted.unwrap_or(usual),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let mut runner = match wanted {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let outcome = tokio::task::block_in_place(|| runner.run(strategy, check));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
