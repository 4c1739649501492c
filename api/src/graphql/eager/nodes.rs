//! The rows of a page in an answer.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};

use super::{
    ReadAhead,
    json::write_list,
    plan::{Eager, Plan},
};
use crate::graphql::{context::loaders, list::resolve_items};

/// A list of rows: `[Task!]!`. Read ahead where the selection allows, else left to the executor.
#[derive(Debug)]
pub struct Nodes<T>(pub Vec<T>);

impl<T: Eager> Nodes<T> {
    async fn ahead(&self, ctx: &ContextSelectionSet<'_>) -> Option<Value> {
        let ahead = ctx.data_opt::<ReadAhead>().filter(|ahead| ahead.is_allowed())?;
        let mut plan = Plan::<T>::of(ctx)?;
        if plan.load(loaders(ctx).ok()?, &self.0).await.is_err() {
            // Why is found again by the executor, which knows where it belongs.
            ahead.give_up();
            return None;
        }
        let mut out = Vec::new();
        write_list(&self.0, &mut out, |row, out| plan.write(row, out));
        Some(Value::Binary(out.into()))
    }
}

impl<T: Eager> OutputType for Nodes<T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match self.ahead(ctx).await {
            Some(value) => Ok(value),
            None => resolve_items(ctx, field, &self.0).await,
        }
    }
}
