//! A unit of work, own or synced from a tool.

use chrono::NaiveDate;
use entity::{EstimateUnit, Instant, TaskStatus, Visibility, WorkClass};
use uuid::Uuid;

use super::{access::scope::Listed, events::Sight, relation::Table, row::row};

row! {
    /// A unit of work, own or synced from a tool.
    TaskRow of task {
        /// Key.
        id: Uuid = Id,
        /// What is to be done.
        title: String = Title,
        /// Status in our words.
        status: TaskStatus = Status,
        /// Status in the tool's words.
        provider_status: Option<String> = ProviderStatus,
        /// The task it is part of.
        parent_id: Option<Uuid> = ParentId,
        /// Children that are not archived; a task without any is a leaf.
        child_count: i32 = ChildCount,
        /// Primary project.
        project_id: Option<Uuid> = ProjectId,
        /// Primary assignee, when a person of the organization.
        assignee_id: Option<Uuid> = AssigneeId,
        /// Team of the primary project; decides who sees it with visibility `TEAM`.
        team_id: Option<Uuid> = TeamId,
        /// Who may see it: its primary project's, or `ORGANIZATION`.
        visibility: Visibility = Visibility,
        /// When it is due.
        due_on: Option<NaiveDate> = DueOn,
        /// When it first went in progress.
        started_at: Option<Instant> = StartedAt,
        /// When it was last done; null while not done.
        completed_at: Option<Instant> = CompletedAt,
        /// Estimated effort, 0 or more.
        estimate_value: Option<f64> = EstimateValue,
        /// Unit of the estimate.
        estimate_unit: Option<EstimateUnit> = EstimateUnit,
        /// Time spent, in seconds; null when the tool tells none.
        logged_seconds: Option<i64> = LoggedSeconds,
        /// Whether it takes its projects' links: false when it opted out or is held by links of its own that
        /// count: to goals that are pursued, or that were when it was finished.
        inherits_links: bool = InheritsLinks,
        /// Whether a person opted it out of its projects' links.
        opted_out: bool = OptedOut,
        /// Kind of work that needs no goal.
        work_class: Option<WorkClass> = WorkClass,
        /// Where it comes from; null for an own task.
        integration_id: Option<Uuid> = IntegrationId,
        /// Its id in the tool.
        external_id: Option<String> = ExternalId,
        /// Its page in the tool.
        external_url: Option<String> = ExternalUrl,
        /// When it was archived.
        archived_at: Option<Instant> = ArchivedAt,
        /// When the tool said that it was deleted.
        source_deleted_at: Option<Instant> = SourceDeletedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for TaskRow {
    const TABLE: Table = Table::Task;
    const ARCHIVABLE: bool = true;
}

impl TaskRow {
    /// Who may see its events.
    pub(in crate::domain) fn sight(&self, people: Vec<Uuid>) -> Sight {
        Sight {
            visibility: Some(self.visibility),
            team: self.team_id,
            owner: self.assignee_id,
            people,
            also: None,
        }
    }
}
