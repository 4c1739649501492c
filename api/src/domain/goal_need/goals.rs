//! What is known of goals that links lead to, for the need that each link stands for.
//!
//! Whoever asks: a number may come out of a goal that the viewer does not see. One of the few files with
//! statements of their own; each takes the organization.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{GoalState, Health, Instant, ProjectState, Significance, TaskStatus};
use sea_orm::{
    QueryResult, Statement,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{NeedFacts, share};
use crate::domain::{
    access::Scope,
    bulk::Binds,
    effective_acknowledgement::counted_links,
    error::Result,
    link_target::LinkGoal,
    pace::{HealthThresholds, elapsed_share},
    predicate::Field,
    relation::Table,
    standing::{ObjectiveStanding, moment},
};

/// The need that one link stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// 0–1.
    pub need: f64,
    /// The goal.
    pub goal: LinkGoal,
    /// The objective of the goal, or the goal itself.
    pub objective: Uuid,
    /// The link.
    pub link: Uuid,
    /// The project through which the task inherits it; null for the task's own.
    pub via: Option<Uuid>,
    /// Weight of the link.
    pub weight: f64,
    /// Progress of the goal, 0–1; null when not known.
    pub progress: Option<f64>,
    /// What it was computed from.
    pub facts: NeedFacts,
    /// How far the goal is behind, 0–1.
    pub shortfall: f64,
}

/// A link that holds for a task.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Tie {
    pub(in crate::domain) link: Uuid,
    pub(in crate::domain) goal: LinkGoal,
    pub(in crate::domain) weight: f64,
    pub(in crate::domain) contributes: bool,
    pub(in crate::domain) via: Option<Uuid>,
}

/// What is known of a goal, whoever asks.
struct GoalFacts {
    objective: Uuid,
    weight: f64,
    progress: Option<f64>,
    is_pursued: bool,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

/// What the goals of some links are now.
pub(in crate::domain) struct Goals {
    facts: HashMap<LinkGoal, GoalFacts>,
    standings: HashMap<Uuid, ObjectiveStanding>,
    heaviest_key_results: HashMap<Uuid, f64>,
    heaviest_links: HashMap<LinkGoal, f64>,
    thresholds: HealthThresholds,
    at: Instant,
    zone: chrono_tz::Tz,
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

/// The goal that two columns name: a key result, or an objective.
pub(in crate::domain) fn goal_at(
    row: &QueryResult,
    key_result: usize,
    objective: usize,
) -> Result<Option<LinkGoal>> {
    let key_result: Option<Uuid> = row.try_get_by_index(key_result)?;
    let objective: Option<Uuid> = row.try_get_by_index(objective)?;
    Ok(key_result.map(LinkGoal::KeyResult).or(objective.map(LinkGoal::Objective)))
}

impl Scope {
    /// What is known of the goals of links at a time: nine statements.
    pub(in crate::domain) async fn goals_of(&self, ties: &[Tie], at: Instant) -> Result<Goals> {
        let wanted: HashSet<LinkGoal> = ties.iter().map(|tie| tie.goal).collect();
        let (mut key_results, mut objectives) = (Vec::new(), Vec::new());
        for goal in wanted {
            match goal {
                LinkGoal::KeyResult(id) => key_results.push(id),
                LinkGoal::Objective(id) => objectives.push(id),
            }
        }
        let mut facts = HashMap::new();
        let mut heaviest_links = HashMap::new();
        if !ties.is_empty() {
            self.read_goals(&key_results, &objectives, &mut facts).await?;
            self.read_heaviest_links(&key_results, &objectives, &mut heaviest_links).await?;
        }
        let above: HashSet<Uuid> = facts.values().map(|goal: &GoalFacts| goal.objective).collect();
        let above: Vec<Uuid> = above.into_iter().collect();
        Ok(Goals {
            facts,
            standings: self.standings_at(&above, at).await?,
            heaviest_key_results: self.heaviest_key_results(&above).await?,
            heaviest_links,
            thresholds: HealthThresholds::from(&*self.viewer().settings),
            at,
            zone: self.viewer().time_zone,
        })
    }

    async fn read_goals(
        &self,
        key_results: &[Uuid],
        objectives: &[Uuid],
        facts: &mut HashMap<LinkGoal, GoalFacts>,
    ) -> Result<()> {
        let mut binds = Binds::new(self.db.is_postgres());
        // Pushed in the order of the text: SQLite binds by position.
        let first = binds.push(self.viewer().organization_id);
        let of_key_results = binds.ids(key_results);
        let second = binds.push(self.viewer().organization_id);
        let of_objectives = binds.ids(objectives);
        let text = format!(
            "SELECT goal.id, NULL, goal.objective_id, goal.weight, goal.progress, goal.state, above.state, \
             COALESCE(goal.archived_at, above.archived_at), cycle.starts_on, cycle.ends_on, goal.starts_on \
             FROM key_result AS goal JOIN objective AS above ON above.id = goal.objective_id \
             LEFT JOIN cycle ON cycle.id = above.cycle_id \
             WHERE goal.organization_id = {first} AND goal.id IN {of_key_results} \
             UNION ALL SELECT NULL, above.id, above.id, 1.0, above.progress, above.state, above.state, \
             above.archived_at, cycle.starts_on, cycle.ends_on, NULL \
             FROM objective AS above LEFT JOIN cycle ON cycle.id = above.cycle_id \
             WHERE above.organization_id = {second} AND above.id IN {of_objectives}"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        for row in self.db.all_raw(statement).await? {
            let Some(goal) = goal_at(&row, 0, 1)? else { continue };
            let own: GoalState = row.try_get_by_index(5)?;
            let above: GoalState = row.try_get_by_index(6)?;
            let is_archived = row.try_get_by_index::<Option<i64>>(7)?.is_some();
            let is_active = own == GoalState::Active && above == GoalState::Active;
            let begins: Option<NaiveDate> = row.try_get_by_index(8)?;
            let fact = GoalFacts {
                objective: row.try_get_by_index(2)?,
                weight: row.try_get_by_index(3)?,
                progress: row.try_get_by_index(4)?,
                is_pursued: is_active && !is_archived,
                // An absent start is less than any present one.
                first: Ord::max(begins, row.try_get_by_index(10)?),
                last: row.try_get_by_index(9)?,
            };
            facts.insert(goal, fact);
        }
        Ok(())
    }

    /// The heaviest of the links by which work counts for progress.
    async fn read_heaviest_links(
        &self,
        key_results: &[Uuid],
        objectives: &[Uuid],
        heaviest: &mut HashMap<LinkGoal, f64>,
    ) -> Result<()> {
        let link = |column| of(Table::AlignmentLink, column);
        let mut select = Query::select();
        select
            .exprs(["key_result_id", "objective_id"].map(link))
            .expr(Func::max(link("weight")))
            .from(Alias::new("alignment_link"))
            .left_join(Alias::new("project"), of(Table::Project, "id").eq(link("project_id")))
            .left_join(Alias::new("task"), of(Table::Task, "id").eq(link("task_id")))
            .cond_where(counted_links(self.viewer()))
            .and_where(link("significance").eq(Significance::Contributes))
            .and_where(of(Table::Project, "archived_at").is_null())
            .and_where(of(Table::Task, "archived_at").is_null())
            // Of the two ends only one is there; the other's columns are null.
            .cond_where(
                Condition::any()
                    .add(of(Table::Project, "state").is_null())
                    .add(of(Table::Project, "state").ne(ProjectState::Cancelled)),
            )
            .cond_where(
                Condition::any()
                    .add(of(Table::Task, "status").is_null())
                    .add(of(Table::Task, "status").ne(TaskStatus::Cancelled)),
            )
            .cond_where(
                Condition::any()
                    .add(self.among(link("key_result_id"), key_results))
                    .add(self.among(link("objective_id"), objectives)),
            )
            .add_group_by(["key_result_id", "objective_id"].map(link));
        for row in self.db.all(&select).await? {
            if let Some(goal) = goal_at(&row, 0, 1)? {
                heaviest.insert(goal, row.try_get_by_index(2)?);
            }
        }
        Ok(())
    }

    async fn heaviest_key_results(&self, objectives: &[Uuid]) -> Result<HashMap<Uuid, f64>> {
        if objectives.is_empty() {
            return Ok(HashMap::new());
        }
        let key_result = |column| of(Table::KeyResult, column);
        let mut select = Query::select();
        select
            .expr(key_result("objective_id"))
            .expr(Func::max(key_result("weight")))
            .from(Alias::new("key_result"))
            .and_where(key_result("organization_id").eq(self.viewer().organization_id))
            .and_where(key_result("state").eq(GoalState::Active))
            .and_where(key_result("archived_at").is_null())
            .and_where(self.among(key_result("objective_id"), objectives))
            .add_group_by([key_result("objective_id")]);
        let rows = self.db.all(&select).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

impl Goals {
    /// The greatest need among links; of equal ones that of the link made first.
    pub(in crate::domain) fn greatest(&self, ties: &[Tie]) -> Option<Need> {
        let needs = ties.iter().filter_map(|tie| self.need(tie));
        needs.max_by(|one, other| one.need.total_cmp(&other.need).then(other.link.cmp(&one.link)))
    }

    fn need(&self, tie: &Tie) -> Option<Need> {
        let goal = self.facts.get(&tie.goal)?;
        let objective = self.standings.get(&goal.objective);
        let (standing, goal_share) = match tie.goal {
            LinkGoal::Objective(_) => (objective.map(|objective| objective.own), 1.0),
            LinkGoal::KeyResult(id) => {
                let heaviest = self.heaviest_key_results.get(&goal.objective).copied();
                let own = objective.and_then(|objective| objective.key_results.get(&id)).copied();
                (own, share(goal.weight, heaviest.unwrap_or(goal.weight)))
            }
        };
        let heaviest = self.heaviest_links.get(&tie.goal).copied().unwrap_or(tie.weight);
        let now = moment(self.at, self.zone);
        let health: Option<Health> = standing.and_then(|standing| standing.health);
        let facts = NeedFacts {
            is_pursued: goal.is_pursued,
            expected: standing.and_then(|standing| standing.expected),
            progress: standing.and_then(|standing| standing.held),
            health,
            elapsed: goal.first.zip(goal.last).map(|(first, last)| elapsed_share(first, last, now)),
            goal_share,
            link_share: share(tie.weight, heaviest),
            contributes: tie.contributes,
        };
        Some(Need {
            need: facts.need(self.thresholds),
            goal: tie.goal,
            objective: goal.objective,
            link: tie.link,
            via: tie.via,
            weight: tie.weight,
            progress: goal.progress,
            facts,
            shortfall: facts.shortfall(self.thresholds),
        })
    }
}
