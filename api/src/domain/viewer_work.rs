//! A person's own open tasks, ordered by what the goals need (see [`super::goal_need`]).
//!
//! Needs move with the clock and with everybody's progress, so they are computed when asked for: all of the
//! person's open tasks with the links that hold for them, `CHUNK` tasks at a time, then the goals of these
//! links. Nothing is left out; held are, until the page is cut, some two hundred bytes for each open task and as
//! many for each link that holds for it, the rows of one chunk, and how each objective that they serve stands with
//! all of its key results. A cursor carries the moment of its first page, by which the needs of the next pages are computed
//! too: a list that is read on does not shuffle because time passes.
//!
//! What is written between two pages does move: a task whose need or due day changes may be met on both or on
//! neither.
//!
//! Links to goals that the viewer does not see count as well, where somebody confirmed them: of a need that comes
//! from one of these, only how far the goal is behind is told. What nobody confirmed is not told even so much: a
//! code in a text makes a link to any goal, and whoever writes it would read of each how far it is behind.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use chrono::NaiveDate;
use entity::{Instant, Significance};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use super::{
    access::{Scope, Viewer},
    effective_acknowledgement::counted_links,
    error::{DomainError, Result},
    goal_need::{Need, Tie, goal_at},
    page::{KeyValue, ListIdentity, Page, PageArgs, PageRow, SortKind},
    predicate::{Field, Predicate, visible_rows},
    relation::Table,
    task::TaskRow,
    unlinked_work::open_tasks,
};

/// Tasks that are read at once.
const CHUNK: u64 = 5_000;
/// How old the moment of a cursor may be, in seconds: a day of reading on is a long one.
const OLDEST: i64 = 86_400;
/// How far the clock of another node may be ahead, in seconds.
const AHEAD: i64 = 300;

/// In which order a person's work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkOrder {
    /// The greatest need first, what serves no goal last; then by due day, then by creation.
    GoalNeed,
    /// The earliest due day first, without one last; then by creation.
    DueOn,
}

/// A task with what the goals need of it.
#[derive(Clone, Debug)]
pub struct OwnTask {
    /// The task.
    pub task: Arc<TaskRow>,
    /// The greatest need among its links; null when no link holds for it of which the viewer may be told.
    pub need: Option<Need>,
}

struct Entry {
    task: Uuid,
    due: Option<NaiveDate>,
    ties: Vec<Tie>,
    need: Option<Need>,
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

/// Links of whose need the viewer may be told: to goals that they see, and those that somebody confirmed. Who
/// confirms a link answers for its goal, and who makes one by hand, which confirms it, sees the goal.
fn told_links(viewer: &Viewer) -> Condition {
    let link = |column| of(Table::AlignmentLink, column);
    let seen = |column, goal: Table| {
        let mut goals = visible_rows(goal, viewer);
        goals.expr(of(goal, "id"));
        link(column).in_subquery(goals)
    };
    Condition::any()
        .add(link("confirmed_at").is_not_null())
        .add(seen("key_result_id", Table::KeyResult))
        .add(seen("objective_id", Table::Objective))
}

impl Scope {
    /// What the cursors of the list are bound to.
    #[must_use]
    pub fn work_identity(&self, order: WorkOrder, args: &PageArgs) -> ListIdentity {
        self.list_identity(&format!("viewer.work.{order:?}"), args)
    }

    /// A page of the viewer's own open tasks, and how many there are in all.
    ///
    /// # Errors
    /// When the cursor is invalid or the database fails.
    pub async fn own_work(&self, order: WorkOrder, args: &PageArgs) -> Result<(Page<OwnTask>, usize)> {
        let now = self.clock().now();
        let identity = self.work_identity(order, args);
        let kinds = [SortKind::Integer, SortKind::Float, SortKind::Date];
        let cursor = args.cursor.as_deref().map(|cursor| identity.open(cursor, &kinds)).transpose()?;
        let mut at = now;
        let mut place = None;
        if let Some(cursor) = cursor {
            let [KeyValue::Integer(began), need, due] = cursor.0.as_slice() else {
                return Err(DomainError::CursorInvalid);
            };
            if *began > now.plus_seconds(AHEAD).0 {
                return Err(DomainError::CursorInvalid);
            }
            if *began < now.plus_seconds(-OLDEST).0 {
                return Err(DomainError::CursorTooOld);
            }
            at = Instant(*began);
            place = Some((float(need), date(due), cursor.1));
        }
        let mut entries = self.open_entries(&args.predicate).await?;
        let ties: Vec<Tie> = entries.iter().flat_map(|entry| entry.ties.iter().copied()).collect();
        let goals = self.goals_of(&ties, at).await?;
        for entry in &mut entries {
            entry.need = goals.greatest(&entry.ties);
            entry.ties = Vec::new();
        }
        entries.sort_unstable_by(|one, other| before(order, one.place(), other.place()));
        let count = entries.len();
        let (slice, has_next, has_previous) = cut(entries, order, place, args);
        let ids: Vec<Uuid> = slice.iter().map(|entry| entry.task).collect();
        let mut tasks = self.by_ids::<TaskRow>(&ids).await?;
        let rows = slice.into_iter().filter_map(|entry| {
            // What went out of sight between two statements is left out.
            let task = tasks.remove(&entry.task)?;
            let (need, due, id) = entry.place();
            let keys = vec![
                KeyValue::Integer(at.0),
                need.map_or(KeyValue::Null, KeyValue::Float),
                due.map_or(KeyValue::Null, KeyValue::Date),
            ];
            Some(PageRow { row: Arc::new(OwnTask { task, need: entry.need }), id, keys })
        });
        Ok((Page { rows: rows.collect(), has_next, has_previous }, count))
    }

    fn open(&self, predicate: &Predicate) -> SelectStatement {
        let mut select = Query::select();
        select.from(Alias::new("task")).cond_where(open_tasks(self.viewer()));
        if *predicate != Predicate::always() {
            select.cond_where(predicate.condition(self.viewer(), self.db.backend()));
        }
        select
    }

    /// All open tasks of the viewer with the links that hold for them: three statements for each chunk.
    async fn open_entries(&self, predicate: &Predicate) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut after = None;
        loop {
            let mut select = self.open(predicate);
            select
                .expr(of(Table::Task, "id"))
                .expr(of(Table::Task, "due_on"))
                .order_by_expr(of(Table::Task, "id"), Order::Asc)
                .limit(CHUNK);
            if let Some(after) = after {
                select.and_where(of(Table::Task, "id").gt(after));
            }
            let mut chunk: Vec<Entry> = Vec::new();
            for row in self.db.all(&select).await? {
                let (task, due) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                chunk.push(Entry { task, due, ties: Vec::new(), need: None });
            }
            let Some(last) = chunk.last().map(|entry| entry.task) else { return Ok(entries) };
            after = Some(last);
            let is_last = u64::try_from(chunk.len()).is_ok_and(|read| read < CHUNK);
            let ids: Vec<Uuid> = chunk.iter().map(|entry| entry.task).collect();
            let mut ties = self.ties_of(&ids).await?;
            for entry in &mut chunk {
                entry.ties = ties.remove(&entry.task).unwrap_or_default();
            }
            entries.extend(chunk);
            if is_last {
                return Ok(entries);
            }
        }
    }

    /// The links that hold for tasks, as [`Scope::effective_links`] has them, but for the sight of their ends: see
    /// [`told_links`].
    async fn ties_of(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<Tie>>> {
        let link = |column| of(Table::AlignmentLink, column);
        let place = |column: &'static str| Expr::col((Alias::new("task_project"), Alias::new(column)));
        let counted = |task: Expr, via: Expr| {
            let mut select = Query::select();
            select
                .expr(task.clone())
                .expr(via)
                .exprs(["id", "key_result_id", "objective_id", "weight", "significance"].map(link))
                .from(Alias::new("alignment_link"))
                .cond_where(counted_links(self.viewer()))
                .cond_where(told_links(self.viewer()))
                .and_where(self.among(task, tasks));
            select
        };
        let own = counted(link("task_id"), link("project_id"));
        let mut inherited = counted(place("task_id"), link("project_id"));
        inherited
            .inner_join(Alias::new("task_project"), place("project_id").eq(link("project_id")))
            .inner_join(Alias::new("task"), of(Table::Task, "id").eq(place("task_id")))
            .inner_join(Alias::new("project"), of(Table::Project, "id").eq(place("project_id")))
            .and_where(of(Table::Task, "inherits_links").eq(true))
            .and_where(of(Table::Project, "archived_at").is_null());
        let mut ties: HashMap<Uuid, Vec<Tie>> = HashMap::new();
        for select in [own, inherited] {
            for row in self.db.all(&select).await? {
                let Some(goal) = goal_at(&row, 3, 4)? else { continue };
                let tie = Tie {
                    link: row.try_get_by_index(2)?,
                    goal,
                    weight: row.try_get_by_index(5)?,
                    contributes: row.try_get_by_index::<Significance>(6)? == Significance::Contributes,
                    via: row.try_get_by_index(1)?,
                };
                ties.entry(row.try_get_by_index(0)?).or_default().push(tie);
            }
        }
        Ok(ties)
    }
}

/// Need, due day and key: by these a task has its place.
type Place = (Option<f64>, Option<NaiveDate>, Uuid);

impl Entry {
    fn place(&self) -> Place {
        (self.need.map(|need| need.need), self.due, self.task)
    }
}

fn before(order: WorkOrder, one: Place, other: Place) -> Ordering {
    let needs = match order {
        WorkOrder::DueOn => Ordering::Equal,
        WorkOrder::GoalNeed => match (one.0, other.0) {
            (Some(one), Some(other)) => other.total_cmp(&one),
            (one, other) => one.is_none().cmp(&other.is_none()),
        },
    };
    let due = || one.1.is_none().cmp(&other.1.is_none()).then(one.1.cmp(&other.1));
    needs.then_with(due).then(one.2.cmp(&other.2))
}

/// The part of a sorted list that is asked for, and whether more comes after and before it.
fn cut(
    mut entries: Vec<Entry>,
    order: WorkOrder,
    cursor: Option<Place>,
    args: &PageArgs,
) -> (Vec<Entry>, bool, bool) {
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let (from, to) = match (cursor, args.backwards) {
        (None, _) => (0, entries.len()),
        (Some(cursor), false) => {
            (entries.partition_point(|entry| before(order, entry.place(), cursor).is_le()), entries.len())
        }
        (Some(cursor), true) => {
            (0, entries.partition_point(|entry| before(order, entry.place(), cursor).is_lt()))
        }
    };
    let (from, to) = if args.backwards {
        (from.max(to.saturating_sub(limit)), to)
    } else {
        (from, to.min(from.saturating_add(limit)))
    };
    let (has_next, has_previous) = (to < entries.len(), from > 0);
    entries.truncate(to);
    (entries.split_off(from.min(to)), has_next, has_previous)
}

fn float(value: &KeyValue) -> Option<f64> {
    match value {
        KeyValue::Float(value) => Some(*value),
        KeyValue::Null | KeyValue::Text(_) | KeyValue::Integer(_) | KeyValue::Date(_) => None,
    }
}

fn date(value: &KeyValue) -> Option<NaiveDate> {
    match value {
        KeyValue::Date(value) => Some(*value),
        KeyValue::Null | KeyValue::Text(_) | KeyValue::Integer(_) | KeyValue::Float(_) => None,
    }
}
