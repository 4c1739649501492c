//! How goals stand: one batch for all objectives and key results of a request.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    error::SharedError,
    loaders::Loaders,
};
use crate::domain::standing::{ObjectiveStanding, Standing};

/// How an objective and its key results stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StandingOf(pub Uuid);

impl Loader<StandingOf> for Loaders {
    type Value = Arc<ObjectiveStanding>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[StandingOf],
    ) -> Result<HashMap<StandingOf, Arc<ObjectiveStanding>>, SharedError> {
        let objectives: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let standings = self.scope().standings(&objectives).await?;
        Ok(standings.into_iter().map(|(id, standing)| (StandingOf(id), Arc::new(standing))).collect())
    }
}

async fn standing<T>(
    ctx: &Context<'_>,
    objective: Uuid,
    pick: impl FnOnce(&ObjectiveStanding) -> Option<T>,
) -> Nullable<T> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let loaded = loaders.load_one(StandingOf(objective)).await;
    nullable_shared(ctx, loaded.map(|found| found.and_then(|found| pick(&found))))
}

/// Something of how an objective stands.
pub async fn of_objective<T>(
    ctx: &Context<'_>,
    objective: Uuid,
    pick: impl FnOnce(&Standing) -> Option<T>,
) -> Nullable<T> {
    standing(ctx, objective, |found| pick(&found.own)).await
}

/// Something of how a key result of an objective stands.
pub async fn of_key_result<T>(
    ctx: &Context<'_>,
    objective: Uuid,
    key_result: Uuid,
    pick: impl FnOnce(&Standing) -> Option<T>,
) -> Nullable<T> {
    standing(ctx, objective, |found| pick(found.key_results.get(&key_result)?)).await
}
