//! How much work is tied to many goals at once, and how much hangs on a single link.
//!
//! A link that stands for everything says as little as an item that serves every goal: full linkage through one link,
//! or by linking each item everywhere, must not look like alignment. Counted are the direct links that the viewer
//! sees and that are active, of work that is not archived: one that went stale, as do those to a goal that was
//! carried over, ties its work to nothing more.

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::{
    access::{Scope, scope::Listed, visible::rows_of},
    alignment_link::AlignmentLinkRow,
    bulk::Binds,
    error::Result,
    predicate::{Field, Predicate, Test},
    relation::Table,
    team::TeamRow,
};

/// How work is linked, in an organization or below a team.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OverLinking {
    /// Direct links that are active.
    pub links: i64,
    /// Projects and tasks that have any.
    pub items: i64,
    /// Items with more than the setting `maxLinks` of them.
    pub over_linked_items: i64,
    /// Direct links of the item that has most.
    pub most_links: i64,
    /// Leaf tasks that are reached by any of the links, directly or by inheritance.
    pub tasks: i64,
    /// The link that reaches most of them, with how many; null where none reaches any.
    pub largest: Option<(Uuid, i64)>,
}

impl OverLinking {
    /// Direct links for each directly linked item; null where there is none.
    #[must_use]
    pub fn fan_out(&self) -> Option<f64> {
        share(self.links, self.items)
    }

    /// Share of the tasks reached that are reached through the largest single link, 0–1; null where none is reached.
    #[must_use]
    pub fn largest_share(&self) -> Option<f64> {
        share(self.largest?.1, self.tasks)
    }
}

fn share(part: i64, whole: i64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

/// Holds for active links of work that is not archived and, where teams are given, theirs.
fn of_work(teams: Option<&[Uuid]>) -> Predicate {
    let work = |column, table| {
        let mut inner = vec![Predicate::Is(Field::new(table, "archived_at"), Test::Null(true))];
        inner.extend(teams.map(|teams| {
            let teams = teams.iter().map(|team| (*team).into()).collect();
            Predicate::Is(Field::new(table, "team_id"), Test::In(teams))
        }));
        let column = Field::new(Table::AlignmentLink, column);
        Predicate::One { column, target: table, inner: Box::new(Predicate::All(inner)) }
    };
    Predicate::All(vec![
        Predicate::Is(Field::new(Table::AlignmentLink, "state"), Test::Eq("ACTIVE".into())),
        Predicate::Any(vec![work("project_id", Table::Project), work("task_id", Table::Task)]),
    ])
}

impl Scope {
    /// How work is linked: in the organization, or in a team with all below it; null when the team does not exist.
    /// A fixed number of statements.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn over_linking(&self, team: Option<Uuid>) -> Result<Option<OverLinking>> {
        let teams = match team {
            None => None,
            Some(id) if self.by_ids::<TeamRow>(&[id]).await?.is_empty() => return Ok(None),
            Some(id) => Some(self.team_with_all_below(id).await?),
        };
        let counted = Condition::all()
            .add(rows_of(AlignmentLinkRow::TABLE, self.viewer()))
            .add(of_work(teams.as_deref()).condition(self.viewer(), self.db.backend()));
        let mut items = Query::select();
        let item = Expr::cust("COALESCE(alignment_link.project_id, alignment_link.task_id)");
        items
            .expr_as(item.clone(), Alias::new("item"))
            .expr_as(Expr::cust("COUNT(*)"), Alias::new("links"))
            .from(Alias::new("alignment_link"))
            .cond_where(counted.clone())
            .add_group_by([item]);
        let mut select = Query::select();
        let limit = self.viewer().settings.max_links;
        let over = format!("CAST(COALESCE(SUM(CASE WHEN links > {limit} THEN 1 ELSE 0 END), 0) AS BIGINT)");
        select
            .expr(Expr::cust("COUNT(*)"))
            .expr(Expr::cust("CAST(COALESCE(SUM(links), 0) AS BIGINT)"))
            .expr(Expr::cust("CAST(COALESCE(MAX(links), 0) AS BIGINT)"))
            .expr(Expr::cust(over))
            .from_subquery(items, Alias::new("items"));
        let mut found = OverLinking::default();
        if let Some(row) = self.db.one(&select).await? {
            found.items = row.try_get_by_index(0)?;
            found.links = row.try_get_by_index(1)?;
            found.most_links = row.try_get_by_index(2)?;
            found.over_linked_items = row.try_get_by_index(3)?;
        }
        let mut tasks = Query::select();
        tasks
            .expr(Expr::cust("COUNT(DISTINCT task)"))
            .from_subquery(self.reached(&counted), Alias::new("reached"));
        if let Some(row) = self.db.one(&tasks).await? {
            found.tasks = row.try_get_by_index(0)?;
        }
        let mut largest = Query::select();
        largest
            .expr(Expr::cust("link"))
            .expr(Expr::cust("COUNT(*)"))
            .from_subquery(self.reached(&counted), Alias::new("reached"))
            .add_group_by([Expr::cust("link")])
            .order_by_expr(Expr::cust("COUNT(*)"), Order::Desc)
            .order_by_expr(Expr::cust("link"), Order::Asc)
            .limit(1);
        if let Some(row) = self.db.one(&largest).await? {
            found.largest = Some((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
        Ok(Some(found))
    }

    /// `SELECT link, task`: the leaf tasks that the viewer sees and that links reach, directly or by inheritance.
    fn reached(&self, counted: &Condition) -> SelectStatement {
        let leaves = || {
            let mut select = Query::select();
            select
                .expr_as(of(Table::AlignmentLink, "id"), Alias::new("link"))
                .expr_as(of(Table::Task, "id"), Alias::new("task"))
                .from(Alias::new("alignment_link"))
                .cond_where(counted.clone())
                .cond_where(rows_of(Table::Task, self.viewer()))
                .and_where(of(Table::Task, "archived_at").is_null())
                .and_where(of(Table::Task, "child_count").eq(0))
                .and_where(of(Table::Task, "status").ne("CANCELLED"));
            select
        };
        let place = |column: &'static str| (Alias::new("task_project"), Alias::new(column));
        let link = |column: &'static str| (Alias::new("alignment_link"), Alias::new(column));
        let task = |column: &'static str| (Alias::new("task"), Alias::new(column));
        let mut inherited = leaves();
        inherited
            .inner_join(Alias::new("task_project"), Expr::col(place("project_id")).equals(link("project_id")))
            .inner_join(Alias::new("task"), Expr::col(task("id")).equals(place("task_id")))
            .and_where(of(Table::Task, "inherits_links").eq(true));
        let mut direct = leaves();
        direct.inner_join(Alias::new("task"), Expr::col(task("id")).equals(link("task_id")));
        inherited.union(UnionType::All, direct);
        inherited
    }

    /// A team and all teams below it.
    async fn team_with_all_below(&self, team: Uuid) -> Result<Vec<Uuid>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let team = binds.push(team);
        let text = format!(
            "WITH RECURSIVE below (id) AS (SELECT id FROM team WHERE organization_id = {organization} AND id = {team} \
             UNION SELECT team.id FROM below JOIN team ON team.parent_id = below.id) SELECT id FROM below"
        );
        let statement = sea_orm::Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let rows = self.db.all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_share_of_nothing() {
        let none = OverLinking::default();
        assert_eq!((none.fan_out(), none.largest_share()), (None, None));
        let some = OverLinking { links: 5, items: 2, tasks: 4, largest: Some((Uuid::nil(), 3)), ..none };
        assert_eq!((some.fan_out(), some.largest_share()), (Some(2.5), Some(0.75)));
    }
}
