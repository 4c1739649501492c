//! Counting the SQL statements of a request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::domain::db::{OF_JOB, OF_SERVER};

/// The texts of the statements that a server ran. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct StatementLog {
    texts: Arc<Mutex<Vec<String>>>,
}

impl StatementLog {
    pub(crate) fn shared(&self) -> api::domain::db::StatementLog {
        Arc::clone(&self.texts)
    }

    /// What was noted since the last call, in order, but for what the server runs by itself, looks into the stream of
    /// events and the work of its jobs, which belong to no request.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        let mut texts = std::mem::take(&mut *self.texts.lock().unwrap_or_else(PoisonError::into_inner));
        texts.retain(|text| {
            !text.contains("FROM event") && !text.starts_with(OF_JOB) && !text.starts_with(OF_SERVER)
        });
        texts
    }

    /// What jobs ran since the last call of either, in order.
    #[must_use]
    pub fn take_of_jobs(&self) -> Vec<String> {
        let texts = std::mem::take(&mut *self.texts.lock().unwrap_or_else(PoisonError::into_inner));
        texts.iter().filter_map(|text| text.strip_prefix(OF_JOB)).map(str::to_owned).collect()
    }

    /// As [`Self::take`]: each text, and how often it ran.
    #[must_use]
    pub fn take_distinct(&self) -> BTreeMap<String, usize> {
        let mut distinct = BTreeMap::new();
        for text in self.take() {
            *distinct.entry(text).or_default() += 1;
        }
        distinct
    }
}
