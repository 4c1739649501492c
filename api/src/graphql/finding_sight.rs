//! Which of the rows that findings tell of the viewer sees.

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, dataloader::Loader};

use super::{
    context::{fail, fail_shared, loaders},
    error::SharedError,
    loaders::Loaders,
};
use crate::domain::{finding::FindingRow, findings::Subject};

/// A row that a finding tells of; it is loaded when the viewer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToldOf(pub Subject);

impl Loader<ToldOf> for Loaders {
    type Value = ();
    type Error = SharedError;

    async fn load(&self, keys: &[ToldOf]) -> Result<HashMap<ToldOf, ()>, SharedError> {
        let rows: Vec<Subject> = keys.iter().map(|key| key.0).collect();
        let seen = self.scope().seen_of_told(&rows).await?;
        Ok(seen.into_iter().map(|row| (ToldOf(row), ())).collect())
    }
}

/// Those rows that a finding tells of which the viewer sees.
///
/// # Errors
/// When nobody is signed in, or the database fails.
pub async fn seen_of(ctx: &Context<'_>, finding: &FindingRow) -> async_graphql::Result<HashSet<Subject>> {
    let told: Vec<ToldOf> = finding.told_of().into_iter().map(ToldOf).collect();
    if told.is_empty() {
        return Ok(HashSet::new());
    }
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let seen = loaders.load_many(told).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(seen.into_keys().map(|key| key.0).collect())
}
