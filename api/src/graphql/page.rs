//! Connections: `nodes`, `edges { cursor node }`, `pageInfo`, `totalCount`.

use std::sync::Arc;

use async_graphql::{Context, Enum, SimpleObject};
use uuid::Uuid;

use super::{
    context::{fail, fail_shared, loaders, scope},
    error::SharedError,
    loaders::{ChildrenOf, CountOf, FieldKey},
};
use crate::domain::{
    access::scope::{Listed, list_name},
    error::{DomainError, Result},
    page::{ListIdentity, Page, PageArgs, PageRow, SortKey},
    predicate::Predicate,
    relation::Relation,
};

/// How many rows a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Rows when the request does not say.
    pub default: u32,
    /// Rows at most.
    pub max: u32,
}

/// Comparisons of a filter at most.
pub const FILTER_MAX: usize = 200;
/// Keys of an order at most.
pub const SORT_MAX: usize = 4;

/// Direction of an order.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// Smallest, earliest, first in the alphabet first.
    #[default]
    Asc,
    /// Largest, latest, last in the alphabet first.
    Desc,
}

/// Where rows without a value stand in an order.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum SortNulls {
    /// Before all others.
    First,
    /// After all others.
    #[default]
    Last,
}

/// Which part of a list a page is, for going on from it.
#[derive(SimpleObject, Debug, Clone)]
pub struct PageInfo {
    /// Whether rows follow after this page.
    pub has_next_page: bool,
    /// Whether rows come before this page.
    pub has_previous_page: bool,
    /// Cursor of the first row; null when the page is empty.
    pub start_cursor: Option<String>,
    /// Cursor of the last row; null when the page is empty.
    pub end_cursor: Option<String>,
}

/// The four arguments of a page.
#[derive(Debug, Default)]
pub struct Slice {
    /// Rows from the start.
    pub first: Option<i32>,
    /// Only rows after this cursor.
    pub after: Option<String>,
    /// Rows from the end.
    pub last: Option<i32>,
    /// Only rows before this cursor.
    pub before: Option<String>,
}

impl Slice {
    /// The arguments of a page, with a filter and an order.
    ///
    /// # Errors
    /// When the numbers are out of range or the directions are mixed.
    pub fn args(
        self,
        limits: PageLimits,
        (predicate, filter): (Predicate, Option<String>),
        sort: Vec<SortKey>,
        include_archived: bool,
    ) -> Result<PageArgs> {
        let refuse = |why: &str| Err(DomainError::BadInput(why.to_owned()));
        let backwards = self.last.is_some() || (self.before.is_some() && self.first.is_none());
        if self.first.is_some() && self.last.is_some() {
            return refuse("give first (with after) or last (with before), not both");
        }
        if (backwards && self.after.is_some()) || (!backwards && self.before.is_some()) {
            return refuse("after goes with first, before goes with last");
        }
        let limit = match self.first.or(self.last).map(u32::try_from) {
            None => limits.default,
            Some(Ok(wanted)) if wanted <= limits.max => wanted,
            Some(_) => return refuse(&format!("first and last lie between 0 and {}", limits.max)),
        };
        if predicate.size() > FILTER_MAX {
            return refuse("the filter has too many parts: at most 200 comparisons");
        }
        if sort.len() > SORT_MAX {
            return refuse("sort by at most 4 keys");
        }
        Ok(PageArgs {
            limit: u64::from(limit),
            backwards,
            cursor: if backwards { self.before } else { self.after },
            sort,
            predicate,
            filter,
            include_archived,
        })
    }
}

/// A page with what is needed for its cursors and its count.
#[derive(Debug)]
pub struct Listing<R> {
    page: Arc<Page<R>>,
    args: Arc<PageArgs>,
    of: Option<(&'static Relation, Uuid, FieldKey)>,
}

impl<R: Listed> Listing<R> {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[PageRow<R>] {
        &self.page.rows
    }

    fn identity(&self, ctx: &Context<'_>) -> Result<ListIdentity> {
        let list = self.of.map_or_else(|| R::TABLE.name().to_owned(), |(relation, ..)| list_name(relation));
        Ok(scope(ctx)?.list_identity(&list, &self.args))
    }

    /// The cursors of all rows.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn cursors(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<String>> {
        let identity = self.identity(ctx).map_err(|error| fail(ctx, &error))?;
        Ok(self.page.rows.iter().map(|row| identity.cursor(row)).collect())
    }

    /// The page's place in its list.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn info(&self, ctx: &Context<'_>) -> async_graphql::Result<PageInfo> {
        let identity = self.identity(ctx).map_err(|error| fail(ctx, &error))?;
        Ok(PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.rows.first().map(|row| identity.cursor(row)),
            end_cursor: self.page.rows.last().map(|row| identity.cursor(row)),
        })
    }

    /// How many rows the whole list has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let counted = match self.of {
            None => {
                let scope = scope(ctx).map_err(|error| fail(ctx, &error))?;
                scope.count::<R>(&self.args).await.map_err(SharedError::from)
            }
            Some((relation, parent, field)) => {
                let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
                let key = CountOf(ChildrenOf::<R>::new(relation, parent, field, Arc::clone(&self.args)));
                loaders.load_one(key).await.map(Option::unwrap_or_default)
            }
        };
        counted
            .map(|count| i32::try_from(count).unwrap_or(i32::MAX))
            .map_err(|error| fail_shared(ctx, &error))
    }
}

/// A root list.
///
/// # Errors
/// When the arguments are out of range or the database fails.
pub async fn root<R: Listed>(ctx: &Context<'_>, args: Result<PageArgs>) -> Result<Option<Listing<R>>> {
    let args = args?;
    let page = scope(ctx)?.page::<R>(&args).await?;
    Ok(Some(Listing { page: Arc::new(page), args: Arc::new(args), of: None }))
}

/// An edge from a parent to many children.
///
/// # Errors
/// When the arguments are out of range or the database fails.
pub async fn edge<R: Listed>(
    ctx: &Context<'_>,
    relation: &'static Relation,
    parent: Uuid,
    args: Result<PageArgs>,
) -> async_graphql::Result<Listing<R>> {
    let args = Arc::new(args.map_err(|error| fail(ctx, &error))?);
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let field = FieldKey(std::ptr::from_ref(ctx.item).addr());
    let key = ChildrenOf::<R>::new(relation, parent, field, Arc::clone(&args));
    let page = loaders.load_one(key).await.map_err(|error| fail_shared(ctx, &error))?;
    let page =
        page.unwrap_or_else(|| Arc::new(Page { rows: Vec::new(), has_next: false, has_previous: false }));
    Ok(Listing { page, args, of: Some((relation, parent, field)) })
}

/// Declares a connection and its edge over a node type that wraps a shared row.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ident, $row:ty, $what:literal) => {
        #[doc = concat!("A page of ", $what, ".")]
        #[derive(Debug)]
        pub struct $connection($crate::graphql::page::Listing<$row>);

        #[doc = concat!("One of ", $what, ", with its place in the list.")]
        #[derive(Debug)]
        pub struct $edge(String, $node);

        #[doc = concat!("A page of ", $what, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The rows of the page, in the order of the list.
            async fn nodes(&self) -> $crate::graphql::eager::Nodes<$node> {
                let rows = self.0.rows().iter();
                $crate::graphql::eager::Nodes(
                    rows.map(|row| $node(std::sync::Arc::clone(&row.row))).collect(),
                )
            }

            /// The rows of the page, each with its cursor.
            async fn edges(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> async_graphql::Result<$crate::graphql::list::List<$edge>> {
                let cursors = self.0.cursors(ctx)?;
                let rows = self.0.rows().iter();
                let edges = cursors.into_iter().zip(rows);
                let edges = edges.map(|(cursor, row)| $edge(cursor, $node(std::sync::Arc::clone(&row.row))));
                Ok($crate::graphql::list::List(edges.collect()))
            }

            /// The page's place in the list.
            async fn page_info(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> async_graphql::Result<$crate::graphql::page::PageInfo> {
                self.0.info(ctx)
            }

            /// Rows of the whole list under its filter; counted only when asked for.
            async fn total_count(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<i32> {
                self.0.count(ctx).await
            }
        }

        #[doc = concat!("One of ", $what, ", with its place in the list.")]
        #[async_graphql::Object(serial)]
        impl $edge {
            /// Opaque place in the list, for `after` and `before`.
            async fn cursor(&self) -> &str {
                &self.0
            }

            /// The row.
            async fn node(&self) -> &$node {
                &self.1
            }
        }

        impl $crate::graphql::eager::Paged for $connection {
            type Node = $node;
            type Edge = $edge;
        }

        impl From<$crate::graphql::page::Listing<$row>> for $connection {
            fn from(listing: $crate::graphql::page::Listing<$row>) -> Self {
                Self(listing)
            }
        }
    };
}
pub(crate) use connection;

/// Declares an object over a shared row: its own fields, then its edges to many, each with the
/// arguments of every list.
macro_rules! object {
    (
        $(#[$meta:meta])* $name:ident over $row:ty { $($body:tt)* }
        $(one { $($(#[doc = $one_doc:literal])* $one:ident: $other:ident = $key:ident;)* })?
        edges { $($(#[doc = $doc:literal])* $field:ident: $connection:ident($filter:ty, $sort:ty) = $relation:path;)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name(pub std::sync::Arc<$row>);

        impl From<std::sync::Arc<$row>> for $name {
            fn from(row: std::sync::Arc<$row>) -> Self {
                Self(row)
            }
        }

        $(#[$meta])*
        #[async_graphql::Object]
        impl $name {
            $($body)*

            $($(
                $(#[doc = $one_doc])*
                async fn $one(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                ) -> $crate::graphql::context::Nullable<$other> {
                    $crate::graphql::node::referred(ctx, self.0.$key.into()).await
                }
            )*)?

            $(
                $(#[doc = $doc])*
                async fn $field(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given.")] first: Option<i32>,
                    #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
                    #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<i32>,
                    #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
                    #[graphql(desc = "Only rows that fit.")] filter: Option<$filter>,
                    #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<Vec<$sort>>,
                    #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
                ) -> async_graphql::Result<$connection> {
                    let slice = $crate::graphql::page::Slice { first, after, last, before };
                    let args = $crate::graphql::filter::args(ctx, slice, filter, sort, include_archived);
                    $crate::graphql::page::edge(ctx, &$relation, self.0.id, args).await.map($connection::from)
                }
            )*
        }

        impl $crate::graphql::eager::Eager for $name {
            type Row = $row;

            fn row(&self) -> &Self::Row {
                &self.0
            }

            $crate::graphql::eager::plain_fields! { $name { $($body)* } }

            fn branch(
                ctx: &async_graphql::ContextSelectionSet<'_>,
                field: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> Option<Box<dyn $crate::graphql::eager::Branch<Self>>> {
                let _ = ctx;
                let _name = field.node.name.node.as_str();
                $($(
                    if $crate::graphql::eager::is_named(stringify!($one), _name) {
                        return $crate::graphql::eager::One::<Self, $other>::branch(ctx, field, |row| row.0.$key.into());
                    }
                )*)?
                $(
                    if $crate::graphql::eager::is_named(stringify!($field), _name) {
                        let args = $crate::graphql::eager::list_args::<$filter, $sort>;
                        return $crate::graphql::eager::Many::<$connection>::branch(ctx, field, &$relation, args);
                    }
                )*
                None
            }
        }
    };
}
pub(crate) use object;
