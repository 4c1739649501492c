//! Webhooks on their way: sent in the background, again where nobody took them, and by a seed lost, doubled, late
//! or out of order.

use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Client;
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

use super::{faults::Trouble, lock};
use crate::client;

/// How long the receiver has for its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it is until the first repetition; each further one waits twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// What a tool does about a delivery that was not taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    /// How often it sends the same again.
    pub(super) repetitions: u32,
    /// Whether it sends again after this status; none is no answer.
    pub(super) repeats: fn(Option<u16>) -> bool,
    /// The header that counts repetitions, in lower case.
    pub(super) counted_in: Option<&'static str>,
}

/// What becomes of deliveries, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that the tool meant to send.
    pub meant: usize,
    /// Those of them that were never sent.
    pub dropped: usize,
    /// Those that were sent twice.
    pub doubled: usize,
    /// Those that were late.
    pub delayed: usize,
    /// Those that were held back until after a later one.
    pub held_back: usize,
    /// Requests that were made, repetitions among them.
    pub sent: usize,
    /// Requests that were answered with success.
    pub taken: usize,
    /// Those that were given up, not taken at last.
    pub given_up: usize,
}

/// Is told how a delivery ended: the last status, none where there was no answer.
pub(super) type Ended = Box<dyn Fn(Option<u16>) + Send + Sync>;

/// Something to be sent.
pub(super) struct Parcel {
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    pub(super) ended: Option<Ended>,
}

/// The way out. What is sent at once arrives in order, unless something goes wrong.
pub(super) struct Deliveries {
    road: Arc<Road>,
    queue: mpsc::UnboundedSender<Load>,
    runtime: Handle,
}

struct Road {
    client: Client,
    habits: Habits,
    trouble: Arc<Trouble>,
    under_way: watch::Sender<usize>,
    held_back: Mutex<Vec<Arc<Parcel>>>,
    tally: Mutex<Tally>,
}

/// A parcel that is under way until this value is dropped.
struct Load {
    parcel: Arc<Parcel>,
    road: Arc<Road>,
}

impl Load {
    fn new(parcel: Arc<Parcel>, road: &Arc<Road>) -> Self {
        road.under_way.send_modify(|count| *count += 1);
        Self { parcel, road: Arc::clone(road) }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.road.under_way.send_modify(|count| *count -= 1);
    }
}

impl Deliveries {
    pub(super) fn start(habits: Habits, trouble: Arc<Trouble>) -> Self {
        let road = Arc::new(Road {
            client: client(),
            habits,
            trouble,
            under_way: watch::Sender::new(0),
            held_back: Mutex::default(),
            tally: Mutex::default(),
        });
        let (queue, mut loads) = mpsc::unbounded_channel::<Load>();
        tokio::spawn(async move {
            while let Some(load) = loads.recv().await {
                let status = load.send(0).await;
                if (load.road.habits.repeats)(status) && load.road.habits.repetitions > 0 {
                    // Later ones do not wait for what has to be sent again.
                    tokio::spawn(load.repeat());
                } else {
                    load.end(status);
                }
            }
        });
        Self { road, queue, runtime: Handle::current() }
    }

    /// Sends something; returns at once.
    pub(super) fn send(&self, parcel: Parcel) {
        let road = &self.road;
        let fate = road.trouble.of_delivery();
        let parcel = Arc::new(parcel);
        let mut tally = lock(&road.tally);
        tally.meant += 1;
        if fate.dropped {
            tally.dropped += 1;
            return;
        }
        if fate.held_back {
            tally.held_back += 1;
            lock(&road.held_back).push(parcel);
            return;
        }
        tally.doubled += usize::from(fate.doubled);
        tally.delayed += usize::from(fate.delay.is_some());
        drop(tally);
        let twin = fate.doubled.then(|| Arc::clone(&parcel));
        let held_back = mem::take(&mut *lock(&road.held_back));
        let parcels = [parcel].into_iter().chain(twin).chain(held_back);
        let loads: Vec<_> = parcels.map(|parcel| Load::new(parcel, road)).collect();
        let queue = self.queue.clone();
        match fate.delay {
            None => enqueue(&queue, loads),
            Some(delay) => {
                self.runtime.spawn(async move {
                    tokio::time::sleep(delay).await;
                    enqueue(&queue, loads);
                });
            }
        }
    }

    pub(super) fn tally(&self) -> Tally {
        *lock(&self.road.tally)
    }

    /// Waits until nothing is under way; what was held back goes out first.
    pub(super) async fn settle(&self) {
        loop {
            let held_back = mem::take(&mut *lock(&self.road.held_back));
            let loads = held_back.into_iter().map(|parcel| Load::new(parcel, &self.road)).collect();
            enqueue(&self.queue, loads);
            let mut under_way = self.road.under_way.subscribe();
            under_way.wait_for(|count| *count == 0).await.map(drop).expect("the sender is here");
            if lock(&self.road.held_back).is_empty() {
                return;
            }
        }
    }
}

fn enqueue(queue: &mpsc::UnboundedSender<Load>, loads: Vec<Load>) {
    for load in loads {
        // Without a worker the test is over.
        let _over = queue.send(load);
    }
}

impl Load {
    /// Makes one request and gives its status.
    async fn send(&self, repetition: u32) -> Option<u16> {
        let Self { parcel, road } = self;
        let mut request = road.client.post(&parcel.url).timeout(PATIENCE).body(parcel.body.clone());
        for (name, value) in &parcel.headers {
            request = request.header(*name, value.as_str());
        }
        if let Some(name) = road.habits.counted_in.filter(|_| repetition > 0) {
            request = request.header(name, repetition.to_string());
        }
        let status = request.send().await.ok().map(|answer| answer.status().as_u16());
        let mut tally = lock(&road.tally);
        tally.sent += 1;
        tally.taken += usize::from(is_success(status));
        status
    }

    /// Sends the same again until it is taken or has been sent often enough.
    async fn repeat(self) {
        let mut status = None;
        let mut pause = PAUSE;
        for repetition in 1..=self.road.habits.repetitions {
            tokio::time::sleep(pause).await;
            pause *= 2;
            status = self.send(repetition).await;
            if !(self.road.habits.repeats)(status) {
                break;
            }
        }
        self.end(status);
    }

    fn end(self, status: Option<u16>) {
        if !is_success(status) {
            lock(&self.road.tally).given_up += 1;
        }
        if let Some(ended) = &self.parcel.ended {
            ended(status);
        }
    }
}

fn is_success(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}
