//! Goals as they were recorded at a time: one batch for all goals that a field asks for.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{ComplexObject, Context, SimpleObject, dataloader::Loader};
use entity::Instant;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    enums::{GoalState, Health, KeyResultKind, ProgressSource, ProjectState},
    error::SharedError,
    loaders::Loaders,
    node::referred,
    person::Person,
    scalars::{DateTime, Decimal},
};
use crate::domain::as_of;

/// A key result as it was recorded at a time, under the rights of today. What it was defined as is known from
/// every change on; where nobody kept it yet, it counts as defined so from the beginning.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct KeyResultAsOf {
    /// The time that was asked for.
    pub at: DateTime,
    /// Progress by its source, 0–1; null when it was not known.
    pub progress: Option<f64>,
    /// Completion of the contributing work, 0–1; null when none counted.
    pub work_progress: Option<f64>,
    /// When these two were recorded; null before the first.
    pub recorded_at: Option<DateTime>,
    /// Latest value that was known: a check-in counts from when it was made, also one that was dated back. Null
    /// before the first value, and for the kind MILESTONE.
    pub current: Option<Decimal>,
    /// Progress by its values before it was cut to 0–1; null when they did not say. For the kind MILESTONE it is
    /// the progress, null where that was overridden or came from work.
    pub attainment: Option<f64>,
    /// Confidence of the last check-in, 0–1; null when it told none.
    pub confidence: Option<f64>,
    /// Health said by the last check-in; null when it told none.
    pub reported_health: Option<Health>,
    /// Where it was in its life.
    pub state: GoalState,
    /// How its values became progress.
    pub kind: KeyResultKind,
    /// Where its progress came from.
    pub progress_source: ProgressSource,
    /// Value at the start; null where it had none.
    pub start: Option<Decimal>,
    /// Value at which progress was 1; null where it had none.
    pub target: Option<Decimal>,
    /// Progress that a person had set, 0–1; null where none held.
    pub override_value: Option<f64>,
    /// Whether that progress stayed until it was resumed; null where none held.
    pub override_is_sticky: Option<bool>,
    /// Share in the objective's roll-up, 0 or more.
    pub weight: f64,
    /// Score at close, 0–1; null before, and where it got none.
    pub score: Option<f64>,
    #[graphql(skip)]
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
}

#[ComplexObject]
impl KeyResultAsOf {
    /// Who answered for it; null for nobody.
    async fn owner(&self, ctx: &Context<'_>) -> Nullable<Person> {
        referred(ctx, self.owner_id).await
    }
}

/// An objective as it was recorded at a time, under the rights of today.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct ObjectiveAsOf {
    /// The time that was asked for.
    pub at: DateTime,
    /// Weighted mean of what was counted, 0–1; null when nothing was.
    pub progress: Option<f64>,
    /// When it was recorded; null before the first.
    pub recorded_at: Option<DateTime>,
    /// Where it was in its life.
    pub state: GoalState,
    /// Share in the roll-up of the objective above, 0 or more.
    pub weight: f64,
    /// Score at close, 0–1; null before, and where it got none.
    pub score: Option<f64>,
    #[graphql(skip)]
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
}

#[ComplexObject]
impl ObjectiveAsOf {
    /// Who answered for it; null for nobody.
    async fn owner(&self, ctx: &Context<'_>) -> Nullable<Person> {
        referred(ctx, self.owner_id).await
    }
}

/// A project as it was recorded at a time, under the rights of today.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct ProjectAsOf {
    /// The time that was asked for.
    pub at: DateTime,
    /// Completion, 0–1; null when no task counted.
    pub progress: Option<f64>,
    /// When it was recorded; null before the first.
    pub recorded_at: Option<DateTime>,
    /// Where it was in its life.
    pub state: ProjectState,
    #[graphql(skip)]
    /// Who answered for it.
    pub owner_id: Option<Uuid>,
}

#[ComplexObject]
impl ProjectAsOf {
    /// Who answered for it; null for nobody.
    async fn owner(&self, ctx: &Context<'_>) -> Nullable<Person> {
        referred(ctx, self.owner_id).await
    }
}

/// A key result at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyResultAt(pub Uuid, pub Instant);

/// An objective at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectiveAt(pub Uuid, pub Instant);

/// A project at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProjectAt(pub Uuid, pub Instant);

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

impl Loader<ProjectAt> for Loaders {
    type Value = Arc<as_of::ProjectAsOf>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[ProjectAt],
    ) -> Result<HashMap<ProjectAt, Arc<as_of::ProjectAsOf>>, SharedError> {
        let mut loaded = HashMap::new();
        for (at, ids) in by_time(keys.iter().map(|key| (key.0, key.1))) {
            let known = self.scope().projects_as_of(&ids, at).await?;
            loaded.extend(known.into_iter().map(|(id, row)| (ProjectAt(id, at), Arc::new(row))));
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
            attainment: known.attainment(),
            confidence: known.confidence,
            reported_health: known.reported_health.map(Into::into),
            state: known.state.into(),
            kind: known.kind.into(),
            progress_source: known.progress_source.into(),
            start: known.start.map(Decimal::from),
            target: known.target.map(Decimal::from),
            override_value: known.override_value.map(|(value, _)| value),
            override_is_sticky: known.override_value.map(|(_, is_sticky)| is_sticky),
            weight: known.weight,
            score: known.score,
            owner_id: known.owner_id,
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
            state: known.state.into(),
            weight: known.weight,
            score: known.score,
            owner_id: known.owner_id,
        })
    });
    nullable_shared(ctx, known)
}

/// A project as it was recorded at a time.
pub async fn project(ctx: &Context<'_>, id: Uuid, at: DateTime) -> Nullable<ProjectAsOf> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let known = loaders.load_one(ProjectAt(id, at.0)).await;
    let known = known.map(|known| {
        known.map(|known| ProjectAsOf {
            at,
            progress: known.progress,
            recorded_at: known.recorded_at.map(DateTime::from),
            state: known.state.into(),
            owner_id: known.owner_id,
        })
    });
    nullable_shared(ctx, known)
}
