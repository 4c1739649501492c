//! The acknowledgement that holds for work: its own, or, for a task, one of its projects'.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use uuid::Uuid;

use super::{
    acknowledgement::Acknowledgement,
    context::{Nullable, fail, loaders, nullable_shared},
    effective_link::EffectiveOrigin,
    error::SharedError,
    loaders::Loaders,
    node::referred,
    project::Project,
};
use crate::domain::{acknowledgement::AcknowledgementRow, effective_acknowledgement as domain};

/// The acknowledgement of a project that holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LiveAcknowledgementOf(pub Uuid);

impl Loader<LiveAcknowledgementOf> for Loaders {
    type Value = Arc<AcknowledgementRow>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[LiveAcknowledgementOf],
    ) -> Result<HashMap<LiveAcknowledgementOf, Arc<AcknowledgementRow>>, SharedError> {
        let projects: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.scope().live_acknowledgements("project_id", &projects).await?;
        Ok(rows.into_iter().map(|(id, row)| (LiveAcknowledgementOf(id), row)).collect())
    }
}

/// The acknowledgement that holds for a task, its own or inherited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EffectiveAcknowledgementOf(pub Uuid);

impl Loader<EffectiveAcknowledgementOf> for Loaders {
    type Value = domain::EffectiveAcknowledgement;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[EffectiveAcknowledgementOf],
    ) -> Result<HashMap<EffectiveAcknowledgementOf, domain::EffectiveAcknowledgement>, SharedError> {
        let tasks: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let holding = self.scope().effective_acknowledgements(&tasks).await?;
        Ok(holding.into_iter().map(|(task, held)| (EffectiveAcknowledgementOf(task), held)).collect())
    }
}

/// The acknowledgement of a project that holds now.
pub async fn of_project(ctx: &Context<'_>, project: Uuid) -> Nullable<Acknowledgement> {
    match loaders(ctx) {
        Ok(loaders) => {
            let row = loaders.load_one(LiveAcknowledgementOf(project)).await;
            nullable_shared(ctx, row.map(|row| row.map(Acknowledgement::from)))
        }
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}

async fn holding(ctx: &Context<'_>, task: Uuid) -> Nullable<domain::EffectiveAcknowledgement> {
    match loaders(ctx) {
        Ok(loaders) => nullable_shared(ctx, loaders.load_one(EffectiveAcknowledgementOf(task)).await),
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}

/// The acknowledgement that holds for a task.
pub async fn of_task(ctx: &Context<'_>, task: Uuid) -> Nullable<Acknowledgement> {
    holding(ctx, task).await.map(|held| held.map(|held| Acknowledgement::from(held.row)))
}

/// Whether it is the task's own or a project's.
pub async fn origin(ctx: &Context<'_>, task: Uuid) -> Nullable<EffectiveOrigin> {
    let is_inherited = |held: domain::EffectiveAcknowledgement| held.via.is_some();
    holding(ctx, task).await.map(|held| {
        held.map(|held| if is_inherited(held) { EffectiveOrigin::Inherited } else { EffectiveOrigin::Direct })
    })
}

/// The project through which a task inherits it.
pub async fn via(ctx: &Context<'_>, task: Uuid) -> Nullable<Project> {
    match holding(ctx, task).await? {
        Ok(held) => referred(ctx, held.via).await,
        Err(error) => Some(Err(error)),
    }
}
