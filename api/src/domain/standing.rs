//! Standing: what is expected of goals by now, and their health. It moves with the clock, so it is
//! derived at read from stored facts, never stored.
//!
//! One of the few files with statements of their own; each takes the organization. Five statements
//! answer for any number of objectives, with the child objectives that join their roll-ups: those are
//! read whoever asks, and only a number comes out of them.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use entity::{GoalState, Health, Instant, KeyResultKind, ObjectiveKind, ProgressSource};
use sea_orm::{QueryResult, Statement};
use uuid::Uuid;

use super::{
    access::Scope,
    bulk::Binds,
    clock::{local_date, start_of_day},
    error::{DomainError, Result},
    pace::{
        CheckInClock, DueMilestone, HealthFacts, HealthThresholds, Moment, PaceFacts, Period,
        contradicts_pace, expected_progress, gap, key_result_health, linear_expected, objective_health,
        pace_health,
    },
    progress::{Input, InputKind, inputs_from_json, mean_expected, mean_held},
};

/// How a goal stands now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Progress expected by now, 0–1; null when nothing can be expected.
    pub expected: Option<f64>,
    /// Progress that is held against that, 0–1: of an objective only that of the parts of which something is
    /// expected; null when not known.
    pub held: Option<f64>,
    /// Health by pace alone; null without pace.
    pub pace: Option<Health>,
    /// Health; null when nothing can be said.
    pub health: Option<Health>,
    /// Whether the reported health and the pace are two steps apart; never so for objectives, which report
    /// nothing themselves.
    pub contradicts_pace: bool,
    /// Days between check-ins of a key result, as they hold.
    pub check_in_every_days: Option<i32>,
    /// The day on which the next check-in is due; null when none is awaited.
    pub next_check_in_on: Option<NaiveDate>,
}

/// How an objective stands, with its key results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectiveStanding {
    /// The objective.
    pub own: Standing,
    /// Its key results, archived ones included, by key.
    pub key_results: HashMap<Uuid, Standing>,
}

struct ObjectiveFacts {
    parent: Option<Uuid>,
    kind: ObjectiveKind,
    state: GoalState,
    archived: bool,
    cycle: Period,
    inputs: Vec<Input>,
    check_in_days: Option<i32>,
}

struct KeyResultFacts {
    id: Uuid,
    objective: Uuid,
    kind: KeyResultKind,
    source: ProgressSource,
    state: GoalState,
    archived: bool,
    progress: Option<f64>,
    reported: Option<Health>,
    last_check_in_at: Option<Instant>,
    last_recorded_at: Option<Instant>,
    starts_on: Option<NaiveDate>,
    check_in_days: Option<i32>,
    created_at: Instant,
}

/// What a whole batch shares.
struct Now<'a> {
    at: Instant,
    moment: Moment,
    zone: Tz,
    settings: &'a super::settings::Settings,
    thresholds: HealthThresholds,
}

/// A point in time as the calendar of a time zone has it.
pub(in crate::domain) fn moment(at: Instant, zone: Tz) -> Moment {
    let day = local_date(at, zone);
    let start = start_of_day(day, zone).0;
    let end = day.succ_opt().map_or(start, |next| start_of_day(next, zone).0);
    let length = end.saturating_sub(start).max(1);
    Moment { day, part: at.0.saturating_sub(start) as f64 / length as f64 }
}

impl Scope {
    /// How objectives and their key results stand now. Asked for objectives that the viewer has been
    /// given already, or whose key results they have: no row filter is applied again.
    pub(crate) async fn standings(&self, objectives: &[Uuid]) -> Result<HashMap<Uuid, ObjectiveStanding>> {
        self.standings_at(objectives, self.clock().now()).await
    }

    /// How they would stand at another time, if all that is written were as it is now.
    pub(crate) async fn standings_at(
        &self,
        objectives: &[Uuid],
        at: Instant,
    ) -> Result<HashMap<Uuid, ObjectiveStanding>> {
        if objectives.is_empty() {
            return Ok(HashMap::new());
        }
        let zone = self.viewer().time_zone;
        let settings = &self.viewer().settings;
        let now = Now {
            at,
            moment: moment(at, zone),
            zone,
            settings,
            thresholds: HealthThresholds::from(&**settings),
        };
        let mut facts = self.objective_facts(objectives).await?;
        let ids: Vec<Uuid> = facts.keys().copied().collect();
        for (id, days) in self.check_in_days_of(&ids).await? {
            if let Some(objective) = facts.get_mut(&id) {
                objective.check_in_days = Some(days);
            }
        }
        let key_results = self.key_result_facts(&ids).await?;
        let of = |wanted: fn(&KeyResultFacts) -> bool| -> Vec<Uuid> {
            key_results.iter().filter(|row| wanted(row)).map(|row| row.id).collect()
        };
        let milestones = self.due_milestones(&of(|row| row.kind == KeyResultKind::Milestone)).await?;
        let syncs = self.last_good_syncs(&of(KeyResultFacts::comes_from_tools)).await?;

        let mut standings: HashMap<Uuid, ObjectiveStanding> =
            facts.keys().map(|id| (*id, ObjectiveStanding::default())).collect();
        for row in &key_results {
            let Some(objective) = facts.get(&row.objective) else { continue };
            let steps = milestones.get(&row.id).map_or(&[][..], Vec::as_slice);
            let standing = row.standing(objective, steps, syncs.get(&row.id).copied(), &now);
            standings.entry(row.objective).or_default().key_results.insert(row.id, standing);
        }
        // From the leaves to the root, for an objective may expect what its children are expected to do.
        let mut expected = HashMap::new();
        let mut open: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for row in key_results.iter().filter(|row| row.state == GoalState::Active && !row.archived) {
            open.entry(row.objective).or_default().push(row.id);
        }
        for id in leaves_first(&facts) {
            let (Some(objective), Some(standing)) = (facts.get(&id), standings.get_mut(&id)) else {
                continue;
            };
            let parts = objective.parts(&standing.key_results, &expected, now.moment);
            standing.own.expected = mean_expected(parts.iter().copied());
            expected.insert(id, standing.own.expected);
            standing.own.held = mean_held(parts);
            standing.own.pace = pace_health(gap(standing.own.expected, standing.own.held), now.thresholds);
            let open = open
                .get(&id)
                .into_iter()
                .flatten()
                .filter_map(|id| standing.key_results.get(id))
                .map(|standing| standing.health);
            standing.own.health = objective_health(objective.state, open, standing.own.pace);
        }
        Ok(standings)
    }

    async fn facts(&self, text: String, binds: Binds) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        Ok(self.db.all_raw(statement).await?)
    }

    /// The objectives, with those below them that join their roll-ups.
    async fn objective_facts(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, ObjectiveFacts>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let first = binds.push(self.viewer().organization_id);
        let roots = binds.ids(ids);
        let second = binds.push(self.viewer().organization_id);
        let third = binds.push(self.viewer().organization_id);
        let text = format!(
            "WITH RECURSIVE pool (id, include_children) AS ( \
             SELECT id, include_children FROM objective WHERE organization_id = {first} AND id IN {roots} \
             UNION SELECT child.id, child.include_children FROM objective AS child \
             JOIN pool ON child.parent_id = pool.id AND pool.include_children \
             WHERE child.organization_id = {second}) \
             SELECT o.id, o.parent_id, o.kind, o.state, o.progress_inputs, \
             cycle.starts_on, cycle.ends_on, o.archived_at \
             FROM pool JOIN objective AS o ON o.id = pool.id \
             LEFT JOIN cycle ON cycle.id = o.cycle_id WHERE o.organization_id = {third}"
        );
        let read = |row: QueryResult| {
            let inputs: String = row.try_get_by_index(4)?;
            let inputs =
                inputs_from_json(&inputs).map_err(|error| DomainError::Internal(error.to_string()))?;
            let facts = ObjectiveFacts {
                parent: row.try_get_by_index(1)?,
                kind: row.try_get_by_index(2)?,
                state: row.try_get_by_index(3)?,
                archived: row.try_get_by_index::<Option<i64>>(7)?.is_some(),
                inputs,
                check_in_days: None,
                cycle: Period { starts_on: row.try_get_by_index(5)?, ends_on: row.try_get_by_index(6)? },
            };
            Ok((row.try_get_by_index(0)?, facts))
        };
        self.facts(text, binds).await?.into_iter().map(read).collect()
    }

    /// The days between check-ins that objectives hand down: their own, else those of the nearest objective
    /// above that sets them, else those of their cycle or the nearest cycle around it.
    async fn check_in_days_of(&self, objectives: &[Uuid]) -> Result<HashMap<Uuid, i32>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = self.viewer().organization_id;
        let first = binds.push(organization);
        let own = binds.ids(objectives);
        let second = binds.push(organization);
        let third = binds.push(organization);
        let cycles = binds.ids(objectives);
        let fourth = binds.push(organization);
        let text = format!(
            "WITH RECURSIVE above (root, parent_id, days, depth) AS ( \
             SELECT id, parent_id, check_in_days, 0 FROM objective \
             WHERE organization_id = {first} AND id IN {own} \
             UNION ALL SELECT above.root, o.parent_id, o.check_in_days, above.depth + 1 FROM objective AS o \
             JOIN above ON o.id = above.parent_id \
             WHERE o.organization_id = {second} AND above.days IS NULL AND above.depth < {DEEPEST}), \
             around (root, parent_id, days, depth) AS ( \
             SELECT o.id, c.parent_id, c.check_in_days, 0 FROM objective AS o \
             JOIN cycle AS c ON c.id = o.cycle_id \
             WHERE o.organization_id = {third} AND o.id IN {cycles} \
             UNION ALL SELECT around.root, c.parent_id, c.check_in_days, around.depth + 1 FROM cycle AS c \
             JOIN around ON c.id = around.parent_id \
             WHERE c.organization_id = {fourth} AND around.days IS NULL AND around.depth < {DEEPEST}) \
             SELECT root, days, 1 FROM around WHERE days IS NOT NULL \
             UNION ALL SELECT root, days, 0 FROM above WHERE days IS NOT NULL ORDER BY 3 DESC"
        );
        // What the objectives say comes last, and holds.
        let rows = self.facts(text, binds).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    async fn key_result_facts(&self, objectives: &[Uuid]) -> Result<Vec<KeyResultFacts>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(objectives);
        let text = format!(
            "SELECT id, objective_id, kind, progress_source, state, archived_at, progress, reported_health, \
             last_check_in_at, starts_on, check_in_days, created_at, last_recorded_at FROM key_result \
             WHERE organization_id = {organization} AND objective_id IN {ids}"
        );
        let read = |row: QueryResult| {
            Ok(KeyResultFacts {
                id: row.try_get_by_index(0)?,
                objective: row.try_get_by_index(1)?,
                kind: row.try_get_by_index(2)?,
                source: row.try_get_by_index(3)?,
                state: row.try_get_by_index(4)?,
                archived: row.try_get_by_index::<Option<i64>>(5)?.is_some(),
                progress: row.try_get_by_index(6)?,
                reported: row.try_get_by_index(7)?,
                last_check_in_at: row.try_get_by_index(8)?,
                starts_on: row.try_get_by_index(9)?,
                check_in_days: row.try_get_by_index(10)?,
                created_at: row.try_get_by_index(11)?,
                last_recorded_at: row.try_get_by_index(12)?,
            })
        };
        self.facts(text, binds).await?.into_iter().map(read).collect()
    }

    async fn due_milestones(&self, key_results: &[Uuid]) -> Result<HashMap<Uuid, Vec<DueMilestone>>> {
        let mut milestones: HashMap<Uuid, Vec<DueMilestone>> = HashMap::new();
        if key_results.is_empty() {
            return Ok(milestones);
        }
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(key_results);
        let text = format!(
            "SELECT key_result_id, weight, due_on FROM milestone \
             WHERE organization_id = {organization} AND key_result_id IN {ids}"
        );
        for row in self.facts(text, binds).await? {
            let due = DueMilestone { weight: row.try_get_by_index(1)?, due_on: row.try_get_by_index(2)? };
            milestones.entry(row.try_get_by_index(0)?).or_default().push(due);
        }
        Ok(milestones)
    }

    /// When the tools behind the counted links of key results last told anything; of several tools the
    /// one that is longest ago. A tool that was disconnected on purpose is not waited for.
    async fn last_good_syncs(&self, key_results: &[Uuid]) -> Result<HashMap<Uuid, Instant>> {
        if key_results.is_empty() {
            return Ok(HashMap::new());
        }
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(key_results);
        // What counts for nothing makes nothing outdated either.
        let confirmed =
            if self.viewer().settings.require_confirm { " AND link.confirmed_at IS NOT NULL" } else { "" };
        let text = format!(
            "SELECT link.key_result_id, MIN(integration.last_good_sync_at) FROM alignment_link AS link \
             LEFT JOIN project ON project.id = link.project_id LEFT JOIN task ON task.id = link.task_id \
             JOIN integration ON integration.id = COALESCE(project.integration_id, task.integration_id) \
             WHERE link.organization_id = {organization} AND link.key_result_id IN {ids} \
             AND link.state <> 'RETIRED' AND link.significance = 'CONTRIBUTES'{confirmed} \
             AND project.archived_at IS NULL AND task.archived_at IS NULL \
             AND COALESCE(project.state, 'PLANNED') <> 'CANCELLED' \
             AND COALESCE(task.status, 'TODO') <> 'CANCELLED' \
             AND integration.archived_at IS NULL AND integration.last_good_sync_at IS NOT NULL \
             GROUP BY link.key_result_id"
        );
        let rows = self.facts(text, binds).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

impl KeyResultFacts {
    fn comes_from_tools(&self) -> bool {
        match self.source {
            ProgressSource::Work | ProgressSource::External => true,
            ProgressSource::CheckIn => false,
        }
    }

    /// When a tool last told anything: for values that tools record, also when the last one was recorded.
    fn last_told(&self, last_sync: Option<Instant>) -> Option<Instant> {
        match self.source {
            // An absent time is less than any present one.
            ProgressSource::External => last_sync.max(self.last_recorded_at),
            ProgressSource::Work => last_sync,
            ProgressSource::CheckIn => None,
        }
    }

    /// What ended with its objective has ended too.
    fn state_under(&self, objective: &ObjectiveFacts) -> GoalState {
        match objective.state {
            GoalState::Closed | GoalState::Cancelled => objective.state,
            GoalState::Draft | GoalState::Active => self.state,
        }
    }

    fn standing(
        &self,
        objective: &ObjectiveFacts,
        milestones: &[DueMilestone],
        last_sync: Option<Instant>,
        now: &Now<'_>,
    ) -> Standing {
        let facts = PaceFacts {
            kind: self.kind,
            source: self.source,
            objective: objective.kind,
            cycle: objective.cycle,
            starts_on: self.starts_on,
            milestones,
        };
        let expected = expected_progress(&facts, now.moment);
        let pace = pace_health(gap(expected, self.progress), now.thresholds);
        let day = |at| local_date(at, now.zone);
        let state = self.state_under(objective);
        let is_open = state == GoalState::Active && !self.archived && !objective.archived;
        let facts = HealthFacts {
            state,
            source: self.source,
            check_ins: CheckInClock {
                last_on: self.last_check_in_at.map(day),
                awaited_from: objective.cycle.starts_on.map(|first| {
                    self.starts_on.map_or(first, |own| first.max(own)).max(day(self.created_at))
                }),
                every_days: self
                    .check_in_days
                    .or(objective.check_in_days)
                    .unwrap_or(now.settings.check_in_days),
                grace_days: now.settings.grace_days,
            },
            reported: self.reported,
            hours_since_sync: self
                .last_told(last_sync)
                .map(|last| now.at.0.saturating_sub(last.0) as f64 / MICROS_PER_HOUR),
            external_stale_hours: now.settings.external_stale_hours,
            pace,
        };
        let is_awaited = self.source == ProgressSource::CheckIn && is_open;
        Standing {
            expected,
            held: self.progress,
            pace,
            health: key_result_health(&facts, now.moment.day),
            contradicts_pace: is_open && contradicts_pace(self.reported, pace),
            check_in_every_days: Some(facts.check_ins.every_days),
            next_check_in_on: facts.check_ins.due_on().filter(|_| is_awaited),
        }
    }
}

/// Objectives, or cycles, above each other that are looked through for days between check-ins.
const DEEPEST: usize = 50;
const MICROS_PER_HOUR: f64 = 3_600_000_000.0;

impl ObjectiveFacts {
    /// The parts that its progress is the mean of, with what is expected of each.
    fn parts(
        &self,
        key_results: &HashMap<Uuid, Standing>,
        objectives: &HashMap<Uuid, Option<f64>>,
        now: Moment,
    ) -> Vec<(&Input, Option<f64>)> {
        let expected_of = |input: &Input| match input.kind {
            InputKind::KeyResult => key_results.get(&input.id).and_then(|standing| standing.expected),
            InputKind::Objective => objectives.get(&input.id).copied().flatten(),
            InputKind::Project | InputKind::Task => linear_expected(self.kind, self.cycle, None, now),
        };
        self.inputs.iter().map(|input| (input, expected_of(input))).collect()
    }
}

/// The objectives in an order in which each comes after all that lie below it.
fn leaves_first(facts: &HashMap<Uuid, ObjectiveFacts>) -> Vec<Uuid> {
    let depth = |id: &Uuid| {
        let mut seen = HashSet::new();
        let mut at = facts.get(id).and_then(|facts| facts.parent);
        while let Some(above) = at.filter(|above| seen.insert(*above)) {
            at = facts.get(&above).and_then(|facts| facts.parent);
        }
        seen.len()
    };
    let mut order: Vec<(usize, Uuid)> = facts.keys().map(|id| (depth(id), *id)).collect();
    order.sort_unstable_by(|left, right| right.cmp(left));
    order.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests;
