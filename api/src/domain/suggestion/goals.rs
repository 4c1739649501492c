//! Goals that may be suggested: those that the viewer sees and that are pursued, in cycles that are not over.
//!
//! Read in pages of [`PAGE`], the newest first, with no more columns than are needed and no more text than
//! [`DESCRIPTION`] characters a description, at most [`MOST`] objectives and as many key results: twenty
//! statements at the very most, two in an organization of less than two thousand of each. What is kept of a goal
//! are its keys and the words that are asked for; of an objective these twice while its key results are read. Of
//! one page the texts are held too.

use std::collections::HashMap;

use entity::{CycleState, GoalState, ObjectiveSource};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use super::{
    similarity::{Said, Texts, Vocabulary},
    works::beginning,
};
use crate::domain::{
    access::{Scope, visible::rows_of},
    error::Result,
    link_target::LinkGoal,
    predicate::Field,
    relation::Table,
};

/// Goals that are read at once.
const PAGE: u64 = 2_000;
/// Goals of a kind that are looked at, the newest ones.
const MOST: usize = 20_000;
/// Goals whose words are told apart in one breath of the thread.
const BREATH: usize = 50;
/// How loud a goal says what the goal above it says, and an objective what its key results are called.
const BESIDE: f64 = 0.5;

/// A goal that may be suggested.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    /// Which one.
    pub(super) goal: LinkGoal,
    /// The team that it belongs to; null for one of the whole organization.
    pub(super) team: Option<Uuid>,
    /// Of an objective: whether its progress comes from its own links.
    pub(super) by_work: bool,
    /// What it says of what is asked.
    pub(super) said: Said,
}

impl Goal {
    /// Its key.
    pub(super) fn id(&self) -> Uuid {
        self.goal.column().1
    }
}

/// Which goals are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Key results.
    pub(super) key_results: bool,
    /// Objectives.
    pub(super) objectives: bool,
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

impl Scope {
    /// The goals, in the order of their keys.
    pub(super) async fn suggestible(&self, wanted: Wanted, vocabulary: &Vocabulary) -> Result<Vec<Goal>> {
        let mut objectives: HashMap<Uuid, Goal> = HashMap::new();
        let mut before = None;
        while objectives.len() < MOST {
            let mut select = self.pursued(Table::Objective, before);
            select
                .expr(of(Table::Objective, "team_id"))
                .expr(of(Table::Objective, "progress_source"))
                .cond_where(self.cycle_goes_on());
            let rows = self.db.all(&select).await?;
            let found = rows.len();
            for (at, row) in rows.into_iter().enumerate() {
                breathe(at).await;
                let id: Uuid = row.try_get_by_index(0)?;
                before = Some(id);
                let (title, description): (String, Option<String>) =
                    (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
                let goal = Goal {
                    goal: LinkGoal::Objective(id),
                    team: row.try_get_by_index(3)?,
                    by_work: row.try_get_by_index::<ObjectiveSource>(4)? == ObjectiveSource::Work,
                    said: said(vocabulary, &title, description.as_deref()),
                };
                objectives.insert(id, goal);
            }
            if is_last(found) {
                break;
            }
        }
        let mut goals = self.pursued_key_results(&mut objectives, wanted, vocabulary).await?;
        if wanted.objectives {
            goals.extend(objectives.into_values());
        }
        goals.sort_unstable_by_key(Goal::id);
        Ok(goals)
    }

    async fn pursued_key_results(
        &self,
        objectives: &mut HashMap<Uuid, Goal>,
        wanted: Wanted,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Goal>> {
        let mut goals = Vec::new();
        // What objectives say themselves, before their key results add to it.
        let above: HashMap<Uuid, Said> = if wanted.key_results {
            objectives.iter().map(|(id, goal)| (*id, goal.said.clone())).collect()
        } else {
            HashMap::new()
        };
        let (mut before, mut read) = (None, 0);
        while read < MOST && !objectives.is_empty() {
            let mut select = self.pursued(Table::KeyResult, before);
            select.expr(of(Table::KeyResult, "objective_id"));
            let rows = self.db.all(&select).await?;
            let found = rows.len();
            for (at, row) in rows.into_iter().enumerate() {
                breathe(at).await;
                let id: Uuid = row.try_get_by_index(0)?;
                before = Some(id);
                // No more open than its objective.
                let Some(objective) = objectives.get_mut(&row.try_get_by_index::<Uuid>(3)?) else { continue };
                let (title, description): (String, Option<String>) =
                    (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
                if wanted.objectives {
                    objective.said.add(&said(vocabulary, &title, None), BESIDE);
                }
                if let Some(above) = above.get(&objective.id()) {
                    let mut said = said(vocabulary, &title, description.as_deref());
                    said.add(above, BESIDE);
                    let goal = LinkGoal::KeyResult(id);
                    goals.push(Goal { goal, team: objective.team, by_work: false, said });
                }
            }
            read += found;
            if is_last(found) {
                break;
            }
        }
        Ok(goals)
    }

    /// A page of pursued goals: key, title and the beginning of the description.
    fn pursued(&self, table: Table, before: Option<Uuid>) -> SelectStatement {
        let mut select = Query::select();
        select
            .expr(of(table, "id"))
            .expr(of(table, "title"))
            .expr(beginning(table))
            .from(Alias::new(table.name()))
            .cond_where(rows_of(table, self.viewer()))
            .and_where(of(table, "state").eq(GoalState::Active))
            .and_where(of(table, "archived_at").is_null())
            .order_by_expr(of(table, "id"), Order::Desc)
            .limit(PAGE);
        if let Some(before) = before {
            select.and_where(of(table, "id").lt(before));
        }
        select
    }

    /// Objectives whose cycle is not closed: a link to one that is would be stale at once.
    fn cycle_goes_on(&self) -> Condition {
        let mut open = Query::select();
        open.expr(of(Table::Cycle, "id"))
            .from(Alias::new("cycle"))
            .cond_where(rows_of(Table::Cycle, self.viewer()))
            .and_where(of(Table::Cycle, "state").ne(CycleState::Closed));
        Condition::any()
            .add(of(Table::Objective, "cycle_id").is_null())
            .add(of(Table::Objective, "cycle_id").in_subquery(open))
    }
}

/// Lets others have the thread now and then.
async fn breathe(at: usize) {
    if at % BREATH == BREATH - 1 {
        tokio::task::yield_now().await;
    }
}

fn is_last(rows: usize) -> bool {
    u64::try_from(rows).is_ok_and(|rows| rows < PAGE)
}

fn said(vocabulary: &Vocabulary, title: &str, description: Option<&str>) -> Said {
    vocabulary.said(&Texts { titles: &[title], description: description.unwrap_or_default() })
}
