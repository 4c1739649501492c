//! A piece of work with an end, own or synced from a tool.

use chrono::NaiveDate;
use entity::{Instant, ProgressBasis, ProjectState, Visibility, WorkClass};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// A piece of work with an end, own or synced from a tool.
    ProjectRow of project {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        title: String = Title,
        /// The team that does it.
        team_id: Option<Uuid> = TeamId,
        /// Who answers for it.
        owner_id: Option<Uuid> = OwnerId,
        /// Where the project is in its life.
        state: ProjectState = State,
        /// Who may see it and its tasks.
        visibility: Visibility = Visibility,
        /// Planned first day.
        starts_on: Option<NaiveDate> = StartsOn,
        /// Planned last day.
        ends_on: Option<NaiveDate> = EndsOn,
        /// When it first went in progress.
        started_at: Option<Instant> = StartedAt,
        /// When it became done or cancelled.
        ended_at: Option<Instant> = EndedAt,
        /// Whether completion counts tasks or sums estimates.
        progress_basis: ProgressBasis = ProgressBasis,
        /// Completion, 0–1; null when no task counts.
        progress: Option<f64> = Progress,
        /// Completion over the tasks that inherit the project's links, 0–1.
        inherited_progress: Option<f64> = InheritedProgress,
        /// Leaf tasks that are neither cancelled nor archived.
        counted_leaves: i64 = CountedLeaves,
        /// Those of them that are done.
        done_leaves: i64 = DoneLeaves,
        /// Those of them that are in progress.
        in_progress_leaves: i64 = InProgressLeaves,
        /// When completion was last computed.
        progress_at: Option<Instant> = ProgressAt,
        /// Kind of work that needs no goal; null for work that should have one.
        work_class: Option<WorkClass> = WorkClass,
        /// The template that it was made from; null for none.
        template_id: Option<Uuid> = TemplateId,
        /// Where it comes from; null for an own project.
        integration_id: Option<Uuid> = IntegrationId,
        /// Its id in the tool.
        external_id: Option<String> = ExternalId,
        /// Its page in the tool.
        external_url: Option<String> = ExternalUrl,
        /// When it was archived.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for ProjectRow {
    const TABLE: Table = Table::Project;
    const ARCHIVABLE: bool = true;
}
