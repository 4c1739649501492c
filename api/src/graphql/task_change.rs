//! Changes of tasks: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::Nullable,
    enums::{EstimateUnit, TaskStatus, WorkClass},
    error::UserError,
    id::NodeKind,
    input::{InputKeys, changed},
    mutation::{Outcome, run},
    scalars::Date,
    task::Task,
};
use crate::domain::{
    task::TaskRow,
    task_change::{ArchiveTask, UpdateTask},
    task_create::CreateTask,
    warning::{Warned, WithWarnings},
};

/// Estimated effort of a task.
#[derive(InputObject, Debug)]
pub struct EstimateInput {
    /// How much, 0 or more.
    pub value: f64,
    /// Of what.
    pub unit: EstimateUnit,
}

impl EstimateInput {
    pub(super) fn read(self) -> (f64, entity::EstimateUnit) {
        (self.value, self.unit.into())
    }
}

/// Input of `taskCreate`.
#[derive(InputObject, Debug)]
pub struct TaskCreateInput {
    /// Id made by the client (`tsk_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// What is to be done: one line of at most 500 characters.
    pub title: String,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: Option<String>,
    /// Status.
    #[graphql(default_with = "TaskStatus::Todo")]
    pub status: TaskStatus,
    /// The task it is part of; null for none.
    pub parent_id: Option<ID>,
    /// Projects that it stands in, the primary one first; at most 50. Each needs the right on it. Left out or
    /// empty, a task with a parent stands where that one stands, for which the right on the parent is enough;
    /// one without a parent stands nowhere. Only what stands in a project counts for it: of a task with parts
    /// the parts, on the lowest level, and each in the projects that it stands in itself.
    #[graphql(default)]
    pub project_ids: Vec<ID>,
    /// People it is assigned to, the primary one first; at most 50.
    #[graphql(default)]
    pub assignee_ids: Vec<ID>,
    /// Labels, at most 100, of at most 500 characters each.
    #[graphql(default)]
    pub labels: Vec<String>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// Estimated effort.
    pub estimate: Option<EstimateInput>,
    /// Whether it stays out of its projects' links.
    #[graphql(default)]
    pub opted_out: bool,
    /// Kind of work that needs no goal once acknowledged; left out for work that should have one.
    pub work_class: Option<WorkClass>,
}

/// Input of `taskUpdate`: what is left out stays, null takes away. What a tool owns of a synced task
/// (everything but optedOut and workClass) is refused with `OWNED_BY_TOOL`.
#[derive(InputObject, Debug)]
pub struct TaskUpdateInput {
    /// The task.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// What is to be done: one line of at most 500 characters.
    pub title: Option<String>,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: MaybeUndefined<String>,
    /// Status.
    pub status: Option<TaskStatus>,
    /// The task it is part of; null for none. One that lies below it is refused. A task that stands in no
    /// project, or where its old parent stands, takes the projects of the parent that it is given.
    pub parent_id: MaybeUndefined<ID>,
    /// Projects that it stands in, the primary one first: the whole list. Each new one needs the right on it.
    /// An empty list takes it out of all, unless this gives it a parent, whose projects it then takes. Tasks
    /// below it that stood in the very same projects move along, on every level; what is below one that stands
    /// elsewhere stays too.
    pub project_ids: Option<Vec<ID>>,
    /// People it is assigned to, the primary one first: the whole list.
    pub assignee_ids: Option<Vec<ID>>,
    /// Labels: the whole list.
    pub labels: Option<Vec<String>>,
    /// When it is due.
    pub due_on: MaybeUndefined<Date>,
    /// Estimated effort.
    pub estimate: MaybeUndefined<EstimateInput>,
    /// Whether it stays out of its projects' links.
    pub opted_out: Option<bool>,
    /// Kind of work that needs no goal once acknowledged; null for work that should have one.
    pub work_class: MaybeUndefined<WorkClass>,
}

/// Input of `taskArchive`.
#[derive(InputObject, Debug)]
pub struct TaskArchiveInput {
    /// The task.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `taskUnarchive`.
#[derive(InputObject, Debug)]
pub struct TaskUnarchiveInput {
    /// The task.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on tasks.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The task as it is now; null when nothing was written.
            pub task: Option<Task>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<TaskRow>> for $name {
            fn from(outcome: Outcome<TaskRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { task: row.map(|row| Task(Arc::new(row))), user_errors }
            }
        }
    )* };
}

/// Declares the payload of a mutation that may make links of references in a task's texts.
macro_rules! warned_payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The task as it is now; null when nothing was written.
            pub task: Option<Task>,
            /// What was done all the same, or was not, by the rules of the organization: references that lead
            /// outside its connection model, or are too many in one text. At most 20 sentences of the model.
            pub warnings: Vec<String>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<WithWarnings<TaskRow>>> for $name {
            fn from(outcome: Outcome<WithWarnings<TaskRow>>) -> Self {
                let (made, user_errors) = outcome.into_parts();
                let (row, warnings) = made.map(|made| (made.output, made.warnings)).unzip();
                let task = row.map(|row| Task(Arc::new(row)));
                Self { task, warnings: warnings.unwrap_or_default(), user_errors }
            }
        }
    )* };
}

warned_payload! {
    TaskCreatePayload of "taskCreate";
    TaskUpdatePayload of "taskUpdate";
}

payload! {
    TaskArchivePayload of "taskArchive";
    TaskUnarchivePayload of "taskUnarchive";
}

fn all(keys: &mut InputKeys, ids: &[ID], kind: SubjectKind, field: &str) -> Vec<Uuid> {
    ids.iter().map(|id| keys.required(id, kind, field)).collect()
}

/// Changes of tasks.
#[derive(Debug, Default)]
pub struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Makes a task. Individuals make tasks that are assigned to them, or stand in projects they own.
    async fn task_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new task.")] input: TaskCreateInput,
    ) -> Nullable<TaskCreatePayload> {
        run(ctx, |keys| {
            Ok(Warned(CreateTask {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::Task))?,
                title: input.title,
                description: input.description,
                status: input.status.into(),
                parent: keys.optional(input.parent_id.as_ref(), SubjectKind::Task, "parentId"),
                projects: all(keys, &input.project_ids, SubjectKind::Project, "projectIds"),
                assignees: all(keys, &input.assignee_ids, SubjectKind::Person, "assigneeIds"),
                labels: input.labels,
                due_on: input.due_on.map(|day| day.0),
                estimate: input.estimate.map(EstimateInput::read),
                opted_out: input.opted_out,
                work_class: input.work_class.map(Into::into),
            }))
        })
        .await
    }

    /// Changes a task; the numbers of its projects and goals change with it.
    async fn task_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: TaskUpdateInput,
    ) -> Nullable<TaskUpdatePayload> {
        run(ctx, |keys| {
            Ok(Warned(UpdateTask {
                id: keys.target(&input.id, SubjectKind::Task)?,
                expected_version: input.expected_version.map(i64::from),
                title: input.title,
                description: changed(input.description),
                status: input.status.map(Into::into),
                parent: keys.changed(&input.parent_id, SubjectKind::Task, "parentId"),
                projects: input.project_ids.map(|ids| all(keys, &ids, SubjectKind::Project, "projectIds")),
                assignees: input.assignee_ids.map(|ids| all(keys, &ids, SubjectKind::Person, "assigneeIds")),
                labels: input.labels,
                due_on: changed(input.due_on).map(|day| day.map(|day| day.0)),
                estimate: changed(input.estimate).map(|estimate| estimate.map(EstimateInput::read)),
                opted_out: input.opted_out,
                work_class: changed(input.work_class).map(|class| class.map(Into::into)),
            }))
        })
        .await
    }

    /// Archives a task: it leaves every number.
    async fn task_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TaskArchiveInput,
    ) -> Nullable<TaskArchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveTask {
                id: keys.target(&input.id, SubjectKind::Task)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes a task out of the archive, with the same rows as before.
    async fn task_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TaskUnarchiveInput,
    ) -> Nullable<TaskUnarchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveTask {
                id: keys.target(&input.id, SubjectKind::Task)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
