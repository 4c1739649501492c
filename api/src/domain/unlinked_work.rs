//! A person's own open work that serves no goal and is not acknowledged: "which OKR does this support?".
//!
//! Tasks that are assigned to them, are not done and have no parts, and projects that they own and that have not
//! ended. A link counts whoever sees it, as before the gate: what serves a goal that the person does not see is
//! not asked about. A link to a goal that is over (it or its objective has ended or is archived) does not count:
//! work that is open serves nothing by it any more. The list goes through tasks and projects as one, in any
//! order, by keyset as every list.

use std::{collections::HashMap, sync::Arc};

use entity::{Instant, ProjectState, TaskStatus};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::{
    access::{Scope, Viewer, visible::rows_of},
    acknowledgement::live_at,
    effective_acknowledgement::counted_links,
    error::{DomainError, Result},
    page::{ListIdentity, Page, PageArgs, PageRow, Paging},
    predicate::{Field, Predicate},
    project::ProjectRow,
    relation::Table,
    task::TaskRow,
};

/// A task or a project.
#[derive(Clone, Debug)]
pub enum OwnWork {
    /// A task.
    Task(Arc<TaskRow>),
    /// A project.
    Project(Arc<ProjectRow>),
}

/// Which of them a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// Tasks.
    Task,
    /// Projects.
    Project,
}

/// The name under which both stand together, so that the fields of lists fit: every column that a filter or order
/// of the list names is one that the two statements below give.
const BOTH: Table = Table::Task;
/// Columns of both, as tasks call them.
const COLUMNS: [&str; 7] =
    ["id", "title", "title_folded", "team_id", "integration_id", "created_at", "updated_at"];

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

fn beside(table: &'static str, column: &'static str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(column)))
}

/// Tasks that are the viewer's to do: assigned to them, open, without parts.
pub(in crate::domain) fn open_tasks(viewer: &Viewer) -> Condition {
    let mut assigned = Query::select();
    assigned
        .expr(beside("task_assignee", "task_id"))
        .from(Alias::new("task_assignee"))
        .and_where(beside("task_assignee", "organization_id").eq(viewer.organization_id))
        .and_where(beside("task_assignee", "person_id").eq(viewer.person_id));
    let open = [TaskStatus::Backlog, TaskStatus::Todo, TaskStatus::InProgress];
    rows_of(Table::Task, viewer)
        .add(of(Table::Task, "id").in_subquery(assigned))
        .add(of(Table::Task, "status").is_in(open))
        .add(of(Table::Task, "child_count").eq(0))
        .add(of(Table::Task, "archived_at").is_null())
}

/// `SELECT 1 FROM table WHERE column = work AND …`
fn tied(table: Table, column: &'static str, work: Expr, holds: Condition) -> SelectStatement {
    let mut select = Query::select();
    select
        .expr(Expr::cust("1"))
        .from(Alias::new(table.name()))
        .and_where(of(table, column).eq(work))
        .cond_where(holds);
    select
}

/// The same through the projects that a task stands in; an archived one passes nothing on.
fn tied_through(table: Table, holds: Condition, viewer: &Viewer) -> SelectStatement {
    let mut select = tied(table, "project_id", beside("task_project", "project_id"), holds);
    select
        .inner_join(Alias::new("task_project"), beside("task_project", "task_id").eq(of(Table::Task, "id")))
        .inner_join(Alias::new("project"), of(Table::Project, "id").eq(beside("task_project", "project_id")))
        .and_where(beside("task_project", "organization_id").eq(viewer.organization_id))
        .and_where(of(Table::Project, "archived_at").is_null());
    select
}

/// Links that count and lead to a goal that is not over.
fn serving_links(viewer: &Viewer) -> Condition {
    let link = |column| of(Table::AlignmentLink, column);
    let goal = |table: Table, holder: Expr| {
        let mut select = Query::select();
        select
            .expr(Expr::cust("1"))
            .from(Alias::new(table.name()))
            .and_where(of(table, "organization_id").eq(viewer.organization_id))
            .and_where(of(table, "id").eq(holder))
            .and_where(of(Table::Objective, "ended_at").is_null())
            .and_where(of(Table::Objective, "archived_at").is_null());
        select
    };
    let mut key_result = goal(Table::KeyResult, link("key_result_id"));
    key_result
        .inner_join(
            Alias::new("objective"),
            of(Table::Objective, "id").eq(of(Table::KeyResult, "objective_id")),
        )
        .and_where(of(Table::KeyResult, "ended_at").is_null())
        .and_where(of(Table::KeyResult, "archived_at").is_null());
    let objective = goal(Table::Objective, link("objective_id"));
    counted_links(viewer).add(Condition::any().add(Expr::exists(key_result)).add(Expr::exists(objective)))
}

fn live(viewer: &Viewer, now: Instant) -> Condition {
    live_at(Table::Acknowledgement, now)
        .add(of(Table::Acknowledgement, "organization_id").eq(viewer.organization_id))
}

fn unlinked_tasks(viewer: &Viewer, now: Instant) -> SelectStatement {
    let id = || of(Table::Task, "id");
    let inherited = tied_through(Table::AlignmentLink, serving_links(viewer), viewer);
    let mut select = Query::select();
    select
        .from(Alias::new("task"))
        .cond_where(open_tasks(viewer))
        .and_where(Expr::not_exists(tied(Table::AlignmentLink, "task_id", id(), serving_links(viewer))))
        .and_where(of(Table::Task, "inherits_links").eq(false).or(Expr::not_exists(inherited)))
        .and_where(Expr::not_exists(tied(Table::Acknowledgement, "task_id", id(), live(viewer, now))))
        .and_where(Expr::not_exists(tied_through(Table::Acknowledgement, live(viewer, now), viewer)));
    select.expr_as(Expr::cust("0"), "is_project").expr_as(of(Table::Task, "due_on"), "due_on");
    select.expr_as(of(Table::Task, "project_id"), "project_id");
    columns_of(&mut select, Table::Task);
    select
}

fn unlinked_projects(viewer: &Viewer, now: Instant) -> SelectStatement {
    let id = || of(Table::Project, "id");
    let open = [ProjectState::Planned, ProjectState::InProgress, ProjectState::Paused];
    let mut select = Query::select();
    select
        .from(Alias::new("project"))
        .cond_where(rows_of(Table::Project, viewer))
        .and_where(of(Table::Project, "owner_id").eq(viewer.person_id))
        .and_where(of(Table::Project, "state").is_in(open))
        .and_where(of(Table::Project, "archived_at").is_null())
        .and_where(Expr::not_exists(tied(Table::AlignmentLink, "project_id", id(), serving_links(viewer))))
        .and_where(Expr::not_exists(tied(Table::Acknowledgement, "project_id", id(), live(viewer, now))));
    select.expr_as(Expr::cust("1"), "is_project").expr_as(of(Table::Project, "ends_on"), "due_on");
    select.expr_as(id(), "project_id");
    columns_of(&mut select, Table::Project);
    select
}

fn columns_of(select: &mut SelectStatement, table: Table) {
    for column in COLUMNS {
        select.expr_as(of(table, column), column);
    }
}

impl Scope {
    /// What the cursors of the list are bound to.
    #[must_use]
    pub fn unlinked_identity(&self, kind: Option<WorkKind>, args: &PageArgs) -> ListIdentity {
        self.list_identity(&format!("viewer.unlinkedWork.{kind:?}"), args)
    }

    /// `FROM (tasks UNION ALL projects) WHERE …`
    fn unlinked(&self, kind: Option<WorkKind>, args: &PageArgs) -> SelectStatement {
        let now = self.clock().now();
        let work = match kind {
            Some(WorkKind::Task) => unlinked_tasks(self.viewer(), now),
            Some(WorkKind::Project) => unlinked_projects(self.viewer(), now),
            None => {
                let mut both = unlinked_tasks(self.viewer(), now);
                both.union(UnionType::All, unlinked_projects(self.viewer(), now));
                both
            }
        };
        let mut select = Query::select();
        select.from_subquery(work, Alias::new(BOTH.name()));
        if args.predicate != Predicate::always() {
            select.cond_where(args.predicate.condition(self.viewer(), self.db.backend()));
        }
        select
    }

    /// A page of the viewer's own open work without a link and without an acknowledgement.
    ///
    /// Three statements, however much work.
    ///
    /// # Errors
    /// When the cursor is invalid or the database fails.
    pub async fn unlinked_work(&self, kind: Option<WorkKind>, args: &PageArgs) -> Result<Page<OwnWork>> {
        let identity = self.unlinked_identity(kind, args);
        let paging = Paging::new(args, Field::new(BOTH, "id"), &identity)?;
        let mut select = self.unlinked(kind, args);
        select.expr(of(BOTH, "id")).expr(of(BOTH, "is_project"));
        paging.select_keys(&mut select);
        paging.apply(&mut select);
        let results = self.db.all(&select).await?;
        let mut found = Vec::with_capacity(results.len());
        for result in &results {
            let (id, is_project): (Uuid, i32) = (result.try_get_by_index(0)?, result.try_get_by_index(1)?);
            let keys = paging.read_keys(result, 2)?;
            found.push(PageRow { row: Arc::new(is_project == 1), id, keys });
        }
        // Whether more comes is told by what was found, whatever of it is still there.
        let page = paging.page(found);
        let (projects, tasks): (Vec<_>, Vec<_>) = page.rows.iter().partition(|found| *found.row);
        let ids = |found: Vec<&PageRow<bool>>| found.into_iter().map(|found| found.id).collect::<Vec<_>>();
        let (projects, tasks) = (ids(projects), ids(tasks));
        let mut rows: HashMap<Uuid, OwnWork> = HashMap::with_capacity(page.rows.len());
        rows.extend(
            self.by_ids::<TaskRow>(&tasks).await?.into_iter().map(|(id, row)| (id, OwnWork::Task(row))),
        );
        let projects = self.by_ids::<ProjectRow>(&projects).await?;
        rows.extend(projects.into_iter().map(|(id, row)| (id, OwnWork::Project(row))));
        // What went out of sight between two statements is left out.
        let seen = page.rows.into_iter().filter_map(|PageRow { id, keys, .. }| {
            let row = Arc::new(rows.remove(&id)?);
            Some(PageRow { row, id, keys })
        });
        Ok(Page { rows: seen.collect(), has_next: page.has_next, has_previous: page.has_previous })
    }

    /// How much of it there is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_unlinked_work(&self, kind: Option<WorkKind>, args: &PageArgs) -> Result<i64> {
        let mut select = self.unlinked(kind, args);
        select.expr(Expr::cust("COUNT(*)"));
        let row = self.db.one(&select).await?.ok_or_else(|| DomainError::Internal("no count".into()))?;
        Ok(row.try_get_by_index(0)?)
    }
}
