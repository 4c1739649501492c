//! Numbers of key results, from their values and their work.

use std::collections::{BTreeSet, HashMap};

use entity::{GoalState, KeyResultKind, PointSource, SubjectKind, progress_point};
use sea_orm::{ActiveValue::Set, Statement};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Touched, change, number, same};
use crate::domain::{
    bulk::Binds,
    definition::Defined,
    error::{DomainError, Result},
    key_result::KeyResultRow,
    progress::{
        Measures, MilestoneStep, Override, inputs_to_json, key_result_numbers, measure, round9, work_progress,
    },
    write::Write,
};

/// A key result whose numbers changed.
pub(super) struct KeyResultChange {
    pub(super) id: Uuid,
    pub(super) objective: Uuid,
    /// Where the statement came from that was made on it, if one was.
    pub(super) stated: Option<PointSource>,
    pub(super) previous: Map<String, Json>,
    pub(super) current: Map<String, Json>,
}

impl Write {
    /// Numbers of key results that are open: what is closed stays as it was scored.
    pub(super) async fn roll_up_key_results(
        &mut self,
        ids: &BTreeSet<Uuid>,
        Touched { measured, stated, .. }: &Touched,
        source: PointSource,
    ) -> Result<Vec<KeyResultChange>> {
        let mut key_results = self.level::<KeyResultRow>(ids).await?;
        key_results.retain(|row| row.state != GoalState::Closed);
        if key_results.is_empty() {
            return Ok(Vec::new());
        }
        let inputs_before = self.stored_inputs("key_result", ids).await?;
        let mut work = self.work_of("key_result_id", ids).await?;
        let with_steps: Vec<Uuid> = key_results
            .iter()
            .filter(|key_result| key_result.kind == KeyResultKind::Milestone)
            .map(|key_result| key_result.id)
            .collect();
        let mut steps = self.milestones_of(&with_steps).await?;
        let mut updates = Vec::new();
        let mut points = Vec::new();
        let mut changes = Vec::new();
        for row in key_results {
            let stated = stated.get(&row.id).copied();
            let source = stated.unwrap_or(source);
            let inputs = work.remove(&row.id).unwrap_or_default();
            let work_now = work_progress(&inputs).map(round9);
            let values =
                measure(&row.measures(steps.remove(&row.id).unwrap_or_default())).map_err(|error| {
                    DomainError::Internal(format!("key result {} cannot be measured: {error}", row.id))
                })?;
            let value_changed = match row.progress_source {
                entity::ProgressSource::Work => !same(work_now, row.work_progress),
                entity::ProgressSource::CheckIn | entity::ProgressSource::External => {
                    measured.contains(&row.id)
                }
            };
            let over = row.override_value.map(|value| Override { value, sticky: row.override_sticky });
            let numbers =
                key_result_numbers(row.kind, row.progress_source, values, work_now, over, value_changed);
            let progress = numbers.progress.map(round9);
            let attainment = numbers.attainment.map(round9);
            let stored = inputs_to_json(&inputs).map_err(|error| DomainError::Internal(error.to_string()))?;
            let still_overridden = numbers.overridden.map(|over| over.value);
            let same_numbers = same(progress, row.progress)
                && same(work_now, row.work_progress)
                && same(attainment, row.attainment)
                && same(still_overridden, row.override_value);
            if !same(still_overridden, row.override_value) {
                // No event tells that an override has ended by itself.
                self.defined.add(Defined::KeyResult, row.id);
            }
            let at = self.after(row.progress_at);
            let is_measured = measured.contains(&row.id);
            if !same_numbers || is_measured || inputs_before.get(&row.id) != Some(&stored) {
                updates.push((
                    row.id,
                    vec![
                        progress.into(),
                        work_now.into(),
                        attainment.into(),
                        still_overridden.into(),
                        stored.into(),
                        at.0.into(),
                    ],
                ));
            }
            let same_progress = same(progress, row.progress) && same(work_now, row.work_progress);
            if !same_progress || is_measured {
                points.push(progress_point::ActiveModel {
                    current_value: Set(row.current_value),
                    ..self.point((SubjectKind::KeyResult, row.id), at, progress, work_now, source)
                });
            }
            if same_progress {
                continue;
            }
            let pairs =
                [("progress", row.progress, progress), ("work_progress", row.work_progress, work_now)];
            let (mut previous, mut current) = change(&pairs, source);
            // Told also when only the work moved: who listens to progress need not look it up.
            previous.entry("progress").or_insert_with(|| number(row.progress));
            current.entry("progress").or_insert_with(|| number(progress));
            changes.push(KeyResultChange {
                id: row.id,
                objective: row.objective_id,
                stated,
                previous,
                current,
            });
        }
        self.update_many(
            "key_result",
            &["progress", "work_progress", "attainment", "override_value", "progress_inputs", "progress_at"],
            updates,
            false,
        )
        .await?;
        self.insert_all::<progress_point::Entity>(points).await?;
        Ok(changes)
    }

    async fn milestones_of(&self, key_results: &[Uuid]) -> Result<HashMap<Uuid, Vec<MilestoneStep>>> {
        let mut steps: HashMap<Uuid, Vec<MilestoneStep>> = HashMap::new();
        if key_results.is_empty() {
            return Ok(steps);
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(key_results);
        let text = format!(
            "SELECT key_result_id, weight, done_at FROM milestone \
             WHERE organization_id = {organization} AND key_result_id IN {ids}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        for row in self.tx.all_raw(statement).await? {
            let done = row.try_get_by_index::<Option<i64>>(2)?.is_some();
            let step = MilestoneStep { weight: row.try_get_by_index(1)?, done };
            steps.entry(row.try_get_by_index(0)?).or_default().push(step);
        }
        Ok(steps)
    }
}

impl KeyResultRow {
    /// The measured values, for the formulas.
    pub(in crate::domain) fn measures(&self, milestones: Vec<MilestoneStep>) -> Measures {
        Measures {
            kind: self.kind,
            start: self.start_value,
            target: self.target_value,
            target_percent: self.target_percent,
            commit: self.commit_value,
            stretch: self.stretch_value,
            current: self.current_value,
            lower: self.lower_bound,
            upper: self.upper_bound,
            tolerance: self.tolerance,
            milestones,
        }
    }
}
