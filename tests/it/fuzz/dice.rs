//! Choices made of random bytes: what is chosen grows simpler as the bytes get fewer and smaller, so that a
//! failure can be shrunk by shrinking them.

use proptest::prelude::*;

/// Bytes that are rolled one after the other; when they are used up, every roll is 0.
#[derive(Debug)]
pub(crate) struct Dice<'a>(std::slice::Iter<'a, u8>);

/// Bytes for so many rolls.
pub(crate) fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

impl<'a> Dice<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let mut number = 0;
        let mut range = 1;
        while range < sides {
            number = number * 256 + usize::from(self.0.next().copied().unwrap_or_default());
            range *= 256;
        }
        number % sides.max(1)
    }

    /// Holds once in so many rolls, and never when the bytes are used up.
    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.roll(one_in) == one_in - 1
    }

    /// One of a list, the first when the bytes are used up.
    pub(crate) fn one_of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.roll(list.len())]
    }
}
