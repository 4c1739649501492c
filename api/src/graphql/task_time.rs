//! Time spent on a task: a person's hours are theirs, their managers' and leaders'.

use async_graphql::Context;

use super::{
    context::{Nullable, fail, loaders, nullable_shared, scope},
    input::number,
    loaders::SeesTimeOf,
};
use crate::domain::task::TaskRow;

/// Seconds spent on a task, where the viewer may know.
pub async fn logged_seconds(ctx: &Context<'_>, task: &TaskRow) -> Nullable<i32> {
    let seconds = number(task.logged_seconds?);
    let scope = match scope(ctx) {
        Ok(scope) => scope,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    if scope.viewer().is_leader() {
        return Some(Ok(seconds));
    }
    match loaders(ctx) {
        Ok(loaders) => {
            let seen = loaders.load_one(SeesTimeOf(task.id)).await;
            nullable_shared(ctx, seen.map(|seen| seen.map(|()| seconds)))
        }
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}
