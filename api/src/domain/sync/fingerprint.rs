//! Fingerprints of items: equal to the one that was stored at the last merge, the item costs nothing more.

use entity::Instant;
use sha2::{Digest, Sha256};

use super::external::{
    ExternalInterval, ExternalProject, ExternalTask, ExternalText, ExternalTimeEntry, ParentRef,
};
use crate::domain::reference::ReferenceRules;

/// Counts up when the merge reads the same item differently than before, so that all are read again.
const READING: u64 = 3;

/// The start of every fingerprint of a merge: an item is read again also when what counts as a reference
/// in the organization changed.
#[derive(Clone)]
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(super) fn new(rules: &ReferenceRules) -> Self {
        let ReferenceRules { objective_prefixes, key_result_prefixes, bare_tokens, public_urls } = rules;
        let mut print = Self(Sha256::new());
        print.number(READING);
        for list in [objective_prefixes, key_result_prefixes, public_urls] {
            print.list(list, |print, text| print.text(text));
        }
        print.number(u64::from(*bare_tokens));
        print
    }

    /// The fingerprint of a project.
    pub(super) fn of_project(&self, project: &ExternalProject) -> Vec<u8> {
        // Named one by one, so that a new field cannot be forgotten.
        let ExternalProject {
            external_id,
            external_key,
            title,
            description,
            url,
            archived,
            updated_at,
            texts,
            payload,
        } = project;
        let mut print = self.clone();
        print.text(external_id);
        print.optional(external_key.as_deref());
        print.text(title);
        print.optional(description.as_deref());
        print.optional(url.as_deref());
        print.number(u64::from(*archived));
        print.instant(*updated_at);
        print.texts(texts);
        print.text(payload);
        print.end()
    }

    /// The fingerprint of a task.
    pub(super) fn of_task(&self, task: &ExternalTask) -> Vec<u8> {
        let ExternalTask {
            external_id,
            external_key,
            title,
            description,
            url,
            status,
            provider_status,
            projects,
            parent,
            assignees,
            labels,
            due_on,
            created_at,
            updated_at,
            started_at,
            completed_at,
            estimate,
            logged_seconds,
            time_entries,
            status_intervals,
            archived,
            texts,
            payload,
        } = task;
        let mut print = self.clone();
        print.text(external_id);
        print.optional(external_key.as_deref());
        print.text(title);
        print.optional(description.as_deref());
        print.optional(url.as_deref());
        print.text(&format!("{status:?}"));
        print.optional(provider_status.as_deref());
        for list in [projects, assignees, labels] {
            print.list(list, |print, text| print.text(text));
        }
        print.optional(parent.as_ref().map(awaited).as_deref());
        print.optional(due_on.map(|day| day.to_string()).as_deref());
        for at in [created_at, updated_at, started_at, completed_at] {
            print.instant(*at);
        }
        print.optional(estimate.map(|(value, unit)| format!("{value} {unit:?}")).as_deref());
        print.optional(logged_seconds.map(|seconds| seconds.to_string()).as_deref());
        print.list(time_entries, |print, entry| {
            let ExternalTimeEntry { external_id, person, day, seconds } = entry;
            print.text(external_id);
            print.optional(person.as_deref());
            print.text(&format!("{day} {seconds}"));
        });
        print.list(status_intervals, |print, interval| {
            let ExternalInterval { status, provider_status, from, to } = interval;
            print.text(&format!("{status:?}"));
            print.optional(provider_status.as_deref());
            print.instant(Some(*from));
            print.instant(*to);
        });
        print.number(u64::from(*archived));
        print.texts(texts);
        print.text(payload);
        print.end()
    }

    fn texts(&mut self, texts: &[ExternalText]) {
        self.list(texts, |print, text| {
            let ExternalText { field, text } = text;
            print.text(&format!("{field:?}"));
            print.text(text);
        });
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    // Lengths go before what they are lengths of: `ab` + `c` is not `a` + `bc`.
    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.number(u64::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn instant(&mut self, at: Option<Instant>) {
        self.number(u64::from(at.is_some()));
        self.number(at.map_or(0, |at| at.0.cast_unsigned()));
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }

    fn end(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

/// How a parent that has not arrived is written down.
pub(super) fn awaited(parent: &ParentRef) -> String {
    match parent {
        ParentRef::Id(id) => format!("id:{id}"),
        ParentRef::Key(key) => format!("key:{key}"),
    }
}
