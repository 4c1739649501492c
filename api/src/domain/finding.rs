//! Something an audit noticed.

use entity::{FindingKind, FindingState, Instant, Severity, SubjectKind};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// Something an audit noticed.
    FindingRow of finding {
        /// Key.
        id: Uuid = Id,
        /// What was noticed.
        kind: FindingKind = Kind,
        /// How much it matters.
        severity: Severity = Severity,
        /// Whether it still asks for something.
        state: FindingState = State,
        /// What it is about, as typed global id; with the kind it names the finding.
        subject_key: String = SubjectKey,
        /// The subject, when an objective.
        objective_id: Option<Uuid> = ObjectiveId,
        /// The subject, when a key result.
        key_result_id: Option<Uuid> = KeyResultId,
        /// The subject, when a project.
        project_id: Option<Uuid> = ProjectId,
        /// The subject, when a task.
        task_id: Option<Uuid> = TaskId,
        /// The subject, when a link.
        alignment_link_id: Option<Uuid> = AlignmentLinkId,
        /// The subject, when a team.
        team_id: Option<Uuid> = TeamId,
        /// The subject, when an integration.
        integration_id: Option<Uuid> = IntegrationId,
        /// Who is to act.
        owner_id: Option<Uuid> = OwnerId,
        /// What was seen, as a JSON object.
        evidence: String = Evidence,
        /// Until when it is acknowledged or waived.
        until_at: Option<Instant> = UntilAt,
        /// Why it was waived.
        reason: Option<String> = Reason,
        /// When it was opened, or last opened again.
        opened_at: Instant = OpenedAt,
        /// When its cause was last there.
        last_seen_at: Instant = LastSeenAt,
        /// When it was resolved.
        resolved_at: Option<Instant> = ResolvedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl FindingRow {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Option<(SubjectKind, Uuid)> {
        [
            (SubjectKind::Objective, self.objective_id),
            (SubjectKind::KeyResult, self.key_result_id),
            (SubjectKind::Project, self.project_id),
            (SubjectKind::Task, self.task_id),
            (SubjectKind::AlignmentLink, self.alignment_link_id),
            (SubjectKind::Team, self.team_id),
            (SubjectKind::Integration, self.integration_id),
        ]
        .into_iter()
        .find_map(|(kind, id)| Some((kind, id?)))
    }
}

impl Listed for FindingRow {
    const TABLE: Table = Table::Finding;
    const ARCHIVABLE: bool = false;
}
