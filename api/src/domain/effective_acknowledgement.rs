//! The acknowledgement that holds for work: its own, or, for a task, one of its projects'. Inheritance is
//! computed, never stored, and ends are the clock's, so that both are right at once.

use std::{collections::HashMap, sync::Arc};

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use super::{
    access::{Scope, Viewer, scope::Listed, visible::rows_of},
    acknowledgement::{AcknowledgementRow, live_at},
    error::Result,
    holding_link::holds,
    predicate::Field,
    relation::Table,
    row::Row,
};

/// The acknowledgement that holds for a task.
#[derive(Clone, Debug)]
pub struct EffectiveAcknowledgement {
    /// The acknowledgement.
    pub row: Arc<AcknowledgementRow>,
    /// The project through which the task inherits it; null for the task's own.
    pub via: Option<Uuid>,
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

/// A link that counts: not retired and, where the organization wants that, confirmed; whoever may see it.
///
/// Whether its goal holds the work is asked beside it: see [`holds`].
pub(in crate::domain) fn counted_links(viewer: &Viewer) -> Condition {
    let link = |column| of(Table::AlignmentLink, column);
    let mut counted = Condition::all()
        .add(link("organization_id").eq(viewer.organization_id))
        .add(link("state").ne("RETIRED"));
    if viewer.settings.require_confirm {
        counted = counted.add(link("confirmed_at").is_not_null());
    }
    counted
}

/// The links of the task in whose row it is asked that count and hold it.
fn own_links(viewer: &Viewer) -> SelectStatement {
    let mut select = Query::select();
    select
        .expr(of(Table::AlignmentLink, "id"))
        .from(Alias::new("alignment_link"))
        .and_where(of(Table::AlignmentLink, "task_id").equals((Alias::new("task"), Alias::new("id"))))
        .cond_where(counted_links(viewer))
        .and_where(Expr::cust(holds("alignment_link", Some("task"))));
    select
}

impl Scope {
    /// The acknowledgements of projects, or of tasks, that hold now. `column` is `project_id` or `task_id`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_acknowledgements(
        &self,
        column: &'static str,
        work: &[Uuid],
    ) -> Result<HashMap<Uuid, Arc<AcknowledgementRow>>> {
        let mut select = self.find::<AcknowledgementRow>();
        select
            .cond_where(live_at(Table::Acknowledgement, self.clock().now()))
            .and_where(self.among(of(AcknowledgementRow::TABLE, column), work));
        let mut live = HashMap::new();
        for result in self.db.all(&select).await? {
            let row = AcknowledgementRow::read(&result, 0)?;
            if let Some(work) = if column == "project_id" { row.project_id } else { row.task_id } {
                live.insert(work, Arc::new(row));
            }
        }
        Ok(live)
    }

    /// The acknowledgements that hold for tasks, as far as the viewer sees them: a task's own one, or its
    /// projects' where it has neither one of its own nor a link of its own that counts and holds it; its primary
    /// project's before those of the others. A link to a goal that is over holds what was finished by then.
    ///
    /// Two statements, however many tasks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn effective_acknowledgements(
        &self,
        tasks: &[Uuid],
    ) -> Result<HashMap<Uuid, EffectiveAcknowledgement>> {
        let own = self.live_acknowledgements("task_id", tasks).await?;
        let mut holding: HashMap<Uuid, EffectiveAcknowledgement> =
            own.into_iter().map(|(task, row)| (task, EffectiveAcknowledgement { row, via: None })).collect();
        let left: Vec<Uuid> = tasks.iter().filter(|task| !holding.contains_key(task)).copied().collect();
        if left.is_empty() {
            return Ok(holding);
        }
        let place = |column: &'static str| Expr::col((Alias::new("task_project"), Alias::new(column)));
        let mut inherited = self.find::<AcknowledgementRow>();
        inherited
            .expr(place("task_id"))
            .inner_join(
                Alias::new("task_project"),
                place("project_id").equals((Alias::new("acknowledgement"), Alias::new("project_id"))),
            )
            .inner_join(
                Alias::new("task"),
                of(Table::Task, "id").equals((Alias::new("task_project"), Alias::new("task_id"))),
            )
            .inner_join(
                Alias::new("project"),
                of(Table::Project, "id").equals((Alias::new("task_project"), Alias::new("project_id"))),
            )
            .cond_where(live_at(Table::Acknowledgement, self.clock().now()))
            .cond_where(rows_of(Table::Task, self.viewer()))
            // An archived project is out of every number, and so is what it would pass on.
            .and_where(of(Table::Project, "archived_at").is_null())
            .and_where(self.among(place("task_id"), &left))
            .and_where(Expr::not_exists(own_links(self.viewer())))
            .order_by_expr(place("is_primary"), Order::Desc)
            .order_by_expr(of(Table::Acknowledgement, "id"), Order::Asc);
        for result in self.db.all(&inherited).await? {
            let row = AcknowledgementRow::read(&result, 0)?;
            let task: Uuid = result.try_get_by_index(AcknowledgementRow::columns().len())?;
            let via = row.project_id;
            holding.entry(task).or_insert_with(|| EffectiveAcknowledgement { row: Arc::new(row), via });
        }
        Ok(holding)
    }
}
