//! `connectionModelPreview`: which links another connection model would make invalid, before it is set.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};
use entity::SubjectKind;

use super::{
    alignment_link::AlignmentLink,
    context::{Nullable, fail, nullable, page_limits, scope},
    enums::ConnectionModel,
    id::{NodeKind, key_of},
    input::number,
    link_end::{LinkSource, LinkTarget},
    list::List,
    node::referred,
    page::{Listing, PageInfo, Slice, root},
};
use crate::domain::{
    access::Scope,
    alignment_link::AlignmentLinkRow,
    connection_model_preview::{self as preview, Misfits, ModelPreview},
    error::Result,
};

/// Which kind of work a link ties to which kind of goal.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "preview::LinkKind")]
pub enum LinkKind {
    /// A project to a key result.
    ProjectToKeyResult,
    /// A project to an objective.
    ProjectToObjective,
    /// A task to a key result.
    TaskToKeyResult,
    /// A task to an objective.
    TaskToObjective,
}

/// Links of one kind that would be invalid.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionModelPreviewKind {
    misfits: Misfits,
    preview: ModelPreview,
}

/// Links of one kind that would be invalid.
#[Object]
impl ConnectionModelPreviewKind {
    /// The kind.
    async fn kind(&self) -> LinkKind {
        self.misfits.kind.into()
    }

    /// How many such links there are.
    async fn links(&self) -> i32 {
        number(self.misfits.links)
    }

    /// Those of them whose goal, or its objective, is closed, given up or archived: nothing is to be mended there.
    async fn of_ended_goals(&self) -> i32 {
        number(self.misfits.of_ended_goals)
    }

    /// Whether they lie outside the model that is set now already.
    async fn is_outside_now(&self) -> bool {
        !self.misfits.kind.fits(self.preview.from)
    }

    /// Why they would be invalid, a sentence.
    async fn why(&self) -> String {
        self.misfits.kind.why_outside(self.preview.to).unwrap_or_default()
    }

    /// What would be valid instead, a sentence.
    async fn instead(&self) -> &'static str {
        self.misfits.kind.instead(self.preview.to).unwrap_or_default()
    }
}

/// A link that would be invalid.
#[derive(Clone, Debug)]
pub struct ConnectionModelPreviewLink {
    row: Arc<AlignmentLinkRow>,
    preview: ModelPreview,
}

/// A link that would be invalid.
#[Object]
impl ConnectionModelPreviewLink {
    /// The link.
    async fn alignment_link(&self) -> AlignmentLink {
        AlignmentLink(Arc::clone(&self.row))
    }

    /// Its kind.
    async fn kind(&self) -> LinkKind {
        preview::LinkKind::of(&self.row).into()
    }

    /// The work: a project or a task; null where the viewer may not see it any more.
    async fn source(&self, ctx: &Context<'_>) -> Nullable<LinkSource> {
        match self.row.project_id {
            Some(project) => referred(ctx, Some(project)).await.map(|row| row.map(LinkSource::Project)),
            None => referred(ctx, self.row.task_id).await.map(|row| row.map(LinkSource::Task)),
        }
    }

    /// The goal: an objective or a key result; null where the viewer may not see it any more.
    async fn target(&self, ctx: &Context<'_>) -> Nullable<LinkTarget> {
        match self.row.key_result_id {
            Some(goal) => referred(ctx, Some(goal)).await.map(|row| row.map(LinkTarget::KeyResult)),
            None => referred(ctx, self.row.objective_id).await.map(|row| row.map(LinkTarget::Objective)),
        }
    }

    /// Whether it lies outside the model that is set now already.
    async fn is_outside_now(&self) -> bool {
        !preview::LinkKind::of(&self.row).fits(self.preview.from)
    }

    /// Why it would be invalid, a sentence.
    async fn why(&self) -> String {
        preview::LinkKind::of(&self.row).why_outside(self.preview.to).unwrap_or_default()
    }

    /// What would be valid instead, a sentence.
    async fn instead(&self) -> &'static str {
        preview::LinkKind::of(&self.row).instead(self.preview.to).unwrap_or_default()
    }
}

/// A page of links that would be invalid.
#[derive(Debug)]
pub struct ConnectionModelPreviewLinkConnection {
    listing: Listing<AlignmentLinkRow>,
    preview: ModelPreview,
}

impl ConnectionModelPreviewLinkConnection {
    fn links(&self) -> impl Iterator<Item = ConnectionModelPreviewLink> {
        let preview = self.preview;
        let rows = self.listing.rows().iter();
        rows.map(move |row| ConnectionModelPreviewLink { row: Arc::clone(&row.row), preview })
    }
}

/// A page of links that would be invalid.
#[Object]
impl ConnectionModelPreviewLinkConnection {
    /// The rows of the page, in the order in which the links were made.
    async fn nodes(&self) -> List<ConnectionModelPreviewLink> {
        List(self.links().collect())
    }

    /// The rows of the page, each with its cursor.
    async fn edges(&self, ctx: &Context<'_>) -> async_graphql::Result<List<ConnectionModelPreviewLinkEdge>> {
        let cursors = self.listing.cursors(ctx)?.into_iter();
        let edges = cursors.zip(self.links());
        Ok(List(edges.map(|(cursor, node)| ConnectionModelPreviewLinkEdge { cursor, node }).collect()))
    }

    /// The page's place in the list.
    async fn page_info(&self, ctx: &Context<'_>) -> async_graphql::Result<PageInfo> {
        self.listing.info(ctx)
    }

    /// Rows of the whole list; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        self.listing.count(ctx).await
    }
}

/// One of the links that would be invalid, with its place in the list.
#[derive(Debug)]
pub struct ConnectionModelPreviewLinkEdge {
    cursor: String,
    node: ConnectionModelPreviewLink,
}

/// One of the links that would be invalid, with its place in the list.
#[Object(serial)]
impl ConnectionModelPreviewLinkEdge {
    /// Opaque place in the list, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row.
    async fn node(&self) -> &ConnectionModelPreviewLink {
        &self.node
    }
}

/// What a change of a connection model would make invalid, of the links that the viewer sees.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionModelPreview(ModelPreview);

/// What a change of a connection model would make invalid, of the links that the viewer sees.
#[Object]
impl ConnectionModelPreview {
    /// The model that holds now for the same work.
    async fn from(&self) -> ConnectionModel {
        self.0.from.into()
    }

    /// The model to try.
    async fn to(&self) -> ConnectionModel {
        self.0.to.into()
    }

    /// Totals: each kind of link that would be invalid and that there is. Together they are all of `links`.
    async fn kinds(&self, ctx: &Context<'_>) -> async_graphql::Result<List<ConnectionModelPreviewKind>> {
        let counted = async { scope(ctx)?.misfits_by_kind(&self.0).await };
        let kinds = counted.await.map_err(|error| fail(ctx, &error))?;
        let preview = self.0;
        Ok(List(kinds.into_iter().map(|misfits| ConnectionModelPreviewKind { misfits, preview }).collect()))
    }

    /// The links that would be invalid: those that are not retired, whose work is judged by the model that would
    /// change, and which the model to try does not foresee. Also those that the present one does not foresee either.
    async fn links(
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
    ) -> Nullable<ConnectionModelPreviewLinkConnection> {
        let preview = self.0;
        let slice = Slice { first, after, last, before };
        let found = async {
            // Cursors are bound to the very change that is tried.
            let filter = (preview.misfits(), Some(format!("{preview:?}")));
            let listing = root(ctx, slice.args(page_limits(ctx)?, filter, Vec::new(), false)).await?;
            Ok(listing.map(|listing| ConnectionModelPreviewLinkConnection { listing, preview }))
        };
        nullable(ctx, found.await)
    }
}

/// Previews of connection models.
#[derive(Debug, Default)]
pub struct ConnectionModelPreviewQuery;

async fn model_preview(
    scope: Result<&Scope>,
    to: ConnectionModel,
    team: Option<&ID>,
) -> Result<Option<ConnectionModelPreview>> {
    let team = team.map(|id| key_of(id, NodeKind::Subject(SubjectKind::Team))).transpose()?;
    Ok(scope?.model_preview(to.into(), team).await?.map(ConnectionModelPreview))
}

#[Object]
impl ConnectionModelPreviewQuery {
    /// What another connection model would make invalid; nothing is saved. Null when the team does not exist.
    async fn connection_model_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The model to try.")] to: ConnectionModel,
        #[graphql(
            desc = "The team whose own model it would be: the work of that team is judged by it. When left out it is the organization's, by which work of teams without a model of their own, and of no team, is judged."
        )]
        team_id: Option<ID>,
    ) -> Nullable<ConnectionModelPreview> {
        nullable(ctx, model_preview(scope(ctx), to, team_id.as_ref()).await)
    }
}
