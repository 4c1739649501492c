//! Teams and cycles by name: names need not be unique, so that a path (`Company / Build`) may be written, or
//! as much of its end as tells them apart.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::{cycle::CycleRow, team::TeamRow};

/// What stands between the names of a path.
const WITHIN: &str = " / ";

/// One thing that has a name and stands in a tree.
#[derive(Clone, Debug)]
pub(super) struct Named {
    id: Uuid,
    name: String,
    parent: Option<Uuid>,
    is_archived: bool,
}

impl From<TeamRow> for Named {
    fn from(row: TeamRow) -> Self {
        Self { id: row.id, name: row.name, parent: row.parent_id, is_archived: row.archived_at.is_some() }
    }
}

impl From<CycleRow> for Named {
    fn from(row: CycleRow) -> Self {
        Self { id: row.id, name: row.name, parent: row.parent_id, is_archived: row.archived_at.is_some() }
    }
}

/// Why a name leads to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// Nothing is called so.
    Nobody,
    /// Several are: their paths.
    Several(Vec<String>),
}

/// Names and paths of a tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Those that a name or the end of a path fits, in lower case; archived ones where no other fits.
    fits: HashMap<String, Vec<Uuid>>,
    paths: HashMap<Uuid, Vec<String>>,
}

impl Names {
    pub(super) fn of(all: Vec<Named>) -> Self {
        let by_id: HashMap<Uuid, &Named> = all.iter().map(|one| (one.id, one)).collect();
        let mut fits: HashMap<String, Vec<(bool, Uuid)>> = HashMap::new();
        let mut paths = HashMap::new();
        for one in &all {
            let mut path = vec![one.name.trim().to_owned()];
            let mut seen = HashSet::from([one.id]);
            let mut at = one.parent;
            while let Some(above) = at.and_then(|id| by_id.get(&id)).filter(|above| seen.insert(above.id)) {
                path.insert(0, above.name.trim().to_owned());
                at = above.parent;
            }
            for from in 0..path.len() {
                let end = path.get(from..).unwrap_or_default().join(WITHIN).to_lowercase();
                let fitting = fits.entry(end).or_default();
                if !fitting.contains(&(one.is_archived, one.id)) {
                    fitting.push((one.is_archived, one.id));
                }
            }
            paths.insert(one.id, path);
        }
        let in_use = |fitting: Vec<(bool, Uuid)>| {
            let used: Vec<Uuid> =
                fitting.iter().filter(|(archived, _)| !archived).map(|(_, id)| *id).collect();
            if used.is_empty() { fitting.into_iter().map(|(_, id)| id).collect() } else { used }
        };
        Self { fits: fits.into_iter().map(|(name, fitting)| (name, in_use(fitting))).collect(), paths }
    }

    /// The one that a text names; `now` is the one that stays where several are called so.
    pub(super) fn find(&self, text: &str, now: Option<Uuid>) -> Result<Uuid, Unnamed> {
        let wanted = text.split('/').map(str::trim).collect::<Vec<_>>().join("/");
        let exact = self.fits.get(&text.to_lowercase());
        let spaced = || self.fits.get(&wanted.replace('/', WITHIN).to_lowercase());
        let own = now
            .filter(|id| self.shortest(*id).is_some_and(|name| name.to_lowercase() == text.to_lowercase()));
        match (own, exact.or_else(spaced).map(Vec::as_slice)) {
            (Some(own), _) => Ok(own),
            (None, None | Some([])) => Err(Unnamed::Nobody),
            (None, Some([only])) => Ok(*only),
            (None, Some(several)) => match now.filter(|id| several.contains(id)) {
                Some(own) => Ok(own),
                None => Err(Unnamed::Several(several.iter().filter_map(|id| self.path(*id)).collect())),
            },
        }
    }

    fn path(&self, id: Uuid) -> Option<String> {
        self.paths.get(&id).map(|path| path.join(WITHIN))
    }

    /// As little of the path's end as tells it apart; the whole path where nothing does.
    pub(super) fn shortest(&self, id: Uuid) -> Option<String> {
        let path = self.paths.get(&id)?;
        let ends = (0..path.len()).rev().map(|from| path.get(from..).unwrap_or_default().join(WITHIN));
        for end in ends {
            if self.fits.get(&end.to_lowercase()).is_some_and(|fitting| fitting.as_slice() == [id]) {
                return Some(end);
            }
        }
        Some(path.join(WITHIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Names {
        let named = |id: u128, name: &str, parent: Option<u128>, is_archived| Named {
            id: Uuid::from_u128(id),
            name: name.to_owned(),
            parent: parent.map(Uuid::from_u128),
            is_archived,
        };
        Names::of(vec![
            named(1, "2025", None, false),
            named(2, "2026", None, false),
            named(3, "Q1", Some(1), false),
            named(4, "Q1", Some(2), false),
            named(5, "Q2", Some(2), false),
            named(6, "Q2", Some(1), true),
            named(7, "R&D / Lab", Some(2), false),
            named(8, "Ring", Some(8), false),
        ])
    }

    #[test]
    fn a_name_or_as_much_of_a_path_as_tells_it_apart() {
        let names = tree();
        let id = Uuid::from_u128;
        assert_eq!(names.find("2026", None), Ok(id(2)));
        assert_eq!(names.find("2026 / q1", None), Ok(id(4)));
        assert_eq!(names.find("2025/Q1", None), Ok(id(3)));
        assert_eq!(names.find("Q2", None), Ok(id(5)), "the archived one comes second");
        assert_eq!(names.find("R&D / Lab", None), Ok(id(7)));
        assert_eq!(names.find("Ring", None), Ok(id(8)));
        assert_eq!(names.find("Q3", None), Err(Unnamed::Nobody));
        let several = vec!["2025 / Q1".to_owned(), "2026 / Q1".to_owned()];
        assert_eq!(names.find("Q1", None), Err(Unnamed::Several(several)));
        assert_eq!(names.find("Q1", Some(id(4))), Ok(id(4)), "what it is now stays");
    }

    #[test]
    fn what_is_written_is_found_again() {
        let names = tree();
        for number in 1..=8 {
            let id = Uuid::from_u128(number);
            assert_eq!(names.find(&names.shortest(id).unwrap(), Some(id)), Ok(id), "{number}");
        }
        assert_eq!(names.shortest(Uuid::from_u128(5)).unwrap(), "Q2");
        assert_eq!(names.shortest(Uuid::from_u128(4)).unwrap(), "2026 / Q1");
    }
}
