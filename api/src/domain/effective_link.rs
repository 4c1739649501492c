//! The links that hold for a task: its own, or those of its projects. Inheritance is computed, never
//! stored, so that it is right at once when a project is linked or a task opts out.

use std::{collections::HashMap, sync::Arc};

use entity::LinkState;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait};
use uuid::Uuid;

use super::{
    access::{Scope, visible::rows_of},
    alignment_link::AlignmentLinkRow,
    error::Result,
    predicate::Field,
    relation::Table,
    row::Row,
};

/// A link that holds for a task.
#[derive(Clone, Debug)]
pub struct EffectiveLink {
    /// The link.
    pub link: Arc<AlignmentLinkRow>,
    /// The project through which the task inherits it; null for the task's own.
    pub via: Option<Uuid>,
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

impl Scope {
    /// The links that hold for tasks, as far as the viewer sees both their ends: a task's own ones that count,
    /// and those of its projects where none of its own holds it and it did not opt out. Links to goals that are
    /// over hold what was finished by then, and nothing else.
    ///
    /// Two statements, however many tasks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn effective_links(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<EffectiveLink>>> {
        let mut links: HashMap<Uuid, Vec<EffectiveLink>> = HashMap::new();
        let mut counted = Condition::all().add(of(Table::AlignmentLink, "state").ne(LinkState::Retired));
        if self.viewer().settings.require_confirm {
            counted = counted.add(of(Table::AlignmentLink, "confirmed_at").is_not_null());
        }
        let by_id = (Alias::new("alignment_link"), Alias::new("id"));
        let mut own = self.find::<AlignmentLinkRow>();
        own.cond_where(counted.clone())
            .and_where(self.among(of(Table::AlignmentLink, "task_id"), tasks))
            .order_by(by_id.clone(), sea_orm::sea_query::Order::Asc);
        for result in self.db.all(&own).await? {
            let link = AlignmentLinkRow::read(&result, 0)?;
            if let Some(task) = link.task_id {
                let link = EffectiveLink { link: Arc::new(link), via: None };
                links.entry(task).or_default().push(link);
            }
        }
        let place = |column: &'static str| Expr::col((Alias::new("task_project"), Alias::new(column)));
        let mut inherited = self.find::<AlignmentLinkRow>();
        inherited
            .expr(place("task_id"))
            .inner_join(
                Alias::new("task_project"),
                place("project_id").equals((Alias::new("alignment_link"), Alias::new("project_id"))),
            )
            .inner_join(
                Alias::new("task"),
                of(Table::Task, "id").equals((Alias::new("task_project"), Alias::new("task_id"))),
            )
            .inner_join(
                Alias::new("project"),
                of(Table::Project, "id").equals((Alias::new("task_project"), Alias::new("project_id"))),
            )
            .cond_where(counted)
            .cond_where(rows_of(Table::Task, self.viewer()))
            .and_where(of(Table::Task, "inherits_links").eq(true))
            // An archived project is out of every number, and so is what it would pass on.
            .and_where(of(Table::Project, "archived_at").is_null())
            .and_where(self.among(place("task_id"), tasks))
            .order_by(by_id, sea_orm::sea_query::Order::Asc);
        for result in self.db.all(&inherited).await? {
            let link = AlignmentLinkRow::read(&result, 0)?;
            let task: Uuid = result.try_get_by_index(AlignmentLinkRow::columns().len())?;
            let via = link.project_id;
            links.entry(task).or_default().push(EffectiveLink { link: Arc::new(link), via });
        }
        Ok(links)
    }
}
