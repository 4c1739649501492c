//! Which goal each row is, what it stands under, and in which order rows are taken in: objectives before what
//! stands under them, whatever their order in the file.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    book::{Book, Owner},
    column::{Column, GoalType},
    fault::{Fault, FaultCode, Faults},
    name::{Names, Unnamed},
    sheet::Entry,
    wanted::{Said, Wanted},
};
use crate::domain::{key_result::KeyResultRow, objective::ObjectiveRow, progress::target_of_percent};

/// What a row stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Above {
    /// The row of the file with this index.
    Row(usize),
    /// An objective that is no row of the file.
    Stored(Uuid),
}

/// What a row refers to.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The goal that the row is; none for a new one.
    pub(super) target: Option<Uuid>,
    /// The closed goal that the row names, where the goal that goes on in its place is what it concerns.
    pub(super) follows: Option<Uuid>,
    /// What it stands under: unsaid, nothing, or an objective.
    pub(super) above: Said<Above>,
    pub(super) owner: Said<Uuid>,
    pub(super) check_in_owner: Said<Uuid>,
    pub(super) check_in_reviewer: Said<Uuid>,
    pub(super) team: Said<Uuid>,
    pub(super) cycle: Said<Uuid>,
    /// Whether something is wrong with the row itself.
    pub(super) is_faulty: bool,
    /// Whether all that is wrong is a person or cycle that does not exist: the file is refused, and what else
    /// is wrong, here and below, can still be found.
    pub(super) is_doubtful: bool,
}

/// Everything about a file that is known before anything is written.
pub(super) struct Plan {
    pub(super) places: Vec<Place>,
    /// Rows in the order in which they are taken in.
    pub(super) order: Vec<usize>,
    pub(super) faults: Faults,
}

/// Plans a file.
pub(super) fn plan(entries: &[Entry], rows: &[Option<Wanted>], book: &Book) -> Plan {
    let mut planning = Planning {
        entries,
        rows,
        book,
        faults: Faults::default(),
        row_of: HashMap::new(),
        unknown: HashMap::new(),
    };
    let mut places: Vec<Place> = planning.targets();
    for (at, place) in places.iter().enumerate() {
        if let (Some(target), Some(wanted)) = (place.target, rows.get(at).and_then(Option::as_ref)) {
            planning.row_of.insert((wanted.goal, target), at);
        }
    }
    let named = planning.named_objectives();
    for (at, place) in places.iter_mut().enumerate() {
        planning.references(at, place, &named);
    }
    planning.refuse_rings(&mut places);
    let order = planning.order(&places);
    planning.tell_unknown();
    Plan { places, order, faults: planning.faults }
}

struct Planning<'a> {
    entries: &'a [Entry],
    rows: &'a [Option<Wanted>],
    book: &'a Book,
    faults: Faults,
    /// Rows of the file by the goals that they are.
    row_of: HashMap<(GoalType, Uuid), usize>,
    /// Names that lead to nothing, with the fault that tells of the first row and how many rows follow.
    unknown: HashMap<(Column, String), (Fault, usize)>,
}

impl Planning<'_> {
    fn wanted(&self, at: usize) -> Option<(&Entry, &Wanted)> {
        self.entries.get(at).zip(self.rows.get(at).and_then(Option::as_ref))
    }

    /// Which goals the rows are: by external id, else by code.
    fn targets(&mut self) -> Vec<Place> {
        let mut first_of: HashMap<(GoalType, &str), u64> = HashMap::new();
        let mut first_row: HashMap<(GoalType, Uuid), u64> = HashMap::new();
        let (entries, rows, book) = (self.entries, self.rows, self.book);
        let mut places = Vec::with_capacity(rows.len());
        let stays = self.about_what_ended();
        for (at, (entry, wanted)) in entries.iter().zip(rows).enumerate() {
            let Some(wanted) = wanted else {
                places.push(Place { is_faulty: true, ..Place::default() });
                continue;
            };
            let mut place = Place { is_faulty: wanted.is_faulty, ..Place::default() };
            let mut refuse = |column, code, message: String| {
                self.faults.push(entry.fault(Some(column), code, message));
                place.is_faulty = true;
            };
            let external = wanted.external_id.as_deref();
            if let Some(id) = external {
                if let Some(line) = first_of.get(&(wanted.goal, id)) {
                    let message =
                        format!("\"{id}\" stands in line {line} too: an id names one {}", wanted.goal.word());
                    refuse(Column::ExternalId, FaultCode::Conflict, message);
                } else {
                    first_of.insert((wanted.goal, id), entry.line);
                }
            }
            let by_external = external.and_then(|id| book.by_external(wanted.goal, id));
            if by_external == Some(Owner::Hidden) {
                let message =
                    "belongs to a goal that you do not see: ask who answers for it, or use another id";
                refuse(Column::ExternalId, FaultCode::Taken, message.to_owned());
            }
            let mut follows = None;
            let mut follow = |id: Uuid| match book.successor(wanted.goal, id) {
                Some(next) if !stays.contains(&at) => {
                    follows = Some(id);
                    next
                }
                Some(_) | None => id,
            };
            let by_code =
                wanted.code.as_deref().map(|code| (code, book.by_code(wanted.goal, code).map(&mut follow)));
            let known = match by_external {
                Some(Owner::Seen(id)) => Some(follow(id)),
                Some(Owner::Hidden) | None => None,
            };
            let target = match (known, by_code) {
                (_, Some((code, None))) => {
                    let message = format!(
                        "there is no {} {code} that you see: leave the code empty for a new one",
                        wanted.goal.word()
                    );
                    refuse(Column::Code, FaultCode::NotFound, message);
                    None
                }
                (Some(id), Some((code, Some(other)))) if id != other => {
                    let message =
                        format!("the external id belongs to another {} than {code}", wanted.goal.word());
                    refuse(Column::Code, FaultCode::Conflict, message);
                    None
                }
                (None, Some((code, Some(id)))) => {
                    let called = match wanted.goal {
                        GoalType::Objective => {
                            book.objectives.get(&id).and_then(|row| row.external_id.as_ref())
                        }
                        GoalType::KeyResult => {
                            book.key_results.get(&id).and_then(|row| row.external_id.as_ref())
                        }
                    };
                    if let Some(called) =
                        called.filter(|called| external.is_some_and(|id| id != called.as_str()))
                    {
                        let message =
                            format!("{code} is known as \"{called}\": an external id stays what it is");
                        refuse(Column::ExternalId, FaultCode::Conflict, message);
                    }
                    Some(id)
                }
                (Some(id), _) => Some(id),
                (None, None) => None,
            };
            if let Some(id) = target {
                if let Some(line) = first_row.get(&(wanted.goal, id)) {
                    let message = format!("is the same {} as line {line}", wanted.goal.word());
                    let column = if external.is_some() { Column::ExternalId } else { Column::Code };
                    refuse(column, FaultCode::Conflict, message);
                } else {
                    first_row.insert((wanted.goal, id), entry.line);
                }
            }
            if target.is_none() && wanted.title.is_none() && !place.is_faulty {
                let message = format!("a new {} has a title", wanted.goal.word());
                self.faults.push(entry.fault(Some(Column::Title), FaultCode::Required, message));
                place.is_faulty = true;
            }
            if target.is_none() && is_unmeasured(wanted) {
                let message =
                    "a key result is measured: give start and target, or say the kind MILESTONE or BASELINE";
                self.faults.push(entry.fault(Some(Column::Target), FaultCode::Required, message));
                place.is_faulty = true;
            }
            if contradicts_itself(wanted, target.and_then(|id| book.key_results.get(&id))) {
                let message =
                    "says another target than the column target: leave one of the two empty".to_owned();
                self.faults.push(entry.fault(Some(Column::TargetPercent), FaultCode::Conflict, message));
                place.is_faulty = true;
            }
            place.target = target;
            place.follows = follows;
            places.push(place);
        }
        places
    }

    /// Rows that concern a closed goal although another goes on in its place: those that name its own cycle, and
    /// the key results under them. A file of last quarter stays one of last quarter.
    fn about_what_ended(&self) -> HashSet<usize> {
        let mut stays = HashSet::new();
        let mut objectives: HashMap<&str, usize> = HashMap::new();
        for (at, wanted) in self.rows.iter().enumerate() {
            let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.goal == GoalType::Objective) else {
                continue;
            };
            let names = [wanted.external_id.as_deref(), wanted.code.as_deref()];
            objectives.extend(names.into_iter().flatten().map(|name| (name, at)));
            let named = wanted.external_id.as_deref().and_then(|id| self.seen_objective(id));
            let coded = || wanted.code.as_deref().and_then(|code| self.book.by_code(wanted.goal, code));
            let ended = named.or_else(coded).and_then(|id| self.book.objectives.get(&id));
            let Some(cycle) = ended.and_then(|row| row.cycle_id) else { continue };
            let said = wanted.cycle.as_ref().and_then(Option::as_ref);
            if said.is_some_and(|name| self.book.cycles.find(name, Some(cycle)).ok() == Some(cycle)) {
                stays.insert(at);
            }
        }
        for (at, (entry, wanted)) in self.entries.iter().zip(self.rows).enumerate() {
            let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.goal == GoalType::KeyResult) else {
                continue;
            };
            let above = [&wanted.parent_external_id, &wanted.parent_code];
            let above = above.into_iter().find_map(|name| name.as_ref()?.as_deref());
            let above = entry.within.or_else(|| objectives.get(above?).copied());
            if above.is_some_and(|above| stays.contains(&above)) {
                stays.insert(at);
            }
        }
        stays
    }

    fn seen_objective(&self, external_id: &str) -> Option<Uuid> {
        match self.book.by_external(GoalType::Objective, external_id)? {
            Owner::Seen(id) => Some(id),
            Owner::Hidden => None,
        }
    }

    /// Whether what a row names as standing above it is what stands above the goal of that name: that goal's
    /// successor stays where it was put. The row of the file is compared by the goal that it names.
    fn names_the_old_place(&self, wanted: &Wanted, follows: Uuid) -> bool {
        let book = self.book;
        let above = match wanted.goal {
            GoalType::Objective => book.objectives.get(&follows).and_then(|row| row.parent_id),
            GoalType::KeyResult => book.key_results.get(&follows).map(|row| row.objective_id),
        };
        let named = wanted.parent_external_id.as_ref().and_then(Option::as_deref);
        let coded = wanted.parent_code.as_ref().and_then(Option::as_deref);
        let named = named
            .and_then(|id| self.seen_objective(id))
            .or_else(|| coded.and_then(|code| book.by_code(GoalType::Objective, code)));
        above.is_some() && named == above
    }

    /// Objectives of the file by external id.
    fn named_objectives(&self) -> HashMap<String, usize> {
        let rows = self.rows.iter().enumerate().rev();
        rows.filter_map(|(at, wanted)| {
            let wanted = wanted.as_ref().filter(|wanted| wanted.goal == GoalType::Objective)?;
            Some((wanted.external_id.clone()?, at))
        })
        .collect()
    }

    fn references(&mut self, at: usize, place: &mut Place, named: &HashMap<String, usize>) {
        let (book, rows, entries) = (self.book, self.rows, self.entries);
        let Some((entry, wanted)) = entries.get(at).zip(rows.get(at).and_then(Option::as_ref)) else {
            return;
        };
        let was_faulty = place.is_faulty;
        let mut is_unknown = false;
        for (column, email, person) in [
            (Column::OwnerEmail, &wanted.owner_email, &mut place.owner),
            (Column::CheckInOwnerEmail, &wanted.check_in_owner, &mut place.check_in_owner),
            (Column::CheckInReviewerEmail, &wanted.check_in_reviewer, &mut place.check_in_reviewer),
        ] {
            *person =
                email.as_ref().map(|email| email.as_ref().and_then(|email| book.people.get(email)).copied());
            let Some(email) = email.as_ref().and_then(Option::as_ref).filter(|_| *person == Some(None))
            else {
                continue;
            };
            self.refuse_unknown(entry, column, email, || {
                format!("nobody here has the address {email}: add the person first, or leave it empty")
            });
            (*person, is_unknown) = (None, true);
        }
        let row = place.target.and_then(|id| book.objectives.get(&id));
        let (team, cycle) = (row.and_then(|row| row.team_id), row.and_then(|row| row.cycle_id));
        place.cycle = self.named(entry, Column::Cycle, &book.cycles, wanted.cycle.as_ref(), cycle);
        is_unknown |= wanted.cycle.is_some() && place.cycle.is_none();
        place.team = self.named(entry, Column::Team, &book.teams, wanted.team.as_ref(), team);
        let before = self.faults.count();
        place.above = self.above(entry, wanted, place.target, named);
        if place.follows.is_some_and(|old| entry.within.is_some() || self.names_the_old_place(wanted, old)) {
            place.above = None;
        }
        let is_worse = self.faults.count() > before || (wanted.team.is_some() && place.team.is_none());
        place.is_doubtful = is_unknown && !is_worse && !was_faulty;
        place.is_faulty |= is_unknown || is_worse;
    }

    /// Keeps a name that leads to nothing, to be told once for all rows that have it.
    fn refuse_unknown(
        &mut self,
        entry: &Entry,
        column: Column,
        name: &str,
        message: impl FnOnce() -> String,
    ) {
        let key = (column, name.to_owned());
        let first = || (entry.fault(Some(column), FaultCode::NotFound, message()), 0);
        self.unknown.entry(key).and_modify(|(_, more)| *more += 1).or_insert_with(first);
    }

    fn tell_unknown(&mut self) {
        let mut unknown: Vec<_> = std::mem::take(&mut self.unknown).into_iter().collect();
        unknown.sort_by(|((one, _), (fault, _)), ((other, _), (later, _))| {
            (fault.line, one).cmp(&(later.line, other))
        });
        for (_, (mut fault, more)) in unknown {
            if more > 0 {
                fault.message.push_str(&format!(" (so in {more} more rows)"));
            }
            self.faults.push(fault);
        }
    }

    fn named(
        &mut self,
        entry: &Entry,
        column: Column,
        names: &Names,
        text: Option<&Option<String>>,
        now: Option<Uuid>,
    ) -> Said<Uuid> {
        let Some(text) = text? else { return Some(None) };
        let unnamed = match names.find(text, now) {
            Ok(id) => return Some(Some(id)),
            Err(unnamed) => unnamed,
        };
        self.refuse_unknown(entry, column, text, || match unnamed {
            Unnamed::Nobody => {
                format!("there is no {} \"{text}\": make it first, or leave it empty", column.name())
            }
            Unnamed::Several(paths) => {
                format!(
                    "several are called \"{text}\": write as much of the path as tells them apart: {}",
                    paths.join(", ")
                )
            }
        });
        None
    }

    /// What a row stands under.
    fn above(
        &mut self,
        entry: &Entry,
        wanted: &Wanted,
        target: Option<Uuid>,
        named: &HashMap<String, usize>,
    ) -> Said<Above> {
        let said = (wanted.parent_external_id.as_ref(), wanted.parent_code.as_ref());
        let by_external = said.0.and_then(Option::as_deref);
        let by_code = said.1.and_then(Option::as_deref);
        if let Some(within) = entry.within {
            if let Some(column) =
                by_external.map(|_| Column::ParentExternalId).or_else(|| by_code.map(|_| Column::ParentCode))
            {
                let message = "its place in the file tells its objective: leave it out";
                self.faults.push(entry.fault(Some(column), FaultCode::Conflict, message));
            }
            let holder = self.rows.get(within).and_then(Option::as_ref);
            if holder.is_some_and(|holder| holder.goal == GoalType::KeyResult) {
                let message = "stands in the key_results of a key result: only objectives have them";
                self.faults.push(entry.fault(None, FaultCode::Invalid, message));
            }
            return Some(Some(Above::Row(within)));
        }
        let (book, row_of) = (self.book, &self.row_of);
        let now = target.and_then(|id| match wanted.goal {
            GoalType::Objective => book.objectives.get(&id).and_then(|row| row.parent_id),
            GoalType::KeyResult => book.key_results.get(&id).map(|row| row.objective_id),
        });
        let place_of = |id: Uuid| {
            // What is put under a closed objective is put under the one that goes on in its place.
            let next = book.successor(GoalType::Objective, id).filter(|_| now != Some(id));
            let id = next.unwrap_or(id);
            row_of.get(&(GoalType::Objective, id)).map_or(Above::Stored(id), |row| Above::Row(*row))
        };
        let faults = &mut self.faults;
        let mut refuse =
            |column, code, message: String| faults.push(entry.fault(Some(column), code, message));
        let first = match by_external {
            None => None,
            Some(id) => match (named.get(id), book.by_external(GoalType::Objective, id)) {
                (Some(row), _) => Some(Above::Row(*row)),
                (None, Some(Owner::Seen(id))) => Some(place_of(id)),
                (None, Some(Owner::Hidden) | None) => {
                    let message = format!(
                        "there is no objective \"{id}\", neither in this file nor from an earlier one"
                    );
                    refuse(Column::ParentExternalId, FaultCode::NotFound, message);
                    return None;
                }
            },
        };
        let second = match by_code {
            None => None,
            Some(code) => match book.by_code(GoalType::Objective, code) {
                Some(id) => Some(place_of(id)),
                None => {
                    refuse(
                        Column::ParentCode,
                        FaultCode::NotFound,
                        format!("there is no objective {code} that you see"),
                    );
                    return None;
                }
            },
        };
        match (first, second) {
            (Some(first), Some(second)) if first != second => {
                let message = "names another objective than parent_external_id".to_owned();
                refuse(Column::ParentCode, FaultCode::Conflict, message);
                None
            }
            (Some(above), _) | (None, Some(above)) => Some(Some(above)),
            (None, None) if wanted.goal == GoalType::KeyResult => {
                if target.is_none() {
                    let message =
                        "a new key result names its objective, by parent_external_id or parent_code"
                            .to_owned();
                    refuse(Column::ParentExternalId, FaultCode::Required, message);
                }
                None
            }
            (None, None) => self.nothing_above(wanted, target),
        }
    }

    /// Empty cells take away only a parent that the file's columns could have named and that the viewer sees:
    /// whoever exported the file was not told of another one.
    fn nothing_above(&self, wanted: &Wanted, target: Option<Uuid>) -> Said<Above> {
        let (by_external, by_code) = (wanted.parent_external_id.is_some(), wanted.parent_code.is_some());
        let parent = target
            .and_then(|id| self.book.objectives.get(&id))
            .and_then(|row: &ObjectiveRow| row.parent_id)
            .and_then(|id| self.book.objectives.get(&id))?;
        let is_nameable = by_code || (by_external && parent.external_id.is_some());
        is_nameable.then_some(None)
    }

    fn place_of(&self, id: Uuid) -> Above {
        self.row_of.get(&(GoalType::Objective, id)).map_or(Above::Stored(id), |row| Above::Row(*row))
    }

    /// The objective above an objective, as it is to be.
    fn above_of(&self, places: &[Place], at: Above) -> Option<Above> {
        let stored = |id: &Uuid| self.book.above.get(id).map(|id| self.place_of(*id));
        match at {
            Above::Stored(id) => stored(&id),
            Above::Row(row) => {
                let place = places.get(row)?;
                match place.above {
                    Some(above) => above,
                    None => place.target.as_ref().and_then(stored),
                }
            }
        }
    }

    fn objectives(&self) -> Vec<usize> {
        let rows = self.rows.iter().enumerate();
        let rows = rows
            .filter(|(_, wanted)| wanted.as_ref().is_some_and(|wanted| wanted.goal == GoalType::Objective));
        rows.map(|(at, _)| at).collect()
    }

    fn refuse_rings(&mut self, places: &mut [Place]) {
        let mut done: HashSet<Above> = HashSet::new();
        for at in self.objectives() {
            let mut path = Vec::new();
            let mut on_path = HashSet::new();
            let mut next = Some(Above::Row(at));
            while let Some(one) = next.filter(|one| !done.contains(one)) {
                if !on_path.insert(one) {
                    let from = path.iter().position(|other| *other == one).unwrap_or(0);
                    let ring: Vec<Above> = path.get(from..).unwrap_or_default().to_vec();
                    self.refuse_ring(&ring, places);
                    break;
                }
                path.push(one);
                next = self.above_of(places, one);
            }
            done.extend(path);
        }
    }

    fn refuse_ring(&mut self, ring: &[Above], places: &mut [Place]) {
        // All labels or none: where a part of the ring is hidden, nothing is told of what lies around it.
        let names: Option<Vec<String>> = ring.iter().map(|one| self.label(*one)).collect();
        let message = match names {
            Some(mut names) => {
                names.extend(names.first().cloned());
                format!("an objective lies below itself: {}", names.join(" → "))
            }
            None => "an objective would lie below itself".to_owned(),
        };
        let rows: Vec<usize> = ring
            .iter()
            .filter_map(|one| match one {
                Above::Row(row) => Some(*row),
                Above::Stored(_) => None,
            })
            .collect();
        if let Some(entry) = rows.iter().min().and_then(|row| self.entries.get(*row)) {
            let column = [Column::ParentExternalId, Column::ParentCode]
                .into_iter()
                .find(|column| entry.cells.get(column).is_some_and(|cell| cell.text.is_some()));
            self.faults.push(entry.fault(column, FaultCode::Invalid, message));
        }
        for row in rows {
            if let Some(place) = places.get_mut(row) {
                place.is_faulty = true;
                place.is_doubtful = false;
            }
        }
    }

    /// What a goal of a ring is called, where the viewer is known to see it.
    fn label(&self, one: Above) -> Option<String> {
        match one {
            Above::Stored(id) => self.book.objectives.get(&id).map(|row| row.code.clone()),
            Above::Row(row) => self.wanted(row).and_then(|(_, wanted)| {
                wanted.external_id.clone().or(wanted.code.clone()).or(wanted.title.clone())
            }),
        }
    }

    /// Objectives from the top down, as they are to be; then key results in the order of the file.
    fn order(&self, places: &[Place]) -> Vec<usize> {
        let mut depths: HashMap<Above, usize> = HashMap::new();
        let mut objectives: Vec<(usize, usize)> = Vec::new();
        for at in self.objectives() {
            let mut path = Vec::new();
            let mut seen = HashSet::new();
            let mut next = Some(Above::Row(at));
            while let Some(one) = next.filter(|one| !depths.contains_key(one) && seen.insert(*one)) {
                path.push(one);
                next = self.above_of(places, one);
            }
            let top = next.and_then(|one| depths.get(&one)).map_or(0, |depth| depth + 1);
            depths.extend(path.into_iter().rev().zip(top..));
            objectives.push((depths.get(&Above::Row(at)).copied().unwrap_or(0), at));
        }
        objectives.sort_unstable();
        let key_results =
            self.rows.iter().enumerate().filter(|(_, wanted)| {
                wanted.as_ref().is_some_and(|wanted| wanted.goal == GoalType::KeyResult)
            });
        objectives.into_iter().map(|(_, at)| at).chain(key_results.map(|(at, _)| at)).collect()
    }
}

/// Whether a new row is a key result that says nothing of how it is measured: one sentence instead of one for
/// each value that is missing.
fn is_unmeasured(wanted: &Wanted) -> bool {
    let says_nothing = |value: &Said<entity::Decimal>| value.flatten().is_none();
    wanted.goal == GoalType::KeyResult
        && wanted.key_result_kind.is_none()
        && wanted.key_result_source != Some(entity::ProgressSource::Work)
        && says_nothing(&wanted.start)
        && says_nothing(&wanted.target)
        && says_nothing(&wanted.target_percent)
        && !wanted.is_faulty
}

/// Whether a row names two targets, a value and one in percent that leads to another value: which of them held
/// would change with each import.
fn contradicts_itself(wanted: &Wanted, row: Option<&KeyResultRow>) -> bool {
    let (Some(Some(target)), Some(Some(percent))) = (wanted.target, wanted.target_percent) else {
        return false;
    };
    let start = wanted.start.unwrap_or(row.and_then(|row| row.start_value));
    let is_stored = row.is_some_and(|row| {
        (row.start_value, row.target_value, row.target_percent) == (start, Some(target), Some(percent))
    });
    !is_stored && start.and_then(|start| target_of_percent(start, percent)) != Some(target)
}
