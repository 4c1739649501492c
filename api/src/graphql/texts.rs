//! Long texts, read only when they are asked for.

use async_graphql::Context;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    loaders::LongText,
};
use crate::domain::relation::Table;

/// A long text of a row.
pub async fn long_text(ctx: &Context<'_>, table: Table, column: &'static str, id: Uuid) -> Nullable<String> {
    match loaders(ctx) {
        Ok(loaders) => nullable_shared(ctx, loaders.load_one(LongText { table, column, id }).await),
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}
