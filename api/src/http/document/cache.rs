//! Documents that were accepted, by their text.

use std::sync::{Arc, Mutex, PoisonError};

use super::Document;
use crate::domain::kept::Kept;

/// Documents of a generation at most, and bytes of their texts.
const KEPT: usize = 1_000;
const KEPT_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Cache(Mutex<Kept<Arc<Document>>>);

impl Default for Cache {
    fn default() -> Self {
        Self(Mutex::new(Kept::within(KEPT, KEPT_BYTES)))
    }
}

impl Cache {
    pub(super) fn get(&self, text: &str) -> Option<Arc<Document>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text)
    }

    /// Keeps a document under the text that was read.
    pub(super) fn keep(&self, asked: String, document: &Arc<Document>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(asked, Arc::clone(document));
    }
}
