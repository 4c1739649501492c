//! What was made of texts that come again and again: kept by the text, within bounds.

use std::collections::HashMap;

/// Two generations: what is asked for again moves to the young one, and when that is full the old one goes. So a
/// flood of texts that come once drives out nothing that comes all the time.
#[derive(Debug)]
pub(crate) struct Kept<V> {
    young: HashMap<String, V>,
    young_bytes: usize,
    old: HashMap<String, V>,
    /// Texts of a generation at most.
    texts: usize,
    /// Bytes of the texts of a generation at most.
    bytes: usize,
}

impl<V: Clone> Kept<V> {
    pub(crate) fn within(texts: usize, bytes: usize) -> Self {
        Self { young: HashMap::new(), young_bytes: 0, old: HashMap::new(), texts, bytes }
    }

    pub(crate) fn get(&mut self, text: &str) -> Option<V> {
        if let Some(value) = self.young.get(text) {
            return Some(value.clone());
        }
        let (text, value) = self.old.remove_entry(text)?;
        self.keep(text, value.clone());
        Some(value)
    }

    pub(crate) fn keep(&mut self, text: String, value: V) {
        if self.young.len() >= self.texts || self.young_bytes + text.len() > self.bytes {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += text.len();
        self.young.insert(text, value);
    }

    /// Forgets what was made of a text.
    pub(crate) fn forget(&mut self, text: &str) {
        if self.young.remove(text).is_some() {
            self.young_bytes -= text.len();
        }
        self.old.remove(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_stays_and_what_came_once_goes() {
        let mut kept = Kept::within(2, 100);
        kept.keep("often".to_owned(), 1);
        for flood in 0..10 {
            kept.keep(format!("once {flood}"), flood);
            assert_eq!(kept.get("often"), Some(1), "after {flood}");
        }
        assert_eq!(kept.get("once 0"), None);
        assert!(kept.young.len() + kept.old.len() <= 4);
    }

    #[test]
    fn long_texts_fill_a_generation_sooner() {
        let mut kept = Kept::within(1_000, 10);
        for text in ["12345678", "abcdefgh", "ABCDEFGH"] {
            kept.keep(text.to_owned(), ());
        }
        assert_eq!(kept.get("12345678"), None);
        assert_eq!(kept.get("ABCDEFGH"), Some(()));
    }

    #[test]
    fn what_is_forgotten_is_gone_from_both() {
        let mut kept = Kept::within(1, 100);
        kept.keep("a".to_owned(), ());
        kept.keep("b".to_owned(), ());
        for text in ["a", "b"] {
            kept.forget(text);
            assert_eq!(kept.get(text), None);
        }
        assert_eq!(kept.young_bytes, 0);
    }
}
