//! The answer of a Jira search: each issue a task, its project a project, its epic or parent its parent task.
//!
//! Read are REST version 2 (Server, Data Center: descriptions are text, epics hang by a custom field),
//! version 3 (Cloud: descriptions are documents, epics are parents) and the agile API's `epic` field.

mod changelog;
mod custom_field;
mod delivery;
mod document;
mod issue;
mod live;
mod parent;
mod person;
mod place;
mod project;
mod status;
mod worklog;

use std::collections::HashSet;

use entity::Provider;
use serde_json::{Value, value::RawValue};

use self::{custom_field::CustomFields, issue::Issue, parent::Parents, person::People, place::Place};
use self::{project::Projects, status::Statuses};
use super::{
    error::ReadError,
    item::{Item, Remarks},
    json::{Document, RawObject},
    tally::{Admission, StateTally},
};
use crate::domain::sync::external::ExternalBatch;

pub use self::live::Jira;

const EXPECTED: &str = "the answer of a Jira search (an object with `issues`)";

/// Reads the answer of `/rest/api/2/search`, `/rest/api/3/search` or `/rest/api/3/search/jql`.
///
/// The search must have asked for `summary`, `status` and `project`. With `expand=names` the fields of
/// epics and story points are known by name, with `expand=changelog` the history of each issue.
pub(super) fn read_search(file: &Document<'_>) -> Result<ExternalBatch, ReadError> {
    let object = file.object(EXPECTED)?;
    let elements = issues(file, &object)?;
    let remarks = Remarks::default();
    let frame_value = file.value_without(&object, &["issues"])?;
    let frame = Item::new(file, file.text(), &frame_value, String::new(), &remarks);

    let custom_fields = CustomFields::read(&frame);
    // Issues are read one at a time and twice, so that a large answer is never in memory as a whole tree.
    let mut statuses = Statuses::default();
    let mut site = None;
    let first_pass = Remarks::default();
    for raw in &elements {
        let value: Value = file.parse(raw.get())?;
        let item = Item::new(file, raw.get(), &value, String::new(), &first_pass);
        statuses.learn(&item);
        site = site.or_else(|| Place::of(&item));
    }

    let mut admission = Admission::default();
    let mut people = People::default();
    let mut projects = Projects::default();
    let mut parents = Parents::default();
    let mut tally = StateTally::default();
    let mut entry_ids = HashSet::new();
    let mut tasks = Vec::with_capacity(elements.len());
    let mut cut_worklogs = 0;
    for (index, raw) in elements.iter().enumerate() {
        let value: Value = file.parse(raw.get())?;
        let item = &Item::new(file, raw.get(), &value, format!("issues[{index}]"), &remarks);
        let id = item.required_id(&["id"])?;
        let name = item.id(&["key"]).unwrap_or_else(|| id.clone());
        let place = Place::of(item);
        if let Some(place) = place.filter(|place| Some(&place.site) != site.as_ref().map(|site| &site.site)) {
            admission
                .skip(item.id(&["key"]).unwrap_or(id), format!("It is from another site, {}.", place.site));
            continue;
        }
        if !admission.first(&id, name) {
            continue;
        }
        let issue = Issue { item, custom_fields: &custom_fields, statuses: &statuses, place: site.as_ref() };
        let mut task = issue.read(&id, raw.get(), &mut people)?;
        let project = projects.take(file, item, raw.get(), site.as_ref())?;
        task.projects = vec![project];
        let log = worklog::read(item, &mut people, &mut entry_ids, &mut admission, &task);
        cut_worklogs += usize::from(!log.complete);
        task.logged_seconds = task.logged_seconds.or(log.total);
        task.time_entries = log.entries;
        tally.count(issue.state_name()?, task.status);
        parents.take(&issue, &task);
        tasks.push(task);
    }
    let mut notes = parents.resolve(&mut tasks);
    if cut_worklogs > 0 {
        let issues = if cut_worklogs == 1 { "issue has" } else { "issues have" };
        notes.push(format!("{cut_worklogs} {issues} more work log entries than the file holds."));
    }
    let (complete, note) = completeness(&frame, elements.len());
    notes.extend(note);
    notes.extend(remarks.into_notes());
    Ok(ExternalBatch {
        provider: Provider::Jira,
        site: site.map_or_else(|| "jira".to_owned(), |place| place.site),
        people: people.into_people(),
        projects: projects.into_projects(),
        tasks,
        states: tally.into_states(),
        skipped: admission.skipped,
        gone: Vec::new(),
        complete,
        notes,
    })
}

fn issues<'a>(file: &Document<'a>, object: &RawObject<'a>) -> Result<Vec<&'a RawValue>, ReadError> {
    let Some(raw) = object.get("issues") else {
        let found = if object.get("cards").is_some() && object.get("lists").is_some() {
            "it looks like a Trello board export"
        } else if object.get("errorMessages").is_some() {
            "it is an error that Jira answered, see its `errorMessages`"
        } else if object.get("fields").is_some() && object.get("key").is_some() {
            "it looks like a single issue"
        } else {
            "it has no `issues`"
        };
        return Err(ReadError::NotThis { expected: EXPECTED, found: found.to_owned() });
    };
    file.array(raw)?.map_err(|found| ReadError::Unexpected {
        path: "issues".to_owned(),
        expected: "an array",
        found,
        at: file.place_of(raw.get()).position(),
    })
}

/// Whether the answer holds all that the search found. The old search tells a total, the new one
/// whether there is a next page.
fn completeness(frame: &Item<'_>, issues: usize) -> (bool, Option<String>) {
    let start = frame.seconds(&["startAt"]).unwrap_or_default();
    let more = frame.text(&["nextPageToken"]).is_some()
        || frame.find(&["isLast"]).and_then(Value::as_bool) == Some(false);
    let total = frame.seconds(&["total"]).and_then(|total| usize::try_from(total).ok());
    match total {
        Some(total) if total > issues || start > 0 => {
            (false, Some(format!("The search found {total} issues, the file holds {issues} of them.")))
        }
        Some(_) | None if more || start > 0 => {
            (false, Some(format!("The search has further pages; the file holds {issues} issues.")))
        }
        Some(_) | None => (true, None),
    }
}

#[cfg(test)]
mod tests;
