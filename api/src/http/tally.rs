//! How many of something each one has, and no more than so many.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

type Counts<K> = Arc<Mutex<HashMap<K, u32>>>;

/// Counts by whom they are of.
#[derive(Debug)]
pub(super) struct Tally<K> {
    /// 0 is no limit, and then nothing is counted.
    most: u32,
    counts: Counts<K>,
}

impl<K: Eq + Hash + Copy> Tally<K> {
    pub(super) fn new(most: u32) -> Self {
        Self { most, counts: Arc::default() }
    }

    /// One more; none when all that `whose` may have are taken.
    pub(super) fn take(&self, whose: K) -> Option<Place<K>> {
        if self.most == 0 {
            return Some(Place(None));
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(whose).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place(Some((whose, Arc::clone(&self.counts)))))
    }

    /// How many at most; 0 is no limit.
    pub(super) fn most(&self) -> u32 {
        self.most
    }
}

/// One that is counted; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place<K: Eq + Hash>(Option<(K, Counts<K>)>);

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let Some((whose, counts)) = self.0.take() else { return };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = counts.entry(whose) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_and_gives_them_back() {
        let tally = Tally::new(2);
        let first = tally.take('a').unwrap();
        let _second = tally.take('a').unwrap();
        assert!(tally.take('a').is_none());
        let other = tally.take('b').unwrap();
        drop((first, other));
        assert!(tally.take('a').is_some());
        assert_eq!(tally.counts.lock().unwrap().len(), 1, "who has none is forgotten");
        let unlimited = Tally::new(0);
        let all: Vec<_> = (0..5).map(|_| unlimited.take('a').unwrap()).collect();
        drop(all);
        assert!(unlimited.counts.lock().unwrap().is_empty());
    }
}
