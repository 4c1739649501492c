//! Lists whose errors keep their places.
//!
//! The library's lists give an error of a field inside an item the path of the item, so that nobody can
//! tell which field failed. These leave a path that is there as it is.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};
use futures_util::future::try_join_all;

/// A list of objects with fields that can fail.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<T>);

/// Resolves all items at once.
pub(super) async fn resolve_items<T: OutputType>(
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    items: &[T],
) -> ServerResult<Value> {
    let resolving = items.iter().enumerate().map(|(at, item)| {
        let ctx = ctx.with_index(at);
        async move {
            let resolved = item.resolve(&ctx, field).await;
            resolved.map_err(|error| if error.path.is_empty() { ctx.set_error_path(error) } else { error })
        }
    });
    Ok(Value::List(try_join_all(resolving).await?))
}

impl<T: OutputType> OutputType for List<T> {
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
        resolve_items(ctx, field, &self.0).await
    }
}
