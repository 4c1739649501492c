//! Fan-out in memory: one topic an organization, so that nothing crosses from one to another.
//!
//! How far the stream was delivered and who listens change under one lock. So whoever begins to listen knows
//! exactly where: what lies up to that place is in the table, what comes after it will be heard.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;
use uuid::Uuid;

use super::{event::LiveEvent, position::Position};

/// Events that wait for the slowest listener of an organization; what came before them it reads from the table.
pub const WAITING: usize = 1_024;

pub(super) type Ear = broadcast::Receiver<Arc<LiveEvent>>;

pub(super) struct Hub {
    state: Mutex<State>,
    waiting: usize,
}

struct State {
    reached: Position,
    topics: HashMap<Uuid, broadcast::Sender<Arc<LiveEvent>>>,
    /// The last event of each topic that may have changed rights.
    rights: HashMap<Uuid, Position>,
    closed: bool,
}

impl Hub {
    pub(super) fn new(reached: Position, waiting: usize) -> Self {
        let state = State { reached, topics: HashMap::new(), rights: HashMap::new(), closed: false };
        Self { state: Mutex::new(state), waiting }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the stream was delivered.
    pub(super) fn reached(&self) -> Position {
        self.lock().reached
    }

    /// Begins to listen; gives from where on. Null when the server stops.
    pub(super) fn listen(&self, organization: Uuid) -> Option<(Ear, Position)> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let topic = state.topics.entry(organization).or_insert_with(|| broadcast::Sender::new(self.waiting));
        let ear = topic.subscribe();
        Some((ear, state.reached))
    }

    /// The last event that may have changed rights of those that were delivered since somebody listens to the
    /// organization; null when none was.
    pub(super) fn rights_changed_at(&self, organization: Uuid) -> Option<Position> {
        self.lock().rights.get(&organization).copied()
    }

    /// Those of the organizations that somebody listens to.
    pub(super) fn heard(&self, organizations: &HashSet<Uuid>) -> HashSet<Uuid> {
        let state = self.lock();
        let heard = |id: &Uuid| state.topics.get(id).is_some_and(|topic| topic.receiver_count() > 0);
        organizations.iter().copied().filter(heard).collect()
    }

    /// Delivers what was made ready and moves on, unless somebody has begun to listen to an organization of
    /// the batch that nothing was made ready for: then nothing is delivered, and those are told.
    pub(super) fn deliver(
        &self,
        organizations: &HashSet<Uuid>,
        ready: &HashMap<Uuid, Vec<Arc<LiveEvent>>>,
        reached: Position,
    ) -> Result<(), HashSet<Uuid>> {
        let mut state = self.lock();
        state.topics.retain(|_, topic| topic.receiver_count() > 0);
        let missing: HashSet<Uuid> = organizations
            .iter()
            .copied()
            .filter(|id| state.topics.contains_key(id) && !ready.contains_key(id))
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let State { topics, rights, .. } = &mut *state;
        rights.retain(|organization, _| topics.contains_key(organization));
        for (organization, events) in ready {
            if let Some(event) = events.iter().rev().find(|event| event.concerns_rights())
                && topics.contains_key(organization)
            {
                rights.insert(*organization, event.written.position);
            }
            if let Some(topic) = topics.get(organization) {
                for event in events {
                    // Fails only when the last listener has just gone.
                    let _ = topic.send(Arc::clone(event));
                }
            }
        }
        state.reached = reached;
        Ok(())
    }

    /// Ends all streams: the server stops.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.topics.clear();
    }
}
