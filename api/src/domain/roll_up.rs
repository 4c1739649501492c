//! Roll-up: from tasks to projects to key results to objectives, in the transaction of the cause.
//!
//! Level by level, from the leaf to the root, and last before the commit: lock the rows of the level in
//! the order of their keys, then read what they are computed from in *new* statements, then write. Under
//! READ COMMITTED a single `UPDATE … SET x = (SELECT …)` loses updates, because the re-check after a
//! wait keeps the old snapshot. Objectives above the first are recomputed by a coalescing job.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{
    EstimateUnit, EventKind, GoalState, Instant, JobKind, KeyResultKind, LinkState, PointSource,
    ProgressBasis, ProjectState, Significance, SubjectKind, TaskStatus, progress_point,
};
use sea_orm::{
    ActiveValue::Set,
    Statement,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::scope::{Listed, select_columns},
    bulk::Binds,
    definition::Defined,
    error::{DomainError, Result},
    events::{NewEvent, SOURCE, Sight},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    progress::{
        Estimate, Input, Leaf, LeafCounts, LinkFacts, Measures, MilestoneStep, ObjectiveMembers, Override,
        completion_by_count, completion_by_estimate, inputs_to_json, key_result_numbers, measure,
        objective_progress, project_completion, round9, work_progress,
    },
    project::ProjectRow,
    settings::Settings,
    write::Write,
};

/// What a transaction changed that numbers follow from.
#[derive(Debug, Default)]
pub(in crate::domain) struct Touched {
    /// Projects whose tasks, state or basis changed.
    pub(in crate::domain) projects: BTreeSet<Uuid>,
    /// Tasks that may be linked directly and changed.
    pub(in crate::domain) tasks: BTreeSet<Uuid>,
    /// Key results whose values, links, source or weight changed.
    pub(in crate::domain) key_results: BTreeSet<Uuid>,
    /// Key results whose measured value changed: it ends an override that is not sticky.
    pub(in crate::domain) measured: BTreeSet<Uuid>,
    /// Key results on which a statement was made, with where it came from: the points that follow tell of it,
    /// whatever else this transaction changes.
    pub(in crate::domain) stated: BTreeMap<Uuid, PointSource>,
    /// Objectives whose members, links or rule changed.
    pub(in crate::domain) objectives: BTreeSet<Uuid>,
    /// What made the numbers change; work when nothing else is said.
    pub(in crate::domain) source: Option<PointSource>,
    /// Whether the objectives themselves are the ancestors that a job recomputes.
    pub(in crate::domain) is_ancestors: bool,
}

impl Touched {
    fn is_empty(&self) -> bool {
        self.projects.is_empty()
            && self.tasks.is_empty()
            && self.key_results.is_empty()
            && self.objectives.is_empty()
    }
}

/// Two numbers are the same when they are equal after rounding.
fn same(left: Option<f64>, right: Option<f64>) -> bool {
    left.map(round9) == right.map(round9)
}

fn number(value: Option<f64>) -> Json {
    value.map_or(Json::Null, Json::from)
}

/// The numbers that differ, before and after, with what made them differ.
fn change(
    pairs: &[(&str, Option<f64>, Option<f64>)],
    source: PointSource,
) -> (Map<String, Json>, Map<String, Json>) {
    let mut previous = Map::new();
    let mut current = Map::from_iter([(SOURCE.to_owned(), json!(source))]);
    for (name, old, new) in pairs {
        if !same(*old, *new) {
            previous.insert((*name).to_owned(), number(*old));
            current.insert((*name).to_owned(), number(*new));
        }
    }
    (previous, current)
}

#[derive(Clone, Copy, Default)]
struct Leaves {
    all: LeafCounts,
    inheriting: LeafCounts,
}

impl Write {
    /// Recomputes what follows from the changes of this transaction.
    pub(in crate::domain) async fn roll_up(&mut self) -> Result<()> {
        if self.rolls_up_later || self.touched.is_empty() {
            return Ok(());
        }
        let touched = std::mem::take(&mut self.touched);
        let source = touched.source.unwrap_or(PointSource::Work);
        self.roll_up_projects(&touched, source).await?;
        let (mut key_results, mut objectives) = self.goals_of(&touched).await?;
        key_results.extend(&touched.key_results);
        objectives.extend(&touched.objectives);
        let changed = self.roll_up_key_results(&key_results, &touched, source).await?;
        objectives.extend(changed.iter().map(|change| change.objective));
        let source = if touched.is_ancestors { PointSource::RollUp } else { source };
        self.roll_up_objectives(&objectives, changed, source).await
    }

    /// All rows of a level by key, locked in the order of their keys, whoever asks.
    async fn level<R: Listed>(&self, ids: &BTreeSet<Uuid>) -> Result<Vec<R>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        let mut select = Query::select();
        select_columns::<R>(&mut select);
        select
            .from(Alias::new(R::TABLE.name()))
            .and_where(
                Expr::col((Alias::new(R::TABLE.name()), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .and_where(self.among(R::TABLE.name(), "id", &ids));
        self.locked(&mut select, R::TABLE.name());
        self.rows::<R>(&select).await
    }

    async fn roll_up_projects(&mut self, touched: &Touched, source: PointSource) -> Result<()> {
        let projects = self.level::<ProjectRow>(&touched.projects).await?;
        if projects.is_empty() {
            return Ok(());
        }
        let counts = self.leaf_counts(&touched.projects).await?;
        let by_estimate: BTreeSet<Uuid> = projects
            .iter()
            .filter(|project| project.progress_basis == ProgressBasis::Estimate)
            .map(|project| project.id)
            .collect();
        let estimates = self.leaf_estimates(&by_estimate).await?;
        let credit = self.settings_now().await?.partial_credit;
        let mut updates = Vec::new();
        let mut points = Vec::new();
        for project in projects {
            let leaves = counts.get(&project.id).copied().unwrap_or_default();
            let (own, inherited) = match project.progress_basis {
                ProgressBasis::Count => {
                    (completion_by_count(leaves.all, credit), completion_by_count(leaves.inheriting, credit))
                }
                ProgressBasis::Estimate => {
                    let leaves = estimates.get(&project.id).map_or(&[][..], Vec::as_slice);
                    let all: Vec<Leaf> = leaves.iter().map(|(leaf, _)| *leaf).collect();
                    let inheriting: Vec<Leaf> =
                        leaves.iter().filter(|(_, inherits)| *inherits).map(|(leaf, _)| *leaf).collect();
                    (completion_by_estimate(&all, credit), completion_by_estimate(&inheriting, credit))
                }
            };
            let archived = project.archived_at.is_some();
            let complete = |leaves| project_completion(project.state, archived, leaves).map(round9);
            let (progress, inherited) = (complete(own), complete(inherited));
            let unchanged = same(progress, project.progress)
                && same(inherited, project.inherited_progress)
                && leaves.all.counted == project.counted_leaves
                && leaves.all.done == project.done_leaves
                && leaves.all.in_progress == project.in_progress_leaves;
            if unchanged {
                continue;
            }
            let at = self.after(project.progress_at);
            updates.push((
                project.id,
                vec![
                    progress.into(),
                    inherited.into(),
                    leaves.all.counted.into(),
                    leaves.all.done.into(),
                    leaves.all.in_progress.into(),
                    at.0.into(),
                ],
            ));
            if same(progress, project.progress) {
                continue;
            }
            points.push(self.point((SubjectKind::Project, project.id), at, progress, None, source));
            let (previous, current) = change(&[("progress", project.progress, progress)], source);
            self.note(NewEvent {
                kind: EventKind::ProgressChanged,
                subject: (SubjectKind::Project, project.id),
                ancestors: project.team_id.map(|team| (SubjectKind::Team, team)).into_iter().collect(),
                sight: project.sight(),
                previous: Some(previous),
                current,
            });
        }
        self.update_many(
            "project",
            &[
                "progress",
                "inherited_progress",
                "counted_leaves",
                "done_leaves",
                "in_progress_leaves",
                "progress_at",
            ],
            updates,
            false,
        )
        .await?;
        self.insert_all::<progress_point::Entity>(points).await
    }

    /// Leaves that count: neither cancelled nor archived, and without children that are not archived.
    async fn leaf_counts(&self, projects: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, Leaves>> {
        let ids: Vec<Uuid> = projects.iter().copied().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT place.project_id, task.inherits_links, COUNT(*), \
             COUNT(CASE WHEN task.status = 'DONE' THEN 1 END), \
             COUNT(CASE WHEN task.status = 'IN_PROGRESS' THEN 1 END) \
             FROM task_project AS place JOIN task ON task.id = place.task_id \
             WHERE place.organization_id = {organization} AND place.project_id IN {ids} \
             AND task.archived_at IS NULL AND task.child_count = 0 AND task.status <> 'CANCELLED' \
             GROUP BY place.project_id, task.inherits_links"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut counts: HashMap<Uuid, Leaves> = HashMap::new();
        for row in self.tx.all_raw(statement).await? {
            let leaves = counts.entry(row.try_get_by_index(0)?).or_default();
            let some = LeafCounts {
                counted: row.try_get_by_index(2)?,
                done: row.try_get_by_index(3)?,
                in_progress: row.try_get_by_index(4)?,
            };
            leaves.all.counted += some.counted;
            leaves.all.done += some.done;
            leaves.all.in_progress += some.in_progress;
            if row.try_get_by_index::<bool>(1)? {
                leaves.inheriting = some;
            }
        }
        Ok(counts)
    }

    /// The same leaves one by one, for projects that go by estimate.
    async fn leaf_estimates(&self, projects: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, Vec<(Leaf, bool)>>> {
        let mut leaves: HashMap<Uuid, Vec<(Leaf, bool)>> = HashMap::new();
        if projects.is_empty() {
            return Ok(leaves);
        }
        let ids: Vec<Uuid> = projects.iter().copied().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT place.project_id, task.status, task.estimate_value, task.estimate_unit, \
             task.inherits_links \
             FROM task_project AS place JOIN task ON task.id = place.task_id \
             WHERE place.organization_id = {organization} AND place.project_id IN {ids} \
             AND task.archived_at IS NULL AND task.child_count = 0 AND task.status <> 'CANCELLED'"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        for row in self.tx.all_raw(statement).await? {
            let value: Option<f64> = row.try_get_by_index(2)?;
            let unit: Option<EstimateUnit> = row.try_get_by_index(3)?;
            let estimate = value.zip(unit).map(|(value, unit)| Estimate { value, unit });
            let leaf = Leaf { status: row.try_get_by_index::<TaskStatus>(1)?, estimate };
            leaves.entry(row.try_get_by_index(0)?).or_default().push((leaf, row.try_get_by_index(4)?));
        }
        Ok(leaves)
    }

    /// The goals that the touched projects and tasks are linked to.
    async fn goals_of(&self, touched: &Touched) -> Result<(BTreeSet<Uuid>, BTreeSet<Uuid>)> {
        let mut goals = (BTreeSet::new(), BTreeSet::new());
        for (column, ids) in [("project_id", &touched.projects), ("task_id", &touched.tasks)] {
            if ids.is_empty() {
                continue;
            }
            let ids: Vec<Uuid> = ids.iter().copied().collect();
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&ids);
            let text = format!(
                "SELECT DISTINCT key_result_id, objective_id FROM alignment_link \
                 WHERE organization_id = {organization} AND {column} IN {ids} AND state <> 'RETIRED'"
            );
            let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
            for row in self.tx.all_raw(statement).await? {
                goals.0.extend(row.try_get_by_index::<Option<Uuid>>(0)?);
                goals.1.extend(row.try_get_by_index::<Option<Uuid>>(1)?);
            }
        }
        Ok(goals)
    }

    /// The work behind the links to goals, as the goals see it.
    async fn work_of(
        &self,
        target: &'static str,
        goals: &BTreeSet<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<Input>>> {
        let mut work: HashMap<Uuid, Vec<Input>> = HashMap::new();
        if goals.is_empty() {
            return Ok(work);
        }
        let ids: Vec<Uuid> = goals.iter().copied().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT link.{target}, link.state, link.significance, link.confirmed_at, link.weight, \
             project.id, project.state, project.archived_at, project.inherited_progress, \
             task.id, task.status, task.archived_at \
             FROM alignment_link AS link \
             LEFT JOIN project ON project.id = link.project_id \
             LEFT JOIN task ON task.id = link.task_id \
             WHERE link.organization_id = {organization} AND link.{target} IN {ids} \
             AND link.state <> 'RETIRED'"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let settings = self.settings_now().await?;
        let (confirm, credit) = (settings.require_confirm, settings.partial_credit);
        for row in self.tx.all_raw(statement).await? {
            let link = LinkFacts {
                state: row.try_get_by_index::<LinkState>(1)?,
                significance: row.try_get_by_index::<Significance>(2)?,
                confirmed: row.try_get_by_index::<Option<i64>>(3)?.is_some(),
                weight: row.try_get_by_index(4)?,
            };
            let input = if let Some(project) = row.try_get_by_index::<Option<Uuid>>(5)? {
                let state = row.try_get_by_index::<ProjectState>(6)?;
                let archived = row.try_get_by_index::<Option<i64>>(7)?.is_some();
                Input::project(project, link, confirm, state, archived, row.try_get_by_index(8)?)
            } else {
                let status = row.try_get_by_index::<TaskStatus>(10)?;
                let archived = row.try_get_by_index::<Option<i64>>(11)?.is_some();
                Input::task(row.try_get_by_index(9)?, link, confirm, status, archived, credit)
            };
            work.entry(row.try_get_by_index(0)?).or_default().push(input);
        }
        Ok(work)
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

    /// Numbers of key results that are open: what is closed stays as it was scored.
    async fn roll_up_key_results(
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

    /// The inputs that are stored beside the numbers of a level.
    async fn stored_inputs(
        &self,
        table: &'static str,
        ids: &BTreeSet<Uuid>,
    ) -> Result<HashMap<Uuid, String>> {
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        let mut select = Query::select();
        select
            .columns([Alias::new("id"), Alias::new("progress_inputs")])
            .from(Alias::new(table))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .and_where(self.among(table, "id", &ids));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    async fn roll_up_objectives(
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

    /// The organization's settings as they are committed now. The viewer's own may be some seconds old, and a
    /// number that went by a setting that was changed meanwhile would stay wrong: read this after the rows
    /// that the number is of were locked, for whoever applies the change locks them too.
    pub(in crate::domain) async fn settings_now(&self) -> Result<Settings> {
        let mut select = Query::select();
        select
            .column(Alias::new("settings"))
            .from(Alias::new("organization"))
            .and_where(Expr::col(Alias::new("id")).eq(self.viewer().organization_id));
        let row = self.tx.one(&select).await?.ok_or(DomainError::NotFound)?;
        let stored: String = row.try_get_by_index(0)?;
        Settings::from_stored(&stored).map_err(|error| DomainError::Internal(error.to_string()))
    }

    /// The time of a number that follows another one. Writers that wait for each other each began at their own
    /// time, and the one that began first may come last: its number is the later one all the same.
    fn after(&self, before: Option<Instant>) -> Instant {
        before.map_or(self.now, |before| std::cmp::max(self.now, Instant(before.0.saturating_add(1))))
    }

    fn point(
        &self,
        (kind, id): (SubjectKind, Uuid),
        at: Instant,
        value: Option<f64>,
        work_value: Option<f64>,
        source: PointSource,
    ) -> progress_point::ActiveModel {
        let of = |wanted: SubjectKind| (kind == wanted).then_some(id);
        progress_point::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            objective_id: Set(of(SubjectKind::Objective)),
            key_result_id: Set(of(SubjectKind::KeyResult)),
            project_id: Set(of(SubjectKind::Project)),
            at: Set(at),
            value: Set(value),
            work_value: Set(work_value),
            current_value: Set(None),
            source: Set(source),
            created_at: Set(self.now),
        }
    }

    /// Asks for a job in this transaction; one that waits already for the same key is enough.
    pub(in crate::domain) async fn enqueue(&self, kind: JobKind, key: Uuid, payload: Json) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let values = [
            binds.push(self.new_id()),
            binds.push(self.viewer().organization_id),
            binds.push(kind),
            binds.push(key.to_string()),
            binds.push(payload.to_string()),
            binds.push(self.now.0),
            binds.push(self.now.0),
            binds.push(self.now.0),
        ]
        .join(", ");
        // A conflict locks the waiting row until this transaction ends, so nobody can take the job
        // before what it shall look at is committed.
        let text = format!(
            "INSERT INTO job (id, organization_id, kind, coalesce_key, payload, run_at, created_at, \
             updated_at, state) VALUES ({values}, 'WAITING') \
             ON CONFLICT (organization_id, kind, coalesce_key) WHERE state = 'WAITING' \
             DO UPDATE SET updated_at = excluded.updated_at"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        self.tx.execute(statement).await?;
        self.asked_for_job.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}

/// A key result whose numbers changed.
struct KeyResultChange {
    id: Uuid,
    objective: Uuid,
    /// Where the statement came from that was made on it, if one was.
    stated: Option<PointSource>,
    previous: Map<String, Json>,
    current: Map<String, Json>,
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

impl ProjectRow {
    /// Who may see its events.
    pub(in crate::domain) fn sight(&self) -> Sight {
        Sight {
            visibility: Some(self.visibility),
            team: self.team_id,
            owner: self.owner_id,
            ..Sight::default()
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_after_rounding() {
        assert!(same(Some(0.1 + 0.2), Some(0.3)));
        assert!(!same(Some(0.3), None));
        assert!(!same(Some(0.3), Some(0.300_000_01)));
    }
}
