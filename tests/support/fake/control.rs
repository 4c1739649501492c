//! What both fakes have: their time, what goes wrong with them, and what they were asked and sent.

use std::sync::Arc;

use entity::Instant;

use super::{
    deliveries::{Deliveries, Habits, Tally},
    faults::{Failure, Faults, Trouble},
    limit::{Budget, Limit},
    random::Random,
    requests::{RequestLog, Requested},
    time::FakeTime,
};

/// The switches and records of a fake. Clones are handles of the same.
#[derive(Clone)]
pub struct Control(Arc<Parts>);

struct Parts {
    time: FakeTime,
    trouble: Arc<Trouble>,
    budget: Budget,
    log: RequestLog,
    deliveries: Deliveries,
}

impl Control {
    pub(super) fn new(time: FakeTime, random: &mut Random, habits: Habits) -> Self {
        let trouble = Arc::new(Trouble::new(random));
        let deliveries = Deliveries::start(habits, Arc::clone(&trouble));
        let (budget, log) = (Budget::default(), RequestLog::default());
        Self(Arc::new(Parts { time, trouble, budget, log, deliveries }))
    }

    /// The time that it lives by.
    #[must_use]
    pub fn time(&self) -> &FakeTime {
        &self.0.time
    }

    /// The present moment, by its time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.time.now()
    }

    /// Moves its time on by a number of seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.time.advance(seconds);
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.0.trouble.set(faults);
    }

    /// What goes wrong now.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.0.trouble.faults()
    }

    /// Lets the next requests fail in this way, whatever chance says; what comes in first fails first.
    pub fn fail_next(&self, failure: Failure, times: usize) {
        self.0.trouble.fail_next(failure, times);
    }

    /// How much may be asked from now on; anything by default.
    pub fn set_limit(&self, limit: Option<Limit>) {
        self.0.budget.set(limit);
    }

    /// All requests since the start, or since they were forgotten.
    #[must_use]
    pub fn requests(&self) -> Vec<Requested> {
        self.0.log.all()
    }

    /// Forgets the requests.
    pub fn forget_requests(&self) {
        self.0.log.forget();
    }

    /// How many requests were open at the same time, at most, since they were forgotten.
    #[must_use]
    pub fn most_requests_at_once(&self) -> usize {
        self.0.log.most_open()
    }

    /// What became of the deliveries.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.0.deliveries.tally()
    }

    /// Waits until no delivery is under way; those that were held back go out first.
    pub async fn settle(&self) {
        self.0.deliveries.settle().await;
    }

    pub(super) fn log(&self) -> &RequestLog {
        &self.0.log
    }

    pub(super) fn trouble(&self) -> &Trouble {
        &self.0.trouble
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    pub(super) fn deliveries(&self) -> &Deliveries {
        &self.0.deliveries
    }
}
