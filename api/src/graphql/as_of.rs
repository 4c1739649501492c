//! Goals as they were recorded at a time: one batch for all goals that a field asks for.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, SimpleObject, dataloader::Loader};
use entity::Instant;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    enums::Health,
    error::SharedError,
    loaders::Loaders,
    scalars::{DateTime, Decimal},
};
use crate::domain::as_of;

/// A key result as it was recorded at a time, under the rights of today.
#[derive(SimpleObject, Debug)]
pub struct KeyResultAsOf {
    /// The time that was asked for.
    pub at: DateTime,
    /// Progress by its source, 0–1; null when it was not known.
    pub progress: Option<f64>,
    /// Completion of the contributing work, 0–1; null when none counted.
    pub work_progress: Option<f64>,
    /// When these two were recorded; null before the first.
    pub recorded_at: Option<DateTime>,
    /// Latest value that was known: a check-in counts from when it was made, also one that was dated back.
    pub current: Option<Decimal>,
    /// Confidence of the last check-in, 0–1; null when it told none.
    pub confidence: Option<f64>,
    /// Health said by the last check-in; null when it told none.
    pub reported_health: Option<Health>,
}

/// An objective as it was recorded at a time, under the rights of today.
#[derive(SimpleObject, Debug)]
pub struct ObjectiveAsOf {
    /// The time that was asked for.
    pub at: DateTime,
    /// Weighted mean of what was counted, 0–1; null when nothing was.
    pub progress: Option<f64>,
    /// When it was recorded; null before the first.
    pub recorded_at: Option<DateTime>,
}

/// A key result at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyResultAt(pub Uuid, pub Instant);

/// An objective at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectiveAt(pub Uuid, pub Instant);

/// The goals of a batch by the time that is asked for.
fn by_time(keys: impl Iterator<Item = (Uuid, Instant)>) -> HashMap<Instant, Vec<Uuid>> {
    let mut times: HashMap<Instant, Vec<Uuid>> = HashMap::new();
    for (id, at) in keys {
        times.entry(at).or_default().push(id);
    }
    times
}

impl Loader<KeyResultAt> for Loaders {
    type Value = Arc<as_of::KeyResultAsOf>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[KeyResultAt],
    ) -> Result<HashMap<KeyResultAt, Arc<as_of::KeyResultAsOf>>, SharedError> {
        let mut loaded = HashMap::new();
        for (at, ids) in by_time(keys.iter().map(|key| (key.0, key.1))) {
            let known = self.scope().key_results_as_of(&ids, at).await?;
            loaded.extend(known.into_iter().map(|(id, row)| (KeyResultAt(id, at), Arc::new(row))));
        }
        Ok(loaded)
    }
}

impl Loader<ObjectiveAt> for Loaders {
    type Value = Arc<as_of::ObjectiveAsOf>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[ObjectiveAt],
    ) -> Result<HashMap<ObjectiveAt, Arc<as_of::ObjectiveAsOf>>, SharedError> {
        let mut loaded = HashMap::new();
        for (at, ids) in by_time(keys.iter().map(|key| (key.0, key.1))) {
            let known = self.scope().objectives_as_of(&ids, at).await?;
            loaded.extend(known.into_iter().map(|(id, row)| (ObjectiveAt(id, at), Arc::new(row))));
        }
        Ok(loaded)
    }
}

/// A key result as it was recorded at a time.
pub async fn key_result(ctx: &Context<'_>, id: Uuid, at: DateTime) -> Nullable<KeyResultAsOf> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let known = loaders.load_one(KeyResultAt(id, at.0)).await;
    let known = known.map(|known| {
        known.map(|known| KeyResultAsOf {
            at,
            progress: known.progress,
            work_progress: known.work_progress,
            recorded_at: known.recorded_at.map(DateTime::from),
            current: known.current.map(Decimal::from),
            confidence: known.confidence,
            reported_health: known.reported_health.map(Into::into),
        })
    });
    nullable_shared(ctx, known)
}

/// An objective as it was recorded at a time.
pub async fn objective(ctx: &Context<'_>, id: Uuid, at: DateTime) -> Nullable<ObjectiveAsOf> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let known = loaders.load_one(ObjectiveAt(id, at.0)).await;
    let known = known.map(|known| {
        known.map(|known| ObjectiveAsOf {
            at,
            progress: known.progress,
            recorded_at: known.recorded_at.map(DateTime::from),
        })
    });
    nullable_shared(ctx, known)
}
