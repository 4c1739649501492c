//! `overLinking`: how much work is tied to many goals at once, and how much hangs on a single link.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    alignment_link::AlignmentLink,
    context::{Nullable, nullable, scope},
    id::{NodeKind, key_of},
    input::number,
    node::referred,
};
use crate::domain::{access::Scope, error::Result, over_linking};

/// How direct links spread over work, so that full linkage through a single link, or by linking each item to
/// everything, does not look like alignment.
#[derive(Clone, Copy, Debug)]
pub struct OverLinking {
    found: over_linking::OverLinking,
    max_links: i32,
}

/// How direct links spread over work, so that full linkage through a single link, or by linking each item to
/// everything, does not look like alignment.
#[Object]
impl OverLinking {
    /// Direct links that are active, of projects and tasks that are not archived: those that wait for confirmation are
    /// among them, stale and retired ones are not.
    async fn links(&self) -> i32 {
        number(self.found.links)
    }

    /// Projects and tasks that have such a link.
    async fn items(&self) -> i32 {
        number(self.found.items)
    }

    /// Such links for each directly linked item: `links` / `items`, 1 or more; null where no item is linked.
    async fn fan_out(&self) -> Option<f64> {
        self.found.fan_out()
    }

    /// Direct links beyond which an item is over-linked: the setting `maxLinks`.
    async fn max_links(&self) -> i32 {
        self.max_links
    }

    /// Items with more such links than `maxLinks`.
    async fn over_linked_items(&self) -> i32 {
        number(self.found.over_linked_items)
    }

    /// Such links of the item that has most of them; 0 where no item is linked.
    async fn most_links(&self) -> i32 {
        number(self.found.most_links)
    }

    /// Leaf tasks, neither cancelled nor archived, that these links reach: directly, or as tasks of a linked project
    /// that take its links.
    async fn linked_tasks(&self) -> i32 {
        number(self.found.tasks)
    }

    /// The link through which most of these tasks are reached, of several the one made first; null where none is
    /// reached.
    async fn largest_link(&self, ctx: &Context<'_>) -> Nullable<AlignmentLink> {
        referred(ctx, self.found.largest.map(|(link, _)| link)).await
    }

    /// Tasks that are reached through that link; 0 where none is reached.
    async fn largest_link_tasks(&self) -> i32 {
        number(self.found.largest.map_or(0, |(_, tasks)| tasks))
    }

    /// Share of the tasks reached that are reached through that link: `largestLinkTasks` / `linkedTasks`, 0–1; null
    /// where none is reached.
    async fn largest_link_share(&self) -> Option<f64> {
        self.found.largest_share()
    }
}

/// The over-linking meter.
#[derive(Debug, Default)]
pub struct OverLinkingQuery;

async fn over_linking(scope: Result<&Scope>, team: Option<&ID>) -> Result<Option<OverLinking>> {
    let scope = scope?;
    let team = team.map(|id| key_of(id, NodeKind::Subject(SubjectKind::Team))).transpose()?;
    let found = scope.over_linking(team).await?;
    let max_links = scope.viewer().settings.max_links;
    Ok(found.map(|found| OverLinking { found, max_links }))
}

#[Object]
impl OverLinkingQuery {
    /// How direct links spread over the work that the viewer sees; null when the team does not exist.
    async fn over_linking(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only work of this team and of all below it; of the whole organization when left out."
        )]
        team_id: Option<ID>,
    ) -> Nullable<OverLinking> {
        nullable(ctx, over_linking(scope(ctx), team_id.as_ref()).await)
    }
}
