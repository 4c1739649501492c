//! Labels of tasks.

use async_graphql::Context;
use uuid::Uuid;

use super::{
    context::{fail, fail_shared, loaders},
    filter::{filter, text},
    loaders::LabelsOf,
};

/// The labels of a task, in alphabetical order.
///
/// # Errors
/// When the database fails.
pub async fn labels_of(ctx: &Context<'_>, task: Uuid) -> async_graphql::Result<Vec<String>> {
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let labels = loaders.load_one(LabelsOf(task)).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(labels.unwrap_or_default())
}

filter! {
    TaskLabelFilter, TaskLabelsFilter on TaskLabel, "labels" {
        /// By name.
        name: StringComparator = text("name", "name_folded");
    }
    one {
    }
    many {
    }
}
