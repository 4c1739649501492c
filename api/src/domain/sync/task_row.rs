//! A task's row as it shall be: what the tool says, and what follows from it.

use std::collections::HashSet;

use entity::{Instant, TaskStatus, Visibility, task};
use uuid::Uuid;

use super::{
    external::ExternalTask,
    history::{self, Present, Span},
    merge::Merging,
    parts::Assigned,
    projects::archived_at,
    tasks::Item,
    tidy,
};
use crate::domain::write::Write;

/// Where a task stands.
pub(super) struct Stands<'p> {
    /// Its projects, and which is primary.
    pub(super) places: &'p [(Uuid, bool)],
    /// Team and visibility that come with the primary one, where the tool tells no project.
    pub(super) home: Option<(Option<Uuid>, Visibility)>,
}

impl Merging<'_> {
    pub(super) fn planned_task(
        &self,
        write: &Write,
        item: &Item<'_>,
        old: Option<&task::Model>,
        stands: &Stands<'_>,
        assignees: &[Assigned],
    ) -> task::Model {
        let external = item.external;
        let changed_at = external.updated_at.unwrap_or(write.now);
        let mut row = old.cloned().unwrap_or_else(|| self.blank_task(write, item.id));
        let key = external.external_key.as_deref().unwrap_or_default();
        row.title = tidy::title(&[&external.title, key, &external.external_id]);
        row.title_folded = row.title.to_lowercase();
        row.description = tidy::long(external.description.as_deref());
        row.started_at = started_at(external, old, changed_at);
        row.completed_at = completed_at(external, old, changed_at);
        row.status = external.status;
        row.provider_status = tidy::optional_line(external.provider_status.as_deref());
        row.parent_id = item.parent;
        row.project_id = stands.places.iter().find(|place| place.1).map(|place| place.0);
        row.assignee_id = assignees.iter().find(|assigned| assigned.2).and_then(|assigned| assigned.1);
        // The first that the tool names is the primary one.
        if let Some(container) = external.projects.iter().find_map(|project| self.projects.get(project)) {
            row.team_id = container.team;
            row.visibility = container.visibility;
        } else if let Some((team, visibility)) = stands.home.filter(|_| external.projects.is_empty()) {
            row.team_id = team;
            row.visibility = visibility;
        }
        row.due_on = external.due_on;
        let estimate = external.estimate.filter(|(value, _)| value.is_finite() && *value >= 0.0);
        row.estimate_value = estimate.map(|(value, _)| value);
        row.estimate_unit = estimate.map(|(_, unit)| unit);
        row.logged_seconds = external.logged_seconds.filter(|seconds| *seconds >= 0);
        row.integration_id = Some(self.integration);
        row.external_id = Some(external.external_id.clone());
        row.external_url = tidy::exact(external.url.as_deref());
        row.archived_at = archived_at(external.archived, row.archived_at, changed_at);
        // It is there, so it is not deleted.
        row.source_deleted_at = None;
        row
    }

    fn blank_task(&self, write: &Write, id: Uuid) -> task::Model {
        task::Model {
            id,
            organization_id: write.viewer().organization_id,
            title: String::new(),
            title_folded: String::new(),
            description: None,
            status: TaskStatus::Backlog,
            provider_status: None,
            parent_id: None,
            child_count: 0,
            project_id: None,
            assignee_id: None,
            team_id: self.options.team,
            visibility: self.visibility,
            due_on: None,
            started_at: None,
            completed_at: None,
            estimate_value: None,
            estimate_unit: None,
            logged_seconds: None,
            inherits_links: true,
            opted_out: false,
            work_class: None,
            integration_id: None,
            external_id: None,
            external_url: None,
            archived_at: None,
            source_deleted_at: None,
            version: 1,
            created_at: write.now,
            updated_at: write.now,
        }
    }
}

pub(super) fn labels_of(external: &ExternalTask) -> Vec<String> {
    let mut met = HashSet::new();
    let labels = external.labels.iter().map(|label| tidy::line(label)).filter(|label| !label.is_empty());
    labels.filter(|label| met.insert(label.clone())).collect()
}

pub(super) fn spans_of(write: &Write, external: &ExternalTask, known: &[Span]) -> Vec<Span> {
    let changed_at = external.updated_at.unwrap_or(write.now);
    // A task without history was in its state since it came there as far as the tool tells, and one that
    // waits since it was made.
    let since = match external.status {
        TaskStatus::Done | TaskStatus::Cancelled => external.completed_at.unwrap_or(changed_at),
        TaskStatus::InProgress => external.started_at.unwrap_or(changed_at),
        TaskStatus::Backlog | TaskStatus::Todo => external.created_at.unwrap_or(changed_at),
    };
    let present = Present {
        status: external.status,
        provider_status: tidy::optional_line(external.provider_status.as_deref()),
        since,
        changed_at,
    };
    history::after(known, &external.status_intervals, &present)
}

/// When it first went in progress: as the tool says, as known, or as just seen.
fn started_at(external: &ExternalTask, old: Option<&task::Model>, changed_at: Instant) -> Option<Instant> {
    let seen =
        old.filter(|old| external.status == TaskStatus::InProgress && old.status != TaskStatus::InProgress);
    external.started_at.or(old.and_then(|old| old.started_at)).or(seen.map(|_| changed_at))
}

/// When it was done, for a task that is: as the tool says, as known, or as just seen.
fn completed_at(external: &ExternalTask, old: Option<&task::Model>, changed_at: Instant) -> Option<Instant> {
    if external.status != TaskStatus::Done {
        return None;
    }
    external.completed_at.or_else(|| {
        let old = old?;
        if old.status == TaskStatus::Done { old.completed_at } else { Some(changed_at) }
    })
}
