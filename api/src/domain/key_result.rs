//! A measurable result that shows whether an objective is reached.

use std::sync::Arc;

use chrono::NaiveDate;
use entity::{Decimal, GoalState, Health, Instant, KeyResultKind, ProgressSource, SubjectKind};
use uuid::Uuid;

use super::{
    access::{
        Viewer,
        permit::Goal,
        scope::{Listed, Scope},
    },
    error::Result,
    objective::ObjectiveRow,
    progress::is_met,
    relation::Table,
    row::row,
};

row! {
    /// A measurable result that shows whether an objective is reached.
    KeyResultRow of key_result {
        /// Key.
        id: Uuid = Id,
        /// The objective it belongs to.
        objective_id: Uuid = ObjectiveId,
        /// The number in the code.
        number: i64 = Number,
        /// Unique code, `KR-34`, never given twice.
        code: String = Code,
        /// What is measured.
        title: String = Title,
        /// Who answers for it and checks in.
        owner_id: Option<Uuid> = OwnerId,
        /// Where the key result is in its life.
        state: GoalState = State,
        /// How the value becomes progress.
        kind: KeyResultKind = Kind,
        /// Unit of the measured values, `%` or `ms`; null for a bare number.
        unit: Option<String> = Unit,
        /// Value at the start.
        start_value: Option<Decimal> = StartValue,
        /// Value at which progress is 1.
        target_value: Option<Decimal> = TargetValue,
        /// The target as a signed change of the start in percent; null when it is given as a value.
        target_percent: Option<Decimal> = TargetPercent,
        /// Latest known value.
        current_value: Option<Decimal> = CurrentValue,
        /// The value that is promised.
        commit_value: Option<Decimal> = CommitValue,
        /// The value hoped for.
        stretch_value: Option<Decimal> = StretchValue,
        /// Lowest value inside the bounds, for the maintaining kinds.
        lower_bound: Option<Decimal> = LowerBound,
        /// Highest value inside the bounds, for the maintaining kinds.
        upper_bound: Option<Decimal> = UpperBound,
        /// Distance from a bound at which progress is 0; above 0.
        tolerance: Option<Decimal> = Tolerance,
        /// Where the progress comes from.
        progress_source: ProgressSource = ProgressSource,
        /// Progress by its source, 0–1; null when not known.
        progress: Option<f64> = Progress,
        /// Completion of the contributing work, 0–1; null when none counts.
        work_progress: Option<f64> = WorkProgress,
        /// Progress before it is cut to 0–1.
        attainment: Option<f64> = Attainment,
        /// When the numbers were last computed.
        progress_at: Option<Instant> = ProgressAt,
        /// Progress set by a person, 0–1; null when not overridden.
        override_value: Option<f64> = OverrideValue,
        /// Whether the override stays until it is resumed.
        override_sticky: bool = OverrideSticky,
        /// Who overrode.
        override_by_id: Option<Uuid> = OverrideById,
        /// When it was overridden.
        override_at: Option<Instant> = OverrideAt,
        /// Why it was overridden.
        override_reason: Option<String> = OverrideReason,
        /// Confidence of the last check-in, 0–1.
        confidence: Option<f64> = Confidence,
        /// Health said by the last check-in.
        reported_health: Option<Health> = ReportedHealth,
        /// Time of the latest check-in.
        last_check_in_at: Option<Instant> = LastCheckInAt,
        /// Score at close, 0–1.
        score: Option<f64> = Score,
        /// Share in the objective's roll-up; 0 or more.
        weight: f64 = Weight,
        /// First day of the work on it; null takes the cycle's.
        starts_on: Option<NaiveDate> = StartsOn,
        /// Days between check-ins; null takes the objective's.
        check_in_days: Option<i32> = CheckInDays,
        /// Who checks in; null takes the objective's, else the owner.
        check_in_owner_id: Option<Uuid> = CheckInOwnerId,
        /// Who reads and acknowledges check-ins; null takes the objective's.
        check_in_reviewer_id: Option<Uuid> = CheckInReviewerId,
        /// The time that the latest value recorded by a tool holds for.
        last_recorded_at: Option<Instant> = LastRecordedAt,
        /// Its id in the file or tool that it came from.
        external_id: Option<String> = ExternalId,
        /// Its page there.
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

impl Listed for KeyResultRow {
    const TABLE: Table = Table::KeyResult;
    const ARCHIVABLE: bool = true;
}

impl KeyResultRow {
    /// Whether the values reach what is aimed at; see [`super::progress::is_met`].
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        match self.kind {
            // Its milestones are not on the row; one that weighs less than 10⁻⁹ of all does not show.
            KeyResultKind::Milestone => self.attainment.map(|attainment| attainment >= 1.0),
            KeyResultKind::Increase
            | KeyResultKind::Decrease
            | KeyResultKind::MaintainAbove
            | KeyResultKind::MaintainBelow
            | KeyResultKind::MaintainWithin
            | KeyResultKind::Baseline => is_met(&self.measures(Vec::new())),
        }
    }

    /// What decides who checks in, sets milestones done and overrides: the key result's owner, or the
    /// objective's where it has none.
    #[must_use]
    pub fn goal(&self, objective: &ObjectiveRow) -> Goal {
        Goal { team: objective.team_id, owner: self.owner_id.or(objective.owner_id), state: self.state }
    }

    /// What decides who checks in: as for the rest, and whoever was named to check in may do so too.
    #[must_use]
    pub fn check_in_goal(&self, objective: &ObjectiveRow, viewer: &Viewer) -> Goal {
        let named = self.check_in_owner_id.or(objective.check_in_owner_id);
        let goal = self.goal(objective);
        if viewer.is(named) { Goal { owner: named, ..goal } } else { goal }
    }

    /// Who acknowledges the check-ins on it; null when nobody was named.
    #[must_use]
    pub fn reviewer(&self, objective: &ObjectiveRow) -> Option<Uuid> {
        self.check_in_reviewer_id.or(objective.check_in_reviewer_id)
    }

    /// What decides who changes its definition.
    #[must_use]
    pub fn definition(&self, objective: &ObjectiveRow, viewer: &Viewer) -> Goal {
        definition(objective, self.owner_id, self.state, viewer)
    }
}

/// What decides who defines a key result under an objective. Individuals propose drafts: their own under
/// any objective that they see, and anybody's under an objective that they own and that is itself still
/// a draft.
pub(in crate::domain) fn definition(
    objective: &ObjectiveRow,
    owner: Option<Uuid>,
    state: GoalState,
    viewer: &Viewer,
) -> Goal {
    let own_draft = objective.state == GoalState::Draft && viewer.is(objective.owner_id);
    Goal { team: objective.team_id, owner: if own_draft { objective.owner_id } else { owner }, state }
}

impl Scope {
    /// The key result with a code, old and inherited codes included: the code of one that was closed and
    /// carried over leads to the one that goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_result_by_code(&self, code: &str) -> Result<Option<Arc<KeyResultRow>>> {
        let code = code.trim().to_uppercase();
        let found = match self.by_text::<KeyResultRow>("code", &code).await? {
            Some(row) => Some(row),
            None => match self.alias_of(&code).await? {
                Some((_, Some(key_result))) => self.by_ids(&[key_result]).await?.remove(&key_result),
                Some((_, None)) | None => None,
            },
        };
        let Some(closed) = found.as_ref().filter(|row| row.state == GoalState::Closed) else {
            return Ok(found);
        };
        match self.successors(SubjectKind::KeyResult, &[closed.id]).await?.remove(&closed.id) {
            Some(next) => Ok(self.by_ids(&[next]).await?.remove(&next).or(found)),
            None => Ok(found),
        }
    }
}
