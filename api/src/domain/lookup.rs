//! Small reads inside a transaction that several commands share, and the codes of goals.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    Statement,
    sea_query::{Alias, Expr, ExprTrait, Order, Query},
};
use uuid::Uuid;

use super::{
    access::{
        Scope,
        scope::{Listed, select_columns},
        visible::rows_of,
    },
    bulk::Binds,
    error::{DomainError, Result, UserErrorCode},
    holding_link::counts_and_holds,
    relation::Table,
    write::Write,
};

/// The goal behind a code alias: an objective, or a key result.
pub(in crate::domain) type AliasTarget = (Option<Uuid>, Option<Uuid>);

impl Scope {
    /// Where a code that is no longer a goal's own leads.
    pub(in crate::domain) async fn alias_of(&self, code: &str) -> Result<Option<AliasTarget>> {
        let mut select = Query::select();
        select
            .columns([Alias::new("objective_id"), Alias::new("key_result_id")])
            .from(Alias::new("code_alias"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .and_where(Expr::col(Alias::new("code")).eq(code));
        let row = self.db.one(&select).await?;
        Ok(row
            .map(|row| Ok::<_, sea_orm::DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
            .transpose()?)
    }

    /// Home teams of people.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn home_teams(&self, people: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
        let of = |name: &'static str| Expr::col((Alias::new("membership"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("person_id"))
            .expr(of("team_id"))
            .from(Alias::new("membership"))
            .cond_where(rows_of(Table::Membership, self.viewer()))
            .and_where(of("is_home").eq(true))
            .and_where(self.among(of("person_id"), people));
        let rows = self.db.all(&select).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    /// Labels of tasks that the viewer sees, in alphabetical order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn labels_of(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<String>>> {
        let of = |name: &'static str| Expr::col((Alias::new("task_label"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("task_id"))
            .expr(of("name"))
            .from(Alias::new("task_label"))
            .cond_where(rows_of(Table::TaskLabel, self.viewer()))
            .and_where(self.among(of("task_id"), tasks))
            .order_by_expr(of("name"), Order::Asc);
        let mut labels: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in self.db.all(&select).await? {
            labels.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
        Ok(labels)
    }

    /// A long text of rows that the viewer sees; rows without one are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn long_texts(
        &self,
        table: Table,
        column: &'static str,
        ids: &[Uuid],
    ) -> Result<Vec<(Uuid, String)>> {
        let of = |name: &'static str| Expr::col((Alias::new(table.name()), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("id"))
            .expr(of(column))
            .from(Alias::new(table.name()))
            .cond_where(rows_of(table, self.viewer()))
            .and_where(of(column).is_not_null())
            .and_where(self.among(of("id"), ids));
        let rows = self.db.all(&select).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}

impl Write {
    fn own(&self, table: &'static str) -> Expr {
        Expr::col((Alias::new(table), Alias::new("organization_id"))).eq(self.viewer().organization_id)
    }

    /// A row whoever asks: after a change that may have taken it out of the viewer's sight.
    pub(in crate::domain) async fn reread<R: Listed>(&self, id: Uuid) -> Result<R> {
        self.everyones::<R>(&[id]).await?.pop().ok_or(DomainError::NotFound)
    }

    /// The row with the numbers that follow from this transaction so far. The roll-up that comes before
    /// the commit finds nothing left to do for it.
    pub(in crate::domain) async fn rolled_up<R: Listed>(&mut self, id: Uuid) -> Result<R> {
        self.roll_up().await?;
        self.reread(id).await
    }

    /// Rows whoever asks: for what follows from a change, never for an answer.
    pub(in crate::domain) async fn everyones<R: Listed>(&self, ids: &[Uuid]) -> Result<Vec<R>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Query::select();
        select_columns::<R>(&mut select);
        select
            .from(Alias::new(R::TABLE.name()))
            .and_where(if R::TABLE == Table::Organization {
                Expr::col((Alias::new("organization"), Alias::new("id"))).eq(self.viewer().organization_id)
            } else {
                self.own(R::TABLE.name())
            })
            .and_where(self.among(R::TABLE.name(), "id", ids));
        self.rows::<R>(&select).await
    }

    /// A long text that the row's type does not read.
    pub(in crate::domain) async fn long_text(
        &self,
        table: Table,
        column: &'static str,
        id: Uuid,
    ) -> Result<Option<String>> {
        let mut select = Query::select();
        select
            .column(Alias::new(column))
            .from(Alias::new(table.name()))
            .and_where(self.own(table.name()))
            .and_where(Expr::col(Alias::new("id")).eq(id));
        match self.tx.one(&select).await? {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Ok(None),
        }
    }

    /// Keys of the rows whose column holds `value`.
    pub(in crate::domain) async fn keys_of(
        &self,
        table: &'static str,
        column: &'static str,
        value: Uuid,
    ) -> Result<Vec<Uuid>> {
        let mut select = Query::select();
        select
            .column(Alias::new("id"))
            .from(Alias::new(table))
            .and_where(self.own(table))
            .and_where(Expr::col(Alias::new(column)).eq(value));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// The next number of a code; it is never given twice, for the organization's row is locked by it.
    pub(in crate::domain) async fn next_number(&self, column: &'static str) -> Result<i64> {
        self.next_numbers(column, 1).await
    }

    /// Takes `count` numbers; gives the first.
    pub(in crate::domain) async fn next_numbers(&self, column: &'static str, count: i64) -> Result<i64> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let step = binds.push(count);
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "UPDATE organization SET {column} = {column} + {step} WHERE id = {organization} RETURNING {column}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let row = self.tx.all_raw(statement).await?.pop().ok_or(DomainError::NotFound)?;
        Ok(row.try_get_by_index::<i64>(0)? - count)
    }

    /// Refuses a parent that lies below the row itself, naming the path.
    ///
    /// The organization's row is locked first, so that two moves at once cannot close a ring together.
    pub(in crate::domain) async fn refuse_ring(
        &self,
        (of, name): (Table, &'static str),
        field: &str,
        id: Uuid,
        parent: Uuid,
    ) -> Result<()> {
        self.lock_organization().await?;
        let mut binds = Binds::new(self.tx.is_postgres());
        let start = binds.push(parent);
        let first = binds.push(self.viewer().organization_id);
        let second = binds.push(self.viewer().organization_id);
        let table = of.name();
        let text = format!(
            "WITH RECURSIVE above (id, parent_id, name, depth) AS ( \
             SELECT id, parent_id, {name}, 0 FROM {table} WHERE id = {start} AND organization_id = {first} \
             UNION ALL \
             SELECT t.id, t.parent_id, t.{name}, above.depth + 1 FROM {table} AS t \
             JOIN above ON t.id = above.parent_id WHERE t.organization_id = {second} AND above.depth < 1000) \
             SELECT id, name FROM above ORDER BY depth"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut path = Vec::new();
        for row in self.tx.all_raw(statement).await? {
            let step: Uuid = row.try_get_by_index(0)?;
            path.push((step, row.try_get_by_index::<String>(1)?));
            if step == id {
                path.reverse();
                // The path may lead through rows that the viewer does not see: those are passed over.
                let ids: Vec<Uuid> = path.iter().map(|(id, _)| *id).collect();
                let seen = self.seen_among(of, &ids).await?;
                let steps: Vec<&str> = path
                    .iter()
                    .map(|(id, name)| if seen.contains(id) { name.as_str() } else { "…" })
                    .collect();
                let message = format!("lies below it: {} — choose another parent", steps.join(" → "));
                return Err(DomainError::user(field, UserErrorCode::Invalid, message));
            }
        }
        Ok(())
    }

    /// Those of these rows that the viewer sees.
    async fn seen_among(&self, table: Table, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
        let mut select = Query::select();
        select
            .column((Alias::new(table.name()), Alias::new("id")))
            .from(Alias::new(table.name()))
            .cond_where(rows_of(table, self.viewer()))
            .and_where(self.among(table.name(), "id", ids));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Locks the organization's row: for what must not happen twice at once in an organization.
    pub(in crate::domain) async fn lock_organization(&self) -> Result<()> {
        let mut select = Query::select();
        select
            .column((Alias::new("organization"), Alias::new("id")))
            .from(Alias::new("organization"))
            .and_where(
                Expr::col((Alias::new("organization"), Alias::new("id"))).eq(self.viewer().organization_id),
            );
        self.locked(&mut select, "organization");
        self.tx.one(&select).await?.map(|_| ()).ok_or(DomainError::NotFound)
    }

    /// People that tasks are assigned to.
    pub(in crate::domain) async fn assignees_of(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>> {
        let mut people: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        let mut select = Query::select();
        select
            .columns([Alias::new("task_id"), Alias::new("person_id")])
            .from(Alias::new("task_assignee"))
            .and_where(self.own("task_assignee"))
            .and_where(Expr::col(Alias::new("person_id")).is_not_null())
            .and_where(self.among("task_assignee", "task_id", tasks));
        for row in self.tx.all(&select).await? {
            people.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
        Ok(people)
    }

    /// Locks rows in the order of their keys, so that what is counted for them next is not lost to
    /// another transaction that counts at the same time.
    async fn lock_rows(&self, table: &'static str, ids: &[Uuid]) -> Result<()> {
        if self.tx.is_postgres() {
            let mut select = Query::select();
            select
                .column((Alias::new(table), Alias::new("id")))
                .from(Alias::new(table))
                .and_where(self.own(table))
                .and_where(self.among(table, "id", ids));
            self.locked(&mut select, table);
            self.tx.all(&select).await?;
        }
        Ok(())
    }

    /// Recounts which children a task has that are not archived.
    pub(in crate::domain) async fn recount_children(&self, parents: &[Uuid]) -> Result<()> {
        if parents.is_empty() {
            return Ok(());
        }
        self.lock_rows("task", parents).await?;
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(parents);
        let text = format!(
            "UPDATE task SET child_count = (SELECT COUNT(*) FROM task AS child \
             WHERE child.parent_id = task.id AND child.archived_at IS NULL) \
             WHERE organization_id = {organization} AND id IN {ids}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        self.tx.execute(statement).await?;
        Ok(())
    }

    /// Works out again which tasks take their projects' links; gives those for which it changed.
    ///
    /// A task takes them unless it opted out or has a link of its own that counts and holds it: one to a goal
    /// that is pursued, or to one that is over (closed, given up or archived, itself or its objective) where
    /// the task was finished before that: then its work was for that goal.
    async fn refresh_inheritance(&self, tasks: &[Uuid]) -> Result<Vec<Uuid>> {
        if tasks.is_empty() {
            return Ok(Vec::new());
        }
        self.lock_rows("task", tasks).await?;
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(tasks);
        let counts = counts_and_holds("link", Some("task"), self.settings_now().await?.require_confirm);
        let inherits = format!(
            "(NOT task.opted_out AND NOT EXISTS (SELECT 1 FROM alignment_link AS link \
             WHERE link.task_id = task.id AND {counts}))"
        );
        let text = format!(
            "UPDATE task SET inherits_links = {inherits} WHERE organization_id = {organization} \
             AND id IN {ids} AND inherits_links <> {inherits} RETURNING id"
        );
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Works out again which tasks take their projects' links; the projects of those for which it changed are
    /// looked at again.
    pub(in crate::domain) async fn follow_inheritance(&mut self, tasks: &[Uuid]) -> Result<()> {
        let changed = self.refresh_inheritance(tasks).await?;
        if !changed.is_empty() {
            let projects = self.projects_of(&changed).await?;
            self.touched.projects.extend(projects);
        }
        Ok(())
    }

    /// Projects that tasks stand in.
    pub(in crate::domain) async fn projects_of(&self, tasks: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut select = Query::select();
        select
            .distinct()
            .column(Alias::new("project_id"))
            .from(Alias::new("task_project"))
            .and_where(self.own("task_project"))
            .and_where(self.among("task_project", "task_id", tasks));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}

impl Write {
    /// Home team of a person, for rights on work without a team.
    pub(in crate::domain) async fn home_team(&self, person: Option<Uuid>) -> Result<Option<Uuid>> {
        let Some(person) = person else { return Ok(None) };
        let mut select = Query::select();
        select
            .column(Alias::new("team_id"))
            .from(Alias::new("membership"))
            .and_where(self.own("membership"))
            .and_where(Expr::col(Alias::new("person_id")).eq(person))
            .and_where(Expr::col(Alias::new("is_home")).eq(true));
        match self.tx.one(&select).await? {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Ok(None),
        }
    }
}
