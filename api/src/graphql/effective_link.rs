//! The links that hold for a task, and the acknowledgements that hold for work.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Enum, Object, dataloader::Loader};
use uuid::Uuid;

use super::{
    acknowledgement::Acknowledgement,
    alignment_link::AlignmentLink,
    context::{Nullable, fail, fail_shared, loaders, nullable_shared},
    enums::{LinkState, Significance},
    error::SharedError,
    link_end::LinkTarget,
    list::List,
    loaders::Loaders,
    node::referred,
    project::Project,
};
use crate::domain::{acknowledgement::AcknowledgementRow, effective_link as domain, task::TaskRow};

/// Where a link that holds for a task comes from.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum EffectiveOrigin {
    /// The task is linked itself.
    Direct,
    /// One of its projects is linked.
    Inherited,
}

/// A link that holds for a task: its own, or one of its projects'.
#[derive(Clone, Debug)]
pub struct EffectiveLink(domain::EffectiveLink);

/// A link that holds for a task: its own, or one of its projects'.
#[Object]
impl EffectiveLink {
    /// The goal: an objective or a key result; null where the viewer may not see it.
    async fn target(&self, ctx: &Context<'_>) -> Nullable<LinkTarget> {
        let link = &self.0.link;
        match (link.key_result_id, link.objective_id) {
            (Some(key_result), _) => {
                referred(ctx, Some(key_result)).await.map(|row| row.map(LinkTarget::KeyResult))
            }
            (None, objective) => referred(ctx, objective).await.map(|row| row.map(LinkTarget::Objective)),
        }
    }

    /// Whether it is the task's own link or a project's.
    async fn origin(&self) -> EffectiveOrigin {
        if self.0.via.is_some() { EffectiveOrigin::Inherited } else { EffectiveOrigin::Direct }
    }

    /// The project through which the task inherits it; null for its own.
    async fn via(&self, ctx: &Context<'_>) -> Nullable<Project> {
        referred(ctx, self.0.via).await
    }

    /// Whether the work counts for progress.
    async fn significance(&self) -> Significance {
        self.0.link.significance.into()
    }

    /// Share in the goal's work progress; 0 or more.
    async fn weight(&self) -> f64 {
        self.0.link.weight
    }

    /// ACTIVE, or STALE: counted with a flag. A retired link holds no more.
    async fn state(&self) -> LinkState {
        self.0.link.state.into()
    }

    /// The link itself.
    async fn link(&self) -> AlignmentLink {
        AlignmentLink::from(Arc::clone(&self.0.link))
    }
}

/// The links that hold for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EffectiveLinksOf(pub Uuid);

impl Loader<EffectiveLinksOf> for Loaders {
    type Value = Vec<EffectiveLink>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[EffectiveLinksOf],
    ) -> Result<HashMap<EffectiveLinksOf, Vec<EffectiveLink>>, SharedError> {
        let tasks: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let links = self.scope().effective_links(&tasks).await?;
        Ok(links
            .into_iter()
            .map(|(task, links)| (EffectiveLinksOf(task), links.into_iter().map(EffectiveLink).collect()))
            .collect())
    }
}

/// The links that hold for a task.
pub async fn effective_links(ctx: &Context<'_>, task: Uuid) -> async_graphql::Result<List<EffectiveLink>> {
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let links = loaders.load_one(EffectiveLinksOf(task)).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(List(links.unwrap_or_default()))
}

/// The acknowledgement of a piece of work that holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiveAcknowledgementOf {
    /// Of a project.
    Project(Uuid),
    /// Of a task itself.
    Task(Uuid),
}

impl Loader<LiveAcknowledgementOf> for Loaders {
    type Value = Arc<AcknowledgementRow>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[LiveAcknowledgementOf],
    ) -> Result<HashMap<LiveAcknowledgementOf, Arc<AcknowledgementRow>>, SharedError> {
        let (mut projects, mut tasks) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                LiveAcknowledgementOf::Project(id) => projects.push(*id),
                LiveAcknowledgementOf::Task(id) => tasks.push(*id),
            }
        }
        let mut live = HashMap::with_capacity(keys.len());
        if !projects.is_empty() {
            let rows = self.scope().live_acknowledgements("project_id", &projects).await?;
            live.extend(rows.into_iter().map(|(id, row)| (LiveAcknowledgementOf::Project(id), row)));
        }
        if !tasks.is_empty() {
            let rows = self.scope().live_acknowledgements("task_id", &tasks).await?;
            live.extend(rows.into_iter().map(|(id, row)| (LiveAcknowledgementOf::Task(id), row)));
        }
        Ok(live)
    }
}

/// The acknowledgement of a project that holds now.
pub async fn of_project(ctx: &Context<'_>, project: Uuid) -> Nullable<Acknowledgement> {
    match loaders(ctx) {
        Ok(loaders) => {
            let row = loaders.load_one(LiveAcknowledgementOf::Project(project)).await;
            nullable_shared(ctx, row.map(|row| row.map(Acknowledgement::from)))
        }
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}

/// The acknowledgement that holds now for a task: its own, else its primary project's.
pub async fn of_task(ctx: &Context<'_>, task: &TaskRow) -> Nullable<Acknowledgement> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    match loaders.load_one(LiveAcknowledgementOf::Task(task.id)).await {
        Ok(None) => of_project(ctx, task.project_id?).await,
        own => nullable_shared(ctx, own.map(|row| row.map(Acknowledgement::from))),
    }
}
