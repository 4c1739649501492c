//! Progress of objectives from their members, and the asking for those above.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{EventKind, GoalState, JobKind, PointSource, SubjectKind, progress_point};
use sea_orm::Statement;
use serde_json::json;
use uuid::Uuid;

use super::{change, key_results::KeyResultChange, same};
use crate::domain::{
    bulk::Binds,
    error::{DomainError, Result},
    events::{NewEvent, Sight},
    objective::ObjectiveRow,
    progress::{Input, ObjectiveMembers, inputs_to_json, objective_progress, round9},
    write::Write,
};

impl Write {
    pub(super) async fn roll_up_objectives(
        &mut self,
        ids: &BTreeSet<Uuid>,
        key_results: Vec<KeyResultChange>,
        source: PointSource,
    ) -> Result<()> {
        let objectives = self.level::<ObjectiveRow>(ids).await?;
        let facts: BTreeMap<Uuid, &ObjectiveRow> =
            objectives.iter().map(|objective| (objective.id, objective)).collect();
        let mut stated = BTreeMap::new();
        for change in key_results {
            stated.extend(change.stated.map(|source| (change.objective, source)));
            let Some(objective) = facts.get(&change.objective) else { continue };
            self.note(NewEvent {
                kind: EventKind::ProgressChanged,
                subject: (SubjectKind::KeyResult, change.id),
                ancestors: objective.ancestors_of_member(),
                sight: objective.sight(),
                previous: Some(change.previous),
                current: change.current,
            });
        }
        if objectives.is_empty() {
            return Ok(());
        }
        let inputs_before = self.stored_inputs("objective", ids).await?;
        let mut members = self.members_of(ids).await?;
        let mut updates = Vec::new();
        let mut points = Vec::new();
        let mut ancestors = BTreeSet::new();
        // What is closed stays as it was scored.
        for row in objectives.iter().filter(|row| row.state != GoalState::Closed) {
            let members = members.remove(&row.id).unwrap_or_default();
            let pool = members.pool(row.progress_source, row.include_children);
            let progress = objective_progress(&pool).map(round9);
            let stored = inputs_to_json(&pool).map_err(|error| DomainError::Internal(error.to_string()))?;
            let same_number = same(progress, row.progress);
            let at = self.after(row.progress_at);
            if !same_number || inputs_before.get(&row.id) != Some(&stored) {
                updates.push((row.id, vec![progress.into(), stored.into(), at.0.into()]));
            }
            // The objective above looks again even when only the weight or the state changed.
            ancestors.extend(row.parent_id.filter(|_| !same_number || source == PointSource::Edit));
            if same_number {
                continue;
            }
            let source = stated.get(&row.id).copied().unwrap_or(source);
            points.push(self.point((SubjectKind::Objective, row.id), at, progress, None, source));
            let (previous, current) = change(&[("progress", row.progress, progress)], source);
            self.note(NewEvent {
                kind: EventKind::ProgressChanged,
                subject: (SubjectKind::Objective, row.id),
                ancestors: row.ancestors(),
                sight: row.sight(),
                previous: Some(previous),
                current,
            });
        }
        self.update_many("objective", &["progress", "progress_inputs", "progress_at"], updates, false)
            .await?;
        self.insert_all::<progress_point::Entity>(points).await?;
        for ancestor in ancestors {
            self.enqueue(JobKind::RollUpAncestors, ancestor, json!({ "objective": ancestor })).await?;
        }
        Ok(())
    }

    async fn members_of(&self, objectives: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, ObjectiveMembers>> {
        let ids: Vec<Uuid> = objectives.iter().copied().collect();
        let mut members: HashMap<Uuid, ObjectiveMembers> = HashMap::new();
        let select = |table: &'static str, columns: &str, parent: &str| {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&ids);
            let text = format!(
                "SELECT {parent}, id, weight, state, archived_at, progress{columns} FROM {table} \
                 WHERE organization_id = {organization} AND {parent} IN {ids}"
            );
            Statement::from_sql_and_values(self.tx.backend(), text, binds.values)
        };
        for row in self.tx.all_raw(select("key_result", ", kind", "objective_id")).await? {
            let input = Input::key_result(
                row.try_get_by_index(1)?,
                row.try_get_by_index(2)?,
                row.try_get_by_index(3)?,
                row.try_get_by_index(6)?,
                row.try_get_by_index::<Option<i64>>(4)?.is_some(),
                row.try_get_by_index(5)?,
            );
            members.entry(row.try_get_by_index(0)?).or_default().key_results.push(input);
        }
        for row in self.tx.all_raw(select("objective", "", "parent_id")).await? {
            let input = Input::objective(
                row.try_get_by_index(1)?,
                row.try_get_by_index(2)?,
                row.try_get_by_index(3)?,
                row.try_get_by_index::<Option<i64>>(4)?.is_some(),
                row.try_get_by_index(5)?,
            );
            members.entry(row.try_get_by_index(0)?).or_default().children.push(input);
        }
        for (objective, work) in self.work_of("objective_id", objectives).await? {
            members.entry(objective).or_default().work = work;
        }
        Ok(members)
    }
}

impl ObjectiveRow {
    /// Who may see its events.
    pub(in crate::domain) fn sight(&self) -> Sight {
        Sight {
            visibility: Some(self.visibility),
            team: self.team_id,
            owner: self.owner_id,
            ..Sight::default()
        }
    }

    /// The rows above it.
    pub(in crate::domain) fn ancestors(&self) -> Vec<(SubjectKind, Uuid)> {
        [
            self.parent_id.map(|id| (SubjectKind::Objective, id)),
            self.cycle_id.map(|id| (SubjectKind::Cycle, id)),
            self.team_id.map(|id| (SubjectKind::Team, id)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The rows above one of its key results.
    pub(in crate::domain) fn ancestors_of_member(&self) -> Vec<(SubjectKind, Uuid)> {
        let mut ancestors = vec![(SubjectKind::Objective, self.id)];
        ancestors.extend(self.ancestors());
        ancestors
    }
}
