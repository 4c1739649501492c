//! Whose hours show: a person's time is theirs, their managers' and leaders'.

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SimpleExpr};
use uuid::Uuid;

use super::{
    access::{
        Scope, Sight,
        visible::{people_whose_time_is_seen, rows_of},
    },
    error::Result,
    relation::Table,
};

impl Scope {
    /// Those of the tasks whose time the viewer may see, so that no other person's hours show through the sum.
    ///
    /// Everybody it is assigned to is the viewer or in their managed subtree, and so is everybody who logged
    /// time on it. Where the tool tells more hours than its entries account for, the rest may be anybody's
    /// and nothing shows; where it tells no entries at all, the hours go by the assignees.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_whose_time_is_seen(&self, tasks: &[Uuid]) -> Result<Vec<Uuid>> {
        if self.viewer().sight == Sight::Everything {
            return Ok(tasks.to_vec());
        }
        let assigned = |name: &'static str| Expr::col((Alias::new("task_assignee"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(assigned("task_id"))
            .from(Alias::new("task_assignee"))
            .cond_where(rows_of(Table::TaskAssignee, self.viewer()))
            .and_where(self.among(assigned("task_id"), tasks))
            .and_where(assigned("task_id").not_in_subquery(self.with_hours_of_others(tasks)))
            .add_group_by([assigned("task_id")])
            .cond_having(Condition::all().add(Func::sum(self.is_other(assigned("person_id"))).eq(0_i32)));
        let rows = self.db.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// 1 where the column names somebody whose time the viewer may not see, or nobody known.
    fn is_other(&self, person: Expr) -> SimpleExpr {
        Expr::case(people_whose_time_is_seen(person, self.viewer()), 0_i32).finally(1_i32).into()
    }

    /// Tasks on which others logged time, or somebody of whom no entry tells.
    fn with_hours_of_others(&self, tasks: &[Uuid]) -> sea_orm::sea_query::SelectStatement {
        let entry = |name: &'static str| Expr::col((Alias::new("time_entry"), Alias::new(name)));
        let task = |name: &'static str| Expr::col((Alias::new("task"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(entry("task_id"))
            .from(Alias::new("time_entry"))
            .inner_join(
                Alias::new("task"),
                task("id").equals((Alias::new("time_entry"), Alias::new("task_id"))),
            )
            .and_where(entry("organization_id").eq(self.viewer().organization_id))
            .and_where(self.among(entry("task_id"), tasks))
            .add_group_by([entry("task_id"), task("logged_seconds")])
            .cond_having(
                Condition::any()
                    .add(Func::sum(self.is_other(entry("person_id"))).gt(0_i32))
                    .add(Func::sum(entry("seconds")).lt(task("logged_seconds"))),
            );
        select
    }
}

#[cfg(test)]
mod tests;
