//! A place in the stream of events, and the cursor that a client holds for it.
//!
//! On SQLite the order of writing is the order of commits, for there is one writer. On PostgreSQL it is not:
//! a transaction that took the lower number may commit later, and whoever goes by the number alone skips it
//! for ever. There the order is (transaction, number), read only below the oldest transaction that still
//! runs: what lies below it is finished, so nothing can appear behind a reader.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::error::{DomainError, Result};

/// The first byte of a cursor of a place, so that other forms can be told apart.
const PLACE: u8 = 1;
/// The first byte of a cursor from within a snapshot.
const SNAPSHOT: u8 = 2;
const NUMBERS: usize = 1 + 2 * size_of::<i64>();
const CHECK: usize = 6;

/// A place in the stream: everything up to it has been delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The transaction; 0 on SQLite, where the number says all.
    pub(in crate::domain) xid: i64,
    /// The event's number.
    pub(in crate::domain) sequence: i64,
}

/// Where a stream goes on that is opened with a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// After this place.
    After(Position),
    /// With a snapshot from its beginning: the last one was broken off, and what it held is not what holds now.
    Snapshot,
}

impl Position {
    /// The cursor of this place in an organization's stream: opaque text, good for no other organization.
    #[must_use]
    pub fn cursor(self, organization: Uuid) -> String {
        self.written(PLACE, organization)
    }

    /// The cursor of a row of the snapshot that is taken at this place, for all its rows but the last.
    #[must_use]
    pub fn cursor_within_snapshot(self, organization: Uuid) -> String {
        self.written(SNAPSHOT, organization)
    }

    fn written(self, form: u8, organization: Uuid) -> String {
        let mut bytes = Vec::with_capacity(NUMBERS + CHECK);
        bytes.push(form);
        bytes.extend(self.xid.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(check(&bytes, organization));
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl Resumed {
    /// Reads a cursor.
    ///
    /// # Errors
    /// `CURSOR_INVALID` when it was altered, cut, or given for another organization.
    pub fn read(cursor: &str, organization: Uuid) -> Result<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| DomainError::CursorInvalid)?;
        let Some((numbers, sum)) = bytes.split_at_checked(NUMBERS) else {
            return Err(DomainError::CursorInvalid);
        };
        let number = |at: usize| {
            let bytes = numbers.get(at..at + size_of::<i64>())?;
            bytes.try_into().ok().map(i64::from_be_bytes).filter(|number| *number >= 0)
        };
        match (numbers.first(), number(1), number(1 + size_of::<i64>())) {
            (Some(&form), Some(xid), Some(sequence)) if sum == check(numbers, organization) => match form {
                PLACE => Ok(Self::After(Position { xid, sequence })),
                SNAPSHOT => Ok(Self::Snapshot),
                _ => Err(DomainError::CursorInvalid),
            },
            _ => Err(DomainError::CursorInvalid),
        }
    }
}

/// Binds a cursor to its organization and finds typing errors. It keeps nothing secret: whoever makes one up
/// reaches no more than a place in their own stream.
fn check(numbers: &[u8], organization: Uuid) -> [u8; CHECK] {
    let digest = Sha256::new().chain_update(numbers).chain_update(organization.as_bytes()).finalize();
    let mut sum = [0; CHECK];
    sum.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_no_other_text_is() {
        let (ours, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let position = Position { xid: 770, sequence: i64::MAX };
        let cursor = position.cursor(ours);
        assert_eq!(Resumed::read(&cursor, ours).unwrap(), Resumed::After(position));
        let within = position.cursor_within_snapshot(ours);
        assert_eq!(Resumed::read(&within, ours).unwrap(), Resumed::Snapshot);
        let refused = |text: &str, organization| {
            matches!(Resumed::read(text, organization), Err(DomainError::CursorInvalid))
        };
        assert!(refused(&cursor, theirs), "another organization's");
        assert!(refused("", ours));
        assert!(refused("1", ours));
        assert!(refused(&cursor[1..], ours));
        assert!(refused(&format!("{cursor}A"), ours));
        for at in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[at] = if altered[at] == b'B' { b'C' } else { b'B' };
            assert!(refused(&String::from_utf8(altered).unwrap(), ours), "altered at {at}");
        }
    }

    #[test]
    fn the_transaction_comes_before_the_number() {
        assert!(Position { xid: 7, sequence: 9 } < Position { xid: 8, sequence: 1 });
        assert!(Position { xid: 8, sequence: 1 } < Position { xid: 8, sequence: 2 });
    }
}
