//! What a task is for.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Object, dataloader::Loader};
use uuid::Uuid;

use super::{
    alignment_link::AlignmentLink,
    context::{fail, fail_shared, loaders},
    eager::Nodes,
    error::SharedError,
    key_result::KeyResult,
    list::List,
    loaders::Loaders,
    objective::Objective,
    project::Project,
};
use crate::domain::purpose as domain;

/// One path from a task through project, key result and objective to the top, as far as the viewer sees it.
#[derive(Clone, Debug)]
pub struct TaskPurpose(domain::TaskPurpose);

/// One path from a task through project, key result and objective to the top, as far as the viewer sees it.
#[Object]
impl TaskPurpose {
    /// The project through which the task serves the goal; null where the task is linked itself.
    async fn project(&self) -> Option<Project> {
        self.0.project.clone().map(Project::from)
    }

    /// The key result; null where the link leads to an objective itself.
    async fn key_result(&self) -> Option<KeyResult> {
        self.0.key_result.clone().map(KeyResult::from)
    }

    /// The objective; null where the viewer may not see it.
    async fn objective(&self) -> Option<Objective> {
        self.0.objective.clone().map(Objective::from)
    }

    /// The objectives above it, the nearest first; those that the viewer may not see are left out.
    async fn ancestors(&self) -> Nodes<Objective> {
        Nodes(self.0.ancestors.iter().cloned().map(Objective::from).collect())
    }

    /// The link that the path goes through.
    async fn link(&self) -> AlignmentLink {
        AlignmentLink::from(Arc::clone(&self.0.link))
    }
}

/// The paths from a task to the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PurposeOf(pub Uuid);

impl Loader<PurposeOf> for Loaders {
    type Value = Vec<TaskPurpose>;
    type Error = SharedError;

    async fn load(&self, keys: &[PurposeOf]) -> Result<HashMap<PurposeOf, Vec<TaskPurpose>>, SharedError> {
        let tasks: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let paths = self.scope().purposes(&tasks).await?;
        Ok(paths
            .into_iter()
            .map(|(task, paths)| (PurposeOf(task), paths.into_iter().map(TaskPurpose).collect()))
            .collect())
    }
}

/// The paths from a task to the top.
pub async fn purpose(ctx: &Context<'_>, task: Uuid) -> async_graphql::Result<List<TaskPurpose>> {
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let paths = loaders.load_one(PurposeOf(task)).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(List(paths.unwrap_or_default()))
}
