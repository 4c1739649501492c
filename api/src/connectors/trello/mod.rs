//! A Trello board export: the board is a project, each card a task.

mod activity;
mod board;
mod card;
mod delivery;
mod live;

use std::collections::HashSet;

use entity::{Instant, Provider};
use serde_json::Value;

use self::{activity::Activity, board::Board, card::Card};
use super::{
    error::ReadError,
    item::{Item, Remarks},
    json::{Document, RawObject},
    tally::{Admission, StateTally},
};
use crate::domain::sync::external::{ExternalBatch, ExternalPerson};

pub use self::live::Trello;

const EXPECTED: &str = "a Trello board export (an object with `id`, `lists` and `cards`)";

/// Members of the export that are not the board itself: its items and their history.
const NOT_OF_THE_BOARD: [&str; 3] = ["actions", "cards", "checklists"];

/// Reads a board as Trello exports it (“Print, export and share → Export as JSON”).
///
/// Checklist items are not tasks. An archived card, a card of an archived list and a template card
/// are archived; they keep the status of their list.
pub(super) fn read_board(file: &Document<'_>) -> Result<ExternalBatch, ReadError> {
    read_since(file, None)
}

/// Reads a board whose record of actions holds all that happened to its cards since a time; without one it begins
/// with its first action, as that of an export does.
fn read_since(file: &Document<'_>, whole_since: Option<Instant>) -> Result<ExternalBatch, ReadError> {
    let object = file.object(EXPECTED)?;
    for name in ["id", "lists", "cards"] {
        if object.get(name).is_none() {
            return Err(ReadError::NotThis { expected: EXPECTED, found: found(&object, name) });
        }
    }
    let remarks = Remarks::default();
    let own = object.without(&NOT_OF_THE_BOARD);
    let board_value = file.value_without(&object, &NOT_OF_THE_BOARD)?;
    let board = Board::read(&Item::new(file, file.text(), &board_value, String::new(), &remarks), own)?;

    let mut activity = Activity::known_since(whole_since);
    each(file, &object, "actions", &remarks, |action, _| {
        activity.take(&action);
        Ok(())
    })?;
    activity.order();

    let mut admission = Admission::default();
    let mut tally = StateTally::default();
    let mut tasks = Vec::new();
    each(file, &object, "cards", &remarks, |item, raw| {
        let id = item.required_id(&["id"])?;
        let card = Card { item, board: &board, activity: &activity };
        let task = card.read(&id, raw)?;
        if admission.first(&id, id.clone()) {
            tally.count(card.state_name(), task.status);
            tasks.push(task);
        }
        Ok(())
    })?;
    let people = people(&board, &activity, tasks.iter().flat_map(|task| &task.assignees));
    let Board { site, project, .. } = board;
    Ok(ExternalBatch {
        provider: Provider::Trello,
        site,
        people,
        projects: vec![project],
        tasks,
        states: tally.into_states(),
        skipped: admission.skipped,
        gone: Vec::new(),
        complete: true,
        notes: remarks.into_notes(),
    })
}

/// The board's members, then those who have left it but still stand on a card.
fn people<'t>(
    board: &Board,
    activity: &Activity,
    assigned: impl Iterator<Item = &'t String>,
) -> Vec<ExternalPerson> {
    let mut people = board.members.clone();
    let mut known: HashSet<String> = people.iter().map(|person| person.external_id.clone()).collect();
    for id in assigned {
        if known.insert(id.clone()) {
            people.push(activity.person(id).cloned().unwrap_or_else(|| ExternalPerson {
                external_id: id.clone(),
                name: None,
                user_name: None,
                email: None,
            }));
        }
    }
    people
}

/// Takes the elements of one of the export's arrays one at a time, each with its text, so that a large
/// export is never in memory as a whole tree; none when there is no such array.
fn each(
    file: &Document<'_>,
    object: &RawObject<'_>,
    name: &'static str,
    remarks: &Remarks,
    mut take: impl FnMut(Item<'_>, &str) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let Some(raw) = object.get(name) else { return Ok(()) };
    let elements = file.array(raw)?.map_err(|found| ReadError::Unexpected {
        path: name.to_owned(),
        expected: "an array",
        found,
        at: file.place_of(raw.get()).position(),
    })?;
    for (index, raw) in elements.into_iter().enumerate() {
        let value: Value = file.parse(raw.get())?;
        take(Item::new(file, raw.get(), &value, format!("{name}[{index}]"), remarks), raw.get())?;
    }
    Ok(())
}

fn found(object: &RawObject<'_>, missing: &str) -> String {
    if object.get("issues").is_some() {
        return "it looks like the answer of a Jira search".to_owned();
    }
    format!("it has no `{missing}`")
}

#[cfg(test)]
mod tests;
