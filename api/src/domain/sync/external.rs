//! What a connector hands over: a tool's projects, tasks and people in one shape.
//!
//! A connector turns a provider's JSON into these types and knows nothing of the database; the merge
//! (`domain::sync::merge`) knows nothing of providers.

use chrono::NaiveDate;
use entity::{EstimateUnit, Instant, Provider, ReferenceField, TaskStatus};
use serde::Serialize;

/// Everything that one read of a tool gave: a file, a page or a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalBatch {
    /// Which tool.
    pub provider: Provider,
    /// The tool's site or workspace, `acme.atlassian.net`; the tool's own name in lower case, such as
    /// `jira`, when the input names none.
    pub site: String,
    /// People that the items name.
    pub people: Vec<ExternalPerson>,
    /// Projects, each before the tasks that stand in it.
    pub projects: Vec<ExternalProject>,
    /// Tasks, in the tool's order.
    pub tasks: Vec<ExternalTask>,
    /// How the tool's states were read, one entry per state met, for the summary.
    pub states: Vec<StateMapping>,
    /// Items that could not be read, with the reason; the others are merged.
    pub skipped: Vec<SkippedItem>,
    /// Ids of tasks that the tool says are not there any more; never of those that are only missing here.
    pub gone: Vec<String>,
    /// Whether the input holds all the tasks that it speaks of. A search that was cut to its first page
    /// does not; what is missing from it must not be taken for deleted.
    pub complete: bool,
    /// What else a reader of the summary should know of the input, each a sentence.
    pub notes: Vec<String>,
}

/// One state of the tool and what it was read as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StateMapping {
    /// The tool's own name: a list, a status.
    pub provider_status: String,
    /// Our status.
    pub status: TaskStatus,
    /// How many tasks were in it.
    pub tasks: usize,
}

/// An item that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedItem {
    /// The item's id or key in the tool.
    pub external_id: String,
    /// Why, as a sentence.
    pub reason: String,
}

/// Someone as the tool knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalPerson {
    /// Id in the tool; where it has none (old Jira Server), the login name.
    pub external_id: String,
    /// Display name.
    pub name: Option<String>,
    /// Login name.
    pub user_name: Option<String>,
    /// E-mail address, where the tool tells it.
    pub email: Option<String>,
}

/// A board or project.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalProject {
    /// Id in the tool.
    pub external_id: String,
    /// Readable key, `DAEMON`.
    pub external_key: Option<String>,
    /// Title; never empty.
    pub title: String,
    /// Longer text, plain or Markdown.
    pub description: Option<String>,
    /// Page in the tool.
    pub url: Option<String>,
    /// Whether it is archived or closed in the tool.
    pub archived: bool,
    /// When the tool says that it was last changed.
    pub updated_at: Option<Instant>,
    /// Texts beside title and description in which references are looked for.
    pub texts: Vec<ExternalText>,
    /// The provider's JSON of this item, as text, without its tasks.
    pub payload: String,
}

/// A card, issue or item.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalTask {
    /// Id in the tool.
    pub external_id: String,
    /// Readable key, `DAEMON-48`.
    pub external_key: Option<String>,
    /// Title; never empty.
    pub title: String,
    /// Longer text, plain or Markdown.
    pub description: Option<String>,
    /// Page in the tool.
    pub url: Option<String>,
    /// Our status.
    pub status: TaskStatus,
    /// The tool's own name of the status or list.
    pub provider_status: Option<String>,
    /// External ids of the projects that it stands in, the primary one first.
    pub projects: Vec<String>,
    /// The task that it is part of (parent or epic), which need not be in this batch.
    pub parent: Option<ParentRef>,
    /// External ids of the people it is assigned to, the primary one first.
    pub assignees: Vec<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// When it is due.
    pub due_on: Option<NaiveDate>,
    /// When it was made in the tool.
    pub created_at: Option<Instant>,
    /// When the tool says that it was last changed.
    pub updated_at: Option<Instant>,
    /// When it first went in progress, where the tool tells.
    pub started_at: Option<Instant>,
    /// When it was done; the merge drops it for tasks that are not.
    pub completed_at: Option<Instant>,
    /// Estimated effort.
    pub estimate: Option<(f64, EstimateUnit)>,
    /// Time spent, in seconds.
    pub logged_seconds: Option<i64>,
    /// Dated time entries, where the input holds them.
    pub time_entries: Vec<ExternalTimeEntry>,
    /// Spans of time in each status, oldest first, where the tool tells its history; the last may be open.
    pub status_intervals: Vec<ExternalInterval>,
    /// Whether it is archived in the tool.
    pub archived: bool,
    /// Texts beside title, description and labels in which references are looked for.
    pub texts: Vec<ExternalText>,
    /// The provider's JSON of this item, as text.
    pub payload: String,
}

/// How a task names the task that it is part of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParentRef {
    /// By its id in the tool.
    Id(String),
    /// By its readable key alone (a Jira epic link says no more), when it is not in this batch; to be
    /// looked up in `external_identity.external_key`.
    Key(String),
}

/// A text of an item in which references are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalText {
    /// What it is: a custom field, section, epic, attachment or remote link.
    pub field: ReferenceField,
    /// The text.
    pub text: String,
}

/// Time that someone spent on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalTimeEntry {
    /// Id in the tool.
    pub external_id: String,
    /// External id of the person.
    pub person: Option<String>,
    /// The day, as the tool tells it.
    pub day: NaiveDate,
    /// Seconds, above 0.
    pub seconds: i64,
}

/// A span of time in one status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalInterval {
    /// Our status.
    pub status: TaskStatus,
    /// The tool's own name.
    pub provider_status: Option<String>,
    /// When it began.
    pub from: Instant,
    /// When it ended; null while it lasts.
    pub to: Option<Instant>,
}
