//! Telling of health that differs from what was last told.
//!
//! Health is derived at read and moves with the clock alone: a cycle passes, a check-in becomes overdue, a tool
//! falls silent. No transaction of a person marks that moment, so a job looks at every open goal now and then,
//! holds its health against the one that was told last, and writes an event where they differ. What a goal
//! stood at when it was looked at for the first time is kept without an event: nothing changed.
//!
//! A look also finds what people and tools have changed since the last one, by a check-in or a finished task.
//! That is told too, but not as the clock's doing: a health that the goal would have had at the time of the last
//! look, were all as it is now, has not come with time.

use std::collections::HashMap;

use entity::{EventKind, Health, Instant, SubjectKind};
use sea_orm::{ActiveEnum, Statement, Value};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    access::Scope,
    bulk::Binds,
    error::Result,
    events::NewEvent,
    installation::Installation,
    job::Lease,
    objective::ObjectiveRow,
    standing::ObjectiveStanding,
    write::{Command, Write},
};

/// In the new values of an event, of health or of a link: whether it has come with time alone.
pub(in crate::domain) const BY_CLOCK: &str = "by_clock";
/// Objectives that one transaction looks at.
const STEP: usize = 200;

/// Tells of the health of some objectives and their key results, and renews the lease.
pub struct TellHealth<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// The objectives.
    pub objectives: &'a [Uuid],
    /// How they stand, read before the transaction was opened.
    pub standings: &'a HashMap<Uuid, ObjectiveStanding>,
    /// How they would have stood at the last look, were all as it is now; null when none is known of.
    pub earlier: Option<&'a HashMap<Uuid, ObjectiveStanding>>,
}

/// The health of an objective, or of one of its key results.
fn health_of(
    standings: &HashMap<Uuid, ObjectiveStanding>,
    objective: Uuid,
    key_result: Option<Uuid>,
) -> Option<Health> {
    let standing = standings.get(&objective)?;
    match key_result {
        Some(key_result) => standing.key_results.get(&key_result)?.health,
        None => standing.own.health,
    }
}

impl TellHealth<'_> {
    fn found(&self, told: Told) -> Told {
        let key_result = (told.id != told.objective).then_some(told.id);
        let now = health_of(self.standings, told.objective, key_result);
        let is_by_clock =
            self.earlier.is_none_or(|earlier| health_of(earlier, told.objective, key_result) != now);
        Told { now, is_by_clock, ..told }
    }
}

impl Command for TellHealth<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.renew_job(self.lease).await?;
        let mut select = write.scope.find::<ObjectiveRow>();
        select.and_where(write.among("objective", "id", self.objectives));
        let objectives: HashMap<Uuid, ObjectiveRow> = write
            .rows::<ObjectiveRow>(&select)
            .await?
            .into_iter()
            .map(|objective| (objective.id, objective))
            .collect();
        // Key results first, as in every roll-up, so that neither waits for the other.
        let told = write.told("key_result", "objective_id", self.objectives).await?;
        let changes: Vec<Told> = told.into_iter().map(|told| self.found(told)).collect();
        write.tell("key_result", SubjectKind::KeyResult, &changes, &objectives).await?;
        let told = write.told("objective", "id", self.objectives).await?;
        let changes: Vec<Told> = told.into_iter().map(|told| self.found(told)).collect();
        write.tell("objective", SubjectKind::Objective, &changes, &objectives).await
    }
}

/// What was told of a goal, and what holds now.
struct Told {
    id: Uuid,
    objective: Uuid,
    before: Option<Health>,
    now: Option<Health>,
    /// Whether it has come with time alone.
    is_by_clock: bool,
}

impl Write {
    async fn told(&self, table: &'static str, key: &'static str, objectives: &[Uuid]) -> Result<Vec<Told>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(objectives);
        let text = format!(
            "SELECT id, {key}, health_told FROM {table} \
             WHERE organization_id = {organization} AND {key} IN {ids} ORDER BY id"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let rows = self.tx.all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                Ok(Told {
                    id: row.try_get_by_index(0)?,
                    objective: row.try_get_by_index(1)?,
                    before: row.try_get_by_index(2)?,
                    now: None,
                    is_by_clock: false,
                })
            })
            .collect()
    }

    async fn tell(
        &mut self,
        table: &'static str,
        kind: SubjectKind,
        goals: &[Told],
        objectives: &HashMap<Uuid, ObjectiveRow>,
    ) -> Result<()> {
        let mut updates = Vec::new();
        for goal in goals.iter().filter(|goal| goal.now != goal.before) {
            let Some(objective) = objectives.get(&goal.objective) else { continue };
            let now: Option<String> = goal.now.as_ref().map(ActiveEnum::to_value);
            updates.push((goal.id, vec![Value::from(now)]));
            let (Some(before), Some(now)) = (goal.before, goal.now) else { continue };
            let is_objective = goal.id == objective.id;
            let news = |health: Health| Map::from_iter([("health".to_owned(), json!(health))]);
            let mut current = news(now);
            current.insert(BY_CLOCK.to_owned(), json!(goal.is_by_clock));
            self.note(NewEvent {
                kind: EventKind::HealthChanged,
                subject: (kind, goal.id),
                ancestors: if is_objective { objective.ancestors() } else { objective.ancestors_of_member() },
                sight: objective.sight(),
                previous: Some(news(before)),
                current,
            });
        }
        self.update_many(table, &["health_told"], updates, false).await
    }
}

/// Notes when a look begins.
pub struct BeginLook<'a> {
    /// The job.
    pub lease: &'a Lease,
}

impl Command for BeginLook<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.job_begins(self.lease).await
    }
}

impl Scope {
    /// The open objectives whose health is told of, in parts for one transaction each. Asked of the system's
    /// scope.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn health_steps(&self) -> Result<Vec<Vec<Uuid>>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "SELECT id FROM objective WHERE organization_id = {organization} AND state = 'ACTIVE' \
             AND archived_at IS NULL ORDER BY id"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let rows = self.db.all_raw(statement).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        Ok(ids.chunks(STEP).map(<[Uuid]>::to_vec).collect())
    }
}

impl Scope {
    /// When the last look at health that was finished had begun, as far as its job is still kept; null when none
    /// is known of. What was changed while it looked may have come after it looked there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_health_look(&self) -> Result<Option<Instant>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "SELECT MAX(run_at) FROM job \
             WHERE organization_id = {organization} AND kind = 'TELL_HEALTH' AND state = 'DONE'"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let row = self.db.all_raw(statement).await?.pop();
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
    }
}

/// Asks for the job that tells of health.
struct AskForHealth;

impl Command for AskForHealth {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let organization = write.viewer().organization_id;
        write.enqueue(entity::JobKind::TellHealth, organization, json!({})).await
    }
}

impl Installation {
    /// Asks for a look at the health of every organization's goals; a look that waits already is enough.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_for_health(&self) -> Result<()> {
        for row in self.rows("SELECT id FROM organization ORDER BY id", self.binds()).await? {
            let organization: Uuid = row.try_get_by_index(0)?;
            let actor = super::access::viewer::Actor::System;
            let scope = self.system(organization, actor, "the clock asks").await?;
            scope.run(&AskForHealth).await?;
        }
        Ok(())
    }
}
