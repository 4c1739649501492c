//! Roll-up: from tasks to projects to key results to objectives, in the transaction of the cause.
//!
//! Level by level, from the leaf to the root, and last before the commit: lock the rows of the level in
//! the order of their keys, then read what they are computed from in *new* statements, then write. Under
//! READ COMMITTED a single `UPDATE … SET x = (SELECT …)` loses updates, because the re-check after a
//! wait keeps the old snapshot. Objectives above the first are recomputed by a coalescing job.

mod key_results;
mod objectives;
mod projects;
mod work;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{Instant, JobKind, PointSource, SubjectKind, progress_point};
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
    error::{DomainError, Result},
    events::SOURCE,
    progress::round9,
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

    /// The goals that the touched projects and tasks are linked to.
    pub(in crate::domain) async fn goals_of(
        &self,
        touched: &Touched,
    ) -> Result<(BTreeSet<Uuid>, BTreeSet<Uuid>)> {
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
