//! How much work a reading was: counted in tests, which hold it against the length of the text.

#[cfg(test)]
thread_local! {
    static TAKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts steps that were taken.
#[cfg(test)]
pub(super) fn take(steps: usize) {
    TAKEN.with(|taken| taken.set(taken.get() + steps));
}

/// Nothing is counted outside of tests.
#[cfg(not(test))]
pub(super) const fn take(_steps: usize) {}

/// The steps that a reading takes in this thread.
#[cfg(test)]
pub(super) fn of<T>(reading: impl FnOnce() -> T) -> usize {
    TAKEN.with(|taken| taken.set(0));
    reading();
    TAKEN.with(std::cell::Cell::get)
}
