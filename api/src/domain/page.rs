//! Lists: filter, sort, keyset cursor and page, written once for roots and for edges.
//!
//! A page is found by the values of its sort keys, never by an offset. The key closes every order, so
//! it is total. Cursors hold those values and a digest that binds them to organization, list, filter
//! and sort: an altered cursor, or one of another list, is refused.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Datelike as _, NaiveDate};
use sea_orm::{
    DbErr, QueryResult, Value,
    sea_query::{Condition, Expr, ExprTrait, NullOrdering, Order, SelectStatement},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    error::{DomainError, Result},
    predicate::{Field, Predicate},
};

/// What kind of value a sort key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKind {
    /// A text.
    Text,
    /// An integer: a number, an instant.
    Integer,
    /// A float.
    Float,
    /// A date.
    Date,
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The column.
    pub field: Field,
    /// Its kind of value.
    pub kind: SortKind,
    /// Whether large values come first.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct PageArgs {
    /// Rows at most.
    pub limit: u64,
    /// Whether the rows are counted from the end.
    pub backwards: bool,
    /// The cursor to go on from (after it, or before it when counted from the end).
    pub cursor: Option<String>,
    /// The order; the key is added as the last one.
    pub sort: Vec<SortKey>,
    /// The filter.
    pub predicate: Predicate,
    /// The filter as it was asked for, with spans of time as such: what cursors are bound to must not move
    /// with the clock.
    pub filter: Option<String>,
    /// Whether archived rows belong to the list.
    pub include_archived: bool,
}

impl PageArgs {
    /// The first rows of a whole list in the order in which they were made.
    #[must_use]
    pub const fn first(limit: u64) -> Self {
        Self {
            limit,
            backwards: false,
            cursor: None,
            sort: Vec::new(),
            predicate: Predicate::always(),
            filter: None,
            include_archived: false,
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<R> {
    /// The rows, in the order of the list.
    pub rows: Vec<PageRow<R>>,
    /// Whether rows follow.
    pub has_next: bool,
    /// Whether rows come before.
    pub has_previous: bool,
}

/// A row of a page, with the values it is sorted by.
#[derive(Clone, Debug)]
pub struct PageRow<R> {
    /// The row.
    pub row: Arc<R>,
    /// Key of the row.
    pub id: Uuid,
    /// Values of the sort keys; empty in the order of creation.
    pub(in crate::domain) keys: Vec<KeyValue>,
}

/// A value of a sort key as a cursor carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::domain) enum KeyValue {
    #[serde(rename = "n")]
    Null,
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "f")]
    Float(f64),
    #[serde(rename = "d")]
    Date(NaiveDate),
}

impl KeyValue {
    fn read(kind: SortKind, result: &QueryResult, at: usize) -> Result<Self, DbErr> {
        Ok(match kind {
            SortKind::Text => result.try_get_by_index::<Option<String>>(at)?.map_or(Self::Null, Self::Text),
            SortKind::Integer => {
                result.try_get_by_index::<Option<i64>>(at)?.map_or(Self::Null, Self::Integer)
            }
            SortKind::Float => result.try_get_by_index::<Option<f64>>(at)?.map_or(Self::Null, Self::Float),
            SortKind::Date => {
                result.try_get_by_index::<Option<NaiveDate>>(at)?.map_or(Self::Null, Self::Date)
            }
        })
    }

    /// Whether it is of the kind, and one that every database takes: a cursor may be made up.
    fn fits(&self, kind: SortKind) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => kind == SortKind::Text && !text.contains('\0'),
            Self::Integer(_) => kind == SortKind::Integer,
            Self::Float(value) => kind == SortKind::Float && value.is_finite(),
            Self::Date(day) => kind == SortKind::Date && (1..=9_999).contains(&day.year()),
        }
    }

    fn to_value(&self) -> Option<Value> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone().into()),
            Self::Integer(number) => Some((*number).into()),
            Self::Float(number) => Some((*number).into()),
            Self::Date(date) => Some((*date).into()),
        }
    }
}

/// What a cursor carries: the values of the sort keys of a row, and its key.
#[derive(Serialize, Deserialize)]
pub(in crate::domain) struct CursorBody(pub(in crate::domain) Vec<KeyValue>, pub(in crate::domain) Uuid);

/// What a cursor is bound to.
#[derive(Clone, Debug)]
pub struct ListIdentity {
    digest: [u8; 8],
}

impl ListIdentity {
    /// The identity of a list: whose it is, which edge or root it is, its filter and its order.
    #[must_use]
    pub fn new(organization: Uuid, list: &str, args: &PageArgs) -> Self {
        let mut hash = Sha256::new();
        hash.update(organization.as_bytes());
        hash.update(list.as_bytes());
        hash.update(format!("{:?}|{:?}|{}", args.filter, args.sort, args.include_archived).as_bytes());
        let mut digest = [0; 8];
        digest.copy_from_slice(&hash.finalize()[..8]);
        Self { digest }
    }

    fn seal(&self, body: &[u8]) -> [u8; 8] {
        let mut hash = Sha256::new();
        hash.update(self.digest);
        hash.update(body);
        let mut seal = [0; 8];
        seal.copy_from_slice(&hash.finalize()[..8]);
        seal
    }

    /// The cursor of a row.
    #[must_use]
    pub fn cursor<R>(&self, row: &PageRow<R>) -> String {
        // A body of plain numbers and texts cannot fail to serialize; an empty one is refused on return.
        let body = serde_json::to_vec(&CursorBody(row.keys.clone(), row.id)).unwrap_or_default();
        let mut bytes = self.seal(&body).to_vec();
        bytes.extend(body);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a cursor says: a value of each of these kinds, and the key of its row.
    pub(in crate::domain) fn open(&self, cursor: &str, kinds: &[SortKind]) -> Result<CursorBody> {
        let refuse = || DomainError::CursorInvalid;
        if cursor.len() > 4096 {
            return Err(refuse());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refuse())?;
        let (seal, body) = bytes.split_at_checked(8).ok_or_else(refuse)?;
        if seal != self.seal(body) {
            return Err(refuse());
        }
        let body: CursorBody = serde_json::from_slice(body).map_err(|_| refuse())?;
        let fits =
            body.0.len() == kinds.len() && body.0.iter().zip(kinds).all(|(value, kind)| value.fits(*kind));
        if fits { Ok(body) } else { Err(refuse()) }
    }
}

/// How the statement of a page is made and its rows are read.
pub(in crate::domain) struct Paging<'a> {
    args: &'a PageArgs,
    id: Field,
    cursor: Option<CursorBody>,
}

impl<'a> Paging<'a> {
    pub(in crate::domain) fn new(args: &'a PageArgs, id: Field, list: &ListIdentity) -> Result<Self> {
        let kinds: Vec<SortKind> = args.sort.iter().map(|key| key.kind).collect();
        let cursor = args.cursor.as_deref().map(|cursor| list.open(cursor, &kinds)).transpose()?;
        Ok(Self { args, id, cursor })
    }

    /// The first columns after the row's own: the sort keys, for cursors.
    pub(in crate::domain) fn select_keys(&self, select: &mut SelectStatement) {
        for (at, key) in self.args.sort.iter().enumerate() {
            select.expr_as(key.field.expr(), format!("sort_{at}"));
        }
    }

    /// Adds the keyset condition, the order and the limit (one more row than wanted, to know if more follow).
    pub(in crate::domain) fn apply(&self, select: &mut SelectStatement) {
        if let Some(cursor) = &self.cursor {
            select.cond_where(self.beyond(cursor));
        }
        for key in &self.args.sort {
            let (order, nulls) = self.direction(key);
            select.order_by_expr_with_nulls(key.field.expr(), order, nulls);
        }
        select.order_by_expr(self.id.expr(), if self.args.backwards { Order::Desc } else { Order::Asc });
        select.limit(self.args.limit + 1);
    }

    /// The same order for an outer statement that sees the keys as columns of `alias`.
    pub(in crate::domain) fn outer_order(&self, select: &mut SelectStatement, alias: &'static str) {
        use sea_orm::sea_query::Alias;
        for (at, key) in self.args.sort.iter().enumerate() {
            let (order, nulls) = self.direction(key);
            let column = Expr::col((Alias::new(alias), Alias::new(format!("sort_{at}"))));
            select.order_by_expr_with_nulls(column, order, nulls);
        }
        let id = Expr::col((Alias::new(alias), Alias::new(self.id.column)));
        select.order_by_expr(id, if self.args.backwards { Order::Desc } else { Order::Asc });
    }

    fn direction(&self, key: &SortKey) -> (Order, NullOrdering) {
        let order = if key.descending == self.args.backwards { Order::Asc } else { Order::Desc };
        let nulls =
            if key.nulls_first == self.args.backwards { NullOrdering::Last } else { NullOrdering::First };
        (order, nulls)
    }

    /// Rows that come after the cursor in the direction of reading.
    fn beyond(&self, cursor: &CursorBody) -> Condition {
        let mut any = Condition::any();
        let mut equal = Condition::all();
        for (key, value) in self.args.sort.iter().zip(&cursor.0) {
            let column = || key.field.expr();
            let (order, nulls) = self.direction(key);
            let nulls_last = nulls == NullOrdering::Last;
            let step = match value.to_value() {
                None if nulls_last => None,
                None => Some(Condition::all().add(column().is_not_null())),
                Some(value) => {
                    let mut step = Condition::any().add(if order == Order::Asc {
                        column().gt(value)
                    } else {
                        column().lt(value)
                    });
                    if nulls_last {
                        step = step.add(column().is_null());
                    }
                    Some(step)
                }
            };
            if let Some(step) = step {
                any = any.add(equal.clone().add(step));
            }
            equal = equal.add(match value.to_value() {
                None => column().is_null(),
                Some(value) => column().eq(value),
            });
        }
        let id = self.id.expr();
        any.add(equal.add(if self.args.backwards { id.lt(cursor.1) } else { id.gt(cursor.1) }))
    }

    /// Values of the sort keys of a row, read from `base` on.
    pub(in crate::domain) fn read_keys(
        &self,
        result: &QueryResult,
        base: usize,
    ) -> Result<Vec<KeyValue>, DbErr> {
        self.args
            .sort
            .iter()
            .enumerate()
            .map(|(at, key)| KeyValue::read(key.kind, result, base + at))
            .collect()
    }

    /// Makes a page of the rows that the statement gave.
    pub(in crate::domain) fn page<R>(&self, mut rows: Vec<PageRow<R>>) -> Page<R> {
        let limit = usize::try_from(self.args.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let came_from_cursor = self.cursor.is_some();
        if self.args.backwards {
            rows.reverse();
            Page { rows, has_next: came_from_cursor, has_previous: more }
        } else {
            Page { rows, has_next: more, has_previous: came_from_cursor }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::relation::Table;

    fn sort() -> Vec<SortKey> {
        [SortKind::Text, SortKind::Integer, SortKind::Float, SortKind::Date]
            .map(|kind| SortKey {
                field: Field::new(Table::Task, "title"),
                kind,
                descending: false,
                nulls_first: false,
            })
            .to_vec()
    }

    /// What somebody sends who knows how a cursor is sealed: the seal is no secret.
    fn made_up(body: &[u8]) -> Result<CursorBody> {
        let args = PageArgs { sort: sort(), ..PageArgs::first(10) };
        let list = ListIdentity::new(Uuid::nil(), "tasks", &args);
        let mut bytes = list.seal(body).to_vec();
        bytes.extend(body);
        let kinds: Vec<SortKind> = args.sort.iter().map(|key| key.kind).collect();
        list.open(&BASE64_URL_SAFE_NO_PAD.encode(bytes), &kinds)
    }

    #[test]
    fn a_cursor_holds_what_a_database_takes() {
        let id = Uuid::nil();
        for (keys, taken) in [
            (r#"{"t":"a"},{"i":-9223372036854775808},{"f":1e308},{"d":"9999-12-31"}"#, true),
            (r#""n","n","n","n""#, true),
            (r#"{"t":"a\u0000b"},"n","n","n""#, false),
            (r#""n",{"i":9223372036854775808},"n","n""#, false),
            (r#""n","n",{"f":1e400},"n""#, false),
            (r#""n","n","n",{"d":"+200000-01-01"}"#, false),
            (r#""n","n","n",{"d":"-4800-01-01"}"#, false),
            (r#"{"i":1},"n","n","n""#, false),
            (r#""n","n","n""#, false),
        ] {
            assert_eq!(made_up(format!("[[{keys}],\"{id}\"]").as_bytes()).is_ok(), taken, "{keys}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(
            text in any::<String>(),
            number in any::<i64>(),
            float in any::<f64>(),
            day in "[+-]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}",
            rest in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let keys = serde_json::json!([[{ "t": text }, { "i": number }, { "f": float }, { "d": day }], Uuid::nil()]);
            if let Ok(CursorBody(keys, _)) = made_up(keys.to_string().as_bytes()) {
                let KeyValue::Date(day) = &keys[3] else { panic!("{:?} is no day", keys[3]) };
                prop_assert!((1..=9_999).contains(&day.year()) && !text.contains('\0') && float.is_finite());
            }
            prop_assert!(matches!(made_up(&rest), Err(DomainError::CursorInvalid)));
        }
    }
}
