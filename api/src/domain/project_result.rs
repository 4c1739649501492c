//! What key results did while a project that contributed to them ran: written when it ends, never changed
//! then, and added to by the close of the cycle.

use std::collections::HashMap;

use entity::{Decimal, GoalState, Instant, ProgressSource, ResultVerdict, project_result};
use sea_orm::{
    ActiveValue::Set,
    Statement,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::scope::{Listed, select_columns},
    as_of::{Until, newest_check_ins, newest_points},
    bulk::Binds,
    error::Result,
    key_result::KeyResultRow,
    progress::{Measures, measure, round9, takes_value},
    project::ProjectRow,
    relation::Table,
    row::row,
    write::Write,
};

row! {
    /// What a key result did while a project that contributed to it ran.
    ProjectResultRow of project_result {
        /// Key.
        id: Uuid = Id,
        /// The project.
        project_id: Uuid = ProjectId,
        /// The key result.
        key_result_id: Uuid = KeyResultId,
        /// When the project started.
        started_at: Instant = StartedAt,
        /// When it ended.
        ended_at: Instant = EndedAt,
        /// The key result's value when the project started.
        start_value: Option<Decimal> = StartValue,
        /// Its value when the project ended.
        end_value: Option<Decimal> = EndValue,
        /// Its progress when the project started.
        start_progress: Option<f64> = StartProgress,
        /// Its progress when the project ended.
        end_progress: Option<f64> = EndProgress,
        /// Whether it moved the right way meanwhile.
        verdict: ResultVerdict = Verdict,
        /// Its value at the close of its cycle.
        closing_value: Option<Decimal> = ClosingValue,
        /// Its progress at the close of its cycle.
        closing_progress: Option<f64> = ClosingProgress,
        /// Whether it moved the right way from the project's start to the close.
        closing_verdict: Option<ResultVerdict> = ClosingVerdict,
        /// When the close added to it.
        amended_at: Option<Instant> = AmendedAt,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for ProjectResultRow {
    const TABLE: Table = Table::ProjectResult;
    const ARCHIVABLE: bool = false;
}

impl ProjectResultRow {
    /// How far the value moved while the project ran; null where either value is, and beyond the range.
    #[must_use]
    pub fn delta(&self) -> Option<Decimal> {
        let (start, end) = self.start_value.zip(self.end_value)?;
        end.0.checked_sub(start.0).map(Decimal)
    }
}

/// A key result at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    value: Option<Decimal>,
    progress: Option<f64>,
    /// Whether somebody had measured it by then.
    is_measured: bool,
}

impl KeyResultRow {
    /// How far it had come at a reading: by its value, else by its recorded progress. Work that finishes
    /// moves the progress of a key result that goes by work, so such a one is judged by measured values only.
    fn reached(&self, reading: Reading) -> Option<f64> {
        if !takes_value(self.kind) {
            return reading.progress;
        }
        let measures = Measures { current: reading.value, ..self.measures(Vec::new()) };
        measure(&measures).ok().and_then(|measured| measured.attainment)
    }

    fn verdict(&self, start: Reading, end: Reading) -> ResultVerdict {
        let unmeasured = match self.progress_source {
            ProgressSource::Work => !end.is_measured,
            ProgressSource::CheckIn | ProgressSource::External => false,
        };
        let Some((before, after)) =
            self.reached(start).zip(self.reached(end)).filter(|_| !unmeasured && !self.is_unset())
        else {
            return ResultVerdict::Unknown;
        };
        match round9(after).total_cmp(&round9(before)) {
            std::cmp::Ordering::Greater => ResultVerdict::Improved,
            std::cmp::Ordering::Equal => ResultVerdict::Unchanged,
            std::cmp::Ordering::Less => ResultVerdict::Worsened,
        }
    }

    fn is_unset(&self) -> bool {
        self.kind == entity::KeyResultKind::Baseline
    }
}

impl Write {
    /// Writes what the key results of a project that has just ended did meanwhile. One that was taken up again
    /// and ends anew has a result of each end.
    pub(in crate::domain) async fn freeze_project_results(&mut self, project: &ProjectRow) -> Result<()> {
        let Some(ended_at) = project.ended_at else { return Ok(()) };
        let started_at = Ord::min(project.started_at.unwrap_or(project.created_at), ended_at);
        let key_results = self.contributed_to(project.id).await?;
        let rows = self.everyones::<KeyResultRow>(&key_results).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let starts = self.readings(&rows, started_at).await?;
        let ends = self.readings(&rows, ended_at).await?;
        let mut results = Vec::new();
        for row in &rows {
            let start = starts.get(&row.id).copied().unwrap_or_default();
            let end = ends.get(&row.id).copied().unwrap_or_default();
            // The close of its cycle came first, and comes no second time: what it would add is known.
            let closing = (row.state == GoalState::Closed).then_some(Reading {
                value: row.current_value,
                progress: row.progress,
                is_measured: end.is_measured,
            });
            results.push(project_result::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                project_id: Set(project.id),
                key_result_id: Set(row.id),
                started_at: Set(started_at),
                ended_at: Set(ended_at),
                start_value: Set(start.value),
                end_value: Set(end.value),
                start_progress: Set(start.progress),
                end_progress: Set(end.progress),
                verdict: Set(row.verdict(start, end)),
                closing_value: Set(closing.and_then(|closing| closing.value)),
                closing_progress: Set(closing.and_then(|closing| closing.progress)),
                closing_verdict: Set(closing.map(|closing| row.verdict(start, closing))),
                amended_at: Set(closing.map(|_| self.now)),
                created_at: Set(self.now),
            });
        }
        self.insert_all::<project_result::Entity>(results).await
    }

    /// Adds where key results that are being closed stand to the results of projects that ended before.
    pub(in crate::domain) async fn amend_project_results(&self, closed: &[KeyResultRow]) -> Result<()> {
        let ids: Vec<Uuid> = closed.iter().map(|row| row.id).collect();
        let rows: HashMap<Uuid, &KeyResultRow> = closed.iter().map(|row| (row.id, row)).collect();
        let mut amended = Vec::new();
        let measured = self.measured_by(&ids, self.now).await?;
        for result in self.results_where("key_result_id", &ids).await? {
            let Some(row) = rows.get(&result.key_result_id) else { continue };
            let is_measured = measured.contains_key(&row.id);
            let start = Reading { value: result.start_value, progress: result.start_progress, is_measured };
            let end = Reading { value: row.current_value, progress: row.progress, is_measured };
            amended.push((
                result.id,
                vec![
                    row.current_value.into(),
                    row.progress.into(),
                    row.verdict(start, end).into(),
                    Some(self.now.0).into(),
                ],
            ));
        }
        let columns = ["closing_value", "closing_progress", "closing_verdict", "amended_at"];
        self.update_many("project_result", &columns, amended, false).await
    }

    /// The key results that a project's counted links lead to.
    async fn contributed_to(&self, project: Uuid) -> Result<Vec<Uuid>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let project = binds.push(project);
        let confirmed =
            if self.settings_now().await?.require_confirm { " AND confirmed_at IS NOT NULL" } else { "" };
        let text = format!(
            "SELECT key_result_id FROM alignment_link WHERE organization_id = {organization} \
             AND project_id = {project} AND key_result_id IS NOT NULL AND state <> 'RETIRED' \
             AND significance = 'CONTRIBUTES'{confirmed}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let rows = self.tx.all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    async fn results_where(&self, column: &'static str, ids: &[Uuid]) -> Result<Vec<ProjectResultRow>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let table = ProjectResultRow::TABLE.name();
        let mut select = Query::select();
        select_columns::<ProjectResultRow>(&mut select);
        select
            .from(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .and_where(self.among(table, column, ids));
        self.rows(&select).await
    }

    /// The values that check-ins had told of key results by a time.
    async fn measured_by(&self, key_results: &[Uuid], at: Instant) -> Result<HashMap<Uuid, Option<Decimal>>> {
        let organization = self.viewer().organization_id;
        let told = newest_check_ins(self.tx.backend(), organization, key_results, Until::Holds(at), true);
        let rows = self.tx.all_raw(told).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    /// Where key results stood at a time, by the check-ins that hold for it, else by what was recorded.
    async fn readings(&self, rows: &[KeyResultRow], at: Instant) -> Result<HashMap<Uuid, Reading>> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let organization = self.viewer().organization_id;
        let backend = self.tx.backend();
        let mut readings: HashMap<Uuid, Reading> = HashMap::new();
        for row in rows.iter().filter(|row| takes_value(row.kind)) {
            readings.entry(row.id).or_default().value = row.start_value;
        }
        let of = ("key_result", "key_result_id");
        let mut external: HashMap<Uuid, Decimal> = HashMap::new();
        for point in self.tx.all_raw(newest_points(backend, organization, of, &ids, at, true)).await? {
            if let Some(value) = point.try_get_by_index(4)? {
                external.insert(point.try_get_by_index(0)?, value);
            }
        }
        for (id, value) in self.measured_by(&ids, at).await? {
            let reading = readings.entry(id).or_default();
            (reading.value, reading.is_measured) = (value, true);
        }
        for row in rows {
            let reading = readings.entry(row.id).or_default();
            if row.progress_source == ProgressSource::External || !reading.is_measured {
                reading.value = external.get(&row.id).copied().or(reading.value);
            }
        }
        for point in self.tx.all_raw(newest_points(backend, organization, of, &ids, at, false)).await? {
            readings.entry(point.try_get_by_index(0)?).or_default().progress = point.try_get_by_index(2)?;
        }
        Ok(readings)
    }
}
