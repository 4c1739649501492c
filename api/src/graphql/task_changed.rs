//! `taskChanged`: tasks, as they are made and change.

use async_graphql::{Context, Enum, ID, SimpleObject};
use entity::SubjectKind;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    context::Nullable,
    enums::{TaskStatus, WorkClass},
    id::id_of,
    live_event::{Moment, live_event},
    node::by_key,
    scalars::Date,
    stream::{Told, followed, stream_filter},
    task::Task,
};
use crate::domain::{
    access::Scope,
    error::Result,
    live::{About, StreamFilter},
};

/// Something of a task that can change.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum TaskAspect {
    /// Its title.
    Title,
    /// Its description.
    Description,
    /// Its status.
    Status,
    /// The tool's own name of its status.
    ProviderStatus,
    /// The task that it is part of.
    Parent,
    /// The projects that it stands in.
    Projects,
    /// Whom it is assigned to.
    Assignees,
    /// The team that it belongs to.
    Team,
    /// Who may see it.
    Visibility,
    /// The day on which it is due.
    DueOn,
    /// Its estimate.
    Estimate,
    /// Its labels.
    Labels,
    /// The kind of work it is, when it serves no goal.
    WorkClass,
    /// What is acknowledged of it: its own acknowledgement was made, changed, or has ended.
    Acknowledgement,
    /// Whether it takes the links of its projects.
    LinkInheritance,
    /// Whether it is archived.
    Archived,
}

/// What the columns of an event are called to those who read them; the others follow from these.
const ASPECTS: [(&str, TaskAspect); 19] = [
    ("title", TaskAspect::Title),
    ("description", TaskAspect::Description),
    ("status", TaskAspect::Status),
    ("provider_status", TaskAspect::ProviderStatus),
    ("parent_id", TaskAspect::Parent),
    ("project_id", TaskAspect::Projects),
    ("project_ids", TaskAspect::Projects),
    ("assignee_id", TaskAspect::Assignees),
    ("assignee_ids", TaskAspect::Assignees),
    ("team_id", TaskAspect::Team),
    ("visibility", TaskAspect::Visibility),
    ("due_on", TaskAspect::DueOn),
    ("estimate_value", TaskAspect::Estimate),
    ("estimate_unit", TaskAspect::Estimate),
    ("labels", TaskAspect::Labels),
    ("work_class", TaskAspect::WorkClass),
    ("acknowledgement", TaskAspect::Acknowledgement),
    ("opted_out", TaskAspect::LinkInheritance),
    ("archived_at", TaskAspect::Archived),
];

/// Values of a task at one side of a change; a value that did not change is null (see `changed`).
#[derive(SimpleObject, Debug, Default)]
pub struct TaskValues {
    /// Title; null when it did not change.
    pub title: Option<String>,
    /// Status; null when it did not change.
    pub status: Option<TaskStatus>,
    /// The tool's own name of the status; null when it did not change, or there is none.
    pub provider_status: Option<String>,
    /// The day on which it is due; null when it did not change, or there is none.
    pub due_on: Option<Date>,
    /// The kind of work it is; null when it did not change, or there is none.
    pub work_class: Option<WorkClass>,
    /// Ids of the people whom it is assigned to, the primary one first; null when they did not change.
    pub assignee_ids: Option<Vec<ID>>,
    /// Labels in alphabetical order; null when they did not change.
    pub labels: Option<Vec<String>>,
}

impl TaskValues {
    fn of(read: impl ReadColumn) -> Self {
        let people: Option<Vec<Uuid>> = read.column("assignee_ids");
        Self {
            title: read.column("title"),
            status: read.column::<entity::TaskStatus>("status").map(TaskStatus::from),
            provider_status: read.column("provider_status"),
            due_on: read.column::<String>("due_on").and_then(|day| Date::read(&day)),
            work_class: read.column::<entity::WorkClass>("work_class").map(WorkClass::from),
            assignee_ids: people
                .map(|people| people.into_iter().map(|id| id_of(SubjectKind::Person, id)).collect()),
            labels: read.column("labels"),
        }
    }
}

/// One side of a change.
trait ReadColumn {
    fn column<T: DeserializeOwned>(&self, name: &str) -> Option<T>;
}

struct Before<'a>(&'a Moment);
struct After<'a>(&'a Moment);

impl ReadColumn for Before<'_> {
    fn column<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0.before(name)
    }
}

impl ReadColumn for After<'_> {
    fn column<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0.after(name)
    }
}

live_event! {
    /// A task was made or changed.
    TaskChangedEvent {
    } resolves {
        /// What changed; empty in a snapshot, and when only computed values did.
        async fn changed(&self) -> Vec<TaskAspect> {
            let Some(event) = &self.moment.event else { return Vec::new() };
            let mut changed = Vec::new();
            for (column, aspect) in ASPECTS {
                if event.written.current.contains_key(column) && !changed.contains(&aspect) {
                    changed.push(aspect);
                }
            }
            changed
        }

        /// Values before; null for a new task, and in a snapshot.
        async fn previous(&self) -> Option<TaskValues> {
            self.moment.event.as_ref()?.written.previous.as_ref()?;
            Some(TaskValues::of(Before(&self.moment)))
        }

        /// Values after; null in a snapshot.
        async fn current(&self) -> Option<TaskValues> {
            self.moment.event.as_ref()?;
            Some(TaskValues::of(After(&self.moment)))
        }

        /// The task as it is now; null when the viewer may not see it any more.
        async fn task(&self, ctx: &Context<'_>) -> Nullable<Task> {
            by_key(ctx, self.moment.subject.1).await
        }
    }
}

impl Told for TaskChangedEvent {
    const ABOUT: About = About::Subject(SubjectKind::Task);

    fn moment(&mut self) -> &mut Moment {
        &mut self.moment
    }

    fn of(moment: Moment) -> Self {
        Self { moment }
    }

    async fn now(
        scope: &Scope,
        filter: &StreamFilter,
        moment: impl Fn((SubjectKind, Uuid)) -> Moment + Send,
    ) -> Result<Vec<Self>> {
        let rows = scope.tasks_now(filter).await?;
        Ok(rows.iter().map(|row| Self { moment: moment((SubjectKind::Task, row.id)) }).collect())
    }
}

stream_filter!(TaskChangedSubscriptionFilter, "changes of tasks");

followed! {
    /// Changes of tasks as they happen.
    TaskSubscription {
        /// Tasks that the viewer sees, whenever one is made or changed, here or in its tool.
        task_changed(TaskChangedSubscriptionFilter) -> TaskChangedEvent,
        snapshot "Whether every task as it is now comes first; a filter that more than 200 fit is refused."
    }
}
