//! What a transaction touched that findings follow from, taken from the events it wrote.
//!
//! It is handed to the next look as the input of a job of its own: no two writers meet at one row, as they would
//! if they all added to one job, and a look takes all that wait for it at once.

use std::collections::BTreeSet;

use entity::{EventKind, JobKind, SubjectKind};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::domain::{error::Result, events::NewEvent, write::Write};

/// Keys that one job carries at most; where more was touched everything is looked at.
const CARRIED: usize = 20_000;

/// What of a task decides about findings.
const OF_TASK: [&str; 9] = [
    "status",
    "parent_id",
    "project_id",
    "project_ids",
    "assignee_id",
    "assignee_ids",
    "acknowledgement",
    "opted_out",
    "archived_at",
];
/// What of a project does.
const OF_PROJECT: [&str; 6] =
    ["state", "owner_id", "team_id", "acknowledgement", "gate_waiver", "archived_at"];
/// What of a goal does.
const OF_GOAL: [&str; 8] = [
    "state",
    "owner_id",
    "kind",
    "target_value",
    "lower_bound",
    "upper_bound",
    "objective_id",
    "archived_at",
];

/// What a transaction, or many of them, touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Touched {
    /// Tasks that changed.
    pub(super) tasks: BTreeSet<Uuid>,
    /// Projects that changed themselves: what holds for their tasks may have changed with them.
    pub(super) projects: BTreeSet<Uuid>,
    /// Projects of which tasks changed.
    pub(super) places: BTreeSet<Uuid>,
    pub(super) links: BTreeSet<Uuid>,
    pub(super) key_results: BTreeSet<Uuid>,
    pub(super) objectives: BTreeSet<Uuid>,
    /// People who left or came back: others are asked to act, or they are again.
    pub(super) people: BTreeSet<Uuid>,
    /// Whether everything is to be looked at: settings or a team's connection model changed, or a first import told
    /// all in one event.
    is_whole: bool,
    /// Links that somebody stood by, whose baselines are taken before the commit.
    pub(super) stood_by: BTreeSet<Uuid>,
}

fn tells(event: &NewEvent, columns: &[&str]) -> bool {
    match event.kind {
        EventKind::Created | EventKind::Archived | EventKind::Unarchived => true,
        EventKind::Updated
        | EventKind::ProgressChanged
        | EventKind::CheckedIn
        | EventKind::Confirmed
        | EventKind::Retired
        | EventKind::Imported
        | EventKind::HealthChanged
        | EventKind::Acknowledged => columns.iter().any(|column| event.current.contains_key(*column)),
    }
}

/// The keys in a value of an event: one, or a list of them.
fn keys(values: Option<&Map<String, Json>>, column: &str) -> Vec<Uuid> {
    let Some(value) = values.and_then(|values| values.get(column)) else { return Vec::new() };
    let read = |value: &Json| value.as_str().and_then(|text| Uuid::try_parse(text).ok());
    match value {
        Json::Array(items) => items.iter().filter_map(read).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
            read(value).into_iter().collect()
        }
    }
}

impl Touched {
    /// Takes in what an event tells.
    pub(in crate::domain) fn hear(&mut self, event: &NewEvent) {
        let id = event.subject.1;
        match event.subject.0 {
            SubjectKind::Task if tells(event, &OF_TASK) => {
                self.tasks.insert(id);
                for values in [event.previous.as_ref(), Some(&event.current)] {
                    self.tasks.extend(keys(values, "parent_id"));
                    self.places.extend(keys(values, "project_ids"));
                    self.places.extend(keys(values, "project_id"));
                }
            }
            SubjectKind::Project if tells(event, &OF_PROJECT) => {
                self.projects.insert(id);
            }
            // A new goal has no links yet.
            SubjectKind::KeyResult if event.kind != EventKind::Created && tells(event, &OF_GOAL) => {
                self.key_results.insert(id);
            }
            SubjectKind::Objective if event.kind != EventKind::Created && tells(event, &OF_GOAL) => {
                self.objectives.insert(id);
            }
            SubjectKind::Person if event.current.contains_key("deactivated_at") => {
                self.people.insert(id);
            }
            SubjectKind::AlignmentLink => self.hear_link(event),
            SubjectKind::Integration => self.is_whole |= event.kind == EventKind::Imported,
            SubjectKind::Organization => {
                self.is_whole |= event.current.contains_key("settings");
            }
            SubjectKind::Team => {
                self.is_whole |=
                    event.kind == EventKind::Updated && event.current.contains_key("connection_model");
            }
            SubjectKind::Task
            | SubjectKind::Project
            | SubjectKind::KeyResult
            | SubjectKind::Objective
            | SubjectKind::Person
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::Finding => {}
        }
    }

    fn hear_link(&mut self, event: &NewEvent) {
        self.links.insert(event.subject.1);
        let was_retired = event
            .previous
            .as_ref()
            .and_then(|previous| previous.get("state"))
            .is_some_and(|state| state == "RETIRED");
        if was_retired || matches!(event.kind, EventKind::Created | EventKind::Confirmed) {
            self.stood_by.insert(event.subject.1);
        }
        for (kind, id) in &event.ancestors {
            self.hear_work((*kind, *id));
        }
    }

    /// Takes in work about which no event tells enough.
    pub(in crate::domain) fn hear_work(&mut self, (kind, id): (SubjectKind, Uuid)) {
        match kind {
            SubjectKind::Task => {
                self.tasks.insert(id);
            }
            SubjectKind::Project => {
                self.projects.insert(id);
            }
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::Objective
            | SubjectKind::KeyResult
            | SubjectKind::CheckIn
            | SubjectKind::AlignmentLink
            | SubjectKind::Integration
            | SubjectKind::Finding => {}
        }
    }

    /// Takes in what a finding is about.
    pub(super) fn hear_subject(&mut self, subject: (SubjectKind, Uuid)) {
        if subject.0 == SubjectKind::AlignmentLink {
            self.links.insert(subject.1);
        } else {
            self.hear_work(subject);
        }
    }

    /// Takes in links that somebody stood by without a change of theirs.
    pub(in crate::domain) fn stand_by(&mut self, links: impl IntoIterator<Item = Uuid>) {
        for link in links {
            self.links.insert(link);
            self.stood_by.insert(link);
        }
    }

    fn sets(&self) -> [(&'static str, &BTreeSet<Uuid>); 7] {
        [
            ("tasks", &self.tasks),
            ("projects", &self.projects),
            ("places", &self.places),
            ("links", &self.links),
            ("keyResults", &self.key_results),
            ("objectives", &self.objectives),
            ("people", &self.people),
        ]
    }

    fn sets_mut(&mut self) -> [(&'static str, &mut BTreeSet<Uuid>); 7] {
        [
            ("tasks", &mut self.tasks),
            ("projects", &mut self.projects),
            ("places", &mut self.places),
            ("links", &mut self.links),
            ("keyResults", &mut self.key_results),
            ("objectives", &mut self.objectives),
            ("people", &mut self.people),
        ]
    }

    /// How many keys it holds.
    pub(super) fn len(&self) -> usize {
        self.sets().iter().map(|(_, ids)| ids.len()).sum()
    }

    /// As the input of a job.
    pub(super) fn to_payload(&self) -> Json {
        let lists = self.sets().into_iter().filter(|(_, ids)| !ids.is_empty());
        let lists = lists.map(|(name, ids)| {
            let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
            (name.to_owned(), json!(ids))
        });
        Json::Object(lists.collect())
    }

    /// Takes in what a job was asked for.
    pub(super) fn hear_payload(&mut self, payload: &Map<String, Json>) {
        for (name, ids) in self.sets_mut() {
            ids.extend(keys(Some(payload), name));
        }
    }

    /// In parts of so many keys at most.
    pub(super) fn parts(mut self, size: usize) -> Vec<Self> {
        let mut parts = Vec::new();
        for at in 0..self.sets().len() {
            let ids: Vec<Uuid> = std::mem::take(self.sets_mut()[at].1).into_iter().collect();
            for chunk in ids.chunks(size) {
                let mut part = Self::default();
                part.sets_mut()[at].1.extend(chunk);
                parts.push(part);
            }
        }
        parts
    }
}

impl Write {
    /// Asks for a look at what this transaction touched, right before the commit: one statement at most.
    pub(in crate::domain) async fn ask_to_look_again(&mut self) -> Result<()> {
        let touched = std::mem::take(&mut self.look_again);
        if touched.is_whole || touched.len() > CARRIED {
            return self.ask_for_audit(self.now).await;
        }
        if touched.len() == 0 {
            return Ok(());
        }
        self.enqueue_alone(JobKind::LookForFindings, self.now, &touched.to_payload()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events::Sight;

    fn event(kind: EventKind, subject: SubjectKind, current: Json) -> NewEvent {
        NewEvent {
            kind,
            subject: (subject, Uuid::from_u128(1)),
            ancestors: vec![
                (SubjectKind::Task, Uuid::from_u128(2)),
                (SubjectKind::KeyResult, Uuid::from_u128(3)),
            ],
            sight: Sight::default(),
            previous: None,
            current: current.as_object().cloned().unwrap_or_default(),
        }
    }

    fn heard(kind: EventKind, subject: SubjectKind, current: Json) -> Touched {
        let mut touched = Touched::default();
        touched.hear(&event(kind, subject, current));
        touched
    }

    #[test]
    fn what_decides_nothing_is_not_looked_at() {
        for (subject, column) in [
            (SubjectKind::Task, "title"),
            (SubjectKind::Task, "estimate_value"),
            (SubjectKind::Task, "work_class"),
            (SubjectKind::Project, "title"),
            (SubjectKind::KeyResult, "current_value"),
            (SubjectKind::Objective, "weight"),
            (SubjectKind::Person, "name"),
            (SubjectKind::Organization, "name"),
            (SubjectKind::Finding, "state"),
        ] {
            let touched = heard(EventKind::Updated, subject, json!({ column: "x" }));
            assert_eq!(touched, Touched::default(), "{subject:?} {column}");
        }
        assert_eq!(heard(EventKind::Created, SubjectKind::KeyResult, json!({})), Touched::default());
    }

    #[test]
    fn a_task_is_looked_at_with_where_it_was_and_where_it_is() {
        let id = Uuid::from_u128;
        let touched = heard(
            EventKind::Updated,
            SubjectKind::Task,
            json!({ "project_ids": [id(7), id(8)], "parent_id": id(9) }),
        );
        assert_eq!(touched.tasks, BTreeSet::from([id(1), id(9)]));
        assert_eq!(touched.places, BTreeSet::from([id(7), id(8)]));
    }

    #[test]
    fn who_leaves_or_comes_back_is_heard_of() {
        for at in [json!(7), json!(null)] {
            let touched = heard(EventKind::Updated, SubjectKind::Person, json!({ "deactivated_at": at }));
            assert_eq!(touched.people, BTreeSet::from([Uuid::from_u128(1)]));
            assert_eq!(touched.len(), 1);
        }
    }

    #[test]
    fn a_link_is_stood_by_when_made_confirmed_or_revived() {
        for (kind, stood_by) in
            [(EventKind::Created, true), (EventKind::Confirmed, true), (EventKind::Updated, false)]
        {
            let touched = heard(kind, SubjectKind::AlignmentLink, json!({}));
            assert_eq!(touched.stood_by.len(), usize::from(stood_by), "{kind:?}");
            assert_eq!(touched.tasks, BTreeSet::from([Uuid::from_u128(2)]));
        }
        let mut revived = event(EventKind::Updated, SubjectKind::AlignmentLink, json!({ "state": "ACTIVE" }));
        revived.previous = json!({ "state": "RETIRED" }).as_object().cloned();
        let mut touched = Touched::default();
        touched.hear(&revived);
        assert_eq!(touched.stood_by.len(), 1);
    }

    #[test]
    fn settings_models_and_first_imports_touch_everything() {
        assert!(heard(EventKind::Updated, SubjectKind::Organization, json!({ "settings": "{}" })).is_whole);
        assert!(heard(EventKind::Updated, SubjectKind::Team, json!({ "connection_model": "ANY" })).is_whole);
        assert!(!heard(EventKind::Updated, SubjectKind::Team, json!({ "name": "Build" })).is_whole);
        assert!(heard(EventKind::Imported, SubjectKind::Integration, json!({})).is_whole);
    }

    #[test]
    fn a_payload_is_read_as_it_was_written_and_parts_lose_nothing() {
        let mut touched = Touched::default();
        for (at, (_, ids)) in (1..).zip(touched.sets_mut()) {
            ids.extend((0..at).map(|number| Uuid::from_u128(100 * at + number)));
        }
        let Json::Object(payload) = touched.to_payload() else { panic!("an object") };
        let mut read = Touched::default();
        read.hear_payload(&payload);
        assert_eq!(read, touched);
        let mut whole = Touched::default();
        for part in touched.clone().parts(2) {
            assert!(part.len() <= 2);
            let Json::Object(payload) = part.to_payload() else { panic!("an object") };
            whole.hear_payload(&payload);
        }
        assert_eq!(whole, touched);
    }
}
