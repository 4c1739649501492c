//! An issue as a task.

use std::collections::HashSet;

use entity::{EstimateUnit, Instant, ReferenceField, TaskStatus};
use serde_json::Value;

use super::{
    changelog, custom_field::CustomFields, document, parent, person::People, place::Place, status,
    status::Statuses,
};
use crate::connectors::{error::ReadError, history::State, item::Item};
use crate::domain::sync::external::{ExternalTask, ExternalText};

/// An issue with what is needed to read it.
pub(super) struct Issue<'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) custom_fields: &'a CustomFields,
    pub(super) statuses: &'a Statuses,
    pub(super) place: Option<&'a Place>,
}

impl Issue<'_> {
    /// Reads all but the project and the time entries.
    pub(super) fn read(
        &self,
        id: &str,
        payload: &str,
        people: &mut People,
    ) -> Result<ExternalTask, ReadError> {
        let item = self.item;
        let key = item.id(&["key"]);
        let summary = item.required_text(&["fields", "summary"])?;
        let blank = summary.trim().is_empty();
        let title = if blank { key.clone().unwrap_or_else(|| id.to_owned()) } else { summary };
        let (name, status) = self.status()?;
        let created_at = item.instant(&["fields", "created"]);
        let updated_at = item.instant(&["fields", "updated"]);
        let now = State { status, name: Some(name.clone()) };
        let history = changelog::history(item, self.statuses, now, created_at, updated_at);
        let completed_at = (status == TaskStatus::Done)
            .then(|| {
                item.instant(&["fields", "resolutiondate"])
                    .or_else(|| history.completed_at())
                    .or_else(|| item.instant(&["fields", "statuscategorychangedate"]))
                    .or(updated_at)
            })
            .flatten();
        Ok(ExternalTask {
            external_id: id.to_owned(),
            url: self.place.zip(key.as_deref()).and_then(|(place, key)| place.page(key)),
            external_key: key,
            title,
            description: self.description(),
            status,
            provider_status: Some(name),
            projects: Vec::new(),
            parent: parent::parent_of(self),
            assignees: item
                .part(&["fields", "assignee"])
                .and_then(|user| people.take(&user))
                .into_iter()
                .collect(),
            labels: self.labels(),
            due_on: item.day(&["fields", "duedate"]),
            created_at,
            updated_at,
            started_at: started(history.started_at(), completed_at),
            completed_at,
            estimate: self.estimate(),
            logged_seconds: item
                .seconds(&["fields", "timespent"])
                .or_else(|| item.seconds(&["fields", "timetracking", "timeSpentSeconds"])),
            time_entries: Vec::new(),
            status_intervals: history.intervals,
            archived: item.text(&["fields", "archiveddate"]).is_some(),
            texts: self.texts(),
            payload: payload.to_owned(),
        })
    }

    /// The state as the summary lists it, with the resolution where that turned it.
    pub(super) fn state_name(&self) -> Result<String, ReadError> {
        let (name, status) = self.status()?;
        let resolution = self.resolution().filter(|_| status == TaskStatus::Cancelled);
        Ok(resolution.map_or(name.clone(), |resolution| format!("{name} ({resolution})")))
    }

    fn status(&self) -> Result<(String, TaskStatus), ReadError> {
        let status = self.item.required_part(&["fields", "status"])?;
        let name = status.required_text(&["name"])?;
        let read = status::current(&status, &name, self.resolution().as_deref());
        Ok((name, read))
    }

    fn resolution(&self) -> Option<String> {
        self.item.text(&["fields", "resolution", "name"])
    }

    fn description(&self) -> Option<String> {
        let path = ["fields", "description"];
        match self.item.find(&path) {
            Some(document) if document::is_document(document) => {
                Some(self.item.clean(&document::to_text(document))).filter(|text| !text.trim().is_empty())
            }
            Some(_) | None => self.item.text(&path),
        }
    }

    fn labels(&self) -> Vec<String> {
        let mut met = HashSet::new();
        let labels = self.item.each(&["fields", "labels"]).filter_map(|label| label.as_text());
        labels.filter(|label| met.insert(label.clone())).collect()
    }

    /// The original estimate in seconds, else the story points.
    fn estimate(&self) -> Option<(f64, EstimateUnit)> {
        let item = self.item;
        let seconds = item
            .amount(&["fields", "timeoriginalestimate"])
            .or_else(|| item.amount(&["fields", "timetracking", "originalEstimateSeconds"]))
            .map(|seconds| (seconds, EstimateUnit::Seconds));
        seconds.filter(|(value, _)| *value > 0.0).or_else(|| self.custom_fields.points(item)).or(seconds)
    }

    fn texts(&self) -> Vec<ExternalText> {
        let item = self.item;
        let mut texts = self.custom_fields.texts(item);
        let mut add = |field, text: Option<String>| {
            texts.extend(text.map(|text| ExternalText { field, text }));
        };
        // What other tools call a section of a project, Jira calls a component.
        for component in item.each(&["fields", "components"]) {
            add(ReferenceField::Section, component.text(&["name"]));
        }
        for name in parent::epic_texts(self) {
            add(ReferenceField::Epic, Some(name));
        }
        for attachment in item.each(&["fields", "attachment"]) {
            add(ReferenceField::Attachment, attachment.text(&["filename"]));
        }
        // A search does not answer remote links; who saves them with the issues is served all the same.
        let saved = ["remotelinks", "remoteLinks"].into_iter();
        for link in saved.filter(|name| item.find(&[name]).is_some_and(Value::is_array)) {
            for link in item.each(&[link]) {
                add(ReferenceField::RemoteLink, link.text(&["object", "title"]));
                add(ReferenceField::RemoteLink, link.text(&["object", "url"]));
            }
        }
        texts
    }
}

/// A start after the end is no start: the resolution date was set by hand.
fn started(started_at: Option<Instant>, completed_at: Option<Instant>) -> Option<Instant> {
    started_at.filter(|started_at| completed_at.is_none_or(|completed_at| *started_at <= completed_at))
}
