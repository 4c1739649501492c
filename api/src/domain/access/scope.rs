//! The scope: the one thing that reads and writes for a viewer.
//!
//! It owns the database; a read starts here, under the row filter of what it reads. What needs the
//! database before there is a viewer passes one of two named gates: `Scope::system` for work of
//! Throughline itself in one organization, and `domain::installation` for sign-in, set-up and doctor.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{Role, TokenScope};
use sea_orm::{
    ActiveEnum, QueryResult, Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    viewer::{Actor, Sight, Viewer},
    visible::rows_of,
};
use crate::domain::{
    clock::Clock,
    db::Db,
    error::{DomainError, Result},
    page::{ListIdentity, Page, PageArgs, PageRow, Paging},
    predicate::{Field, Predicate, one_of},
    relation::{Path, Relation, Table},
    row::{Row, name_of},
    settings::Settings,
};

/// A row that belongs to a table with a row filter.
pub trait Listed: Row {
    /// The table.
    const TABLE: Table;
    /// Whether rows can be archived.
    const ARCHIVABLE: bool;
}

/// Reads and writes for one viewer.
#[derive(Clone)]
pub struct Scope {
    pub(in crate::domain) db: Db,
    viewer: Arc<Viewer>,
    clock: Clock,
    request_id: Option<Arc<str>>,
    public_urls: Arc<[String]>,
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("viewer", &self.viewer.person_id).finish_non_exhaustive()
    }
}

impl Scope {
    /// The scope of a person; the viewer was loaded by `domain::installation`.
    pub(in crate::domain) fn new(
        db: Db,
        clock: Clock,
        viewer: Arc<Viewer>,
        request_id: Option<Arc<str>>,
    ) -> Self {
        Self { db, viewer, clock, request_id, public_urls: Arc::default() }
    }

    /// The same for a Throughline that is reached under these addresses.
    pub(in crate::domain) fn reached_under(self, public_urls: &Arc<[String]>) -> Self {
        Self { public_urls: Arc::clone(public_urls), ..self }
    }

    /// The scope of Throughline itself in one organization; `reason` is for the reader of the code.
    pub(in crate::domain) fn system(
        db: Db,
        clock: Clock,
        organization: Uuid,
        settings: Arc<Settings>,
        time_zone: chrono_tz::Tz,
        actor: Actor,
        _reason: &'static str,
    ) -> Self {
        let backend = db.backend();
        let viewer = Viewer {
            organization_id: organization,
            person_id: Uuid::nil(),
            session_id: None,
            token: None,
            actor,
            role: Role::Leader,
            is_admin: true,
            sight: Sight::Everything,
            member_teams: Vec::new(),
            managed_teams: Vec::new(),
            seen_teams: Vec::new(),
            settings,
            time_zone,
            backend,
        };
        Self { db, viewer: Arc::new(viewer), clock, request_id: None, public_urls: Arc::default() }
    }

    /// The same, for a job: what it runs belongs to no request.
    #[must_use]
    pub fn for_job(self) -> Self {
        Self { db: self.db.for_job(), ..self }
    }

    /// The scope in which a command runs. A tool's token runs what names a scope that it has, and sees for
    /// that alone what it needs to; people and Throughline itself run as they are.
    ///
    /// # Errors
    /// `FORBIDDEN` for a token without the scope.
    pub(in crate::domain) fn for_command(&self, wanted: Option<TokenScope>) -> Result<Self> {
        if self.viewer.token.is_none() {
            return Ok(self.clone());
        }
        match wanted {
            Some(wanted) if self.viewer.has_scope(wanted) => {
                let viewer = Viewer { sight: Sight::Everything, ..(*self.viewer).clone() };
                Ok(Self { viewer: Arc::new(viewer), ..self.clone() })
            }
            Some(wanted) => {
                let name = wanted.to_value();
                Err(DomainError::Forbidden(format!("this token has not the scope {name}, which this needs")))
            }
            None => Err(DomainError::Forbidden("no token of a tool may do this: a person does it".into())),
        }
    }

    /// Who asks.
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The same, for those who keep it.
    #[must_use]
    pub fn shared_viewer(&self) -> &Arc<Viewer> {
        &self.viewer
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Addresses under which this Throughline is reached: pasted ones lead to its goals and work.
    #[must_use]
    pub fn public_urls(&self) -> &[String] {
        &self.public_urls
    }

    /// Id of the request, for events and logs.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// `SELECT columns FROM table WHERE organization AND row filter`.
    pub(in crate::domain) fn find<R: Listed>(&self) -> SelectStatement {
        let mut select = Query::select();
        select_columns::<R>(&mut select);
        select.from(Alias::new(R::TABLE.name())).cond_where(rows_of(R::TABLE, &self.viewer));
        select
    }

    fn condition(&self, table: Table, archivable: bool, args: &PageArgs) -> Condition {
        let mut all = Condition::all();
        if archivable && !args.include_archived {
            all = all.add(Field::new(table, "archived_at").expr().is_null());
        }
        if args.predicate != Predicate::always() {
            all = all.add(args.predicate.condition(&self.viewer, self.db.backend()));
        }
        all
    }

    /// What the cursors of a list are bound to.
    #[must_use]
    pub fn list_identity(&self, list: &str, args: &PageArgs) -> ListIdentity {
        ListIdentity::new(self.viewer.organization_id, list, args)
    }

    /// A page of all rows that the viewer sees.
    ///
    /// # Errors
    /// When the cursor is invalid or the database fails.
    pub async fn page<R: Listed>(&self, args: &PageArgs) -> Result<Page<R>> {
        let identity = self.list_identity(R::TABLE.name(), args);
        let paging = Paging::new(args, Field::new(R::TABLE, "id"), &identity)?;
        let mut select = self.find::<R>();
        paging.select_keys(&mut select);
        select.cond_where(self.condition(R::TABLE, R::ARCHIVABLE, args));
        paging.apply(&mut select);
        let results = self.db.all(&select).await?;
        let rows = results.iter().map(|result| page_row(&paging, result, 0)).collect::<Result<_>>()?;
        Ok(paging.page(rows))
    }

    /// How many rows the whole list has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count<R: Listed>(&self, args: &PageArgs) -> Result<i64> {
        let mut select = Query::select();
        select
            .expr(Expr::cust("COUNT(*)"))
            .from(Alias::new(R::TABLE.name()))
            .cond_where(rows_of(R::TABLE, &self.viewer))
            .cond_where(self.condition(R::TABLE, R::ARCHIVABLE, args));
        let result = self.db.one(&select).await?;
        Ok(result.map(|result| result.try_get_by_index(0)).transpose()?.unwrap_or(0))
    }

    /// The rows with these keys, as far as the viewer sees them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_ids<R: Listed>(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Arc<R>>> {
        self.by_keys("id", ids)
            .await
            .map(|rows| rows.into_iter().map(|row: Arc<R>| (row.id(), row)).collect())
    }

    /// The rows whose column holds one of these keys, as far as the viewer sees them.
    pub(in crate::domain) async fn by_keys<R: Listed>(
        &self,
        column: &'static str,
        keys: &[Uuid],
    ) -> Result<Vec<Arc<R>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = self.find::<R>();
        select.and_where(self.among(Field::new(R::TABLE, column).expr(), keys));
        let results = self.db.all(&select).await?;
        results.iter().map(|result| Ok(Arc::new(R::read(result, 0)?))).collect()
    }

    /// One row by a unique text, such as a code.
    pub(in crate::domain) async fn by_text<R: Listed>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<Option<Arc<R>>> {
        let mut select = self.find::<R>();
        select.and_where(Field::new(R::TABLE, column).expr().eq(text));
        let result = self.db.one(&select).await?;
        Ok(result.map(|result| R::read(&result, 0)).transpose()?.map(Arc::new))
    }

    /// A page of the children of each parent: one statement on PostgreSQL, a point query each on SQLite.
    ///
    /// # Errors
    /// When the cursor is invalid or the database fails.
    pub async fn children<R: Listed>(
        &self,
        relation: &'static Relation,
        parents: &[Uuid],
        args: &PageArgs,
    ) -> Result<HashMap<Uuid, Page<R>>> {
        let identity = self.list_identity(&list_name(relation), args);
        let paging = Paging::new(args, Field::new(R::TABLE, "id"), &identity)?;
        let mut of_parent: HashMap<Uuid, Vec<PageRow<R>>> =
            parents.iter().map(|parent| (*parent, Vec::new())).collect();
        if self.db.is_postgres() {
            let mut inner = self.find::<R>();
            paging.select_keys(&mut inner);
            let key = relation.join(&mut inner, &self.viewer().settings);
            inner
                .and_where(key.equals((Alias::new("parents"), Alias::new("parents"))))
                .cond_where(self.condition(R::TABLE, relation.hides_archived, args));
            paging.apply(&mut inner);
            let select = lateral(parents, inner, |select| paging.outer_order(select, "rows"));
            for result in self.db.all(&select).await? {
                let parent: Uuid = result.try_get_by_index(0)?;
                let row = page_row(&paging, &result, 1)?;
                of_parent.entry(parent).or_default().push(row);
            }
        } else {
            for parent in parents {
                let mut select = self.find::<R>();
                paging.select_keys(&mut select);
                let key = relation.join(&mut select, &self.viewer().settings);
                select.and_where(key.eq(*parent)).cond_where(self.condition(
                    R::TABLE,
                    relation.hides_archived,
                    args,
                ));
                paging.apply(&mut select);
                let rows = of_parent.entry(*parent).or_default();
                for result in self.db.all(&select).await? {
                    rows.push(page_row(&paging, &result, 0)?);
                }
            }
        }
        Ok(of_parent.into_iter().map(|(parent, rows)| (parent, paging.page(rows))).collect())
    }

    /// How many children each parent has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_children<R: Listed>(
        &self,
        relation: &'static Relation,
        parents: &[Uuid],
        args: &PageArgs,
    ) -> Result<HashMap<Uuid, i64>> {
        let mut select = Query::select();
        select.from(Alias::new(R::TABLE.name()));
        let key = relation.join(&mut select, &self.viewer().settings);
        select
            .expr(key.clone())
            .expr(Expr::cust("COUNT(*)"))
            .cond_where(rows_of(R::TABLE, &self.viewer))
            .cond_where(self.condition(R::TABLE, relation.hides_archived, args))
            .and_where(self.among(key.clone(), parents))
            .add_group_by([key]);
        let mut counts: HashMap<Uuid, i64> = parents.iter().map(|parent| (*parent, 0)).collect();
        for result in self.db.all(&select).await? {
            counts.insert(result.try_get_by_index(0)?, result.try_get_by_index(1)?);
        }
        Ok(counts)
    }

    /// Membership in a list of keys, with one statement text for every length.
    pub(in crate::domain) fn among(&self, column: Expr, keys: &[Uuid]) -> Expr {
        let distinct: HashSet<Uuid> = keys.iter().copied().collect();
        let mut values: Vec<Uuid> = distinct.into_iter().collect();
        values.sort_unstable();
        one_of_ids(column, &values, self.db.is_postgres())
    }

    /// The row, or `NOT_FOUND` when it does not exist or may not be seen.
    #[cfg(test)]
    pub(in crate::domain) async fn get<R: Listed>(&self, id: Uuid) -> Result<Arc<R>> {
        self.by_ids::<R>(&[id]).await?.remove(&id).ok_or(DomainError::NotFound)
    }
}

/// `column` is one of `ids`; SQLite takes the list as one JSON text, so that its statement is cached.
pub(in crate::domain) fn one_of_ids(column: Expr, ids: &[Uuid], postgres: bool) -> Expr {
    if postgres {
        let values: Vec<Value> = ids.iter().map(|id| Value::from(*id)).collect();
        if values.is_empty() {
            return Expr::cust("1 = 0");
        }
        return one_of(column, &values, sea_orm::DbBackend::Postgres);
    }
    let list = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect::<Vec<_>>().join(",");
    let mut unpacked = Query::select();
    unpacked
        .expr(Expr::cust("unhex(value)"))
        .from_function(Func::cust("json_each").arg(format!("[{list}]")), "ids");
    column.in_subquery(unpacked)
}

/// Name of the list behind an edge, which its cursors are bound to.
#[must_use]
pub fn list_name(relation: &Relation) -> String {
    let through = match relation.path {
        Path::Column(column) => column,
        Path::Through { table, .. } | Path::Beneath { table, .. } => table,
    };
    format!("{}.{}.{through}", relation.parent.name(), relation.child.name())
}

pub(in crate::domain) fn select_columns<R: Listed>(select: &mut SelectStatement) {
    for column in R::columns() {
        select.column((Alias::new(R::TABLE.name()), Alias::new(name_of(*column))));
    }
}

fn page_row<R: Listed>(paging: &Paging<'_>, result: &QueryResult, base: usize) -> Result<PageRow<R>> {
    let row = R::read(result, base)?;
    let keys = paging.read_keys(result, base + R::columns().len())?;
    Ok(PageRow { id: row.id(), row: Arc::new(row), keys })
}

/// `SELECT … FROM unnest($1) AS parents JOIN LATERAL (inner) AS rows ON TRUE ORDER BY …`:
/// the best N of each parent, each found through its index.
fn lateral(
    parents: &[Uuid],
    inner: SelectStatement,
    order: impl FnOnce(&mut SelectStatement),
) -> SelectStatement {
    let values: Vec<Value> = parents.iter().map(|parent| Value::from(*parent)).collect();
    let array = Value::Array(sea_orm::sea_query::ArrayType::Uuid, Some(Box::new(values)));
    let mut select = Query::select();
    select
        .column((Alias::new("parents"), Alias::new("parents")))
        .expr(Expr::cust("\"rows\".*"))
        .from_function(Func::cust("unnest").arg(array), "parents")
        .join_lateral(JoinType::InnerJoin, inner, "rows", Condition::all().add(Expr::cust("TRUE")));
    order(&mut select);
    select
}
