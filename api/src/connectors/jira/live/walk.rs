//! A list of Data Center that moves while it is read.
//!
//! It is ordered by the last change and told by numbers. What changes goes to the end, where it is met again; what
//! stood behind it moves up, and would be passed over by whoever goes on at the next number. So each page begins before
//! the end of the last one, and knows some issues by which it is seen that nothing lies between the two.

use super::{
    answer::{id_of, unreadable},
    search::{self, Found, Query, Start},
    session::Session,
};
use crate::domain::sync::port::ToolError;

/// Of so many issues of a page one is asked for again with the next.
const AGAIN: usize = 5;

/// How often a page is sought further ahead. Twice as far each time, so more than three thousand issues that change
/// between two pages are noticed.
const TRIES: u32 = 5;

/// Where such a list goes on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Place {
    /// Number of the first issue, from 0.
    start: u64,
    /// Ids of the last issues of the page before, one of which should be met again.
    last: Vec<String>,
}

impl Place {
    /// Of a cursor: `80:10080,10081`.
    fn read(cursor: Option<&str>) -> Result<Self, ToolError> {
        let Some(cursor) = cursor else { return Ok(Self::default()) };
        let (start, last) = cursor.split_once(':').unwrap_or((cursor, ""));
        let start = start.parse().map_err(|_| unreadable("a list that goes on at no number"))?;
        let last = last.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Ok(Self { start, last })
    }

    fn write(&self) -> String {
        format!("{}:{}", self.start, self.last.join(","))
    }

    /// After a page of these issues; none at the end of a list that has so many in all.
    fn after(start: u64, ids: &[String], total: Option<u64>) -> Option<Self> {
        let end = start + ids.len() as u64;
        if ids.is_empty() || total.is_some_and(|total| end >= total) {
            return None;
        }
        let again = ids.len() / AGAIN;
        let last = ids.iter().skip(ids.len() - again).cloned().collect();
        Some(Self { start: end - again as u64, last })
    }

    /// Whether nothing lies between the page before and one of these issues.
    fn is_met(&self, ids: &[String]) -> bool {
        self.start == 0 || self.last.is_empty() || ids.iter().any(|id| self.last.contains(id))
    }
}

/// A page, and the cursor of the next.
///
/// # Errors
/// See [`search::ask`].
pub(super) async fn page(
    session: &Session<'_>,
    query: &Query<'_>,
    cursor: Option<&str>,
) -> Result<(Found, Option<String>), ToolError> {
    let mut place = Place::read(cursor)?;
    let mut step = u64::from(query.at_most);
    let mut tries = 0;
    loop {
        let found = search::ask(session, query, Start::Number(place.start)).await?;
        let ids: Vec<String> = found.issues.iter().map(|issue| id_of(issue)).collect::<Result<_, _>>()?;
        // All that were to be met may have changed too: then as much is read again as is bearable.
        if place.is_met(&ids) || tries == TRIES {
            let next = Place::after(place.start, &ids, found.total);
            return Ok((found, next.map(|next| next.write())));
        }
        place.start = place.start.saturating_sub(step);
        step *= 2;
        tries += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: std::ops::Range<u32>) -> Vec<String> {
        numbers.map(|number| number.to_string()).collect()
    }

    #[test]
    fn a_page_begins_before_the_end_of_the_last() {
        let next = Place::after(0, &ids(100..110), Some(30)).unwrap();
        assert_eq!(next.write(), "8:108,109");
        assert_eq!(Place::read(Some("8:108,109")), Ok(next));
        assert_eq!(Place::after(20, &ids(0..10), Some(30)), None);
        assert_eq!(Place::after(20, &[], Some(30)), None);
        // As short as a page may be, the list goes on.
        assert_eq!(Place::after(7, &ids(0..1), None).unwrap().write(), "8:");
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        assert_eq!(Place::read(None), Ok(Place::default()));
        assert_eq!(Place::read(Some("8:")), Ok(Place { start: 8, last: Vec::new() }));
        for cursor in ["", "x", "-1:2", ":1"] {
            assert!(matches!(Place::read(Some(cursor)), Err(ToolError::Unreadable(_))), "{cursor}");
        }
    }

    #[test]
    fn what_was_to_be_met_is_looked_for() {
        let place = Place { start: 8, last: ids(108..110) };
        assert!(place.is_met(&ids(109..120)) && !place.is_met(&ids(110..120)) && !place.is_met(&[]));
        assert!(Place { start: 0, ..place }.is_met(&ids(0..5)));
    }
}
