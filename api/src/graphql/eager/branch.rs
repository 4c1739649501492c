//! Edges read ahead: to one row by its key, or to a page of rows.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::{Context, ContextSelectionSet, InputType, OutputType, Positioned, parser::types::Field};
use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use uuid::Uuid;

use super::{
    json::{Json, write_list},
    plan::{Eager, Keyed, Plan, flat, key, write_name, write_object},
};
use crate::{
    domain::{
        access::scope::list_name,
        error::Result as DomainResult,
        page::{ListIdentity, Page, PageArgs},
        relation::Relation,
        row::Row,
    },
    graphql::{
        context::{RequestLoaders, scope},
        error::SharedError,
        filter::{Filter, Sort, args},
        loaders::{ById, ChildrenOf, FieldKey},
        page::Slice,
    },
};

/// An edge from rows of a type.
pub trait Branch<T>: Send + Sync {
    /// Loads what it leads to from these rows.
    fn load<'a>(
        &'a mut self,
        loaders: &'a RequestLoaders,
        rows: &'a [T],
    ) -> BoxFuture<'a, Result<(), SharedError>>;

    /// Appends what it leads to from a row.
    fn write(&self, row: &T, out: &mut Vec<u8>);
}

/// An edge to the one row that a column refers to.
pub struct One<T, C: Eager> {
    to: fn(&T) -> Option<Uuid>,
    plan: Plan<C>,
    /// Each row is written once, however many refer to it.
    written: HashMap<Uuid, Vec<u8>>,
}

impl<T: Eager, C: Eager> One<T, C> {
    /// The edge behind a field.
    #[must_use]
    pub fn branch(
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
        to: fn(&T) -> Option<Uuid>,
    ) -> Option<Box<dyn Branch<T>>> {
        let plan = Plan::of(&ctx.with_field(field).with_selection_set(&field.node.selection_set))?;
        Some(Box::new(Self { to, plan, written: HashMap::new() }))
    }
}

impl<T: Eager, C: Eager> Branch<T> for One<T, C> {
    fn load<'a>(
        &'a mut self,
        loaders: &'a RequestLoaders,
        rows: &'a [T],
    ) -> BoxFuture<'a, Result<(), SharedError>> {
        async move {
            let keys: HashSet<Uuid> = rows.iter().filter_map(self.to).collect();
            if keys.is_empty() {
                return Ok(());
            }
            let loaded = loaders.load_many(keys.into_iter().map(ById::<C::Row>::new)).await?;
            let (keys, rows): (Vec<Uuid>, Vec<C>) =
                loaded.into_iter().map(|(key, row)| (key.0, C::from(row))).unzip();
            self.plan.load(loaders, &rows).await?;
            self.written.extend(keys.into_iter().zip(rows).map(|(key, row)| {
                let mut out = Vec::new();
                self.plan.write(&row, &mut out);
                (key, out)
            }));
            Ok(())
        }
        .boxed()
    }

    fn write(&self, row: &T, out: &mut Vec<u8>) {
        let written = (self.to)(row).and_then(|key| self.written.get(&key));
        out.extend_from_slice(written.map_or(b"null", Vec::as_slice));
    }
}

/// A connection over rows of a type.
pub trait Paged: OutputType {
    /// The type of its nodes.
    type Node: Eager;
    /// The type of its edges.
    type Edge: OutputType;
}

/// An edge to a page of rows.
pub struct Many<P: Paged> {
    relation: &'static Relation,
    args: Arc<PageArgs>,
    field: FieldKey,
    identity: ListIdentity,
    parts: Keyed<Part<P::Node>>,
    pages: HashMap<Uuid, Arc<Page<<P::Node as Eager>::Row>>>,
}

enum Part<C: Eager> {
    TypeName(String),
    Nodes(Plan<C>),
    Edges(Keyed<EdgePart<C>>),
    Info(Keyed<InfoPart>),
}

impl<C: Eager> Part<C> {
    /// What is asked of its rows.
    fn plans(&mut self) -> Vec<&mut Plan<C>> {
        match self {
            Self::TypeName(_) | Self::Info(_) => Vec::new(),
            Self::Nodes(plan) => vec![plan],
            Self::Edges(parts) => (parts.iter_mut())
                .filter_map(|(_, part)| match part {
                    EdgePart::Node(plan) => Some(plan),
                    EdgePart::TypeName(_) | EdgePart::Cursor => None,
                })
                .collect(),
        }
    }
}

enum EdgePart<C: Eager> {
    TypeName(String),
    Cursor,
    Node(Plan<C>),
}

enum InfoPart {
    TypeName,
    HasNext,
    HasPrevious,
    Start,
    End,
}

impl<P: Paged + 'static> Many<P> {
    /// The edge behind a field.
    #[must_use]
    pub fn branch<T: Eager>(
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
        relation: &'static Relation,
        args: impl Fn(&Context<'_>) -> Option<PageArgs>,
    ) -> Option<Box<dyn Branch<T>>> {
        let ctx = ctx.with_field(field);
        let args = Arc::new(args(&ctx)?);
        let identity = scope(&ctx).ok()?.list_identity(&list_name(relation), &args);
        let ctx = ctx.with_selection_set(&field.node.selection_set);
        let parts = flat(&ctx, &P::type_name())?.into_iter().map(|field| {
            let ctx = ctx.with_field(field);
            let inside = ctx.with_selection_set(&field.node.selection_set);
            let part = match field.node.name.node.as_str() {
                "__typename" => Part::TypeName(P::type_name().into_owned()),
                "nodes" => Part::Nodes(Plan::of(&inside)?),
                "edges" => Part::Edges(edge_parts::<P>(&inside)?),
                "pageInfo" => Part::Info(info_parts(&inside)?),
                // The count is the executor's to ask for.
                _ => return None,
            };
            Some((key(field), part))
        });
        let parts = parts.collect::<Option<_>>()?;
        let field = FieldKey(std::ptr::from_ref(field).addr());
        Some(Box::new(Self { relation, args, field, identity, parts, pages: HashMap::new() }))
    }
}

fn edge_parts<P: Paged>(ctx: &ContextSelectionSet<'_>) -> Option<Keyed<EdgePart<P::Node>>> {
    let parts = flat(ctx, &P::Edge::type_name())?.into_iter().map(|field| {
        let part = match field.node.name.node.as_str() {
            "__typename" => EdgePart::TypeName(P::Edge::type_name().into_owned()),
            "cursor" => EdgePart::Cursor,
            "node" => EdgePart::Node(Plan::of(
                &ctx.with_field(field).with_selection_set(&field.node.selection_set),
            )?),
            _ => return None,
        };
        Some((key(field), part))
    });
    parts.collect()
}

fn info_parts(ctx: &ContextSelectionSet<'_>) -> Option<Keyed<InfoPart>> {
    let parts = flat(ctx, "PageInfo")?.into_iter().map(|field| {
        let part = match field.node.name.node.as_str() {
            "__typename" => InfoPart::TypeName,
            "hasNextPage" => InfoPart::HasNext,
            "hasPreviousPage" => InfoPart::HasPrevious,
            "startCursor" => InfoPart::Start,
            "endCursor" => InfoPart::End,
            _ => return None,
        };
        Some((key(field), part))
    });
    parts.collect()
}

impl<T: Eager, P: Paged> Branch<T> for Many<P> {
    fn load<'a>(
        &'a mut self,
        loaders: &'a RequestLoaders,
        rows: &'a [T],
    ) -> BoxFuture<'a, Result<(), SharedError>> {
        async move {
            let children =
                |parent| ChildrenOf::new(self.relation, parent, self.field, Arc::clone(&self.args));
            let parents: HashSet<Uuid> = rows.iter().map(|row| row.row().id()).collect();
            let loaded = loaders.load_many(parents.into_iter().map(children)).await?;
            self.pages = loaded.into_iter().map(|(key, page)| (key.parent(), page)).collect();
            let nodes: Vec<P::Node> = (self.pages.values())
                .flat_map(|page| page.rows.iter().map(|row| P::Node::from(Arc::clone(&row.row))))
                .collect();
            let plans = self.parts.iter_mut().flat_map(|(_, part)| part.plans());
            try_join_all(plans.map(|plan| plan.load(loaders, &nodes))).await.map(|_| ())
        }
        .boxed()
    }

    fn write(&self, row: &T, out: &mut Vec<u8>) {
        let none = Page { rows: Vec::new(), has_next: false, has_previous: false };
        let page = self.pages.get(&row.row().id()).map_or(&none, |page| page);
        write_object(&self.parts, out, |part, out| match part {
            Part::TypeName(name) => write_name(name, out),
            Part::Nodes(plan) => {
                write_list(&page.rows, out, |row, out| plan.write(&P::Node::from(Arc::clone(&row.row)), out));
            }
            Part::Edges(parts) => write_list(&page.rows, out, |row, out| {
                write_object(parts, out, |part, out| match part {
                    EdgePart::TypeName(name) => write_name(name, out),
                    EdgePart::Cursor => self.identity.cursor(row).as_str().write(out),
                    EdgePart::Node(plan) => plan.write(&P::Node::from(Arc::clone(&row.row)), out),
                });
            }),
            Part::Info(parts) => write_info(parts, page, &self.identity, out),
        });
    }
}

fn write_info<R>(parts: &Keyed<InfoPart>, page: &Page<R>, identity: &ListIdentity, out: &mut Vec<u8>) {
    write_object(parts, out, |part, out| match part {
        InfoPart::TypeName => write_name("PageInfo", out),
        InfoPart::HasNext => page.has_next.write(out),
        InfoPart::HasPrevious => page.has_previous.write(out),
        InfoPart::Start => page.rows.first().map(|row| identity.cursor(row)).as_deref().write(out),
        InfoPart::End => page.rows.last().map(|row| identity.cursor(row)).as_deref().write(out),
    });
}

/// The arguments of a list, as the executor would take them; none where they do not fit.
#[must_use]
pub fn list_args<F: Filter + InputType, S: Sort + InputType>(ctx: &Context<'_>) -> Option<PageArgs> {
    let slice = Slice {
        first: ctx.param_value("first", None).ok()?.1,
        after: ctx.param_value("after", None).ok()?.1,
        last: ctx.param_value("last", None).ok()?.1,
        before: ctx.param_value("before", None).ok()?.1,
    };
    let filter: Option<F> = ctx.param_value("filter", None).ok()?.1;
    let sort: Option<Vec<S>> = ctx.param_value("sort", None).ok()?.1;
    let include_archived = ctx.param_value("includeArchived", Some(|| false)).ok()?.1;
    let args: DomainResult<PageArgs> = args(ctx, slice, filter, sort, include_archived);
    args.ok()
}
