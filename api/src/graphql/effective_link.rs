//! The links that hold for a task.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Enum, Object, dataloader::Loader};
use uuid::Uuid;

use super::{
    alignment_link::AlignmentLink,
    context::{Nullable, fail, fail_shared, loaders},
    enums::{LinkState, Significance},
    error::SharedError,
    link_end::LinkTarget,
    link_evidence::{LinkEvidenceConnection, LinkEvidenceFilter, LinkEvidenceSort},
    list::List,
    loaders::Loaders,
    node::referred,
    page::{Slice, edge},
    project::Project,
};
use crate::domain::{effective_link as domain, relation};

/// Where a link or an acknowledgement that holds for a task comes from.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum EffectiveOrigin {
    /// It is the task's own.
    Direct,
    /// It is one of its projects'.
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

    /// Why the link exists.
    async fn evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<LinkEvidenceFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<LinkEvidenceSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> async_graphql::Result<LinkEvidenceConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        edge(ctx, &relation::LINK_EVIDENCE, self.0.link.id, args).await.map(LinkEvidenceConnection::from)
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
