//! What a filter means, as data: written once for every list, scoped inside relations.
//!
//! A filter that reaches into another entity wraps that entity in its own row filter, so that nobody
//! spells out a title they may not see by counting, filtering or sorting. Values are always bound.

use sea_orm::{
    DbBackend, Value,
    sea_query::{Alias, BinOper, Condition, Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    access::{Viewer, visible},
    relation::{Relation, Table},
};

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The table.
    pub table: Table,
    /// The column.
    pub column: &'static str,
}

impl Field {
    /// A column of a table.
    #[must_use]
    pub const fn new(table: Table, column: &'static str) -> Self {
        Self { table, column }
    }

    pub(in crate::domain) fn expr(self) -> Expr {
        Expr::col((Alias::new(self.table.name()), Alias::new(self.column)))
    }
}

/// A test on one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Equal to.
    Eq(Value),
    /// Not equal to, null included.
    Ne(Value),
    /// One of.
    In(Vec<Value>),
    /// None of, null included.
    NotIn(Vec<Value>),
    /// Less than.
    Lt(Value),
    /// Less than or equal to.
    Lte(Value),
    /// Greater than.
    Gt(Value),
    /// Greater than or equal to.
    Gte(Value),
    /// Is null, or is not.
    Null(bool),
    /// Contains the text; case counts.
    Contains(String),
    /// Begins with the text; case counts.
    StartsWith(String),
    /// Ends with the text; case counts.
    EndsWith(String),
}

/// How many of the related rows must fit.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantifier {
    /// At least one.
    Some,
    /// All of them (also when there is none).
    Every,
    /// Not one.
    None,
    /// So many: the bounds of the count, both included.
    Length(Vec<CountTest>),
}

/// A test on a number of related rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountTest {
    /// Equal to.
    Eq(i64),
    /// Not equal to.
    Ne(i64),
    /// Less than.
    Lt(i64),
    /// Less than or equal to.
    Lte(i64),
    /// Greater than.
    Gt(i64),
    /// Greater than or equal to.
    Gte(i64),
}

impl CountTest {
    fn holds(self, count: i64) -> bool {
        match self {
            Self::Eq(n) => count == n,
            Self::Ne(n) => count != n,
            Self::Lt(n) => count < n,
            Self::Lte(n) => count <= n,
            Self::Gt(n) => count > n,
            Self::Gte(n) => count >= n,
        }
    }

    fn on(self, count: Expr) -> Expr {
        match self {
            Self::Eq(n) => count.eq(n),
            Self::Ne(n) => count.ne(n),
            Self::Lt(n) => count.lt(n),
            Self::Lte(n) => count.lte(n),
            Self::Gt(n) => count.gt(n),
            Self::Gte(n) => count.gte(n),
        }
    }
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// All of them hold.
    All(Vec<Predicate>),
    /// At least one of them holds; an empty list holds for nothing.
    Any(Vec<Predicate>),
    /// It does not hold; what is unknown because of a null counts as not holding.
    Not(Box<Predicate>),
    /// A column passes a test.
    Is(Field, Test),
    /// The row that a column refers to exists, is visible and fits.
    One {
        /// The referring column.
        column: Field,
        /// The table that it refers to.
        target: Table,
        /// What must hold there.
        inner: Box<Predicate>,
    },
    /// The related rows, as far as visible, fit.
    Many {
        /// How they are related.
        relation: &'static Relation,
        /// How many must fit.
        quantifier: Quantifier,
        /// What must hold there.
        inner: Box<Predicate>,
    },
}

impl Predicate {
    /// Holds for every row.
    #[must_use]
    pub const fn always() -> Self {
        Self::All(Vec::new())
    }

    /// Holds for the rows with these keys.
    #[must_use]
    pub(in crate::domain) fn keys(table: Table, ids: &[Uuid]) -> Self {
        let values = ids.iter().map(|id| Value::from(*id)).collect();
        Self::Is(Field::new(table, "id"), Test::In(values))
    }

    /// How many comparisons it holds, nested ones included; the API limits it.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::All(inner) | Self::Any(inner) => 1 + inner.iter().map(Self::size).sum::<usize>(),
            Self::Not(inner) | Self::One { inner, .. } | Self::Many { inner, .. } => 1 + inner.size(),
            Self::Is(_, Test::In(values) | Test::NotIn(values)) => 1 + values.len(),
            Self::Is(..) => 1,
        }
    }

    /// The condition in SQL, under the viewer's rights.
    #[must_use]
    pub(in crate::domain) fn condition(&self, viewer: &Viewer, backend: DbBackend) -> Condition {
        match self {
            Self::All(inner) => inner
                .iter()
                .fold(Condition::all(), |all, predicate| all.add(predicate.condition(viewer, backend))),
            Self::Any(inner) if inner.is_empty() => Condition::all().add(Expr::cust("1 = 0")),
            Self::Any(inner) => inner
                .iter()
                .fold(Condition::any(), |any, predicate| any.add(predicate.condition(viewer, backend))),
            Self::Not(inner) => Condition::all().add(is_not_true(inner.condition(viewer, backend))),
            Self::Is(field, test) => test.condition(*field, backend),
            Self::One { column, target, inner } => {
                let mut select = visible_rows(*target, viewer);
                select
                    .column((Alias::new(target.name()), Alias::new("id")))
                    .cond_where(inner.condition(viewer, backend));
                Condition::all().add(column.expr().in_subquery(select))
            }
            Self::Many { relation, quantifier, inner } => many(relation, quantifier, inner, viewer, backend),
        }
    }
}

/// Unknown counts as not true. `IS NOT TRUE` says the same, but is written with brackets that PostgreSQL
/// does not take there.
fn is_not_true(condition: Condition) -> Expr {
    if condition.is_empty() {
        return Expr::cust("1 = 0");
    }
    Expr::from(Func::coalesce([Expr::from(condition), Expr::cust("FALSE")])).not()
}

/// `SELECT … FROM target WHERE organization and row filter`.
pub(in crate::domain) fn visible_rows(target: Table, viewer: &Viewer) -> SelectStatement {
    let mut select = Query::select();
    select.from(Alias::new(target.name())).cond_where(visible::rows_of(target, viewer));
    select
}

fn many(
    relation: &'static Relation,
    quantifier: &Quantifier,
    inner: &Predicate,
    viewer: &Viewer,
    backend: DbBackend,
) -> Condition {
    let id = Field::new(relation.parent, "id").expr();
    let parents = |fits: Condition| {
        let mut select = visible_rows(relation.child, viewer);
        let parent = relation.join(&mut select, &viewer.settings);
        select.expr(parent.clone()).and_where(parent.clone().is_not_null()).cond_where(fits);
        (select, parent)
    };
    match quantifier {
        Quantifier::Some => {
            let (select, _) = parents(inner.condition(viewer, backend));
            Condition::all().add(id.in_subquery(select))
        }
        Quantifier::None => {
            let (select, _) = parents(inner.condition(viewer, backend));
            Condition::all().add(id.not_in_subquery(select))
        }
        Quantifier::Every => {
            let fails = Condition::all().add(is_not_true(inner.condition(viewer, backend)));
            let (select, _) = parents(fails);
            Condition::all().add(id.not_in_subquery(select))
        }
        Quantifier::Length(tests) => {
            let (mut select, parent) = parents(inner.condition(viewer, backend));
            let count = Expr::cust("COUNT(*)");
            let all = tests.iter().fold(Condition::all(), |all, test| all.add(test.on(count.clone())));
            select.add_group_by([parent]);
            // A parent without any related row appears in no group, so whether 0 fits decides
            // between "in the groups that fit" and "not in the groups that fail".
            if tests.iter().all(|test| test.holds(0)) {
                select.cond_having(Condition::all().not().add(all));
                if tests.is_empty() {
                    Condition::all()
                } else {
                    Condition::all().add(id.not_in_subquery(select))
                }
            } else {
                select.cond_having(all);
                Condition::all().add(id.in_subquery(select))
            }
        }
    }
}

impl Test {
    fn condition(&self, field: Field, backend: DbBackend) -> Condition {
        let column = || field.expr();
        let all = Condition::all();
        match self {
            Self::Eq(value) => all.add(column().eq(value.clone())),
            Self::Ne(value) => Condition::any().add(column().ne(value.clone())).add(column().is_null()),
            Self::In(values) if values.is_empty() => all.add(Expr::cust("1 = 0")),
            Self::In(values) => all.add(one_of(column(), values, backend)),
            Self::NotIn(values) if values.is_empty() => all,
            Self::NotIn(values) => {
                Condition::any().add(one_of(column(), values, backend).not()).add(column().is_null())
            }
            Self::Lt(value) => all.add(column().lt(value.clone())),
            Self::Lte(value) => all.add(column().lte(value.clone())),
            Self::Gt(value) => all.add(column().gt(value.clone())),
            Self::Gte(value) => all.add(column().gte(value.clone())),
            Self::Null(true) => all.add(column().is_null()),
            Self::Null(false) => all.add(column().is_not_null()),
            Self::Contains(text) => all.add(matches(column(), text, Place::Anywhere, backend)),
            Self::StartsWith(text) => all.add(matches(column(), text, Place::Start, backend)),
            Self::EndsWith(text) => all.add(matches(column(), text, Place::End, backend)),
        }
    }
}

/// Membership: one statement text for lists of every length on PostgreSQL.
pub(in crate::domain) fn one_of(column: Expr, values: &[Value], backend: DbBackend) -> Expr {
    if backend == DbBackend::Postgres
        && let Some(first) = values.first()
    {
        let array = Value::Array(first.array_type(), Some(Box::new(values.to_vec())));
        return column.eq(Func::cust("ANY").arg(array));
    }
    column.is_in(values.to_vec())
}

enum Place {
    Anywhere,
    Start,
    End,
}

/// Case counts and wildcards are plain characters. SQLite's LIKE folds case, hence GLOB there.
fn matches(column: Expr, text: &str, place: Place, backend: DbBackend) -> Expr {
    if backend == DbBackend::Sqlite {
        let mut pattern = String::with_capacity(text.len() + 2);
        for character in text.chars() {
            if matches!(character, '*' | '?' | '[') {
                pattern.push('[');
                pattern.push(character);
                pattern.push(']');
            } else {
                pattern.push(character);
            }
        }
        let pattern = around(&pattern, '*', &place);
        return column.binary(BinOper::Custom("GLOB"), Expr::val(pattern));
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    column.like(LikeExpr::new(around(&pattern, '%', &place)).escape('\\'))
}

fn around(pattern: &str, any: char, place: &Place) -> String {
    match place {
        Place::Anywhere => format!("{any}{pattern}{any}"),
        Place::Start => format!("{pattern}{any}"),
        Place::End => format!("{any}{pattern}"),
    }
}
