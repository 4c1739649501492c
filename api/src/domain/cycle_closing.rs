//! What the close of a cycle will do, and what it still waits for, before it is asked for.
//!
//! One of the few files with statements of their own; each takes the organization. Leaders close cycles and
//! see all goals, so no row filter is applied; nobody else is answered.

use std::collections::HashMap;

use entity::CycleState;
use sea_orm::{QueryResult, Statement};
use uuid::Uuid;

use super::{access::Scope, bulk::Binds, error::Result};

/// What the close of a cycle will do, and what it waits for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CycleClosing {
    /// Whether the cycle was closed already: nothing is left to do.
    pub is_closed: bool,
    /// Cycles within it that must be closed first, in the order of their days.
    pub open_cycles: Vec<Uuid>,
    /// Published objectives, which will be closed.
    pub objectives: i64,
    /// Their published key results, which will be closed.
    pub key_results: i64,
    /// Those of them that nobody has scored and that have progress to take the score from, by number.
    pub unscored: Vec<Uuid>,
    /// Those of them without a score and without progress, by number: a person must score them with a note.
    pub unknown: Vec<Uuid>,
    /// Objectives that nobody has published: they stay drafts, and may be moved to another cycle.
    pub drafts: i64,
    /// Active links to goals of the cycle, which will go stale.
    pub links: i64,
    /// Results of projects, which will be amended.
    pub project_results: i64,
}

impl CycleClosing {
    /// Whether the cycle can be closed now, where suggested scores are accepted or not.
    #[must_use]
    pub fn is_ready(&self, accept_suggested: bool) -> bool {
        let is_scored = self.unscored.is_empty() || accept_suggested;
        !self.is_closed && self.open_cycles.is_empty() && self.unknown.is_empty() && is_scored
    }
}

impl Scope {
    /// What the close of cycles will do; nothing for who may not close them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cycle_closings(&self, cycles: &[Uuid]) -> Result<HashMap<Uuid, CycleClosing>> {
        let mut closings: HashMap<Uuid, CycleClosing> = HashMap::new();
        if !self.viewer().is_leader() || cycles.is_empty() {
            return Ok(closings);
        }
        for row in self.of_cycles("SELECT id, state FROM cycle WHERE", "id", "", cycles).await? {
            let is_closed = row.try_get_by_index::<CycleState>(1)? == CycleState::Closed;
            closings.insert(row.try_get_by_index(0)?, CycleClosing { is_closed, ..CycleClosing::default() });
        }
        let open = "state <> 'CLOSED' ORDER BY starts_on, id";
        for row in self.of_cycles("SELECT parent_id, id FROM cycle WHERE", "parent_id", open, cycles).await? {
            at(&mut closings, &row, |closing| {
                closing.open_cycles.push(row.try_get_by_index(1)?);
                Ok(())
            })?;
        }
        let published = "state IN ('ACTIVE', 'DRAFT') GROUP BY cycle_id, state";
        let text = "SELECT cycle_id, state, COUNT(*) FROM objective WHERE";
        for row in self.of_cycles(text, "cycle_id", published, cycles).await? {
            at(&mut closings, &row, |closing| {
                let count = row.try_get_by_index(2)?;
                match row.try_get_by_index(1)? {
                    entity::GoalState::Draft => closing.drafts = count,
                    entity::GoalState::Active => closing.objectives = count,
                    entity::GoalState::Closed | entity::GoalState::Cancelled => {}
                }
                Ok(())
            })?;
        }
        self.add_key_results(cycles, &mut closings).await?;
        self.add_links(cycles, &mut closings).await?;
        Ok(closings)
    }

    async fn of_cycles(
        &self,
        select: &str,
        column: &str,
        condition: &str,
        cycles: &[Uuid],
    ) -> Result<Vec<QueryResult>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(cycles);
        let and = if condition.is_empty() { "" } else { " AND " };
        let text = format!("{select} organization_id = {organization} AND {column} IN {ids}{and}{condition}");
        self.closing_rows(text, binds).await
    }

    async fn closing_rows(&self, text: String, binds: Binds) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        Ok(self.db.all_raw(statement).await?)
    }

    async fn add_key_results(
        &self,
        cycles: &[Uuid],
        closings: &mut HashMap<Uuid, CycleClosing>,
    ) -> Result<()> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(cycles);
        let text = format!(
            "SELECT objective.cycle_id, kr.id, kr.progress, staged.id, staged.score, \
             COALESCE(kr.archived_at, objective.archived_at), \
             (SELECT COUNT(*) FROM project_result AS result WHERE result.key_result_id = kr.id) \
             FROM key_result AS kr JOIN objective ON objective.id = kr.objective_id \
             LEFT JOIN key_result_score AS staged ON staged.key_result_id = kr.id \
             WHERE kr.organization_id = {organization} AND objective.cycle_id IN {ids} \
             AND kr.state = 'ACTIVE' AND objective.state = 'ACTIVE' ORDER BY kr.number"
        );
        for row in self.closing_rows(text, binds).await? {
            at(closings, &row, |closing| {
                closing.key_results += 1;
                closing.project_results += row.try_get_by_index::<i64>(6)?;
                if row.try_get_by_index::<Option<i64>>(5)?.is_some() {
                    return Ok(());
                }
                let progress: Option<f64> = row.try_get_by_index(2)?;
                let is_staged = row.try_get_by_index::<Option<Uuid>>(3)?.is_some();
                let score: Option<f64> = row.try_get_by_index(4)?;
                if score.or(progress).is_none() {
                    closing.unknown.push(row.try_get_by_index(1)?);
                } else if !is_staged {
                    closing.unscored.push(row.try_get_by_index(1)?);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    async fn add_links(&self, cycles: &[Uuid], closings: &mut HashMap<Uuid, CycleClosing>) -> Result<()> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(cycles);
        let text = format!(
            "SELECT objective.cycle_id, COUNT(*) FROM alignment_link AS link \
             LEFT JOIN key_result AS kr ON kr.id = link.key_result_id \
             JOIN objective ON objective.id = COALESCE(link.objective_id, kr.objective_id) \
             WHERE link.organization_id = {organization} AND objective.cycle_id IN {ids} \
             AND objective.state IN ('ACTIVE', 'DRAFT') AND link.state = 'ACTIVE' GROUP BY objective.cycle_id"
        );
        for row in self.closing_rows(text, binds).await? {
            at(closings, &row, |closing| {
                closing.links = row.try_get_by_index(1)?;
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Adds what a statement says to the cycle of its first column.
fn at(
    closings: &mut HashMap<Uuid, CycleClosing>,
    row: &QueryResult,
    add: impl FnOnce(&mut CycleClosing) -> Result<()>,
) -> Result<()> {
    match closings.get_mut(&row.try_get_by_index::<Uuid>(0)?) {
        Some(closing) => add(closing),
        None => Ok(()),
    }
}
