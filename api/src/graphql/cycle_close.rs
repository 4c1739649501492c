//! The close of a cycle: a look ahead, and the close.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, fail_shared, loaders, nullable_shared},
    cycle::Cycle,
    error::{SharedError, UserError},
    input::number,
    key_result::KeyResult,
    list::List,
    loaders::{ById, Loaders},
    mutation::{Outcome, run},
};
use crate::domain::{
    access::scope::Listed, cycle::CycleRow, cycle_close::CloseCycle, cycle_closing, key_result::KeyResultRow,
};

/// Rows that a look ahead names at most.
const NAMED: usize = 200;

/// What the close of a cycle will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClosingOf(pub Uuid);

impl Loader<ClosingOf> for Loaders {
    type Value = Arc<cycle_closing::CycleClosing>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[ClosingOf],
    ) -> Result<HashMap<ClosingOf, Arc<cycle_closing::CycleClosing>>, SharedError> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let closings = self.scope().cycle_closings(&ids).await?;
        Ok(closings.into_iter().map(|(id, closing)| (ClosingOf(id), Arc::new(closing))).collect())
    }
}

/// What the close of a cycle will do, and what it still waits for.
#[derive(Debug)]
pub struct CycleClosing(Arc<cycle_closing::CycleClosing>);

/// The rows of some keys, in their order, as many as are named at once.
async fn named<R: Listed, T: From<Arc<R>>>(
    ctx: &Context<'_>,
    ids: &[Uuid],
) -> async_graphql::Result<List<T>> {
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let keys: Vec<ById<R>> = ids.iter().take(NAMED).map(|id| ById::new(*id)).collect();
    let mut rows = loaders.load_many(keys.clone()).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(List(keys.iter().filter_map(|key| rows.remove(key)).map(T::from).collect()))
}

/// What the close of a cycle will do, and what it still waits for.
#[Object]
impl CycleClosing {
    /// Whether `cycleClose` will close it now, without accepting suggested scores.
    async fn ready(&self) -> bool {
        self.0.is_ready(false)
    }

    /// Whether `cycleClose` will close it now, where it accepts suggested scores.
    async fn ready_with_suggested(&self) -> bool {
        self.0.is_ready(true)
    }

    /// Cycles within it that are still open and must be closed first.
    async fn open_cycles(&self, ctx: &Context<'_>) -> async_graphql::Result<List<Cycle>> {
        named::<CycleRow, Cycle>(ctx, &self.0.open_cycles).await
    }

    /// Published objectives, which will be closed.
    async fn objective_count(&self) -> i32 {
        number(self.0.objectives)
    }

    /// Their published key results, which will be closed.
    async fn key_result_count(&self) -> i32 {
        number(self.0.key_results)
    }

    /// Key results that nobody has scored, whose progress may be taken.
    async fn unscored_count(&self) -> i32 {
        i32::try_from(self.0.unscored.len()).unwrap_or(i32::MAX)
    }

    /// The first 200 of them, by the numbers of their codes.
    async fn unscored(&self, ctx: &Context<'_>) -> async_graphql::Result<List<KeyResult>> {
        named::<KeyResultRow, KeyResult>(ctx, &self.0.unscored).await
    }

    /// Key results that nobody has scored and whose progress is not known: each needs a score with a note.
    async fn unknown_count(&self) -> i32 {
        i32::try_from(self.0.unknown.len()).unwrap_or(i32::MAX)
    }

    /// The first 200 of them, by the numbers of their codes.
    async fn unknown(&self, ctx: &Context<'_>) -> async_graphql::Result<List<KeyResult>> {
        named::<KeyResultRow, KeyResult>(ctx, &self.0.unknown).await
    }

    /// Objectives that nobody has published: they stay drafts, and may be moved to another cycle.
    async fn draft_count(&self) -> i32 {
        number(self.0.drafts)
    }

    /// Active links to goals of the cycle, which will go stale.
    async fn link_count(&self) -> i32 {
        number(self.0.links)
    }

    /// Results of projects, to which will be added where their key results stand.
    async fn project_result_count(&self) -> i32 {
        number(self.0.project_results)
    }
}

/// What the close of a cycle will do.
pub async fn closing(ctx: &Context<'_>, cycle: Uuid) -> Nullable<CycleClosing> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let loaded = loaders.load_one(ClosingOf(cycle)).await;
    nullable_shared(ctx, loaded.map(|found| found.filter(|found| !found.is_closed).map(CycleClosing)))
}

/// Input of `cycleClose`.
#[derive(InputObject, Debug)]
pub struct CycleCloseInput {
    /// The cycle; those within it are closed before.
    pub id: ID,
    /// The version that the decision was made on; another one is refused with `CONFLICT`, unless the cycle is
    /// closed already.
    pub expected_version: Option<i32>,
    /// Whether key results that nobody scored take their progress as the score; else the close waits for them.
    #[graphql(default)]
    pub accept_suggested: bool,
}

/// Answer of `cycleClose`.
#[derive(SimpleObject, Debug)]
pub struct CycleClosePayload {
    /// The cycle as it is now; null when nothing was written.
    pub cycle: Option<Cycle>,
    /// What a person can mend before the close; empty when it is closed.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<CycleRow>> for CycleClosePayload {
    fn from(outcome: Outcome<CycleRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { cycle: row.map(|row| Cycle(Arc::new(row))), user_errors }
    }
}

/// Closing of cycles.
#[derive(Debug, Default)]
pub struct CycleCloseMutation;

#[Object]
impl CycleCloseMutation {
    /// Closes a cycle, all at once: its published goals are closed with their scores and stay as they are,
    /// their links go stale, results of projects are amended. Asked for again, nothing more happens. For
    /// leaders.
    async fn cycle_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CycleCloseInput,
    ) -> Nullable<CycleClosePayload> {
        run(ctx, |keys| {
            Ok(CloseCycle {
                id: keys.target(&input.id, SubjectKind::Cycle)?,
                expected_version: input.expected_version.map(i64::from),
                accept_suggested: input.accept_suggested,
            })
        })
        .await
    }
}
