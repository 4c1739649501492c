//! Documents that were accepted, by their text.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Document;

/// Documents of a generation at most, and bytes of their texts.
const KEPT: usize = 1_000;
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Two generations: what is asked for again moves to the young one, and when that is full the old one goes.
/// So a flood of documents that are asked for once drives out no document that is asked for all the time.
#[derive(Debug, Default)]
pub(super) struct Cache {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Arc<Document>>,
    young_bytes: usize,
    old: HashMap<String, Arc<Document>>,
}

impl Cache {
    pub(super) fn get(&self, text: &str) -> Option<Arc<Document>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = generations.young.get(text) {
            return Some(Arc::clone(document));
        }
        let (text, document) = generations.old.remove_entry(text)?;
        generations.keep(text, &document);
        Some(document)
    }

    /// Keeps a document under the text that was read.
    pub(super) fn keep(&self, asked: String, document: &Arc<Document>) {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner).keep(asked, document);
    }
}

impl Generations {
    fn keep(&mut self, text: String, document: &Arc<Document>) {
        if self.young.len() >= KEPT || self.young_bytes + text.len() > KEPT_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += text.len();
        self.young.insert(text, Arc::clone(document));
    }
}
