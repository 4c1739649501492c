//! Goals as they were recorded at a time: what was known then, under the rights of today.
//!
//! One of the few files with statements of their own; each takes the organization. A check-in that was dated
//! back counts from when it was made, for nobody knew it before.

use std::collections::HashMap;

use entity::{Decimal, GoalState, Health, Instant, KeyResultKind, ProgressSource, ProjectState};
use sea_orm::{DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{
    access::Scope,
    bulk::Binds,
    definition::Defined,
    error::Result,
    progress::{Measures, measure, takes_value},
};

/// A key result as it was recorded at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyResultAsOf {
    /// Progress by its source, 0–1.
    pub progress: Option<f64>,
    /// Completion of the contributing work, 0–1.
    pub work_progress: Option<f64>,
    /// When these numbers were recorded; null before the first.
    pub recorded_at: Option<Instant>,
    /// Latest value that was known.
    pub current: Option<Decimal>,
    /// Confidence of the last check-in, 0–1.
    pub confidence: Option<f64>,
    /// Health said by the last check-in.
    pub reported_health: Option<Health>,
    /// State.
    pub state: GoalState,
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
    /// How values became progress.
    pub kind: KeyResultKind,
    /// Where progress came from.
    pub progress_source: ProgressSource,
    /// Value at the start.
    pub start: Option<Decimal>,
    /// Value at which progress was 1.
    pub target: Option<Decimal>,
    /// Lowest value inside the bounds.
    pub lower: Option<Decimal>,
    /// Highest value inside the bounds.
    pub upper: Option<Decimal>,
    /// Distance from a bound at which progress was 0.
    pub tolerance: Option<Decimal>,
    /// Progress set by a person, with whether it stays until it is resumed.
    pub override_value: Option<(f64, bool)>,
    /// Share in the objective's roll-up.
    pub weight: f64,
    /// Score at close, 0–1.
    pub score: Option<f64>,
    /// From when on it was defined so.
    defined_at: Instant,
}

impl KeyResultAsOf {
    /// Progress before it was cut to 0–1, by the values and aims of then. What only has milestones is measured
    /// by its progress, where that came from them.
    #[must_use]
    pub fn attainment(&self) -> Option<f64> {
        if !takes_value(self.kind) {
            let measured = self.override_value.is_none() && self.progress_source != ProgressSource::Work;
            return self.progress.filter(|_| measured);
        }
        let measures = Measures {
            start: self.start,
            target: self.target,
            current: self.current,
            lower: self.lower,
            upper: self.upper,
            tolerance: self.tolerance,
            ..Measures::new(self.kind)
        };
        measure(&measures).ok().and_then(|measured| measured.attainment)
    }
}

/// An objective as it was recorded at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveAsOf {
    /// Progress, 0–1.
    pub progress: Option<f64>,
    /// When it was recorded; null before the first.
    pub recorded_at: Option<Instant>,
    /// State.
    pub state: GoalState,
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
    /// Share in the roll-up of the objective above.
    pub weight: f64,
    /// Score at close, 0–1.
    pub score: Option<f64>,
}

/// A project as it was recorded at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectAsOf {
    /// Completion, 0–1.
    pub progress: Option<f64>,
    /// When it was recorded; null before the first.
    pub recorded_at: Option<Instant>,
    /// State.
    pub state: ProjectState,
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
}

/// Up to when a check-in counts: by the time it holds for, or by the time it was made.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) enum Until {
    /// It holds for this time or an earlier one.
    Holds(Instant),
    /// It was made by this time.
    Made(Instant),
}

/// The newest point of each goal by a time: goal, time, value, work value.
pub(in crate::domain) fn newest_points(
    backend: DbBackend,
    organization: Uuid,
    (table, column): (&'static str, &'static str),
    ids: &[Uuid],
    at: Instant,
    with_value: bool,
) -> Statement {
    let mut binds = Binds::new(backend == DbBackend::Postgres);
    let first = binds.push(organization);
    let until = binds.push(at.0);
    let second = binds.push(organization);
    let ids = binds.ids(ids);
    let valued = if with_value { " AND newest.current_value IS NOT NULL" } else { "" };
    let text = format!(
        "SELECT point.{column}, point.at, point.value, point.work_value, point.current_value \
         FROM progress_point AS point WHERE point.organization_id = {first} AND point.id IN (SELECT \
         (SELECT newest.id FROM progress_point AS newest WHERE newest.{column} = goal.id \
         AND newest.at <= {until}{valued} ORDER BY newest.at DESC, newest.id DESC LIMIT 1) \
         FROM {table} AS goal WHERE goal.organization_id = {second} AND goal.id IN {ids})"
    );
    Statement::from_sql_and_values(backend, text, binds.values)
}

/// What each was defined as by a time, of those that were made by then: its key, from when on, and its columns.
/// What nobody kept a definition of is as it is now.
fn definitions(
    backend: DbBackend,
    organization: Uuid,
    what: Defined,
    ids: &[Uuid],
    at: Instant,
) -> Statement {
    let mut binds = Binds::new(backend == DbBackend::Postgres);
    let until = binds.push(at.0);
    let owner = binds.push(organization);
    let made = binds.push(at.0);
    let ids = binds.ids(ids);
    let (table, key) = what.names();
    let columns: Vec<String> = what
        .columns()
        .iter()
        .map(|column| {
            format!("CASE WHEN definition.id IS NULL THEN goal.{column} ELSE definition.{column} END")
        })
        .collect();
    let text = format!(
        "SELECT goal.id, COALESCE(definition.at, goal.created_at), {} FROM {table} AS goal \
         LEFT JOIN definition ON definition.id = (SELECT newest.id FROM definition AS newest \
         WHERE newest.{key} = goal.id AND newest.at <= {until} ORDER BY newest.at DESC LIMIT 1) \
         WHERE goal.organization_id = {owner} AND goal.created_at <= {made} AND goal.id IN {ids}",
        columns.join(", ")
    );
    Statement::from_sql_and_values(backend, text, binds.values)
}

/// The newest check-in of each key result by a time: key result, value, confidence, health, when made.
pub(in crate::domain) fn newest_check_ins(
    backend: DbBackend,
    organization: Uuid,
    key_results: &[Uuid],
    until: Until,
    with_value: bool,
) -> Statement {
    let mut binds = Binds::new(backend == DbBackend::Postgres);
    let first = binds.push(organization);
    let (column, at): (&str, Value) = match until {
        Until::Holds(at) => ("at", at.0.into()),
        Until::Made(at) => ("created_at", at.0.into()),
    };
    let until = binds.push(at);
    let second = binds.push(organization);
    let ids = binds.ids(key_results);
    // A tool's word moves the value alone: confidence and health stay those that a person told.
    let wanted = if with_value { "newest.value IS NOT NULL" } else { "newest.service_token_id IS NULL" };
    let text = format!(
        "SELECT made.key_result_id, made.value, made.confidence, made.health, made.created_at \
         FROM check_in AS made WHERE made.organization_id = {first} AND made.id IN (SELECT \
         (SELECT newest.id FROM check_in AS newest WHERE newest.key_result_id = goal.id \
         AND newest.{column} <= {until} AND {wanted} \
         ORDER BY newest.at DESC, newest.created_at DESC, newest.id DESC LIMIT 1) \
         FROM key_result AS goal WHERE goal.organization_id = {second} AND goal.id IN {ids})"
    );
    Statement::from_sql_and_values(backend, text, binds.values)
}

impl Scope {
    /// Key results as they were recorded at a time; those that were made later are left out. Asked for rows
    /// that the viewer has been given already: no row filter is applied again.
    pub(crate) async fn key_results_as_of(
        &self,
        key_results: &[Uuid],
        at: Instant,
    ) -> Result<HashMap<Uuid, KeyResultAsOf>> {
        let organization = self.viewer().organization_id;
        let backend = self.db.backend();
        let mut known = HashMap::new();
        let text = definitions(backend, organization, Defined::KeyResult, key_results, at);
        for row in self.db.all_raw(text).await? {
            let over: Option<f64> = row.try_get_by_index(14)?;
            let is_sticky: Option<bool> = row.try_get_by_index(15)?;
            let goal = KeyResultAsOf {
                defined_at: row.try_get_by_index(1)?,
                state: row.try_get_by_index(2)?,
                owner_id: row.try_get_by_index(3)?,
                weight: row.try_get_by_index(4)?,
                score: row.try_get_by_index(5)?,
                kind: row.try_get_by_index(6)?,
                progress_source: row.try_get_by_index(7)?,
                start: row.try_get_by_index(8)?,
                target: row.try_get_by_index(9)?,
                current: row.try_get_by_index(10)?,
                lower: row.try_get_by_index(11)?,
                upper: row.try_get_by_index(12)?,
                tolerance: row.try_get_by_index(13)?,
                override_value: over.map(|over| (over, is_sticky.unwrap_or(false))),
                progress: None,
                work_progress: None,
                recorded_at: None,
                confidence: None,
                reported_health: None,
            };
            known.insert(row.try_get_by_index(0)?, goal);
        }
        let made = Until::Made(at);
        for row in self.db.all_raw(newest_check_ins(backend, organization, key_results, made, false)).await? {
            fill(&mut known, &row, |goal: &mut KeyResultAsOf| {
                goal.confidence = row.try_get_by_index(2)?;
                goal.reported_health = row.try_get_by_index(3)?;
                Ok(())
            })?;
        }
        let of = ("key_result", "key_result_id");
        for with_value in [true, false] {
            let points = newest_points(backend, organization, of, key_results, at, with_value);
            for row in self.db.all_raw(points).await? {
                fill(&mut known, &row, |goal| {
                    let at: Instant = row.try_get_by_index(1)?;
                    if !with_value {
                        goal.recorded_at = Some(at);
                        goal.progress = row.try_get_by_index(2)?;
                        goal.work_progress = row.try_get_by_index(3)?;
                    } else if at >= goal.defined_at && takes_value(goal.kind) {
                        goal.current = row.try_get_by_index(4)?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(known)
    }

    /// Objectives as they were recorded at a time; those that were made later are left out. Asked for rows
    /// that the viewer has been given already: no row filter is applied again.
    pub(crate) async fn objectives_as_of(
        &self,
        objectives: &[Uuid],
        at: Instant,
    ) -> Result<HashMap<Uuid, ObjectiveAsOf>> {
        let (backend, organization) = (self.db.backend(), self.viewer().organization_id);
        let mut known = HashMap::new();
        let text = definitions(backend, organization, Defined::Objective, objectives, at);
        for row in self.db.all_raw(text).await? {
            let goal = ObjectiveAsOf {
                state: row.try_get_by_index(2)?,
                owner_id: row.try_get_by_index(3)?,
                weight: row.try_get_by_index(4)?,
                score: row.try_get_by_index(5)?,
                progress: None,
                recorded_at: None,
            };
            known.insert(row.try_get_by_index(0)?, goal);
        }
        let of = ("objective", "objective_id");
        for row in self.db.all_raw(newest_points(backend, organization, of, objectives, at, false)).await? {
            fill(&mut known, &row, |goal: &mut ObjectiveAsOf| {
                goal.recorded_at = row.try_get_by_index(1)?;
                goal.progress = row.try_get_by_index(2)?;
                Ok(())
            })?;
        }
        Ok(known)
    }

    /// Projects as they were recorded at a time; those that were made later are left out. Asked for rows that
    /// the viewer has been given already: no row filter is applied again.
    pub(crate) async fn projects_as_of(
        &self,
        projects: &[Uuid],
        at: Instant,
    ) -> Result<HashMap<Uuid, ProjectAsOf>> {
        let (backend, organization) = (self.db.backend(), self.viewer().organization_id);
        let mut known = HashMap::new();
        for row in self.db.all_raw(definitions(backend, organization, Defined::Project, projects, at)).await?
        {
            let project = ProjectAsOf {
                state: row.try_get_by_index(2)?,
                owner_id: row.try_get_by_index(3)?,
                progress: None,
                recorded_at: None,
            };
            known.insert(row.try_get_by_index(0)?, project);
        }
        let of = ("project", "project_id");
        for row in self.db.all_raw(newest_points(backend, organization, of, projects, at, false)).await? {
            fill(&mut known, &row, |project: &mut ProjectAsOf| {
                project.recorded_at = row.try_get_by_index(1)?;
                project.progress = row.try_get_by_index(2)?;
                Ok(())
            })?;
        }
        Ok(known)
    }
}

/// Adds what a statement says to the goal of its first column, where that existed by then.
fn fill<T>(
    known: &mut HashMap<Uuid, T>,
    row: &QueryResult,
    add: impl FnOnce(&mut T) -> Result<()>,
) -> Result<()> {
    match known.get_mut(&row.try_get_by_index::<Uuid>(0)?) {
        Some(goal) => add(goal),
        None => Ok(()),
    }
}
