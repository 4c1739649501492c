//! Goals as they were recorded at a time: what was known then, under the rights of today.
//!
//! One of the few files with statements of their own; each takes the organization. A check-in that was dated
//! back counts from when it was made, for nobody knew it before.

use std::collections::HashMap;

use entity::{Decimal, Health, Instant};
use sea_orm::{DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{access::Scope, bulk::Binds, error::Result, progress::takes_value};

/// A key result as it was recorded at a time.
#[derive(Clone, Debug, Default, PartialEq)]
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
}

/// An objective as it was recorded at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectiveAsOf {
    /// Progress, 0–1.
    pub progress: Option<f64>,
    /// When it was recorded; null before the first.
    pub recorded_at: Option<Instant>,
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
        let mut binds = Binds::new(self.db.is_postgres());
        let owner = binds.push(organization);
        let until = binds.push(at.0);
        let ids = binds.ids(key_results);
        let text = format!(
            "SELECT id, kind, start_value FROM key_result \
             WHERE organization_id = {owner} AND created_at <= {until} AND id IN {ids}"
        );
        for row in self.db.all_raw(Statement::from_sql_and_values(backend, text, binds.values)).await? {
            let start: Option<Decimal> = row.try_get_by_index(2)?;
            let current = start.filter(|_| row.try_get_by_index(1).is_ok_and(takes_value));
            known.insert(row.try_get_by_index(0)?, KeyResultAsOf { current, ..KeyResultAsOf::default() });
        }
        let made = Until::Made(at);
        for row in self.db.all_raw(newest_check_ins(backend, organization, key_results, made, true)).await? {
            fill(&mut known, &row, |goal| {
                goal.current = row.try_get_by_index(1)?;
                Ok(())
            })?;
        }
        for row in self.db.all_raw(newest_check_ins(backend, organization, key_results, made, false)).await? {
            fill(&mut known, &row, |goal| {
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
                    if with_value {
                        goal.current = row.try_get_by_index(4)?;
                    } else {
                        goal.recorded_at = row.try_get_by_index(1)?;
                        goal.progress = row.try_get_by_index(2)?;
                        goal.work_progress = row.try_get_by_index(3)?;
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
        let organization = self.viewer().organization_id;
        let backend = self.db.backend();
        let mut known = HashMap::new();
        let mut binds = Binds::new(self.db.is_postgres());
        let owner = binds.push(organization);
        let until = binds.push(at.0);
        let ids = binds.ids(objectives);
        let text = format!(
            "SELECT id FROM objective \
             WHERE organization_id = {owner} AND created_at <= {until} AND id IN {ids}"
        );
        for row in self.db.all_raw(Statement::from_sql_and_values(backend, text, binds.values)).await? {
            known.insert(row.try_get_by_index(0)?, ObjectiveAsOf::default());
        }
        let of = ("objective", "objective_id");
        for row in self.db.all_raw(newest_points(backend, organization, of, objectives, at, false)).await? {
            fill(&mut known, &row, |goal| {
                goal.recorded_at = row.try_get_by_index(1)?;
                goal.progress = row.try_get_by_index(2)?;
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
